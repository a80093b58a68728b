"""How churn changes with time as a customer, or with the strongest number."""

from dataclasses import dataclass

import numpy as np

from churn_contract.schema import CustomerSchema, Field
from churn_service.training.report.judged import Judged, title
from churn_service.training.report.proportions import Share, share_of
from churn_service.training.trained import TrainedModel

TIME_UNITS = {"day", "week", "month", "quarter", "year"}
BINS = 12


@dataclass(frozen=True)
class ProfileBin:
    """Customers between two values: churn of all rows, mean word of the model."""

    low: float
    high: float
    happened: Share
    said: float | None


@dataclass(frozen=True)
class Profile:
    """Churn along one number.

    Attributes:
        field: Its title.
        unit: Its unit.
        is_time: Whether its unit is one of time, not just the strongest number.
        bins: About equally many customers each, ascending.
    """

    field: str
    unit: str
    is_time: bool
    bins: tuple[ProfileBin, ...]


def profile(model: TrainedModel, judged: Judged, strongest: tuple[str, ...]) -> Profile | None:
    """Return the profile along a number of time, else the strongest number.

    None when the table has no number.
    """
    field = _axis(judged.schema, strongest)
    if field is None:
        return None
    index = judged.schema.features.index(field)
    numbers = _numbers([customer.values[index] for customer in model.dataset.customers])
    tested = judged.matrix[:, index].astype(np.float64)
    edges = profile_edges(numbers)
    bins = []
    for place in range(max(1, len(edges) - 1)):
        inside, known = (_between(values, edges, place) for values in (numbers, tested))
        if inside.any():
            bins.append(
                ProfileBin(
                    low=float(numbers[inside].min()),
                    high=float(numbers[inside].max()),
                    happened=share_of(model.dataset.churned[inside], model.dataset.weights[inside]),
                    said=_mean(judged, known),
                )
            )
    return Profile(title(field), field.unit, is_time(field), tuple(bins))


def is_time(field: Field) -> bool:
    """Tell whether a number counts time, by its unit."""
    return field.kind == "number" and field.unit.strip().lower().removesuffix("s") in TIME_UNITS


def profile_edges(numbers: np.ndarray) -> np.ndarray:
    """Return edges between which there are at least a third of a bin's usual rows.

    Few distinct values get a bin each, as far as they have rows enough.
    """
    present = np.sort(numbers[~np.isnan(numbers)])
    distinct = np.unique(present)
    if len(distinct) <= BINS:
        edges = np.append(distinct, distinct[-1])
    else:
        edges = np.unique(np.quantile(present, np.linspace(0, 1, BINS + 1)))
    least = len(present) / (3 * BINS)
    kept = [edges[0]]
    for edge in edges[1:-1]:
        if np.sum((present >= kept[-1]) & (present < edge)) >= least:
            kept.append(edge)
    while len(kept) > 1 and np.sum(present >= kept[-1]) < least:
        kept.pop()
    return np.array([*kept, edges[-1]])


def _axis(schema: CustomerSchema, strongest: tuple[str, ...]) -> Field | None:
    numbers = {title(field): field for field in schema.features if field.kind == "number"}
    ranked = [numbers[name] for name in strongest if name in numbers]
    return next(filter(is_time, ranked), ranked[0] if ranked else None)


def _numbers(values: list[float | str | None]) -> np.ndarray:
    return np.array([value if isinstance(value, float) else np.nan for value in values])


def _between(values: np.ndarray, edges: np.ndarray, place: int) -> np.ndarray:
    inside: np.ndarray = ~np.isnan(values) & (
        np.searchsorted(edges[1:-1], values, side="right") == place
    )
    return inside


def _mean(judged: Judged, rows: np.ndarray) -> float | None:
    if not rows.any():
        return None
    return float(np.average(judged.probability[rows], weights=judged.weights[rows]))
