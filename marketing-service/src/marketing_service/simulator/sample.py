"""Write sample files, and let their customers react to a campaign."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from marketing_service.simulator.files import Sink, open_sink
from marketing_service.simulator.laws import Laws, load_laws
from marketing_service.simulator.population import BLOCK_ROWS, Block, draw_block
from marketing_service.simulator.table import (
    COLUMNS,
    EMAIL,
    ID,
    OUTCOME,
    addresses,
    customer_ids,
    spell,
    spell_outcome,
)
from marketing_service.simulator.truth import Truth, truth_of

TRAIN_CUSTOMERS = 7_043
_REACHED = frozenset({"sent", "unknown"})


@dataclass(frozen=True)
class SampleFiles:
    """Where the files of a simulated population are.

    Attributes:
        train: customers of the past with their outcome, to learn from.
        customers: other customers with an address, to write to.
        truth: what would happen to those; for the simulation alone.
    """

    train: Path
    customers: Path
    truth: Path


def write_sample_data(
    folder: Path,
    *,
    customers: int = 7_000,
    seed: int = 1,
    train_customers: int = TRAIN_CUSTOMERS,
    laws: Laws | None = None,
    suffix: str = ".csv",
) -> SampleFiles:
    """Write a simulated population into a folder, in bounded memory.

    Args:
        folder: where to; it is made when it is not there, files are replaced.
        customers: how many to write to.
        seed: the same seed and numbers give the same files.
        train_customers: how many to learn from; nobody is in both files.
        laws: of `load_laws` or `bend_laws`; default: those of the package.
        suffix: `.csv`, or `.parquet` where pyarrow is installed.

    Returns:
        The paths of the files.

    Raises:
        ParquetMissingError: Parquet without pyarrow.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = SampleFiles(*(folder / f"{name}{suffix}" for name in ("train", "customers", "truth")))
    world = laws or load_laws()
    with _sinks(files, world) as (train, *later_sinks):
        for block in blocks(train_customers + customers, seed=seed, laws=world):
            past = block.part(0, train_customers)
            if past.rows:
                train.write(_train_columns(past, seed=seed, laws=world))
            later = block.part(train_customers, block.first + block.rows)
            if later.rows:
                _write_audience(later, later_sinks, seed=seed, laws=world)
    return files


@contextmanager
def _sinks(files: SampleFiles, world: Laws) -> Iterator[list[Sink]]:
    """Open the three files, each with its header."""
    audience_header = [*filter(OUTCOME.__ne__, COLUMNS), EMAIL]
    headers = (list(COLUMNS), audience_header, _truth_header(world))
    paths = (files.train, files.customers, files.truth)
    with ExitStack() as stack:
        yield [stack.enter_context(open_sink(*each)) for each in zip(paths, headers, strict=True)]


def outcomes_for(
    targets: Iterable[Mapping[str, str]],
    truth: Path,
    offer: str,
    *,
    campaign: str,
    occurred_at: str,
) -> Iterator[dict[str, object]]:
    """Let the customers of a campaign react as their truth says.

    Args:
        targets: rows with `customer_id` and `arm`; treated ones whose `state` says that
            nothing was sent behave as if nobody had written. Others are left out.
        truth: the truth file of `write_sample_data`.
        offer: the offer of the campaign, one that the truth file knows.
        campaign: slug of the campaign.
        occurred_at: when it happened, RFC 3339.

    Yields:
        One JSON-ready outcome per treated or control customer, in the truth's order.

    Raises:
        ValueError: the file is no truth file, or does not know the offer; the message says what
            it lacks, or lists the offers it knows.
    """
    reached = _reached(targets)
    with truth.open(encoding="utf-8", newline="") as source:
        reader = csv.DictReader(source)
        header = reader.fieldnames or ()
        column = _outcome_column(header, offer)
        for row in reader:
            customer = row[ID]
            if customer in reached:
                leaves = row[column if reached[customer] else "y0"]
                yield {
                    "customer_id": customer,
                    "kind": "churned" if leaves == "1" else "stayed",
                    "occurred_at": occurred_at,
                    "source_id": f"sim:{campaign}:{customer}",
                    "campaign": campaign,
                }


def demo_campaign_toml() -> str:
    """Read the packaged campaign file of the demo."""
    source = resources.files("marketing_service.simulator").joinpath("demo-campaign.toml")
    return source.read_text(encoding="utf-8")


def _reached(targets: Iterable[Mapping[str, str]]) -> dict[str, bool]:
    """Say for every customer of both arms whether a message reached them."""
    return {
        row["customer_id"]: row["arm"] == "treated" and row.get("state", "sent") in _REACHED
        for row in targets
        if row["arm"] in {"treated", "control"}
    }


def blocks(total: int, *, seed: int, laws: Laws) -> Iterator[Block]:
    """Draw a population block by block."""
    for index, first in enumerate(range(0, total, BLOCK_ROWS)):
        yield draw_block(index, min(BLOCK_ROWS, total - first), seed=seed, laws=laws)


def _train_columns(block: Block, *, seed: int, laws: Laws) -> dict[str, Any]:
    """Spell customers of the past with their outcome."""
    ids = customer_ids(block.first, block.rows, seed=seed, laws=laws)
    return spell(block, ids) | {OUTCOME: spell_outcome(truth_of(block, laws))}


def _write_audience(block: Block, sinks: Sequence[Sink], *, seed: int, laws: Laws) -> None:
    """Write customers to write to, and their truth beside."""
    audience, truth = sinks
    ids = customer_ids(block.first, block.rows, seed=seed, laws=laws)
    audience.write(spell(block, ids) | {EMAIL: addresses(ids)})
    truth.write({ID: ids} | _truth_columns(truth_of(block, laws)))


def _truth_header(laws: Laws) -> list[str]:
    """Name the columns of a truth file."""
    offers = list(laws["offers"])
    names = ["p0", *(f"p1_{offer}" for offer in offers), "y0", *(f"y_{offer}" for offer in offers)]
    return [ID, *names, "asleep", "v"]


def _truth_columns(truth: Truth) -> dict[str, Any]:
    """Lay out the truth in the order of its header."""
    columns: dict[str, Any] = {"p0": truth.p0}
    columns |= {f"p1_{offer}": chance for offer, chance in truth.p1.items()}
    columns["y0"] = truth.y0.astype(int)
    columns |= {f"y_{offer}": leaves.astype(int) for offer, leaves in truth.y1.items()}
    return columns | {"asleep": truth.asleep.astype(int), "v": truth.luck}


def _outcome_column(header: Iterable[str], offer: str) -> str:
    """Name the column of an offer's outcome."""
    if missing := [name for name in (ID, "y0") if name not in header]:
        raise ValueError(f"it has no column {', '.join(missing)}")
    column = f"y_{offer}"
    if column not in header:
        known = ", ".join(name[2:] for name in header if name.startswith("y_"))
        msg = f"the truth file knows nothing of the offer {offer!r}; it knows {known}"
        raise ValueError(msg)
    return column
