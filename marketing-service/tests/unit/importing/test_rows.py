from churn_contract.schema import CustomerSchema
from marketing_service.importing.address import address_hash
from marketing_service.importing.columns import find_columns
from marketing_service.importing.csv_source import RawRow
from marketing_service.importing.rows import RowChecker
from marketing_service.store.customers import CustomerRecord

HEADER = ["Boat", "Length", "Hull", "Fee", "Mail"]
GOOD = ["B-1", "7.5", "Steel", "", "ann@example.test"]


def _checker(schema: CustomerSchema, key: bytes | None = None) -> RowChecker:
    return RowChecker(schema, find_columns(schema, HEADER, {}), address_key=key)


def _row(cells: list[str], line: int = 2, problem: str = "") -> RawRow:
    return RawRow(line, cells, ",".join(cells), problem)


def _good(checker: RowChecker, cells: list[str]) -> CustomerRecord:
    found = checker.check(_row(cells))
    assert isinstance(found, CustomerRecord)
    return found


def _codes(checker: RowChecker, row: RawRow) -> list[tuple[str, str]]:
    found = checker.check(row)
    assert isinstance(found, list)
    return [(reject.field, reject.code) for reject in found]


def test_a_good_row_becomes_a_customer(schema: CustomerSchema) -> None:
    found = _good(_checker(schema), GOOD)

    assert found.external_id == "B-1"
    assert found.attrs == {"length": 7.5, "hull": "steel", "fee": 0.0}
    assert (found.email, found.email_hash) == ("ann@example.test", None)
    assert found.schema_digest == schema.digest


def test_with_a_key_the_address_is_hashed(schema: CustomerSchema) -> None:
    found = _good(_checker(schema, b"key"), GOOD)
    without = _good(_checker(schema, b"key"), [*GOOD[:4], ""])

    assert found.email_hash == address_hash(b"key", "ann@example.test")
    assert (without.email, without.email_hash) == (None, None)


def test_the_hash_changes_with_any_value_and_not_with_spelling(schema: CustomerSchema) -> None:
    checker = _checker(schema)
    same = _good(checker, ["B-1", "7.50", " steel", "0", " ann@example.test"])

    assert same.row_hash == _good(checker, GOOD).row_hash
    for place, cell in ((1, "8"), (2, "größe a"), (3, "1"), (4, "bob@example.test")):
        changed = [*GOOD[:place], cell, *GOOD[place + 1 :]]
        assert _good(checker, changed).row_hash != same.row_hash


def test_every_bad_field_of_a_row_is_told(schema: CustomerSchema) -> None:
    row = _row(["", "long", "wood", "1000", "nowhere"])

    assert _codes(_checker(schema), row) == [
        ("boat", "missing"),
        ("length", "wrong-type"),
        ("hull", "unknown-level"),
        ("fee", "out-of-range"),
        ("email", "wrong-type"),
    ]


def test_an_id_that_no_other_service_would_take_is_refused(schema: CustomerSchema) -> None:
    assert _codes(_checker(schema), _row(["x" * 201, *GOOD[1:]])) == [("boat", "out-of-range")]


def test_rejects_carry_the_line_and_the_raw_row(schema: CustomerSchema) -> None:
    (reject,) = _checker(schema).check(_row(["B-1", "", "steel", "", ""], line=7))

    assert (reject.row_no, reject.position, reject.raw) == (7, 0, "B-1,,steel,,")
    assert reject.reason.startswith("must have a value")


def test_a_raw_row_of_any_length_is_cut(schema: CustomerSchema) -> None:
    (reject,) = _checker(schema).check(RawRow(2, ["x"], "x" * 50_000))

    assert len(reject.raw) == 10_000


def test_a_row_with_missing_cells_is_refused_as_a_whole(schema: CustomerSchema) -> None:
    checker = _checker(schema)

    assert _codes(checker, _row(["B-1", "7"])) == [("", "wrong-shape")]
    (reject,) = checker.check(_row(["B-1", "7"]))
    assert reject.reason.startswith("has 2 cells where the header has 5")


def test_a_row_that_could_not_be_split_is_refused(schema: CustomerSchema) -> None:
    assert _codes(_checker(schema), _row([], problem="bad quote")) == [("", "wrong-shape")]


def test_of_two_rows_with_one_id_the_last_good_one_wins(schema: CustomerSchema) -> None:
    rows = [
        _row(["B-1", "7", "steel", "", ""], 2),
        _row(["B-2", "7", "steel", "", ""], 3),
        _row(["B-1", "8", "steel", "", ""], 4),
        _row(["B-1", "bad", "steel", "", ""], 5),
    ]

    chunk = _checker(schema).check_all(rows)

    assert [(item.external_id, item.attrs["length"]) for item in chunk.records] == [
        ("B-2", 7.0), ("B-1", 8.0),
    ]  # fmt: skip
    assert (chunk.read, chunk.rejected, chunk.duplicate) == (4, 1, 1)
    assert [(reject.row_no, reject.code) for reject in chunk.rejects] == [
        (2, "duplicate"), (5, "wrong-type"),
    ]  # fmt: skip
    assert "again in line 4" in chunk.rejects[0].reason


def test_a_schema_without_an_id_takes_the_customer_id_column(schema: CustomerSchema) -> None:
    plain = CustomerSchema(name="plain", fields=schema.features)
    header = ["customer_id", "Length", "Hull", "Fee"]
    checker = RowChecker(plain, find_columns(plain, header, {}))

    assert _good(checker, ["C-1", "7", "steel", "1"]).external_id == "C-1"
    assert _codes(checker, _row(["", "7", "steel", "1"])) == [("customer_id", "missing")]
