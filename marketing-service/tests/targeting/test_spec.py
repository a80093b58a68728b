from typing import Any

import pytest

from marketing_service.targeting.spec import (
    CampaignFileError,
    parse_campaign,
    parse_campaign_toml,
    spec_to_json,
)

Document = dict[str, Any]

TOML = """
name = "spring-2027"
value = { margin_rate = 0.40, monthly_column = "MonthlyCharges" }
limits = { budget_eur = 60000 }
contact = { require_consent = false }
offers = [{ id = "discount", contact_eur = 0.02, incentive_eur = 40, save_rate = 0.2 }]
message = { subject = "Hi", text = "Stay", html = "<p>Stay</p>", from = "a@example.com" }
"""


def _errors(document: Document) -> dict[str, str]:
    with pytest.raises(CampaignFileError) as caught:
        parse_campaign(document)
    return {error.path: error.message for error in caught.value.errors}


def _put(document: Document, path: str, value: object) -> None:
    *tables, key = path.split(".")
    table: Any = document
    for name in tables:
        table = table.setdefault(name, {})
    table[key] = value


def test_a_short_file_gets_every_default() -> None:
    spec = parse_campaign_toml(TOML)
    assert spec.seed_key == "spring-2027"
    assert (spec.policy, spec.horizon_months, spec.currency) == ("expected_profit", 12, "EUR")
    assert spec.control.campaign_share == 0.1
    assert (spec.measure.window_days, spec.measure.confidence) == (360, 0.95)
    assert (spec.offer.save_rate.alpha, spec.offer.save_rate.beta) == (4, 16)
    assert (spec.offer.accept_stayer, spec.offer.accept_leaver) == (1, 1)
    assert spec.send.max_per_second is None
    assert spec.message.html == "<p>Stay</p>"


def test_bytes_are_read_as_utf8() -> None:
    assert parse_campaign_toml(TOML.encode()).name == "spring-2027"


@pytest.mark.parametrize("text", ["name =", b"\xff"])
def test_text_that_is_no_toml_is_one_error(text: str | bytes) -> None:
    with pytest.raises(CampaignFileError, match="is not a TOML file") as caught:
        parse_campaign_toml(text)
    assert caught.value.errors[0].pointer == ""


def test_json_of_a_campaign_reads_back_as_the_same_campaign(document: Document) -> None:
    document["policy"], document["threshold"] = "risk_threshold", 0.4
    document["seed_key"] = "other"
    document["offers"][0]["save_rate"] = {"alpha": 2, "beta": 5}
    document["message"]["reply_to"] = "b@example.com"
    document["send"] = {"max_per_second": 5}
    spec = parse_campaign(document)
    assert parse_campaign(spec_to_json(spec)) == spec
    assert spec_to_json(parse_campaign(spec_to_json(spec))) == spec_to_json(spec)


def test_a_save_rate_is_an_assumption_with_a_default(document: Document) -> None:
    del document["offers"][0]["save_rate"]
    assert parse_campaign(document).offer.save_rate.mean == pytest.approx(0.3)


def test_all_errors_come_in_one_run() -> None:
    found = _errors({"nme": "x", "value": 3, "offers": [{"id": "control", "contact_er": 2}]})
    assert found["name"] == "is missing (expected 1 to 64 of a-z, 0-9 and -)"
    assert found["value"] == "must be a table (got 3)"
    assert found["nme"] == "is not a known key; did you mean `name`?"
    assert found["offers[0].id"] == "is a reserved word (got 'control')"
    assert found["offers[0].contact_er"] == "is not a known key; did you mean `contact_eur`?"
    assert found["contact"] == found["message"] == "is missing (expected a table)"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("name", "Spring 2027", "1 to 64 of a-z, 0-9 and - (got 'Spring 2027')"),
        ("name", "x" * 65, "(got 'xxxxx"),
        ("seed_key", " ", "must be text of 1 to 200 characters (got ' ')"),
        ("policy", "expected_profits", "did you mean expected_profit?"),
        ("policy", "zzz", "must be one of expected_profit, risk_threshold, random (got 'zzz')"),
        ("threshold", 0.5, "belongs to policy risk_threshold (got policy expected_profit)"),
        ("horizon_months", 61, "a whole number from 1 to 60 (got 61)"),
        ("horizon_months", True, "a whole number from 1 to 60 (got true)"),
        ("horizon_months", 1.5, "(got 1.5)"),
        ("currency", "Euro", "three capitals"),
        ("value.margin_rate", 1.2, "must be a number from 0 to 1 (got 1.2)"),
        ("value.margin_rate", float("nan"), "(got nan)"),
        ("value.monthly_column", 5, "the name of a column"),
        ("value.discount_rate_per_year", -1, "a number from 0 to 1"),
        ("value.monthly_survival", 0, "above 0"),
        ("limits.budget_eur", -5, "must be a number >= 0 (got -5)"),
        ("limits.budget_eur", "5", "must be a number >= 0 (got '5')"),
        ("limits.max_contacts", -5, "must be a whole number >= 0 (got -5)"),
        ("limits.min_net_eur", {}, "must be a number (got a table)"),
        ("control.campaign_share", 0.95, "a number from 0 to 0.9"),
        ("control.require_power", "yes", "true or false"),
        ("contact.require_consent", True, "consents are not kept yet"),
        ("measure.outcome", "clicks", "must be one of churned"),
        ("measure.window_days", 0, "1 to 1825"),
        ("measure.confidence", 1, "0.5 to 0.999"),
        ("send.max_per_second", 0, "a number above 0"),
        ("message.subject", "two\nlines", "one line of text"),
        ("message.text", "", "must be text of at most"),
        ("message.from", "nobody", "a mail address"),
        ("message.from", "a@b.c\nBcc: x@y.z", "a mail address"),
        ("message.reply_to", "a@@b", "a mail address"),
        ("message.html", 7, "must be text"),
        ("limits.budget", 5, "did you mean `budget_eur`?"),
        ("limits.qqqqq", 5, "known: budget_eur, max_contacts, min_net_eur"),
    ],
)
def test_a_wrong_value_is_named_with_its_rule(
    path: str, value: object, message: str, document: Document
) -> None:
    _put(document, path, value)
    found = _errors(document)
    assert list(found) == [path]
    assert message in found[path]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("contact_eur", -0.1, "a number >= 0"),
        ("incentive_eur", "0.2 * m", "a number >= 0"),
        ("save_rate", 1.5, "a mean above 0 and below 1"),
        ("save_rate", 0, "a mean above 0 and below 1"),
        ("accept_stayer", 2, "from 0 to 1"),
        ("channel", "sms", "must be one of email"),
        ("id", "Sup port", "a-z"),
    ],
)
def test_a_wrong_offer_is_named_by_its_place(
    key: str, value: object, message: str, document: Document
) -> None:
    document["offers"][0][key] = value
    found = _errors(document)
    assert message in found[f"offers[0].{key}"]


def test_both_parameters_of_a_save_rate_are_checked(document: Document) -> None:
    document["offers"][0]["save_rate"] = {"alpha": 0, "bta": 2}
    assert set(_errors(document)) == {
        "offers[0].save_rate.alpha",
        "offers[0].save_rate.beta",
        "offers[0].save_rate.bta",
    }


@pytest.mark.parametrize(
    ("offers", "message"),
    [
        ([], "must hold exactly one offer for now (got 0)"),
        ("support", "must be a list"),
        (7, "must be a list"),
    ],
)
def test_offers_are_a_list_of_one(offers: object, message: str, document: Document) -> None:
    document["offers"] = offers
    assert message in _errors(document)["offers"]


def test_a_missing_list_of_offers_is_an_error(document: Document) -> None:
    del document["offers"]
    assert "is missing" in _errors(document)["offers"]


def test_two_offers_are_one_too_many(document: Document) -> None:
    document["offers"].append(dict(document["offers"][0], id="other"))
    assert _errors(document) == {"offers": "must hold exactly one offer for now (got 2)"}


def test_an_offer_that_is_no_table_is_an_error(document: Document) -> None:
    document["offers"] = ["support"]
    assert _errors(document) == {"offers[0]": "must be a table (got 'support')"}


def test_every_error_has_a_json_pointer_and_a_line(document: Document) -> None:
    document["offers"][0]["contact_eur"] = -1
    with pytest.raises(CampaignFileError) as caught:
        parse_campaign(document)
    error = caught.value.errors[0]
    assert error.pointer == "/offers/0/contact_eur"
    assert str(caught.value) == "offers[0].contact_eur: must be a number >= 0 (got -1)"


@pytest.mark.parametrize(
    "path",
    ["policy", "value", "value.margin_rate", "control.require_power", "contact.require_consent"],
)
def test_a_null_is_no_value(path: str, document: Document) -> None:
    _put(document, path, None)
    found = _errors(document)
    assert list(found) == [path]
    assert "(got null)" in found[path]


def test_long_values_are_shortened_in_messages(document: Document) -> None:
    document["policy"] = "x" * 500
    assert len(_errors(document)["policy"]) < 150
