"""What pairs of fields give a scorecard, and what they cost: known tables and Telco."""

import time
from collections.abc import Iterator

from benchmarks.row import Row, skipped
from benchmarks.training.known_truth import draw_table
from benchmarks.training.telco import ABSENT, CONFIG, telco_csv
from churn_service.training.choice import choose
from churn_service.training.config import parse_config
from churn_service.training.cross_validation import Plan, cross_validate, sample_of
from churn_service.training.families.family import Sample
from churn_service.training.families.fitting import tune_families
from churn_service.training.reading import build_dataset
from churn_service.training.table import Table, parse_table, read_table
from churn_service.training.threads import one_thread

FAMILIES = ("spline", "pairs")
LAWS, QUICK_LAWS = ("interactions", "thresholds", "missing", "additive"), ("interactions",)
CUSTOMERS = 3_000


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield loss, corrected t and cost beside the spline; `full` has Telco and more tables."""
    for law in LAWS if full else QUICK_LAWS:
        drawn = draw_table(law, CUSTOMERS, seed=1)
        yield from _compared(f"{law}, {CUSTOMERS:,} rows", parse_table(drawn.csv()), drawn.config)
    if not full:
        return
    table = telco_csv()
    if table is None:
        yield skipped("pairs on Telco", ABSENT)
        return
    yield from _compared("Telco 1x5", read_table(table), CONFIG)


def _compared(name: str, table: Table, config: bytes) -> Iterator[Row]:
    parsed = parse_config(config)
    with one_thread():
        dataset = build_dataset(table, parsed, "bench")
        sample = sample_of(dataset, parsed)
        found = cross_validate(sample, dataset.keys, FAMILIES, Plan())
        alone, paired = (_seconds(sample, family) for family in FAMILIES)
    (beside,) = choose(found, FAMILIES).paired
    t = beside.t if beside.family == "pairs" else -beside.t
    ours, spline = (found.mean(family, "log_loss") for family in ("pairs", "spline"))
    yield Row(f"{name}: log loss of pairs beside spline", ours, rival=spline, ratio=ours / spline)
    yield Row(f"{name}: corrected t of the gain of pairs", t)
    what = f"{name}: choice of settings with pairs beside without, CPU"
    yield Row(what, paired, "s", rival=alone, ratio=paired / alone)


def _seconds(sample: Sample, family: str) -> float:
    started = time.process_time()
    tune_families([family], sample)
    return time.process_time() - started
