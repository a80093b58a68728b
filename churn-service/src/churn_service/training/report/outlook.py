"""What would change the answer: prices, base rates, fields, more customers."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np
from sklearn.metrics import roc_auc_score

from churn_service.training.report.curves import Curves
from churn_service.training.report.judged import Judged, title
from churn_service.training.report.profit import MISS, OFFER, money

_PRICES = (0.5, 2.0)
_BASE_RATES = (0.8, 1.25)
_FIELDS = 3
_SEED = 42


@dataclass(frozen=True)
class Change:
    """If something were otherwise: what, and what follows."""

    what: str
    then: str


def outlook(judged: Judged, curves: Curves, strongest: tuple[str, ...]) -> tuple[Change, ...]:
    """Return what would change decisions, each with its size."""
    return (
        *_prices(judged),
        *_base_rates(judged),
        *_without(judged, curves.auc, strongest),
        _another_sample(judged, curves),
    )


def _prices(judged: Judged) -> Iterator[Change]:
    usual = money(judged)
    for factor in _PRICES:
        changed = money(judged, miss=MISS * factor)
        yield Change(
            f"a lost customer costs {MISS * factor:,.0f} instead of {MISS:,.0f} "
            f"(an offer still {OFFER:,.0f})",
            f"the threshold that pays moves from {usual.rule.threshold:.2f} to "
            f"{changed.rule.threshold:.2f}, and offers go to {changed.rule.offers:,} instead of "
            f"{usual.rule.offers:,} of {len(judged.churned):,} customers",
        )


def _base_rates(judged: Judged) -> Iterator[Change]:
    said = np.clip(judged.probability, 1e-12, 1 - 1e-12)
    rate = float(np.average(judged.churned, weights=judged.weights))
    threshold = judged.predictor.threshold
    for factor in _BASE_RATES:
        other = min(rate * factor, 0.99)
        odds = said / (1 - said) * (other / (1 - other)) / (rate / (1 - rate))
        moved = int((odds / (1 + odds) >= threshold).sum())
        yield Change(
            f"churn becomes {other:.1%} instead of {rate:.1%}, everything else alike",
            f"the ranking stays; {moved:,} instead of {int(judged.selected.sum()):,} customers "
            f"should pass the threshold {threshold:g}: train again or calibrate",
        )


def _without(judged: Judged, auc: float, strongest: tuple[str, ...]) -> Iterator[Change]:
    order = np.random.default_rng(_SEED).permutation(len(judged.customers))
    places = {title(field): index for index, field in enumerate(judged.schema.features)}
    for name in strongest[:_FIELDS]:
        index = places[name]
        mixed = [
            msgspec.structs.replace(
                customer,
                values=(
                    *customer.values[:index],
                    judged.customers[other].values[index],
                    *customer.values[index + 1 :],
                ),
            )
            for customer, other in zip(judged.customers, order, strict=True)
        ]
        logits = [judged.predictor.logit(customer) for customer in mixed]
        worse = float(roc_auc_score(judged.churned, logits, sample_weight=judged.weights))
        yield Change(
            f"{name} arrives wrong (its values shuffled among customers)",
            auc_change(auc, worse),
        )


def auc_change(before: float, after: float) -> str:
    """Say how an AUC changes; without a difference in three digits it stays."""
    if f"{before:.3f}" == f"{after:.3f}":
        return f"AUC stays at {before:.3f}: the other fields make up for it"
    return f"AUC {'falls' if after < before else 'rises'} from {before:.3f} to {after:.3f}"


def _another_sample(judged: Judged, curves: Curves) -> Change:
    half = (curves.auc_high - curves.auc_low) / 2
    return Change(
        f"another {len(judged.churned):,} test customers were drawn",
        f"AUC {curves.auc_low:.3f} to {curves.auc_high:.3f} is all the same; a difference below "
        f"{half:.3f} between two models on this table needs a paired test to mean anything",
    )
