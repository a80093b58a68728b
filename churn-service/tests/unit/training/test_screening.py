"""Screening finds the pairs that were planted, and where they change."""

import numpy as np
import pytest

from churn_contract.schema import CustomerSchema, Field
from churn_service.artefact.pairs import LevelAxis, NumberAxis
from churn_service.training import screening
from churn_service.training.pair_cells import (
    axis_size,
    cell_names,
    cells_of,
    coarse_axis,
    fine_axes,
)
from churn_service.training.screening import Left, possible_pairs

LEVELS = tuple("abcdefghijkl")
SCHEMA = CustomerSchema(
    name="t",
    fields=(
        Field(name="x", kind="number", minimum=0, maximum=40),
        Field(name="y", kind="number", minimum=0, maximum=1, nullable=True),
        Field(name="town", kind="category", levels=LEVELS, unknown="other", nullable=True),
        Field(name="flag", kind="boolean", levels=("no", "yes")),
    ),
)


def planted(rows: int = 4000) -> tuple[np.ndarray, Left]:
    """Make rows whose residuals hang on x above 20 and y above a half together."""
    random = np.random.default_rng(2)
    matrix = np.empty((rows, 4), dtype=object)
    matrix[:, 0] = random.integers(0, 40, rows).astype(float)
    matrix[:, 1] = np.where(random.random(rows) < 0.1, np.nan, random.random(rows))
    matrix[:, 2] = random.choice([*LEVELS[:9], "", "unseen"], rows)
    matrix[:, 3] = random.choice(["no", "yes"], rows)
    x, y = matrix[:, 0].astype(float), matrix[:, 1].astype(float)
    chances = np.where((x > 20) == (y > 0.5), 0.7, 0.3)
    axes = fine_axes(SCHEMA, matrix)
    cells = [cells_of(axis, matrix[:, place]) for place, axis in enumerate(axes)]
    residuals = (random.random(rows) < chances) - 0.5
    return matrix, Left(axes, cells, residuals, np.full(rows, 0.25))


def test_the_planted_pair_ranks_first_and_is_cut_where_it_turns() -> None:
    _, left = planted()

    ranked = left.ranked(possible_pairs([0, 1, 2, 3], left))
    first, second = left.cuts((0, 1))

    assert ranked[0] == (0, 1)
    assert coarse_axis(left.axes[0], first).edges == (21.0,)
    assert coarse_axis(left.axes[1], second).edges[0] == pytest.approx(0.5, abs=0.02)


def test_pairs_that_save_nothing_are_left_out() -> None:
    _, left = planted()
    silent = Left(left.axes, left.cells, np.zeros(4000), left.spread)

    assert silent.ranked(possible_pairs([0, 1, 2, 3], silent)) == []


def test_a_wave_gets_up_to_three_cuts() -> None:
    matrix, left = planted()
    wave = np.sin((matrix[:, 0].astype(float) + 0.5) * np.pi / 10) * (matrix[:, 3] == "yes")
    waving = Left(left.axes, left.cells, 0.4 * np.sign(wave), left.spread)

    cuts, none = waving.cuts((0, 3))

    assert coarse_axis(left.axes[0], cuts).edges == (10.0, 20.0, 30.0)
    assert none == []


def test_two_fields_with_levels_need_no_cut() -> None:
    _, left = planted()

    assert left.cuts((2, 3)) == ([], [])


def test_of_too_many_fields_those_that_pull_most_are_paired(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, left = planted()
    pulled = Left(left.axes, left.cells, left.cells[3] - 0.5, left.spread)
    monkeypatch.setattr(screening, "MOST_FIELDS", 2)

    assert all(3 in pair for pair in possible_pairs([0, 1, 2, 3], pulled))
    assert len(possible_pairs([0, 1, 2, 3], pulled)) == 1


def test_rare_levels_share_a_cell_and_the_missing_and_unseen_have_theirs() -> None:
    matrix, left = planted()
    axis = left.axes[2]
    assert isinstance(axis, LevelAxis)

    assert len(set(axis.cells.values())) == 8
    assert (axis.missing, axis.other, axis_size(axis)) == (8, 9, 10)
    assert set(cells_of(axis, matrix[:, 2])) == set(range(10))
    assert cell_names(axis)[8:] == ["not given", "unseen"]
    assert cell_names(axis)[7].count(", ") == 4


def test_ranges_are_named_by_their_ends() -> None:
    assert cell_names(NumberAxis(edges=(1.5, 3.0), missing=3)) == [
        "below 1.5", "1.5 to 3", "from 3", "not given",
    ]  # fmt: skip
    assert cell_names(NumberAxis(edges=())) == ["given"]


def test_a_number_that_is_always_missing_has_one_cell_beside() -> None:
    schema = CustomerSchema(name="t", fields=(SCHEMA.features[1],))

    (axis,) = fine_axes(schema, np.full((3, 1), np.nan, dtype=object))

    assert axis == NumberAxis(edges=(), missing=1)
    assert coarse_axis(axis, []) == axis
