"""One table out of a base and newer data."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from churn_service.training.config import TrainConfig, parse_config
from churn_service.training.errors import ConfigError, DataError
from churn_service.training.reading import build_dataset
from churn_service.training.retrain import WEIGHT, Material, gather
from churn_service.training.split import position
from churn_service.training.table import Table, parse_table

CONFIG = parse_config(
    b'[data]\ntarget = "Left"\npositive = "Yes"\nid = "Customer"\n'
    b'[columns."Monthly Spend"]\ntype = "number"\n'
)
LATER = datetime(2028, 1, 1, tzinfo=UTC)
HEADER = "customer_id,campaign_id,arm,action,propensity,planned_at,outcome,window_end"


def base(rows: int = 300) -> Table:
    rng = np.random.default_rng(2)
    lines = ["Customer,Plan,Monthly Spend,Left"]
    for number in range(rows):
        plan = rng.choice(["Basic", "Family Plus"])
        left = "Yes" if rng.random() < 0.4 else "No"
        lines.append(f"c{number},{plan},{rng.uniform(5, 90):.2f},{left}")
    return parse_table("\n".join(lines).encode() + b"\n")


def feedback(*rows: str, attributes: str = "attrs.plan,attrs.monthly_spend") -> Table:
    head = f"{HEADER},attributes_hash,{attributes}"
    return parse_table("\n".join([head, *rows]).encode() + b"\n")


def control(customer: str, outcome: str = "churned", month: int = 1) -> str:
    times = f"2027-0{month}-01T00:00:00Z", f"2027-0{month + 1}-01T00:00:00Z"
    return (
        f"{customer},campaign-{month},control,none,0.25,{times[0]},{outcome},{times[1]},ff,"
        "family_plus,30.5"
    )


def gathered(data: Table, before: Table | None = None, config: TrainConfig = CONFIG) -> Material:
    return gather(data, before, config, as_of=LATER)


def test_rows_of_feedback_are_spelled_like_those_of_the_base() -> None:
    made = gathered(feedback(control("c1"), control("x9", "stayed")), base())
    assert made.table.header == ("Customer", "Plan", "Monthly Spend", "Left", WEIGHT)
    assert made.table.rows[-2:] == [
        ["c1", "Family Plus", "30.5", "Yes", "4.0"],
        ["x9", "Family Plus", "30.5", "No", "4.0"],
    ]
    assert made.table.rows[0][-1] == "1"
    assert made.sentences[-1] == "300 rows of the base table"


def test_the_gathered_table_can_be_trained_on_though_customers_come_again() -> None:
    made = gathered(feedback(control("c1"), control("c1", month=5)), base())
    dataset = build_dataset(made.table, made.config, "test")
    assert dataset.keys.count("c1") == 3
    assert dataset.weights[-1] == 4.0
    assert [field.name for field in dataset.schema.features] == ["plan", "monthly_spend"]
    assert len({position(key) for key in dataset.keys if key == "c1"}) == 1


def test_without_repeated_ids_the_cure_is_named() -> None:
    made = gathered(feedback(control("c1")), base())
    with pytest.raises(DataError, match="repeated_ids = true"):
        build_dataset(made.table, replace(made.config, repeated_ids=False), "test")


def test_feedback_alone_makes_a_table_of_its_own() -> None:
    made = gathered(feedback(control("c1"), control("c2", "stayed")))
    assert made.table.names[:4] == ("plan", "monthly_spend", "customer", "left")
    assert made.table.rows == [
        ["family_plus", "30.5", "c1", "Yes", "4.0"],
        ["family_plus", "30.5", "c2", "not Yes", "4.0"],
    ]


def test_a_newer_table_is_put_behind_the_base_whatever_the_order_of_its_columns() -> None:
    newer = parse_table(b"Left,Customer,Monthly Spend,Plan,Extra\nYes,n1,7,Basic,x\n")
    made = gathered(newer, base())
    assert made.table.rows[-1] == ["n1", "Basic", "7", "Yes", "1"]
    assert made.sentences == ("1 rows of new customers", "300 rows of the base table")


def test_a_newer_table_that_lacks_a_column_is_refused() -> None:
    with pytest.raises(DataError, match="no column Plan, the base table has"):
        gathered(parse_table(b"Left,Customer,Monthly Spend\nYes,n1,7\n"), base())


def test_a_newer_table_may_stand_alone() -> None:
    assert gathered(base()).table.rows[0][-1] == "1"


def test_the_data_version_covers_both_files_and_the_rows_used() -> None:
    same = [gathered(feedback(control("c1")), base()).table.sha256 for _ in "ab"]
    other = gathered(feedback(control("c2")), base()).table.sha256
    without = gathered(feedback(control("c1"))).table.sha256
    assert same[0] == same[1]
    assert len({same[0], other, without}) == 3


def test_feedback_without_an_attribute_of_the_base_is_refused_with_the_cure() -> None:
    short = feedback(control("c1").rpartition(",")[0], attributes="attrs.plan")
    with pytest.raises(DataError, match="no attribute Monthly Spend"):
        gathered(short, base())


def test_feedback_of_which_nothing_can_be_used_says_why() -> None:
    with pytest.raises(DataError, match=r"no row of the new data .* 1 without known outcome"):
        gathered(feedback(control("c1", "")), base())


def test_weights_of_the_training_file_are_refused() -> None:
    own = parse_config(b'[data]\ntarget = "Left"\npositive = "Yes"\nweight = "Plan"\n')
    with pytest.raises(ConfigError, match="a retraining makes the weights itself"):
        gathered(feedback(control("c1")), base(), own)


def test_a_flag_that_is_no_flag_is_refused() -> None:
    with pytest.raises(ConfigError, match="repeated_ids must be true or false"):
        parse_config(b'[data]\ntarget = "a"\npositive = "b"\nrepeated_ids = "yes"\n')
