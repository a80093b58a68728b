"""Columns that are written after a customer has left, under names that sound harmless."""

from pathlib import Path

import numpy as np
import pytest

from churn_contract.schema import Field
from churn_service.training.coding import code_column
from churn_service.training.config import parse_config
from churn_service.training.errors import DataError
from churn_service.training.leaks import find_leaks
from churn_service.training.reading import build_dataset
from churn_service.training.table import parse_table, read_table

ROWS = 2_000
CHURNED = np.random.default_rng(5).random(ROWS) < 0.25
Cells = list[str]


def noise(seed: int, scale: float = 1.0) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.random.default_rng(seed).normal(0, scale, ROWS)


def for_leavers(cells: Cells, share: float = 1.0) -> Cells:
    """Keep the cells of this share of the leavers, and no others."""
    kept = (np.random.default_rng(9).random(ROWS) < share) & CHURNED
    return [cell if keep else "" for cell, keep in zip(cells, kept, strict=True)]


def shifted(by: float) -> Cells:
    return [repr(round(float(value), 3)) for value in noise(1) + by * CHURNED]


def chosen(*cells: str) -> Cells:
    return np.random.default_rng(2).choice(cells, ROWS).tolist()


def findings(name: str, cells: Cells) -> str:
    usage = [repr(round(float(value), 3)) for value in noise(3) - 0.6 * CHURNED]
    rows = zip(CHURNED, usage, cells, strict=True)
    lines = [f"left,usage,{name}", *(f'{int(left)},{use},"{cell}"' for left, use, cell in rows)]
    config = parse_config(b'[data]\ntarget = "left"\npositive = 1\n')
    try:
        found = build_dataset(parse_table("\n".join(lines).encode()), config, "t")
    except DataError as error:
        return f"stopped by {error.rule}: {error}"
    return "\n".join(map(str, found.findings))


STATES = [
    "closed" if left else state for left, state in zip(CHURNED, chosen("a", "b"), strict=True)
]
SOME_CLOSED = [
    "closed" if left and row % 3 == 0 else state
    for row, (left, state) in enumerate(zip(CHURNED, chosen("active", "paused"), strict=True))
]
STAYER_BILLS = ["" if left else cell for left, cell in zip(CHURNED, shifted(0), strict=True)]
SOME_BILLS = [
    "" if left and row % 4 == 0 else cell
    for row, (left, cell) in enumerate(zip(CHURNED, shifted(0), strict=True))
]
REFUNDS = [
    repr(float(row % 50 + 1)) if left and row % 3 == 0 else "0" for row, left in enumerate(CHURNED)
]
LEAKS = {
    "cancellation_reason": (for_leavers(chosen("price", "moved", "service")), "leak-missing"),
    "exit_survey_score": (for_leavers(chosen("1", "2", "3", "4", "5"), 0.4), "leak-missing"),
    "last_bill_after_churn": (STAYER_BILLS, "leak-missing"),
    "next_bill": (SOME_BILLS, "leak-missing"),
    "account_status": (STATES, "leak"),
    "line_status": (SOME_CLOSED, "leak-level"),
    "final_refund": (REFUNDS, "leak-level"),
    "retention_calls": (shifted(2.7), "leak"),
    "days_to_closing": (shifted(3.4), "leak"),
    "complaint_index": (shifted(2.0), "leak-near"),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_field_that_is_filled_in_afterwards_is_told(name: str) -> None:
    cells, rule = LEAKS[name]
    told = findings(name, cells)

    assert rule in told
    assert name in told


@pytest.mark.parametrize(
    "cells",
    [
        shifted(1.0),
        chosen("active", "paused"),
        [cell if row % 3 else "" for row, cell in enumerate(shifted(0.8))],
        ["" if row % 90 == 0 else cell for row, cell in enumerate(chosen("a", "b"))],
    ],
)
def test_an_honest_column_is_not_suspected(cells: Cells) -> None:
    assert "leak" not in findings("x", cells)


def test_a_few_leavers_with_a_value_prove_nothing() -> None:
    rare = ["gone" if left and row % 30 == 0 else "here" for row, left in enumerate(CHURNED)]

    assert "leak" not in findings("x", rare)


def test_where_nearly_everybody_leaves_no_value_is_suspicious() -> None:
    churned = (np.arange(400) % 4 != 0).astype(np.int64)
    column = code_column(
        Field(name="x", kind="category", levels=("a", "b")),
        ["a" if left and row % 2 else "b" for row, left in enumerate(churned)],
    )

    assert find_leaks([column], churned) == []


def test_the_public_table_has_no_leak(telco_csv: Path) -> None:
    config = parse_config(b'[data]\ntarget = "Churn"\npositive = "Yes"\nid = "customerID"\n')

    assert not [
        found
        for found in build_dataset(read_table(telco_csv), config, "t").findings
        if found.rule.startswith("leak")
    ]
