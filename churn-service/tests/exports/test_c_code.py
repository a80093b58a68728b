"""The exported C compiles without a warning and scores as the service does."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from churn_contract.schema import Field
from churn_service.exports.c_code import write
from churn_service.exports.c_tables import comment, identifiers, text_literal

COMPILER = shutil.which("cc") or shutil.which("gcc")
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="needs a C compiler")
CLOSE = 1e-15

MAIN = """
#include "churn_model.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static double number(const char *text) { return *text ? strtod(text, NULL) : NAN; }
int main(void) {
    static char line[100000];
    while (fgets(line, sizeof line, stdin)) {
        char *cells[CHURN_FIELDS], *at = line;
        struct churn_customer customer;
        double probability;
        int place, churn, bad;
        line[strcspn(line, "\\n")] = 0;
        for (place = 0; place < CHURN_FIELDS; place++) {
            char *end = strchr(at, '\\t');
            cells[place] = at;
            if (end) { *end = 0; at = end + 1; }
        }
        ASSIGN
        bad = churn_predict(&customer, &probability, &churn);
        printf("%d %.17g %d %s\\n", bad, probability, churn, bad ? churn_field(bad - 1) : "-");
    }
    return churn_field(CHURN_FIELDS) != NULL || churn_field(-1) != NULL;
}
"""


def compiled(folder: Path, features: Sequence[Field], *options: str) -> Path:
    names = identifiers(field.name for field in features)
    lines = [
        f"customer.{name} = {'number' if field.kind == 'number' else ''}(cells[{place}]);"
        for place, (field, name) in enumerate(zip(features, names, strict=True))
    ]
    (folder / "main.c").write_text(MAIN.replace("ASSIGN", "\n".join(lines)))
    program = folder / "score"
    command = [
        str(COMPILER), "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", *options,
        str(folder / "churn_model.c"), str(folder / "main.c"), "-o", str(program), "-lm",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return program


def scored(world, folder: Path, *options: str) -> list[list[str]]:
    write(world.exported, folder / "c")
    features = world.schema.features
    program = compiled(folder / "c", features, *options)
    names = [field.raw or field.name for field in features]
    lines = "".join("\t".join(row[name] for name in names) + "\n" for row in world.rows)
    done = subprocess.run(
        [str(program)], input=lines, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return [line.split(" ") for line in done.stdout.splitlines()]


@needs_compiler
def test_every_kind_of_model_scores_the_same(world, tmp_path: Path) -> None:
    found = scored(world, tmp_path, "-fsanitize=undefined")

    assert {line[0] for line in found} == {"0"}
    chances = [float(line[1]) for line in found]
    assert chances == pytest.approx(world.chances, abs=CLOSE, rel=0)
    threshold = world.exported.document.threshold
    assert [line[2] for line in found] == [str(int(chance >= threshold)) for chance in chances]


@needs_compiler
def test_all_telco_customers_score_the_same(telco_world, tmp_path: Path) -> None:
    telco_world.rows[:] = [
        {name: cell.strip() for name, cell in row.items()} for row in telco_world.rows
    ]

    found = scored(telco_world, tmp_path, "-O2")

    chances = [float(line[1]) for line in found]
    assert len(chances) == len(telco_world.chances) > 7000
    assert chances == pytest.approx(telco_world.chances, abs=CLOSE, rel=0)


@needs_compiler
@pytest.mark.parametrize(
    ("name", "cell", "field"),
    [
        ("Club", "maybe", "club"),
        ("Spend (EUR)", "1e9", "spend_(eur)"),
        ("Visits", "-1e9", "visits"),
    ],
)
def test_a_value_that_does_not_fit_is_named(plain_world, tmp_path, name, cell, field) -> None:
    world = plain_world.with_rows([{**plain_world.rows[0], name: cell}])

    [[place, probability, churn, named]] = scored(world, tmp_path)

    assert int(place) > 0
    assert (probability, churn, named) == ("nan", "0", field)


@needs_compiler
def test_levels_may_be_spelled_in_any_way(plain_world, tmp_path: Path) -> None:
    row = {**plain_world.rows[0], "Town": "Town 1", "Club": "Yes"}
    other = {**row, "Town": "  TOWN 1 ", "Club": "yes"}

    first, second = scored(plain_world.with_rows([row, other]), tmp_path)

    assert first == second


def test_the_header_names_version_threshold_and_what_fields_take(plain_world, tmp_path) -> None:
    write(plain_world.exported, tmp_path / "c")

    header = (tmp_path / "c/churn_model.h").read_text()

    assert '#define CHURN_MODEL_VERSION "0123456789ab"' in header
    assert "#define CHURN_THRESHOLD 0.5" in header
    assert "double f_spend__eur_; /* a number from" in header or "double spend__eur_;" in header


def test_no_name_or_level_can_leave_its_place() -> None:
    assert identifiers(["int", "a b", "a-b", "1st", "tenure"]) == [
        "f_int", "a_b", "a_b_", "f_1st", "tenure",
    ]  # fmt: skip
    assert text_literal('a"b\\c??/\né') == '"a\\042b\\134c\\077\\077/\\012\\303\\251"'
    assert comment("x */ int\n y é") == "/* x * / int y \\xe9 */"


@needs_compiler
def test_a_level_with_odd_letters_compiles(plain_world, tmp_path: Path) -> None:
    document = plain_world.exported.document
    odd = 'a"b\\c*/é??/'
    content = msgspec.json.encode(document).decode().replace("town_1", json_text(odd))
    content = content.replace("Town 1", json_text(odd))
    changed = msgspec.json.decode(content.encode(), type=type(document))
    exported = msgspec.structs.replace(changed, schema_digest=changed.schema.digest)
    world = type(plain_world)(
        type(plain_world.exported)("0123456789ab", exported),
        [{**plain_world.rows[0], "Town": odd}],
        [],
    )

    assert scored(world, tmp_path)[0][0] == "0"


def json_text(text: str) -> str:
    return msgspec.json.encode(text).decode()[1:-1]
