from churn_contract.schema import CustomerSchema
from churn_contract.tabular import match_header


def test_raw_names_case_blanks_and_a_byte_order_mark_do_not_matter(
    small_schema: CustomerSchema,
) -> None:
    header = ["\ufeffMember", " Visits", "plan ", "SAUNA", "guest", "coach", "Town", "e-mail"]
    match = match_header(small_schema, header)
    assert match.columns[0] == "member"
    assert match.columns[-1] == "mail"
    assert (match.missing, match.unknown, match.duplicate) == ((), (), ())


def test_missing_unknown_and_repeated_columns_are_told(small_schema: CustomerSchema) -> None:
    match = match_header(small_schema, ["visits", "Shoe Size", "Visits", "plan", "left"])
    assert match.columns == ("visits", None, "visits", "plan", "left")
    assert match.missing == ("sauna", "guest", "coach", "town")
    assert match.unknown == ("Shoe Size",)
    assert match.duplicate == ("visits",)


def test_the_real_table_matches_the_demo_schema(
    schema: CustomerSchema, telco_rows: list[dict[str, str]]
) -> None:
    match = match_header(schema, list(telco_rows[0]))
    assert match.columns == tuple(field.name for field in schema.fields)
    assert (match.missing, match.unknown, match.duplicate) == ((), (), ())
