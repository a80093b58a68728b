"""Turn a scorecard's tables into one flat function of a customer's values."""

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

from churn_service.artefact.document import CurveTerm, LevelTerm, Scorecard
from churn_service.scorer.pairs import CompiledPair, compile_pairs

Values = tuple[float | str | None, ...]
Score = Callable[[Values], float]

_Curve = tuple[int, tuple[float, ...], tuple[float, ...], tuple[float, ...], float | None]


class _WithOther(dict[str | None, float]):
    """Weights by level where an unseen level has a weight of its own."""

    def __init__(self, weights: Mapping[str | None, float], other: float) -> None:
        super().__init__(weights)
        self._other = other

    def __missing__(self, level: str | None) -> float:
        return self._other


def compile_scorecard(card: Scorecard) -> Score:
    """Return the function from values in feature order to the logit.

    The values come from the schema's validator: levels canonical, missing
    None. The order of addition is fixed: levels first, then curves, then pairs.
    """
    pairs = compile_pairs(card)
    return _with_pairs(_compiled_terms(card), pairs) if pairs else _compiled_terms(card)


def compile_contributions(card: Scorecard) -> Callable[[Values], tuple[float, ...]]:
    """Return the function from values to each feature's share of the logit.

    A share is the term's value less its mean over the training rows, in
    feature order; the share of a pair is split between its two fields. The shares
    and `card_mean` add up to the logit.
    """
    terms = tuple(_term_function(term) for term in card.terms)
    means = tuple(term.mean for term in card.terms)

    def contributions(values: Values) -> tuple[float, ...]:
        parts = zip(terms, values, means, strict=True)
        return tuple(term(value) - mean for term, value, mean in parts)

    pairs = compile_pairs(card)
    return _with_halves(contributions, pairs) if pairs else contributions


def card_mean(card: Scorecard) -> float:
    """Return the logit of a customer whose every term is at its mean."""
    return card.intercept + sum(term.mean for term in (*card.terms, *card.pairs))


def sigmoid(logit: float) -> float:
    """Return the probability of a logit without overflow on either side."""
    if logit >= 0:
        return 1.0 / (1.0 + math.exp(-logit))
    odds = math.exp(logit)
    return odds / (1.0 + odds)


def _compiled_terms(card: Scorecard) -> Score:
    intercept = card.intercept
    levels = _level_tables(card)
    curves = _curve_tables(card)

    def score(values: Values) -> float:
        row: Any = values
        total = intercept
        for index, weights in levels:
            total += weights[row[index]]
        for index, knots, intercepts, slopes, missing in curves:
            number = row[index]
            if number is None:
                total += missing  # type: ignore[operator]  # None only where the schema forbids it
            else:
                piece = bisect_right(knots, number)
                total += intercepts[piece] + slopes[piece] * number
        return total

    return score


def _with_pairs(terms: Score, pairs: tuple[CompiledPair, ...]) -> Score:
    def score(values: Values) -> float:
        total = terms(values)
        for first, second, value, _ in pairs:
            total += value(values[first], values[second])
        return total

    return score


def _with_halves(
    terms: Callable[[Values], tuple[float, ...]], pairs: tuple[CompiledPair, ...]
) -> Callable[[Values], tuple[float, ...]]:
    def contributions(values: Values) -> tuple[float, ...]:
        shares = list(terms(values))
        for first, second, value, mean in pairs:
            half = (value(values[first], values[second]) - mean) / 2
            shares[first] += half
            shares[second] += half
        return tuple(shares)

    return contributions


def _level_tables(card: Scorecard) -> tuple[tuple[int, dict[str | None, float]], ...]:
    return tuple(
        (index, weights_of(term))
        for index, term in enumerate(card.terms)
        if isinstance(term, LevelTerm)
    )


def weights_of(term: LevelTerm) -> dict[str | None, float]:
    """Return the weight of every level, of missing and of unseen ones."""
    weights: dict[str | None, float] = {}
    weights.update(term.weights)
    if term.missing is not None:
        weights[None] = term.missing
    return weights if term.other is None else _WithOther(weights, term.other)


def _curve_tables(card: Scorecard) -> tuple[_Curve, ...]:
    return tuple(
        (index, term.knots, term.intercepts, term.slopes, term.missing)
        for index, term in enumerate(card.terms)
        if isinstance(term, CurveTerm)
    )


def _term_function(term: LevelTerm | CurveTerm) -> Callable[[Any], float]:
    if isinstance(term, LevelTerm):
        return weights_of(term).__getitem__
    curve = term

    def value(number: Any) -> float:
        if number is None:
            return float(curve.missing)  # type: ignore[arg-type]  # set where the schema allows None
        piece = bisect_right(curve.knots, number)
        return curve.intercepts[piece] + curve.slopes[piece] * float(number)

    return value
