import csv
import json
import tomllib

import pytest

OFFER = {"id": "spring", "launched_at": "2027-03-01T09:30:00.000Z", "plan": {"offer": "support"}}


def test_sample_data_is_made_once_and_replaced_only_by_force(run, tmp_path) -> None:
    first = run("sample-data", "--output", tmp_path, "--customers", 50, "--seed", 7)
    customers = (tmp_path / "customers.csv").read_text()
    again = run("sample-data", "--output", tmp_path, "--customers", 60)
    forced = run("sample-data", "--output", tmp_path, "--customers", 60, "--force")

    assert "50 customers to write to" in first.output
    assert "is kept" in again.output
    assert "60 customers to write to" in forced.output
    assert len((tmp_path / "customers.csv").read_text()) > len(customers)
    training = tomllib.loads((tmp_path / "train.toml").read_text())
    assert [name for name, column in training["columns"].items() if column["actionable"]] == [
        "Contract", "OnlineSecurity", "PaymentMethod", "TechSupport",
    ]  # fmt: skip
    assert (training["data"]["positive"], training["model"]) == ("Yes", {"families": ["spline"]})
    assert tomllib.loads((tmp_path / "campaign.toml").read_text())["name"] == "demo"


def test_the_table_to_learn_from_is_as_long_as_wanted(run, tmp_path) -> None:
    run("sample-data", "--output", tmp_path, "--customers", 1, "--train-customers", 200)

    assert len((tmp_path / "train.csv").read_text().splitlines()) == 201


def test_simulated_outcomes_of_both_arms_are_posted_in_batches(
    run, service, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr("marketing_service.cli.samples.BATCH", 2)
    run("sample-data", "--output", tmp_path, "--customers", 5)
    with (tmp_path / "customers.csv").open() as file:
        ids = [row["customerID"] for row in csv.DictReader(file)]
    arms = ("treated", "control", "treated", "none", "treated")
    lines = [f"{each},{arm},sent" for each, arm in zip(ids, arms, strict=True)]
    service.on("GET /v1/campaigns/spring", OFFER)
    service.on("GET /v1/campaigns/spring/targets", "\n".join(["customer_id,arm,state", *lines]))
    service.on("POST /v1/outcomes", {"new": 2, "corrected": 0, "unchanged": 0})

    done = run("sample-outcomes", "spring", "--truth", tmp_path / "truth.csv")

    posted = [row for body in service.bodies if body for row in json.loads(body)]
    assert {row["customer_id"] for row in posted} == {ids[0], ids[1], ids[2], ids[4]}
    assert done.output == "4 new, 0 corrected, 0 unchanged\n"


def test_a_campaign_that_was_never_launched_has_no_outcomes(run, service, tmp_path) -> None:
    (tmp_path / "truth.csv").touch()
    service.on("GET /v1/campaigns/spring", OFFER | {"launched_at": None})

    done = run("sample-outcomes", "spring", "--truth", tmp_path / "truth.csv")

    assert done.exit_code == 3
    assert "marketing campaigns launch spring" in done.output
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    "text", ["", "id,left\n1,0\n", "customerID,y0\n1,0\n", "y1_support,y0\n1,0\n", "\xff\0"]
)
def test_a_truth_file_of_another_shape_is_named(run, service, tmp_path, text) -> None:
    truth = tmp_path / "other.csv"
    truth.write_bytes(text.encode("latin-1"))
    service.on("GET /v1/campaigns/spring", OFFER)
    service.on("GET /v1/campaigns/spring/targets", "customer_id,arm,state\n1,treated,sent\n")

    done = run("sample-outcomes", "spring", "--truth", truth)

    assert done.exit_code == 2
    assert isinstance(done.exception, SystemExit)
    assert "other.csv" in done.output
    assert "truth.csv of marketing sample-data" in done.output
