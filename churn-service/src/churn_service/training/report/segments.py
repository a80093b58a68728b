"""What drives churn inside a segment: its mean shares of the logit."""

from dataclasses import dataclass

import numpy as np

from churn_contract.schema import Field
from churn_service.training.report.groups import Group, groups_of
from churn_service.training.report.judged import Floats, Judged, title
from churn_service.training.report.proportions import Share, Z, share_of

LEAST_ROWS = 200
FIELDS = 2
ASKED_CUSTOMERS = 300
TOP = 4


@dataclass(frozen=True)
class Driver:
    """Mean share of one field in the logits of a segment, with its interval."""

    field: str
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Segment:
    """A group of the test part, and what sets it apart beside its own level."""

    field: str
    group: str
    happened: Share
    said: float
    drivers: tuple[Driver, ...]


def segments(judged: Judged, strongest: tuple[str, ...]) -> tuple[Segment, ...]:
    """Return the segments of the two strongest fields with levels.

    Args:
        judged: The test part.
        strongest: Titles of all fields, the strongest first.
    """
    levels = {title(field): field for field in judged.schema.features if field.kind != "number"}
    chosen = [levels[name] for name in strongest if name in levels][:FIELDS]
    return tuple(
        _segment(judged, group)
        for field in chosen
        for group in groups_of(judged, field)
        if int(group.rows.sum()) >= LEAST_ROWS
    )


def _segment(judged: Judged, group: Group) -> Segment:
    rows = np.flatnonzero(group.rows)
    weights = judged.weights[rows]
    asked = rows[np.linspace(0, len(rows) - 1, min(len(rows), ASKED_CUSTOMERS)).astype(int)]
    shares = _shares(judged, asked)
    means = shares.mean(axis=0)
    half = Z * shares.std(axis=0, ddof=1) / np.sqrt(len(asked))
    fields: tuple[Field, ...] = judged.schema.features
    ranked = np.argsort(-np.abs(means), kind="stable")
    order = [place for place in ranked if fields[place] != group.field][:TOP]
    return Segment(
        field=title(group.field),
        group=group.name,
        happened=share_of(judged.churned[rows], weights),
        said=float(np.average(judged.probability[rows], weights=weights)),
        drivers=tuple(
            Driver(
                title(fields[place]),
                float(means[place]),
                float(means[place] - half[place]),
                float(means[place] + half[place]),
            )
            for place in order
        ),
    )


def _shares(judged: Judged, rows: np.ndarray) -> Floats:
    """Return each customer's share of the logit by field, in schema order."""
    places = {field.name: index for index, field in enumerate(judged.schema.features)}
    shares = np.zeros((len(rows), len(places)))
    for at, row in enumerate(rows):
        said = judged.predictor.explain(judged.customers[row], top=len(places))
        for reason in said.reasons:
            shares[at, places[reason.field]] = reason.contribution
    return shares
