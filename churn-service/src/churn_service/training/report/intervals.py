"""What probabilities mean for 100 customers: of so many, that many leave."""

from dataclasses import dataclass

from churn_service.artefact.interval import IntervalTable
from churn_service.scorer.calibration import compile_interval
from churn_service.training.report.judged import Floats

_SHOWN = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class IntervalRow:
    """A probability and the ends of its interval, which holds in `level` of the cases."""

    probability: float
    low: float
    high: float
    level: float


def interval_rows(table: IntervalTable | None, said: Floats) -> tuple[IntervalRow, ...]:
    """Return round probabilities between the lowest and highest that were said."""
    if table is None:
        return ()
    interval = compile_interval(table)
    shown = [chance for chance in _SHOWN if said.min() <= chance <= said.max()]
    return tuple(IntervalRow(chance, *interval(chance), table.level) for chance in shown)
