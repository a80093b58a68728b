"""One loaded model version: customers in, predictions and reasons out."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from churn_contract.prediction import Prediction, Reason
from churn_contract.schema import CustomerSchema
from churn_contract.validation import Customer, Validator
from churn_service.artefact.document import ModelDocument
from churn_service.artefact.errors import ArtefactError
from churn_service.artefact.golden import GOLDEN_FILE, GoldenRow
from churn_service.artefact.reader import Artefact, read_artefact
from churn_service.reasons import strongest_reasons
from churn_service.scorer.calibration import compile_calibration, compile_interval
from churn_service.scorer.compilation import compile_scorer, compile_shares

GOLDEN_TOLERANCE = 1e-12


class Predictor:
    """Score and explain customers with exactly one version of a model."""

    def __init__(self, version: str, document: ModelDocument, validator: Validator) -> None:
        self.version = version
        self.document = document
        self.validator = validator
        self.schema: CustomerSchema = document.schema
        self.threshold = document.threshold
        self._score = compile_scorer(document)
        self._chance = compile_calibration(document.calibration)
        self._interval = compile_interval(document.interval) if document.interval else None
        self._shares = compile_shares(document)

    def predict(self, customers: Sequence[Customer]) -> list[Prediction]:
        """Return one prediction per customer, in their order."""
        return [self._prediction(customer) for customer in customers]

    def explain(self, customer: Customer, top: int = 3) -> Prediction:
        """Return a prediction with the `top` reasons that move it most."""
        shares = self._shares(customer.values)
        reasons = strongest_reasons(self.schema, customer, shares, top)
        return self._prediction(customer, reasons)

    def logit(self, customer: Customer) -> float:
        """Return the raw score, before it is made a probability."""
        return self._score(customer.values)

    def probability(self, logit: float) -> float:
        """Return the calibrated probability of a raw score."""
        return self._chance(logit)

    def _prediction(self, customer: Customer, reasons: tuple[Reason, ...] = ()) -> Prediction:
        probability = self._chance(self._score(customer.values))
        return Prediction(
            churn_probability=probability,
            churn=probability >= self.threshold,
            model_version=self.version,
            threshold=self.threshold,
            customer_id=customer.customer_id,
            reasons=reasons,
            interval=self._interval(probability) if self._interval else None,
        )


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
