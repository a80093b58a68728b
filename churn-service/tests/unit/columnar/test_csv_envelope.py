"""Large plain CSV: the short way says the bytes of the long one, or leaves it to it."""

import csv
import io
import itertools

import pytest

from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema, Field, OutcomeField
from churn_contract.validation import Validator
from churn_service.artefact.document import (
    CurveTerm,
    LevelTerm,
    ModelDocument,
    Scorecard,
    TrainingFacts,
)
from churn_service.columnar import csv_table
from churn_service.columnar.csv_envelope import QuickCsvEnvelope
from churn_service.columnar.customers import CustomersInColumns
from churn_service.envelopes.csv import CsvEnvelope
from churn_service.envelopes.form import Ask
from churn_service.predictor import Predictor
from service_kit.problems import ServiceError

SCHEMA = CustomerSchema(
    name="gym",
    id="member",
    outcome=OutcomeField("gone", "yes"),
    fields=(
        Field(name="age", raw="Age", kind="number", minimum=0, maximum=120),
        Field(name="fee", kind="number", minimum=-5, maximum=1e17, nullable=True),
        Field(name="rest", kind="number", minimum=0, maximum=9, blank=4.5),
        Field(
            name="club",
            raw="Home Club",
            kind="category",
            levels=("north", "old_town"),
            raw_levels=("North", "Old Town"),
            unknown="other",
            nullable=True,
        ),
        Field(name="trainer", kind="boolean", levels=("no", "yes")),
        Field(name="note", kind="text", role="ignored"),
    ),
)
HEADER = "member,Age,fee,rest,Home Club,trainer"
PLAIN = [
    "a1,33,12.5,1,North,yes",
    "a2,7,,,Old Town,no",
    "a3,120,0.1,9,nowhere at all,true",
    ",0,1e-3,.5,,FALSE",
    "ä,1.,-4.25,+2,north,1",
    " a6 , 4 ,12345678901234567,3,OLD TOWN,0",
    "a,7,0.30000000000000004,3,old_town,no",
    "x8,8,100.10,0000000000000000007,Café,no",
]


def document() -> ModelDocument:
    knots, intercepts, slopes = (1.0, 50.0), (0.0, 0.1, 2.0), (0.0, 0.013, 0.0)
    numbers = [
        CurveTerm(field=name, missing=0.4, knots=knots, intercepts=intercepts, slopes=slopes)
        for name in ("age", "fee", "rest")
    ]
    club = {"north": 0.3, "old_town": -9.5}
    levels = [
        LevelTerm(field="club", weights=club, missing=0.2, other=-0.1),
        LevelTerm(field="trainer", weights={"no": 0.0, "yes": -0.7}),
    ]
    return ModelDocument(
        name="gym", schema=SCHEMA, schema_digest=SCHEMA.digest, threshold=0.5,
        scorer=Scorecard(intercept=-0.2, terms=(*numbers, *levels)),
        training=TrainingFacts(data_sha256="0", config_sha256="0", rows=1, churned=1),
    )  # fmt: skip


PREDICTOR = Predictor("v1", document(), Validator(SCHEMA, max_rows=500))
Answer = tuple[bytes | list[object], bool]


def answer(envelope: CsvEnvelope, content: bytes, **validator: str) -> Answer:
    """Return the answer, or the errors; and whether columns gave it."""
    checks = Validator(SCHEMA, max_rows=500, **validator) if validator else PREDICTOR.validator
    try:
        body = envelope.read(content, Ask(checks, {}))
    except ServiceError as error:
        return [error.type, error.detail, error.errors], False
    predictions = PREDICTOR.predict(body.customers)
    in_columns = isinstance(body.customers, CustomersInColumns)
    return envelope.write(body, predictions), in_columns


def both(content: str | bytes, **validator: str) -> bool:
    """Assert that both ways say the same bytes; tell whether the short one was taken."""
    raw = content.encode() if isinstance(content, str) else content
    wanted, _ = answer(CsvEnvelope(), raw, **validator)
    found, in_columns = answer(QuickCsvEnvelope(), raw, **validator)
    assert found == wanted
    return in_columns


def lines(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows]) + "\n"


def test_plain_bodies_take_the_short_way() -> None:
    assert both(lines(*PLAIN))
    assert both(lines(*PLAIN * 20))
    assert both(lines(*PLAIN).replace("\n", "\r\n"))
    assert both(lines(*PLAIN).rstrip("\n"))
    assert both("\ufeff" + lines(*PLAIN))
    assert both(lines(*PLAIN).replace(",", ";"))
    assert both(lines(*PLAIN, header='"member","Age","fee","rest","Home Club","trainer"'))
    assert both(lines())


@pytest.mark.parametrize("bytes_at_once", [60, 100, 170])
def test_blocks_of_lines_join(bytes_at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_table, "_AT_ONCE", bytes_at_once)
    assert both(lines(*PLAIN * 3))


def test_a_line_longer_than_a_block_takes_the_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_table, "_AT_ONCE", 10)
    assert not both(lines(*PLAIN))


def test_strange_columns_are_ignored_by_both() -> None:
    content = "note,shoe size,Age,fee,rest,club,trainer\nx,44,3,4,5,north,no\n"
    assert both(content, unknown_fields="ignore")


UNUSUAL = {
    "quotes": lines('a1,"33",12.5,1,North,yes'),
    "a wrong number": lines(*PLAIN, "a,x,1,1,North,yes"),
    "out of range": lines(*PLAIN, "a,121,1,1,North,yes"),
    "an odd number out of range": lines(*PLAIN, "a,+1e9,1,1,North,yes"),
    "a wrong boolean": lines(*PLAIN, "a,1,1,1,North,perhaps"),
    "nothing where a number must be": lines(*PLAIN, "a,,1,1,North,yes"),
    "a very long number": lines(*PLAIN, f"a,{'0' * 80}7,1,1,North,yes"),
    "a long id": lines(*PLAIN, f"{'a' * 201},7,1,1,North,yes"),
    "a short line": lines(*PLAIN, "a,1,1"),
    "a long line": lines(*PLAIN, "a,1,1,1,North,yes,more"),
    "two lines that make up for each other": lines("a,1,1,1,North", "a,1,1,1,North,yes,more"),
    "an empty line": lines(*PLAIN[:2], "", *PLAIN[2:]),
    "a missing column": "Age,fee\n1,2\n",
    "a column twice": lines("a,1,1,1,North,yes,3", header=f"{HEADER},age"),
    "the outcome": lines("a,1,1,1,North,yes,yes", header=f"{HEADER},gone"),
    "an unknown column": lines("a,1,1,1,North,yes,yes", header=f"{HEADER},shoes"),
    "too many rows": lines(*PLAIN * 70),
    "a zero byte": lines("a\0,1,1,1,North,yes"),
    "a lonely return": lines("a\r,1,1,1,North,yes"),
    "blanks in front": " " + lines(*PLAIN),
    "nothing": "",
    "blank lines": "\n\n",
    "an endless line": lines(*PLAIN, f"a,1,1,1,{'n' * 70_000},yes"),
    "an endless header": lines(*PLAIN, header=f"{HEADER},{'n' * 70_000}"),
    "an open quote in the header": '"' + lines(*PLAIN),
    "one column": "Age\n1\n",
}


@pytest.mark.parametrize("kind", UNUSUAL)
def test_whatever_is_unusual_takes_the_long_way(kind: str) -> None:
    assert not both(UNUSUAL[kind]) or kind == "a very long number"


def test_broken_utf8_takes_the_long_way() -> None:
    assert not both(lines(*PLAIN).encode() + b"\xff,1,1,1,North,yes\n")


def test_ids_that_need_quotes_get_them() -> None:
    content = lines(*PLAIN, header=HEADER).replace(",", ";").replace("a1;", "a,1;")
    assert both(content)


def test_tiny_probabilities_are_spelled_as_floats_are() -> None:
    assert both(lines(*["a1,0,0,0,Old Town,yes"] * 5))


def test_lenient_and_headless_bodies_take_the_long_way() -> None:
    content = lines(*PLAIN, "a,x,1,1,North,yes").encode()
    ask = Ask(PREDICTOR.validator, {}, is_lenient=True)
    envelope = QuickCsvEnvelope()
    body = envelope.read(content, ask)
    assert len(body.bad) == 1
    assert envelope.write(body, PREDICTOR.predict(body.customers)).count(b"\n") == 10
    headless = "\n".join(row.partition(",")[2] for row in PLAIN).encode()
    ask = Ask(PREDICTOR.validator, {"header": "absent"})
    assert not isinstance(envelope.read(headless, ask).customers, CustomersInColumns)


def test_a_body_can_be_read_again() -> None:
    body = QuickCsvEnvelope().read(lines(*PLAIN).encode(), Ask(PREDICTOR.validator, {}))
    again = body.reread(PREDICTOR.validator.lenient)
    assert list(again.customers) == list(body.customers)


def test_sampled_customers_take_the_short_way(demo: CustomerSchema) -> None:
    records = list(itertools.islice(sample_customers(demo, 4), 200))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    validator = Validator(demo)
    content = text.getvalue().encode()
    quick = QuickCsvEnvelope().read(content, Ask(validator, {}))
    plain = CsvEnvelope().read(content, Ask(validator, {}))
    assert isinstance(quick.customers, CustomersInColumns)
    assert list(quick.customers) == list(plain.customers)
