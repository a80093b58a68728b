"""From a logit to the probability, in SQL."""

from churn_service.artefact.calibration import (
    Calibration,
    IsotonicCalibration,
    PlattCalibration,
)
from churn_service.exports.bisection import halved
from churn_service.exports.sql_dialects import Dialect

_MOST = 700.0  # beyond, exp under- or overflows, which PostgreSQL refuses


def calibrated(calibration: Calibration, dialect: Dialect) -> str:
    """Return the calibrated logit of the column `logit`, within what `exp` can take."""
    # not LEAST and GREATEST: some databases take NULL out of them, and a bad row would score
    most, least = dialect.double(_MOST), dialect.double(-_MOST)
    logit = f"CASE WHEN logit > {most} THEN {most} WHEN logit < {least} THEN {least} ELSE logit END"
    if isinstance(calibration, PlattCalibration):
        shift, stretch = map(dialect.double, (calibration.intercept, calibration.slope))
        return f"{shift} + {stretch} * ({logit})"
    return logit


def chance(calibration: Calibration, dialect: Dialect) -> str:
    """Return the probability of the column `logit`."""
    if isinstance(calibration, IsotonicCalibration):
        return f"CASE WHEN logit IS NOT NULL THEN {_isotonic(calibration, dialect)} END"
    zero, one = dialect.double(0.0), dialect.double(1.0)
    return (
        f"CASE WHEN logit >= {zero} THEN {one} / ({one} + EXP(-logit)) "
        f"ELSE EXP(logit) / ({one} + EXP(logit)) END"
    )


def _isotonic(calibration: IsotonicCalibration, dialect: Dialect) -> str:
    double = dialect.double
    logits, chances = calibration.logits, calibration.probabilities

    def piece(place: int) -> str:
        if place in {0, len(logits)}:
            return double(chances[max(place - 1, 0)])
        low, high = chances[place - 1], chances[place]
        share = (
            f"(logit - {double(logits[place - 1])}) / "
            f"({double(logits[place])} - {double(logits[place - 1])})"
        )
        return f"{double(low)} + {share} * ({double(high)} - {double(low)})"

    def branch(knot: float, below: str, above: str) -> str:
        return f"CASE WHEN logit < {double(knot)} THEN {below} ELSE {above} END"

    return halved(logits, piece, branch)
