"""Ids, time, value, horizon and other columns that the training file names."""

import pytest

from churn_service.training.config import parse_config
from churn_service.training.dataset import Dataset
from churn_service.training.errors import ConfigError, DataError
from churn_service.training.reading import build_dataset
from churn_service.training.table import parse_table

BASE = '[data]\ntarget = "left"\npositive = "yes"\n'
ROWS = 400


def read(extra: str, *, days: str = "30", month: str = "2024-01-31", pay: str = "") -> Dataset:
    lines = ["left,spend,account,line,month,days,ratio"]
    for row in range(ROWS):
        left = "yes" if row % 7 in {0, 2, 3} else "no"
        ratio = f"{row % 90},{row % 10}"
        lines.append(
            f'{left},{pay or row % 83 + 0.5},A{row // 2},{row % 2},{month},{days},"{ratio}"'
        )
    return build_dataset(parse_table("\n".join(lines).encode()), parse_config(extra.encode()), "t")


def test_several_ids_name_a_row_and_the_first_decides_the_split() -> None:
    found = read(BASE + 'id = ["account", "line"]\n')

    assert found.schema.id == "account"
    assert found.keys[:3] == ("A0", "A0", "A1")
    assert found.schema.field("line").role == "ignored"


def test_one_of_several_ids_is_not_enough() -> None:
    with pytest.raises(DataError, match="200 ids stand in more than one row"):
        read(BASE + 'id = "account"\n')


def test_the_horizon_is_read_from_its_column() -> None:
    found = read(BASE + 'horizon = "days"\ntime = "month"\n', days="60")

    assert found.schema.outcome is not None
    assert found.schema.outcome.horizon_days == 60
    assert {found.schema.field(name).role for name in ("days", "month")} == {"ignored"}


def test_the_monthly_value_is_kept_and_stays_a_feature() -> None:
    found = read(BASE + 'value = "Spend"\n')

    assert found.monthly_value is not None
    assert found.monthly_value[:3].tolist() == [0.5, 1.5, 2.5]
    assert found.schema.field("spend").role == "feature"


def test_a_number_with_decimal_commas_is_read_as_meant() -> None:
    found = read(BASE)

    assert found.customers[13].values[-1] == 13.3


@pytest.mark.parametrize(
    ("extra", "changes", "words"),
    [
        ('horizon = "days"\n', {"days": "soon"}, "column days must hold the same number of days"),
        ('horizon = "days"\nhorizon_days = 31\n', {}, "horizon_days is 31, column days says 30"),
        ('time = "month"\n', {"month": "Jan"}, "column month must hold dates"),
        ('value = "spend"\n', {"pay": "a lot"}, "column spend must hold numbers"),
        ('[columns.spend]\ntype = "date"\n', {}, "its cells are no dates"),
    ],
)
def test_a_named_column_must_hold_what_it_is_named_for(
    extra: str, changes: dict[str, str], words: str
) -> None:
    with pytest.raises((DataError, ConfigError), match=words):
        read(BASE + extra, **changes)
