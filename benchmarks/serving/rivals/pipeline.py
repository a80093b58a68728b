"""The table as the courses read it: canonical spelling, numbers where cells are numbers."""

import csv
import os
from pathlib import Path

Customer = dict[str, float | str]
_LEFT_OUT = {"customerid", "churn"}


def table() -> tuple[list[Customer], list[bool]]:
    """Return the customers as dictionaries, and who left."""
    with Path(os.environ["BENCH_TABLE"]).open(newline="") as file:
        rows = [
            {_canonical(key): cell for key, cell in row.items()} for row in csv.DictReader(file)
        ]
    customers = [
        {key: _value(cell) for key, cell in row.items() if key not in _LEFT_OUT} for row in rows
    ]
    return customers, [row["churn"] == "Yes" for row in rows]


def _canonical(text: str) -> str:
    return text.strip().lower().replace(" ", "_")


def _value(cell: str) -> float | str:
    try:
        return float(cell.strip() or 0)  # the course puts 0 where TotalCharges is blank
    except ValueError:
        return _canonical(cell)
