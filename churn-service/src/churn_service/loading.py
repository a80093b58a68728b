"""From the files of a version to a predictor that proved itself on the golden rows."""

import math
from pathlib import Path
from typing import Literal

from churn_contract.validation import Validator
from churn_service.artefact.errors import ArtefactError
from churn_service.artefact.golden import GOLDEN_FILE, GoldenRow
from churn_service.artefact.reader import Artefact, read_artefact
from churn_service.predictor import Predictor

GOLDEN_TOLERANCE = 1e-12


def load_predictor(
    folder: Path,
    *,
    unknown_fields: Literal["error", "ignore"] = "error",
    max_rows: int = 100_000,
    manifest_sha256: str | None = None,
) -> Predictor:
    """Load a version, replay its golden rows and return it ready to score.

    Args:
        folder: The version's folder.
        unknown_fields: What the validator does with fields of no schema.
        max_rows: The most customers one body may hold.
        manifest_sha256: The hash an alias pins, when the caller has one.

    Raises:
        ArtefactError: When a file is not as training left it, or a golden
            row gets another answer than training gave it.
    """
    artefact = read_artefact(folder, manifest_sha256=manifest_sha256)
    return predictor_of(artefact, unknown_fields=unknown_fields, max_rows=max_rows)


def predictor_of(
    artefact: Artefact,
    *,
    unknown_fields: Literal["error", "ignore"] = "error",
    max_rows: int = 100_000,
) -> Predictor:
    """Return the predictor of files that were read already; see `load_predictor`."""
    validator = Validator(
        artefact.document.schema, unknown_fields=unknown_fields, max_rows=max_rows
    )
    predictor = Predictor(artefact.version, artefact.document, validator)
    for number, row in enumerate(artefact.golden, 1):
        _replay(predictor, number, row)
    return predictor


def _replay(predictor: Predictor, number: int, row: GoldenRow) -> None:
    try:
        customer = predictor.validator.check_text(row.cells)
        logit = predictor.logit(customer)
    except (ValueError, LookupError, TypeError) as error:
        raise ArtefactError(GOLDEN_FILE, f"row {number} cannot be scored: {error!r}") from error
    close = math.isclose(logit, row.logit, rel_tol=GOLDEN_TOLERANCE, abs_tol=GOLDEN_TOLERANCE)
    if not close or abs(predictor.probability(logit) - row.churn_probability) > GOLDEN_TOLERANCE:
        raise ArtefactError(
            GOLDEN_FILE, f"row {number} scores {logit!r}, but training said {row.logit!r}"
        )
