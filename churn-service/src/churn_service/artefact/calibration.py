"""How a logit becomes the probability that is served."""

import math
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from churn_service.artefact.rules import ascend, broken


class IdentityCalibration(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="identity", tag_field="kind"
):
    """The scorer's probability is served as it is."""


class PlattCalibration(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="platt",
    tag_field="kind",
):
    """The logit is stretched and shifted: ``intercept + slope * logit``."""

    intercept: float
    slope: float


class IsotonicCalibration(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="isotonic",
    tag_field="kind",
):
    """Probabilities at some logits, straight between them, constant beyond."""

    logits: tuple[float, ...]
    probabilities: tuple[float, ...]


Calibration = IdentityCalibration | PlattCalibration | IsotonicCalibration


def calibration_problems(calibration: Calibration) -> Iterator[str]:
    """Yield what does not make sense: a calibration never turns the order round."""
    if isinstance(calibration, PlattCalibration):
        if not math.isfinite(calibration.intercept) or not 0 < calibration.slope < math.inf:
            yield "the calibration's slope is not above zero, or a number is not finite"
    elif isinstance(calibration, IsotonicCalibration):
        yield from _isotonic_problems(calibration.logits, calibration.probabilities)


def _isotonic_problems(
    logits: tuple[float, ...], probabilities: tuple[float, ...]
) -> Iterator[str]:
    yield from broken((
        (
            2 <= len(logits) == len(probabilities),
            "the calibration does not have two or more logits with a probability each",
        ),
        (
            all(map(math.isfinite, logits)) and ascend(logits),
            "the calibration's logits do not ascend",
        ),
        (
            all(0 < chance < 1 for chance in probabilities),
            "a probability of the calibration is not between 0 and 1",
        ),
        (
            all(low <= high for low, high in pairwise(probabilities)),
            "the calibration's probabilities descend",
        ),
    ))
