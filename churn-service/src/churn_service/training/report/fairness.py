"""Fields marked sensitive: who is selected, and for whom the model errs."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from churn_contract.schema import Field
from churn_service.training.report.groups import Group, groups_of
from churn_service.training.report.judged import Judged, title
from churn_service.training.report.proportions import Share, share_if_any, share_of

LEAST_ROWS = 200
LOW_RATIO = 0.8


@dataclass(frozen=True)
class GroupFairness:
    """One group of a sensitive field, on the test part.

    Attributes:
        field: The field.
        group: Its level, or its quarter of the range.
        selected: Share called a churner at the model's threshold.
        ratio: That share over the largest of the field's groups.
        happened: Churn rate.
        said: Mean probability.
        missed: Share of the leavers that are not selected.
        false_alarms: Share of the stayers that are selected.
        small: Whether the group has fewer than 200 customers: too few to judge.
    """

    field: str
    group: str
    selected: Share
    ratio: float
    happened: Share
    said: float
    missed: Share | None
    false_alarms: Share | None
    small: bool


def fairness(judged: Judged) -> tuple[GroupFairness, ...]:
    """Return the groups of every field that the training file marks sensitive."""
    fields = [field for field in judged.schema.features if field.sensitive]
    return tuple(group for field in fields for group in _of_field(judged, field))


def _of_field(judged: Judged, field: Field) -> Iterator[GroupFairness]:
    groups = [group for group in groups_of(judged, field) if group.rows.any()]
    shares = [_share(judged.selected, judged, group) for group in groups]
    most = max((share.value for share in shares), default=0.0)
    for group, share in zip(groups, shares, strict=True):
        yield _group(judged, group, share, share.value / most if most else 1.0)


def _group(judged: Judged, group: Group, selected: Share, ratio: float) -> GroupFairness:
    weights, inside = judged.weights, group.rows
    left, stayed = inside & (judged.churned == 1), inside & (judged.churned == 0)
    return GroupFairness(
        field=title(group.field),
        group=group.name,
        selected=selected,
        ratio=ratio,
        happened=_share(judged.churned, judged, group),
        said=float(np.average(judged.probability[inside], weights=weights[inside])),
        missed=share_if_any(~judged.selected[left], weights[left]),
        false_alarms=share_if_any(judged.selected[stayed], weights[stayed]),
        small=selected.rows < LEAST_ROWS,
    )


def _share(flags: np.ndarray, judged: Judged, group: Group) -> Share:
    return share_of(flags[group.rows], judged.weights[group.rows])
