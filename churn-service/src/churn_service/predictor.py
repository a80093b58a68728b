"""One loaded model version: customers in, predictions and reasons out."""

from collections.abc import Sequence
from functools import cached_property

import msgspec

from churn_contract.prediction import Prediction
from churn_contract.schema import CustomerSchema
from churn_contract.validation import Customer, Validator
from churn_service.artefact.document import ModelDocument
from churn_service.column_customers import ColumnCustomers
from churn_service.reasons import strongest_reasons
from churn_service.scorer.batch import compile_batch
from churn_service.scorer.calibration import compile_calibration, compile_interval
from churn_service.scorer.compilation import base_logit, compile_scorer, compile_shares


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
        self._chances = compile_batch(document)
        self._interval = compile_interval(document.interval) if document.interval else None
        self._shares = compile_shares(document)

    def predict(self, customers: Sequence[Customer]) -> Sequence[Prediction]:
        """Return one prediction per customer, in their order."""
        if isinstance(customers, ColumnCustomers):
            return customers.scored_by(self.version, self.document)
        version, threshold, interval = self.version, self.threshold, self._interval
        chances = self._chances([customer.values for customer in customers])
        return [
            Prediction(
                chance,
                chance >= threshold,
                version,
                threshold,
                customer.customer_id,
                (),
                interval(chance) if interval else None,
            )
            for customer, chance in zip(customers, chances, strict=True)
        ]

    def explain(self, customer: Customer, top: int = 3) -> Prediction:
        """Return a prediction with the `top` reasons that move it most."""
        shares = self._shares(customer.values)
        reasons = strongest_reasons(self.schema, customer, shares, top)
        [prediction] = self.predict([customer])
        return msgspec.structs.replace(prediction, reasons=reasons)

    @cached_property
    def base_logit(self) -> float:
        """The mean raw score of the training customers, where all reasons begin."""
        return base_logit(self.document)

    def logit(self, customer: Customer) -> float:
        """Return the raw score, before it is made a probability."""
        return self._score(customer.values)

    def probability(self, logit: float) -> float:
        """Return the calibrated probability of a raw score."""
        return self._chance(logit)
