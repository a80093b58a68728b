"""Where the model is worst: groups of customers, judged one by one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from churn_service.training.report.curves import auc_interval
from churn_service.training.report.groups import Group, groups_of
from churn_service.training.report.judged import Judged, title
from churn_service.training.report.proportions import Share, Z, share_of

LEAST_ROWS = 200
LOUD = 3.0


@dataclass(frozen=True)
class Slice:
    """A group of customers of the test part.

    Attributes:
        field: The field that defines the group.
        group: Its level, or its quarter of the range.
        happened: Churn rate with interval.
        said: Mean probability.
        gap: happened - said, with 95 % limits if every probability is right.
        gap_limit: Half width of those limits.
        score: The gap in standard errors; beyond 3 it is hardly chance.
        auc: AUC inside the group with its interval; None with one outcome.
        log_loss: Mean log loss of the group.
        twins: Other fields and levels of exactly the same customers.
    """

    field: str
    group: str
    happened: Share
    said: float
    gap: float
    gap_limit: float
    score: float
    auc: tuple[float, float, float] | None
    log_loss: float
    twins: tuple[str, ...] = ()


def slices(judged: Judged) -> tuple[Slice, ...]:
    """Return all groups of at least 200 customers, the largest gap first.

    Groups of exactly the same customers are one slice: four services that nobody
    without internet can have are no four places where the model is wrong.
    """
    alike: dict[bytes, list[Group]] = {}
    for field in judged.schema.features:
        for group in groups_of(judged, field):
            if LEAST_ROWS <= int(group.rows.sum()) < len(judged.churned):
                alike.setdefault(group.rows.tobytes(), []).append(group)
    found = [_slice(judged, group, twins) for group, *twins in alike.values()]
    return tuple(sorted(found, key=lambda entry: (-abs(entry.score), entry.field, entry.group)))


def _slice(judged: Judged, group: Group, twins: Sequence[Group]) -> Slice:
    churned, said = judged.churned[group.rows], judged.probability[group.rows]
    weights = judged.weights[group.rows]
    happened = share_of(churned, weights)
    mean = float(np.average(said, weights=weights))
    error = float(np.sqrt((weights**2 * said * (1 - said)).sum()) / weights.sum())
    both = 0 < int(churned.sum()) < len(churned)
    surprise = -np.log(np.clip(np.where(churned == 1, said, 1 - said), 1e-15, None))
    gap = happened.value - mean
    return Slice(
        field=title(group.field),
        group=group.name,
        happened=happened,
        said=mean,
        gap=gap,
        gap_limit=Z * error,
        score=gap / error if error else 0.0,
        auc=auc_interval(churned, said, weights) if both else None,
        log_loss=float(np.average(surprise, weights=weights)),
        twins=tuple(f"{title(twin.field)}: {twin.name}" for twin in twins),
    )
