from churn_contract.forms import FormField, form_fields
from churn_contract.schema import CustomerSchema, Field
from churn_contract.validation import Validator


def named(schema: CustomerSchema) -> dict[str, FormField]:
    return {field.name: field for field in form_fields(schema)}


def test_a_number_has_limits_a_unit_and_a_usual_example(schema: CustomerSchema) -> None:
    tenure = named(schema)["tenure"]
    assert (tenure.kind, tenure.minimum, tenure.maximum) == ("number", 0, 792)
    assert (tenure.label, tenure.unit, tenure.step) == ("Months as a customer", "months", "any")
    assert (tenure.required, tenure.example, tenure.options) == (True, "36", ())


def test_what_is_usual_is_told_where_more_is_taken(schema: CustomerSchema) -> None:
    tenure = schema.field("tenure")
    assert named(schema)["tenure"].usual == (tenure.lowest, tenure.highest)
    assert named(schema)["contract"].usual is None
    narrow = CustomerSchema("s", fields=(Field(name="x", kind="number", minimum=0, maximum=1),))
    assert named(narrow)["x"].usual is None


def test_levels_are_suggested_where_others_are_taken(small_schema: CustomerSchema) -> None:
    town = named(small_schema)["town"]
    assert (town.kind, town.options) == ("suggest", (("ely", "Ely"), ("rye", "Rye")))


def test_a_category_offers_its_levels_in_the_files_words(schema: CustomerSchema) -> None:
    contract = named(schema)["contract"]
    assert contract.kind == "select"
    assert contract.options[1] == ("one_year", "One year")


def test_zero_and_one_are_shown_as_no_and_yes(schema: CustomerSchema) -> None:
    assert named(schema)["seniorcitizen"].options == (("0", "No"), ("1", "Yes"))


def test_what_may_be_missing_is_not_required(small_schema: CustomerSchema) -> None:
    fields = named(small_schema)
    assert fields["plan"].options == (("", "Not known"), ("day", "Day"), ("year", "Year"))
    assert not fields["plan"].required
    assert not fields["visits"].required
    assert fields["town"].required


def test_a_field_without_a_label_gets_one_from_its_name(small_schema: CustomerSchema) -> None:
    assert named(small_schema)["sauna"].label == "Sauna"


def test_a_narrow_range_has_a_decimal_example() -> None:
    field = Field(name="rate", kind="number", minimum=0, maximum=0.5)
    schema = CustomerSchema("s", fields=(field,))
    assert named(schema)["rate"].example == "0.25"


def test_the_examples_make_a_valid_customer(
    schema: CustomerSchema, small_schema: CustomerSchema
) -> None:
    for each in (schema, small_schema):
        filled = {field.name: field.example for field in form_fields(each)}
        Validator(each).check_text(filled)
