"""One function per question to a model, whatever kind of scorer it has."""

from collections.abc import Callable

from churn_contract.schema import CustomerSchema
from churn_service.artefact.document import ModelDocument, Scorecard, Scorer
from churn_service.artefact.trees import Trees
from churn_service.scorer.scorecard import (
    Score,
    Values,
    card_mean,
    compile_contributions,
    compile_scorecard,
)
from churn_service.scorer.tree_shares import compile_tree_shares, tree_mean
from churn_service.scorer.trees import compile_trees

Shares = Callable[[Values], tuple[float, ...]]


def compile_scorer(document: ModelDocument) -> Score:
    """Return the function from values in feature order to the logit."""
    return _score(document.scorer, document.schema)


def compile_shares(document: ModelDocument) -> Shares:
    """Return the function from values to each feature's share of the logit.

    The shares, in feature order, and `base_logit` add up to the logit: to
    1e-12 for a scorecard, to 1e-9 for trees and blends.
    """
    return _shares(document.scorer, document.schema)


def base_logit(document: ModelDocument) -> float:
    """Return the mean logit of the training customers, where shares begin."""
    return _mean(document.scorer)


def _score(scorer: Scorer, schema: CustomerSchema) -> Score:
    if isinstance(scorer, Scorecard):
        return compile_scorecard(scorer)
    if isinstance(scorer, Trees):
        return compile_trees(scorer, schema)
    parts = tuple(
        (weight, _score(member, schema))
        for weight, member in zip(scorer.weights, scorer.members, strict=True)
    )

    def score(values: Values) -> float:
        total = 0.0
        for weight, member in parts:
            total += weight * member(values)
        return total

    return score


def _shares(scorer: Scorer, schema: CustomerSchema) -> Shares:
    if isinstance(scorer, Scorecard):
        return compile_contributions(scorer)
    if isinstance(scorer, Trees):
        return compile_tree_shares(scorer, schema)
    parts = tuple(
        (weight, _shares(member, schema))
        for weight, member in zip(scorer.weights, scorer.members, strict=True)
    )

    def shares(values: Values) -> tuple[float, ...]:
        found = [[weight * share for share in member(values)] for weight, member in parts]
        return tuple(map(sum, zip(*found, strict=True)))

    return shares


def _mean(scorer: Scorer) -> float:
    if isinstance(scorer, Scorecard):
        return card_mean(scorer)
    if isinstance(scorer, Trees):
        return tree_mean(scorer)
    return sum(
        weight * _mean(member)
        for weight, member in zip(scorer.weights, scorer.members, strict=True)
    )
