"""Write customers month by month to a file, and their true chances to another."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marketing_service.simulator.files import Sink, open_sink
from marketing_service.simulator.laws import Floats, Laws
from marketing_service.simulator.panel import NEVER, Drift, leaving_month, moving_months
from marketing_service.simulator.population import Block
from marketing_service.simulator.sample import blocks
from marketing_service.simulator.table import COLUMNS, ID, OUTCOME, ids_of, spell, spell_events
from marketing_service.simulator.truth import truth_of

MONTH = "month"
KNOWN_AFTER = "known_after_days"


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Which customers are followed, and for how long.

    Attributes:
        customers: how many at the same time.
        months: how many months.
        moving: whether they grow older and leavers are replaced; frozen ones keep their
            traits, and exactly p0 of them leave within a year.
        drift: what changes in the world of moving customers.
        seed: of the whole population.
    """

    customers: int
    months: int
    moving: bool = False
    drift: Drift | None = None
    seed: int = 1


@dataclass(frozen=True)
class PanelFiles:
    """Where the months are, and what only the simulation knows of them."""

    panel: Path
    truth: Path


@dataclass(frozen=True)
class _Rows:
    """The customers of one month who are still there."""

    number: int
    block: Block
    numbers: NDArray[np.int64]
    chance: Floats
    leaves: Floats
    known_after: NDArray[np.int64]


def write_panel(folder: Path, panel: Panel, *, laws: Laws, suffix: str = ".csv") -> PanelFiles:
    """Write one row per customer and month; `Churn` says who left within the month.

    Args:
        folder: where to; it is made when it is not there, files are replaced.
        panel: who and how long.
        laws: of `load_laws` or `bend_laws`.
        suffix: `.csv`, or `.parquet` where pyarrow is installed.

    Raises:
        ParquetMissingError: Parquet without pyarrow.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = PanelFiles(folder / f"panel{suffix}", folder / f"panel-truth{suffix}")
    with ExitStack() as stack:
        sinks = (
            stack.enter_context(open_sink(files.panel, [MONTH, *COLUMNS, KNOWN_AFTER])),
            stack.enter_context(open_sink(files.truth, [MONTH, ID, "chance"])),
        )
        for block in blocks(panel.customers, seed=panel.seed, laws=laws):
            for rows in _months(block, panel, laws):
                _write(rows, sinks, panel.seed, laws)
    return files


def _months(block: Block, panel: Panel, laws: Laws) -> Iterator[_Rows]:
    return (_moving if panel.moving else _frozen)(block, panel, laws)


def _moving(block: Block, panel: Panel, laws: Laws) -> Iterator[_Rows]:
    months = moving_months(
        block,
        panel.months,
        seed=panel.seed,
        laws=laws,
        total=panel.customers,
        drift=panel.drift,
    )
    for month in months:
        now = Block(block.first, month.columns, block.luck)
        yield _Rows(month.number, now, month.numbers, month.chance, month.leaves, month.known_after)


def _frozen(block: Block, panel: Panel, laws: Laws) -> Iterator[_Rows]:
    horizon = laws["panel"]["months"]
    truth = truth_of(block, laws)
    left = leaving_month(truth, months=horizon)
    chance = -np.expm1(np.log1p(-truth.p0) / horizon)
    numbers = np.arange(block.first, block.first + block.rows)
    for number in range(1, min(panel.months, horizon) + 1):
        there = (left == NEVER) | (left >= number)
        columns = {name: values[there] for name, values in block.columns.items()}
        yield _Rows(
            number,
            Block(block.first, columns, block.luck[there]),
            numbers[there],
            chance[there],
            (left[there] == number).astype(np.float64),
            np.zeros(there.sum(), dtype=np.int64),
        )


def _write(rows: _Rows, sinks: tuple[Sink, Sink], seed: int, laws: Laws) -> None:
    ids = ids_of(rows.numbers, seed=seed, laws=laws)
    number: dict[str, Any] = {MONTH: np.full(ids.size, rows.number)}
    outcome = {OUTCOME: spell_events(rows.leaves), KNOWN_AFTER: rows.known_after}
    sinks[0].write(number | spell(rows.block, ids) | outcome)
    sinks[1].write(number | {ID: ids, "chance": rows.chance})
