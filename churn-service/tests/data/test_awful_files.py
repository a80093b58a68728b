"""The stranger's files: each is read and told about, or refused in words, by the real command."""

import bz2
import gzip
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from churn_service.cli import main

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
ROWS = 300
LEFT = np.random.default_rng(3).random(ROWS) < 0.4
Columns = dict[str, list[str]]
Extra = str


def pick(*cells: str) -> list[str]:
    return np.random.default_rng(1).choice(cells, ROWS).tolist()


def numbers(form: str = "{:.2f}") -> list[str]:
    return [form.format(value) for value in np.random.default_rng(2).uniform(1000, 9000, ROWS)]


def csv_text(columns: Columns | None = None, separator: str = ",", end: str = "\n") -> str:
    columns = {
        "left": ["yes" if left else "no" for left in LEFT],
        "spend": numbers(),
        "plan": pick("a", "b", "c"),
        **(columns or {}),
    }
    rows = [list(columns), *map(list, zip(*columns.values(), strict=True))]
    quoted = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in rows]
    return end.join(map(separator.join, quoted)) + end


def csv_of(columns: Columns | None = None, **how: str) -> bytes:
    return csv_text(columns, **how).encode()


def parquet_of(**columns: Any) -> bytes:
    file = io.BytesIO()
    left = pa.array(["yes" if left else "no" for left in LEFT])
    parquet.write_table(
        pa.table({"left": left, "spend": pa.array(map(float, numbers())), **columns}), file
    )
    return file.getvalue()


def x(*cells: str) -> bytes:
    return csv_of({"x": (list(cells) * ROWS)[:ROWS]})


PLAIN = csv_of()
WORDS = PLAIN.replace(b'"', b"")
REFUSED: dict[str, tuple[bytes, Extra, int, str]] = {
    "empty": (b"", "", 1, "is empty; it needs a line of column names"),
    "header only": (b"left,spend\n", "", 1, "no rows; export the customers, too"),
    "one class": (csv_of({"left": ["yes"] * ROWS}), "", 1, "it has 1: 'yes'; export both"),
    "three outcomes": (
        csv_of({"left": pick("yes", "no", "Total")}),
        "",
        1,
        "has 3:.*leave the rows",
    ),
    "outcome missing": (csv_of({"left": pick("yes", "no", "")}), "", 1, "rows have no outcome"),
    "target absent": (PLAIN, 'id = "lefd"', 2, r"\[data\] id: the table has no column 'lefd'"),
    "no header": (WORDS.split(b"\n", 1)[1], "", 2, "first line looks like data"),
    "three rows": (b"left,spend\nyes,1\nno,2\nno,3\n", "", 1, "at least 50 are needed"),
    "colons": (csv_of(separator=":").replace(b'"', b""), "", 1, "separators tried: comma, semi"),
    "blanks between": (csv_of(separator=" ").replace(b'"', b""), "", 1, "separators tried"),
    "binary": (bytes(range(1, 256)) * 30 + b"\0", "", 1, "is no text: byte 7650 is zero"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(99), "", 1, "is a picture"),
    "two encodings": (csv_of({"x": pick("é", "e")}) + b"yes,1,b,\xe9\n", "", 1, "mixes encodings"),
    "infinite": (x("inf", *numbers()[1:]), "", 1, r"cells are infinite.*allow = \[\"infinite\"\]"),
    "1e400": (x("1e400", *numbers()[1:]), "", 1, "cells are infinite: '1e400'"),
    "400 digits": (x("9" * 400, *numbers()[1:]), "", 1, "cells are infinite: '999"),
    "2,000 columns": (
        csv_of({f"c{place}": pick("1.5", "2", "7") for place in range(2000)}),
        "",
        1,
        "has 2,002 columns to learn from, at most 500 fit; leave columns out",
    ),
    "one name twice": (
        WORDS.replace(b"plan", b"Spend", 1),
        "",
        1,
        "have the same name; rename one",
    ),
    "same name when clean": (
        csv_of({"A b": pick("a", "b"), 'a_"B"': pick("a", "b")}),
        "",
        1,
        "columns 'A b', 'a_B' have the same name",
    ),
    "id not unique": (csv_of({"i": pick("1", "2")}), 'id = "i"', 1, "2 ids stand in more than one"),
    "id empty": (csv_of({"i": ["", *numbers()[1:]]}), 'id = "i"', 1, "line 2: the id i is empty"),
    "one id named twice": (PLAIN, 'id = ["plan", "plan"]', 2, "id names a column twice"),
    "time is no date": (PLAIN, 'time = "plan"', 1, r"\[data\] time: column plan must hold dates"),
    "horizon is no number": (
        PLAIN,
        'horizon = "plan"',
        1,
        "plan must hold the same number of days",
    ),
    "horizon of words": (
        PLAIN,
        'horizon_days = "soon"',
        2,
        "must be a whole number from 1 to 3660",
    ),
    "value is no number": (PLAIN, 'value = "plan"', 1, "column plan must hold numbers that vary"),
    "UTF-16 without mark": (PLAIN.decode().encode("utf-16-le"), "", 1, "UTF-16 without its mark"),
    "zero byte": (PLAIN.replace(b"no", b"n\0o", 1), "", 1, "is no text: byte .* is zero"),
    "gzip cut": (gzip.compress(PLAIN)[:-20], "", 1, "is broken gzip .*is the file complete"),
    "gzip of nothing": (gzip.compress(b""), "", 1, "is empty"),
    "bzip2": (bz2.compress(PLAIN), "", 1, "compressed with bzip2; unpack it, or use gzip"),
    "Excel": (b"PK\x03\x04" + bytes(99), "", 1, "open it and save it as CSV"),
    "web page": (b"<!doctype html>\n<p>Sign in, please</p>\n", "", 1, "is a web page or XML"),
    "JSON": (json.dumps([{"left": "yes"}] * 99).encode(), "", 1, "is JSON; export it as CSV or"),
    "JSON lines": (b'{"left": "yes", "spend": 1}\n' * 99, "", 1, "is JSON"),
    "quote never ends": (WORDS.replace(b"no", b'"no', 1), "", 1, "a quoted cell is broken"),
    "short row": (WORDS + b"yes,1\n", "", 1, "line 302 has 2 cells, the header has 3"),
    "long row": (WORDS + b"yes,1,a,b\n", "", 1, "line 302 has 4 cells, the header has 3"),
    "cut in a line": (WORDS[:-4], "", 1, "the file ends in the middle of a line; get it again"),
    "title above": (b"Customers of May\n\n" + WORDS, "", 1, "delete what stands above"),
    "Excel's separator line": (b"sep=;\n" + WORDS.replace(b",", b";"), "", 1, "delete what stands"),
    "one endless line": (b"a,b," * 10_001, "", 1, "at most 20,000 columns"),
    "one endless cell": (b"left,x\nyes," + b"z" * 200_000, "", 1, "more than 131072 characters"),
    "1,234": (x("1,234", "2,345", "12"), "", 1, "1,234.5 both fit"),
    "two currencies": (x("$5.20", "€7", "€12"), "", 1, "the units .* are mixed"),
    "copies of the outcome": (
        csv_of({"x": ["J" if left else "N" for left in LEFT]}),
        "",
        1,
        "leak-copy",
    ),
    "nothing to learn from": (
        csv_of({"spend": ["1"] * ROWS, "plan": ["a"] * ROWS}),
        "",
        1,
        "no column is left to learn from",
    ),
    "training file not TOML": (PLAIN, "id = ", 2, "is not TOML in UTF-8"),
    "Parquet cut": (parquet_of()[:-30], "", 1, "is no readable Parquet file"),
    "Parquet of lists": (parquet_of(x=[[1, 2]] * ROWS), "", 1, "column 'x' holds list"),
    "Parquet of records": (parquet_of(x=[{"a": 1}] * ROWS), "", 1, "column 'x' holds struct"),
}

READ: dict[str, tuple[bytes, Extra, str, str]] = {
    "empty column": (x(""), "", "ignored", r"x: is empty in every row; ignored \[all-missing\]"),
    "byte order mark": (b"\xef\xbb\xbf" + PLAIN, "", "", "findings: 0 error"),
    "UTF-16": (PLAIN.decode().encode("utf-16"), "", "", r"read as UTF-16 \[encoding\]"),
    "Windows": (
        csv_text({"x": pick("é", "e")}).encode("cp1252"),
        "",
        "category",
        "read as Windows-1252",
    ),
    "gzip": (gzip.compress(PLAIN), "", "", "findings: 0 error"),
    "CRLF": (csv_of(end="\r\n"), "", "", r"\(comma, utf-8\)"),
    "CR": (csv_of(end="\r"), "", "", r"\(comma, utf-8\)"),
    "semicolons": (csv_of(separator=";"), "", "", r"\(semicolon, utf-8\)"),
    "tabs": (csv_of(separator="\t"), "", "", r"\(tab, utf-8\)"),
    "bars": (csv_of(separator="|"), "", "", r"\(bar, utf-8\)"),
    "comma at line ends": (WORDS.replace(b"\n", b",\n"), "", "", r"1 names cleaned: ''"),
    "emoji in a name": (csv_of({"😀 x": pick("a", "b")}), "", "", "😀 x"),
    "quotes in a name": (csv_of({'a "b" c': pick("a", "b")}), "", "", r"1 names cleaned"),
    "line break in a name": (csv_of({"a\nb": pick("a", "b")}), "", "", r"names cleaned"),
    "control in a name": (csv_of({"a\x01b": pick("a", "b")}), "", "", r"names cleaned"),
    "huge whole numbers": (x(*(f"{n}e25" for n in numbers())), "", "number", ""),
    "-0.0": (x("-0.0", "0.0", "1.5"), "", "number", ""),
    "1,234.5": (x(*numbers("{:,.1f}")), "", "number", r"1,234.5, for example"),
    "1.234,5": (x("1.234,5", "2.345,25", "7"), "", "number", r"1.234,5, for example"),
    "12%": (x("12%", "7.5 %", "3%"), "", "number", r"1234.5 %"),
    "$5": (x("$5.50", "$7", "$1,200"), "", "number", r"1,234.5 \$"),
    "minus": (x("\u22125.5", "7", "(3)"), "", "number", "number-marks"),
    "no-break spaces": (x("1\xa0234,5", "\xa02\xa0345,5\xa0"), "", "number", "1 234,5"),
    "many NA": (x("NA", "1.5", "2", "7"), "", "number", "count as missing: 'NA'"),
    "a few words": (x(*numbers()[:-1], "unknown yet"), "", "number", "no numbers and count as"),
    "Y/N": (x("Y", "N"), "", "boolean", ""),
    "oui/non": (x("oui", "Non"), "", "boolean", ""),
    "ja/nein": (x("Ja", "nein"), "", "boolean", ""),
    "0/1": (x("0", "1"), "", "boolean", ""),
    "true in three spellings": (x("True", "yes", "0", "no"), "", "boolean", "one level in several"),
    "x or blank": (x("x", "", ""), "", "category", r"values are missing"),
    "days": (x("2024-12-31", "2024-11-30"), "", "ignored", r"holds dates.*\[dates\]"),
    "German days": (
        x("31.12.2023", "30.11.2023"),
        "snapshot_date = 2024-01-31",
        "number",
        "DD.MM.YYYY",
    ),
    "American days": (
        x("12/31/2023", "11/30/2023"),
        "snapshot_date = 2024-01-31",
        "number",
        "MM/DD/YYYY",
    ),
    "day or month": (
        x("03/04/2023", "05/06/2023"),
        "snapshot_date = 2024-01-31",
        "ignored",
        "both fit",
    ),
    "postcodes": (x("01067", "20095"), "", "category", "read as codes"),
    "telephones": (
        csv_of({"x": [f"0171 {row:03d} 55" for row in range(ROWS)]}),
        "",
        "ignored",
        "like an id",
    ),
    "free text": (
        csv_of({"x": [f"said {row} words" for row in range(ROWS)]}),
        "",
        "ignored",
        "like an id",
    ),
    "formulas": (x("=1+2", "=A1"), "", "category", ""),
    "negative value": (
        csv_of({"x": [f"-{cell}" for cell in numbers()]}),
        'value = "x"',
        "number",
        "monthly values are below 0",
    ),
    "two ids": (
        csv_of({
            "x": [str(row // 2) for row in range(ROWS)],
            "y": [str(row % 2) for row in range(ROWS)],
        }),
        'id = ["x", "y"]',
        "id",
        "findings: 0 error",
    ),
    "YES for yes": (WORDS.replace(b"yes", b"YES"), "", "", "YES"),
    "Parquet": (
        parquet_of(x=pa.array(pick("a", "b")).dictionary_encode()),
        "",
        "category",
        "parquet",
    ),
    "Parquet of truths": (parquet_of(x=[row % 3 == 0 for row in range(ROWS)]), "", "boolean", ""),
    "Parquet of nothing": (parquet_of(x=pa.nulls(ROWS)), "", "ignored", "is empty in every row"),
}


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., Result]:
    def run(verb: str, data: bytes, extra: str, *options: str) -> Result:
        (tmp_path / "t.csv").write_bytes(data)
        (tmp_path / "t.toml").write_text(
            f'[data]\ntarget = "left"\npositive = "yes"\n{extra}\n[model]\nfamilies = ["spline"]\n'
        )
        files = ("--data", str(tmp_path / "t.csv"), "--config", str(tmp_path / "t.toml"))
        return CliRunner().invoke(main, [verb, *files, *options])

    return run


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    (tmp_path / "models" / "churn").mkdir(parents=True)
    (tmp_path / "models" / "churn" / "promotions.jsonl").write_text("{}\n")
    return tmp_path / "models"


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_without_cure_is_refused_in_words_and_nothing_is_written(
    name: str, command: Callable[..., Result], registry: Path
) -> None:
    data, extra, code, words = REFUSED[name]
    before = sorted(registry.rglob("*"))

    refused = command("train", data, extra, "--model-root", str(registry), "--quiet")

    assert (refused.exit_code, refused.stdout) == (code, "")
    assert isinstance(refused.exception, SystemExit)
    assert refused.stderr.count("Error: ") == 1
    assert len(refused.stderr) < 600
    assert re.search(words, refused.stderr), refused.stderr
    assert sorted(registry.rglob("*")) == before


@pytest.mark.parametrize("name", READ)
def test_an_odd_file_is_read_as_it_was_meant(name: str, command: Callable[..., Result]) -> None:
    data, extra, what, words = READ[name]

    seen = command("findings", data, extra)

    assert seen.exit_code == 0, seen.output
    assert re.search(rf"(?m)^x  +{what} " if what else "", seen.stdout), seen.stdout
    assert re.search(words, seen.stdout), seen.stdout
