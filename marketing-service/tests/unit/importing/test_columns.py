import pytest

from churn_contract.schema import CustomerSchema, Field
from marketing_service.errors import ImportFileError
from marketing_service.importing.columns import find_columns, parse_mapping

HEADER = ["Boat", "Length", "Hull", "Fee"]


def test_columns_are_found_by_raw_and_canonical_names_in_any_order(schema: CustomerSchema) -> None:
    columns = find_columns(schema, ["fee", " HULL ", "boat", "Length", "email"], {})

    assert columns.width == 5
    assert (columns.id_index, columns.address_index) == (2, 4)
    assert columns.features == ((3, "length"), (1, "hull"), (0, "fee"))


def test_the_outcome_and_unknown_columns_are_left_out(schema: CustomerSchema) -> None:
    columns = find_columns(schema, [*HEADER, "Sold", "Colour"], {})

    assert [name for _, name in columns.features] == ["length", "hull", "fee"]
    assert columns.address_index is None


@pytest.mark.parametrize("name", ["E-Mail", "mail", "Email Address", "emailaddress"])
def test_a_column_of_addresses_is_recognised(schema: CustomerSchema, name: str) -> None:
    assert find_columns(schema, [*HEADER, name], {}).address_index == 4


def test_a_mapping_names_columns_that_the_header_does_not(schema: CustomerSchema) -> None:
    mapping = {"Number": "boat", "Contact": "email", "LOA": "length"}

    columns = find_columns(schema, ["Number", "LOA", "Hull", "Fee", "Contact"], mapping)

    assert (columns.id_index, columns.address_index) == (0, 4)
    assert columns.features[0] == (1, "length")


def test_a_mapped_column_wins_over_one_that_has_the_name(schema: CustomerSchema) -> None:
    columns = find_columns(schema, [*HEADER, "Real length"], {"Real length": "length"})

    assert columns.features[0] == (4, "length")


def test_a_column_can_be_left_out(schema: CustomerSchema) -> None:
    columns = find_columns(schema, [*HEADER, "mail"], {"mail": ""})

    assert columns.address_index is None


def test_all_missing_columns_are_named_with_those_that_are_left(schema: CustomerSchema) -> None:
    with pytest.raises(ImportFileError) as caught:
        find_columns(schema, ["Boat", "Lenght", "Fee"], {})

    assert "no column for length, hull." in caught.value.detail
    assert "without a meaning: Lenght" in caught.value.detail
    assert "map=Mail=length" in caught.value.detail


def test_a_missing_id_is_named_too(schema: CustomerSchema) -> None:
    with pytest.raises(ImportFileError, match="no column for boat"):
        find_columns(schema, HEADER[1:], {})


def test_one_cell_is_no_header(schema: CustomerSchema) -> None:
    with pytest.raises(ImportFileError, match="one cell only"):
        find_columns(schema, ["Boat Length Hull Fee"], {})


def test_a_field_in_two_columns_is_refused(schema: CustomerSchema) -> None:
    with pytest.raises(ImportFileError, match="several columns: email, fee"):
        find_columns(schema, [*HEADER, "fee", "mail", "email"], {})


def test_a_mapping_of_a_column_that_is_not_there_is_refused(schema: CustomerSchema) -> None:
    with pytest.raises(ImportFileError, match=r"has not: Nummer; it has Boat, Length"):
        find_columns(schema, HEADER, {"Nummer": "boat"})


def test_a_mapping_to_an_unknown_field_names_the_nearest(schema: CustomerSchema) -> None:
    with pytest.raises(ImportFileError, match="'lenght', which is unknown; did you mean length"):
        find_columns(schema, HEADER, {"Length": "lenght"})
    with pytest.raises(ImportFileError, match=r"'zzz', which is unknown\."):
        find_columns(schema, HEADER, {"Length": "zzz"})


def test_without_an_id_in_the_schema_the_column_is_called_customer_id() -> None:
    field = Field(name="x", kind="number", minimum=0, maximum=1)
    schema = CustomerSchema(name="plain", fields=(field,))

    assert find_columns(schema, ["x", "Customer_ID"], {}).id_index == 1
    assert find_columns(schema, ["x", "n"], {"n": "customer_id"}).id_index == 1
    with pytest.raises(ImportFileError, match="no column for customer_id"):
        find_columns(schema, ["x", "n"], {})


def test_a_mapping_is_read_from_pairs() -> None:
    assert parse_mapping(["Mail = Email, No=boat", "", "x="]) == {
        "Mail": "email", "No": "boat", "x": "",
    }  # fmt: skip
    assert parse_mapping([]) == {}


@pytest.mark.parametrize("text", ["Mail", "=email"])
def test_a_mapping_without_both_sides_is_refused(text: str) -> None:
    with pytest.raises(ImportFileError, match="must have the form THEIRS=OURS"):
        parse_mapping([text])


def test_a_column_mapped_twice_is_refused() -> None:
    with pytest.raises(ImportFileError, match="'a' twice"):
        parse_mapping(["a=boat", "a=email"])


def test_unused_columns_and_the_outcome_are_told_apart(schema: CustomerSchema) -> None:
    header = ["Boat", "Length", "Hull", "Fee", "Sold", "Colour", "Junk"]

    found = find_columns(schema, header, {"junk": ""})

    assert (found.outcome, found.ignored) == ("Sold", ("Colour",))
