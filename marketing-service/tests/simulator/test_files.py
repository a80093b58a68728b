"""Files of the simulator: switches, panels, Parquet."""

import csv
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pyarrow import parquet

from marketing_service.cli import main
from marketing_service.simulator import Panel, load_laws, write_panel, write_sample_data


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def _run(command: str, folder: Path, *options: str) -> Result:
    return CliRunner().invoke(main, [command, "--output", str(folder), *options])


def test_sample_data_keeps_what_is_there(tmp_path: Path) -> None:
    assert _run("sample-data", tmp_path, "--customers", "50").exit_code == 0
    before = (tmp_path / "train.csv").read_bytes()
    again = _run("sample-data", tmp_path, "--customers", "60", "--seed", "2")
    assert "is kept" in again.output
    assert (tmp_path / "train.csv").read_bytes() == before
    assert _run("sample-data", tmp_path, "--seed", "2", "--force").exit_code == 0
    assert (tmp_path / "train.csv").read_bytes() != before


def test_the_switches_bend_the_truth_alone(tmp_path: Path) -> None:
    for name, switch in (("usual", ()), ("aa", ("--effect", "0"))):
        _run("sample-data", tmp_path / name, "--customers", "300", *switch)
    usual, same = (_read(tmp_path / name / "truth.csv") for name in ("usual", "aa"))
    assert all(row["y0"] == row["y_call"] and row["p0"] == row["p1_call"] for row in same)
    assert [row["p0"] for row in usual] == [row["p0"] for row in same]
    assert any(row["p0"] != row["p1_call"] for row in usual)
    for name in ("train.csv", "customers.csv"):
        assert (tmp_path / "aa" / name).read_text() == (tmp_path / "usual" / name).read_text()


def test_parquet_has_the_same_customers_with_typed_numbers(tmp_path: Path) -> None:
    text = write_sample_data(tmp_path, customers=400, train_customers=3_000)
    typed = write_sample_data(tmp_path, customers=400, train_customers=3_000, suffix=".parquet")
    rows, table = _read(text.train), parquet.read_table(typed.train).to_pylist()
    assert list(table[0]) == list(rows[0])
    assert [row["customerID"] for row in table] == [row["customerID"] for row in rows]
    assert [row["MonthlyCharges"] for row in table] == [
        float(row["MonthlyCharges"]) for row in rows
    ]
    blank = [row["TotalCharges"] for row in table if row["tenure"] == 0]
    assert blank
    assert set(blank) == {None}


def test_without_pyarrow_the_cure_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = _run("sample-data", tmp_path, "--parquet")
    assert done.exit_code == 1
    assert "install marketing-service[parquet]" in done.output


def test_frozen_customers_are_there_until_the_month_they_leave(tmp_path: Path) -> None:
    assert _run("sample-panel", tmp_path, "--customers", "2000").exit_code == 0
    rows = _read(tmp_path / "panel.csv")
    months: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        months.setdefault(row["customerID"], []).append(row)
    assert len(months) == 2000
    left = [seen for seen in months.values() if seen[-1]["Churn"] == "Yes"]
    assert len(left) / 2000 == pytest.approx(0.2624, abs=0.03)
    assert all(len(seen) == 12 for seen in months.values() if seen[-1]["Churn"] == "No")
    assert all(row["Churn"] == "No" for seen in months.values() for row in seen[:-1])
    truth = _read(tmp_path / "panel-truth.csv")
    assert [(row["month"], row["customerID"]) for row in truth] == [
        (row["month"], row["customerID"]) for row in rows
    ]


def test_moving_customers_are_replaced_and_known_late(tmp_path: Path) -> None:
    options = ("--customers", "1000", "--months", "4", "--moving", "--label-delay", "30")
    assert _run("sample-panel", tmp_path, *options).exit_code == 0
    rows = _read(tmp_path / "panel.csv")
    assert [sum(row["month"] == str(month) for row in rows) for month in range(1, 5)] == [1000] * 4
    left = {row["customerID"] for row in rows if row["Churn"] == "Yes"}
    last = {row["customerID"] for row in rows if row["month"] == "4"}
    gone = {row["customerID"] for row in rows if row["Churn"] == "Yes" and row["month"] != "4"}
    assert left
    assert not gone & last
    assert max(int(row["known_after_days"]) for row in rows) > 20


def test_drift_of_frozen_customers_is_refused(tmp_path: Path) -> None:
    done = _run("sample-panel", tmp_path, "--price", "1.08")
    assert done.exit_code == 2
    assert "need --moving" in done.output


def test_a_panel_may_be_parquet(tmp_path: Path) -> None:
    files = write_panel(
        tmp_path, Panel(customers=100, months=2), laws=load_laws(), suffix=".parquet"
    )
    table = parquet.read_table(files.panel)
    assert table.column_names[0] == "month"
    assert set(table["month"].to_pylist()) == {1, 2}


def test_the_help_of_the_snapshot_points_to_the_panel_for_months_and_drift(tmp_path: Path) -> None:
    told = " ".join(_run("sample-data", tmp_path, "--help").output.split())

    assert "a world that drifts: marketing sample-panel" in told
