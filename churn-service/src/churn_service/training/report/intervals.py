"""What probabilities mean for 100 customers: of so many, that many leave."""

from dataclasses import dataclass

from churn_service.artefact.interval import IntervalTable
from churn_service.scorer.calibration import compile_interval, logit_of

_SHOWN = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class IntervalRow:
    """A probability and the ends of its interval, which holds in `level` of the cases."""

    probability: float
    low: float
    high: float
    level: float


def interval_rows(table: IntervalTable | None) -> tuple[IntervalRow, ...]:
    """Return round probabilities that held-out customers were given, with their intervals.

    Beyond the outermost edges nobody may have been; with one band all are shown.
    """
    if table is None:
        return ()
    interval = compile_interval(table)
    low, high = (table.edges[0], table.edges[-1]) if len(table.edges) > 1 else (-99.0, 99.0)
    shown = [chance for chance in _SHOWN if low <= logit_of(chance) <= high]
    return tuple(IntervalRow(chance, *interval(chance), table.level) for chance in shown)
