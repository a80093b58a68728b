"""Canary: some customers are answered by another version, always the same ones."""

from hashlib import blake2b
from typing import Protocol

from churn_contract.validation import Customer
from churn_service.envelopes.body import CustomerBody
from churn_service.errors import REFUSALS
from churn_service.predictor import Predictor

_KEY = b"churn canary 1"


class CanarySource(Protocol):
    """Who knows the canary; the registry, or a fake."""

    def canary(self) -> tuple[Predictor, float] | None:
        """Return the canary and its share, None when there is none."""
        ...


def bucket(customer_id: str) -> float:
    """Return where a customer stands between 0 and 1, always the same."""
    digest = blake2b(customer_id.encode(), key=_KEY, digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def canary_of(source: CanarySource, body: CustomerBody) -> tuple[Predictor, CustomerBody] | None:
    """Return the canary and the body in its schema, when it is to answer.

    It answers when every customer of the body has an id and belongs to its share, so
    that one answer has one version. A body that it refuses stays with the champion.
    """
    canary = source.canary()
    if canary is None or not body.customers:
        return None
    predictor, share = canary
    if not all(_belongs(customer, share) for customer in body.customers):
        return None
    try:
        return predictor, body.reread(predictor.validator)
    except REFUSALS:
        return None


def _belongs(customer: Customer, share: float) -> bool:
    return customer.customer_id is not None and bucket(customer.customer_id) < share
