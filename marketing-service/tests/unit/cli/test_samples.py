import csv
import json
import tomllib

OFFER = {"id": "spring", "plan": {"offer": "support"}}


def test_sample_data_is_made_once_and_replaced_only_by_force(run, tmp_path) -> None:
    first = run("sample-data", "--output", tmp_path, "--customers", 50, "--seed", 7)
    customers = (tmp_path / "customers.csv").read_text()
    again = run("sample-data", "--output", tmp_path, "--customers", 60)
    forced = run("sample-data", "--output", tmp_path, "--customers", 60, "--force")

    assert "50 customers to write to" in first.output
    assert "is kept" in again.output
    assert "60 customers to write to" in forced.output
    assert len((tmp_path / "customers.csv").read_text()) > len(customers)
    assert tomllib.loads((tmp_path / "train.toml").read_text())["data"]["positive"] == "Yes"
    assert tomllib.loads((tmp_path / "campaign.toml").read_text())["name"] == "demo"


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
