"""Which pairs of fields act together, on top of the effect of each alone."""

from dataclasses import dataclass

import numpy as np

from churn_contract.schema import CustomerSchema
from churn_service.artefact.document import Scorecard
from churn_service.artefact.pairs import PairTerm
from churn_service.training.dataset import Matrix
from churn_service.training.pair_cells import cell_names, cells_of
from churn_service.training.report.judged import Floats, Judged, title


@dataclass(frozen=True)
class Corner:
    """One cell of a pair: the names of both sides, and its effect on the logit."""

    first: str
    second: str
    effect: float


@dataclass(frozen=True)
class PairEffect:
    """What two fields add to the logit together, against the average customer.

    Attributes:
        fields: Their titles.
        strength: Mean size of the effect over customers, in logit units.
        highest: The cell that raises the risk most.
        lowest: The cell that lowers it most.
    """

    fields: tuple[str, str]
    strength: float
    highest: Corner
    lowest: Corner


def pair_effects(judged: Judged) -> tuple[PairEffect, ...]:
    """Return the pairs of the served scorecard, the strongest first."""
    scorer = judged.predictor.document.scorer
    if not isinstance(scorer, Scorecard):
        return ()
    found = [_effect(pair, judged) for pair in scorer.pairs]
    return tuple(sorted(found, key=lambda effect: (-effect.strength, effect.fields)))


def pair_logits(scorer: Scorecard, schema: CustomerSchema, matrix: Matrix) -> Floats:
    """Return what all pairs together add to the logit of each row."""
    total = np.zeros(len(matrix))
    for pair in scorer.pairs:
        total += _logits(pair, schema, matrix)
    return total


def _effect(pair: PairTerm, judged: Judged) -> PairEffect:
    schema, effects = judged.schema, np.array(pair.table) - pair.mean
    names = [cell_names(axis) for axis in pair.axes]
    first, second = (
        title(next(field for field in schema.features if field.name == name))
        for name in pair.fields
    )
    sizes = np.abs(_logits(pair, schema, judged.matrix) - pair.mean)

    def corner(place: int) -> Corner:
        row, column = np.unravel_index(place, effects.shape)
        return Corner(names[0][row], names[1][column], float(effects[row, column]))

    return PairEffect(
        fields=(first, second),
        strength=float(np.average(sizes, weights=judged.weights)),
        highest=corner(int(effects.argmax())),
        lowest=corner(int(effects.argmin())),
    )


def _logits(pair: PairTerm, schema: CustomerSchema, matrix: Matrix) -> Floats:
    places = [field.name for field in schema.features]
    first, second = (
        cells_of(axis, matrix[:, places.index(name)])
        for axis, name in zip(pair.axes, pair.fields, strict=True)
    )
    found: Floats = np.array(pair.table)[first, second]
    return found
