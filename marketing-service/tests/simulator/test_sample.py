import csv
import re
from pathlib import Path

import pytest

from marketing_service.simulator import SampleFiles, outcomes_for, write_sample_data
from marketing_service.simulator.laws import Laws
from marketing_service.simulator.table import COLUMNS, customer_ids

WHEN = "2027-06-01T00:00:00Z"


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def test_the_training_table_has_the_columns_and_words_of_the_real_one(
    sample: SampleFiles, real_table: list[dict[str, str]]
) -> None:
    rows = _read(sample.train)
    assert list(rows[0]) == list(real_table[0]) == list(COLUMNS)
    numbers = {"customerID", "tenure", "MonthlyCharges", "TotalCharges"}
    for name in set(COLUMNS) - numbers:
        assert {row[name] for row in rows} == {row[name] for row in real_table}


def test_a_brand_new_customer_has_a_blank_total(sample: SampleFiles) -> None:
    totals = {row["TotalCharges"] for row in _read(sample.train) if row["tenure"] == "0"}
    assert totals == {" "}


def test_training_and_campaign_customers_are_different_people(sample: SampleFiles) -> None:
    past = {row["customerID"] for row in _read(sample.train)}
    audience = [row["customerID"] for row in _read(sample.customers)]
    assert (len(past), len(set(audience))) == (7043, 7000)
    assert past.isdisjoint(audience)


def test_campaign_customers_have_an_address_and_no_outcome(sample: SampleFiles) -> None:
    row = _read(sample.customers)[0]
    assert "Churn" not in row
    assert row["email"] == f"{row['customerID'].lower()}@example.test"


def test_the_truth_stands_beside_in_the_same_order(sample: SampleFiles) -> None:
    truth = _read(sample.truth)
    assert [row["customerID"] for row in truth] == [
        row["customerID"] for row in _read(sample.customers)
    ]
    assert all((row["y0"] == "1") == (float(row["v"]) < float(row["p0"])) for row in truth)
    assert {"p1_support", "y_support", "asleep"} <= set(truth[0])


def test_the_same_seed_gives_the_same_files(tmp_path: Path) -> None:
    files = [
        write_sample_data(tmp_path / name, customers=50, seed=seed, train_customers=50)
        for name, seed in (("a", 3), ("b", 3), ("c", 4))
    ]
    texts = [[path.read_bytes() for path in vars(f).values()] for f in files]
    assert texts[0] == texts[1]
    assert texts[0][0] != texts[2][0]


def test_files_may_span_blocks(tmp_path: Path) -> None:
    files = write_sample_data(tmp_path, customers=10_000, seed=1, train_customers=100_000)
    ids = [row["customerID"] for path in (files.train, files.customers) for row in _read(path)]
    assert len(set(ids)) == 110_000


def test_ids_never_repeat_and_look_like_the_real_ones(laws: Laws) -> None:
    ids = customer_ids(0, 200_000, seed=5, laws=laws).tolist()
    assert len(set(ids)) == 200_000
    assert all(re.fullmatch(r"\d{4}-[A-Z]{5}", name) for name in ids[:1000])


def test_ids_of_a_later_block_continue_the_series(laws: Laws) -> None:
    together = customer_ids(0, 200, seed=5, laws=laws).tolist()
    assert customer_ids(150, 50, seed=5, laws=laws).tolist() == together[150:]


def test_ten_million_customers_still_have_ids_of_nine_characters(laws: Laws) -> None:
    assert len(str(customer_ids(10**9, 1, seed=1, laws=laws)[0])) == 10


def test_customers_react_as_their_truth_says(sample: SampleFiles) -> None:
    truth = {row["customerID"]: row for row in _read(sample.truth)}
    saved = next(key for key, row in truth.items() if (row["y0"], row["y_support"]) == ("1", "0"))
    kinds = []
    for arm, state in (("treated", "sent"), ("treated", "failed"), ("control", "control")):
        rows = [{"customer_id": saved, "arm": arm, "state": state}]
        found = outcomes_for(rows, sample.truth, "support", campaign="demo", occurred_at=WHEN)
        kinds.extend(outcome["kind"] for outcome in found)
    assert kinds == ["stayed", "churned", "churned"]


def test_outcomes_name_customer_campaign_time_and_source(sample: SampleFiles) -> None:
    customer = _read(sample.truth)[0]["customerID"]
    rows = [{"customer_id": customer, "arm": "treated"}, {"customer_id": "other", "arm": "none"}]
    found = list(outcomes_for(rows, sample.truth, "mail", campaign="demo", occurred_at=WHEN))
    assert len(found) == 1
    assert found[0] == {
        "customer_id": customer,
        "kind": found[0]["kind"],
        "occurred_at": WHEN,
        "source_id": f"sim:demo:{customer}",
        "campaign": "demo",
    }


def test_an_offer_that_the_truth_does_not_know_is_refused(sample: SampleFiles) -> None:
    with pytest.raises(ValueError, match="it knows mail, discount, support, call"):
        list(outcomes_for([], sample.truth, "gift", campaign="demo", occurred_at=WHEN))
