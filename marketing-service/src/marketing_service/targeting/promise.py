"""Promise what a plan should earn, with the interval of what is merely assumed."""

from dataclasses import dataclass

import numpy as np

from marketing_service.targeting.assign import draws
from marketing_service.targeting.terms import Offer

ASSUMED = "assumed, not measured"
"""Label of every promise that rests on a save rate of the campaign file."""

CONFIDENCE = 0.90
_DRAWS = 10_000


@dataclass(frozen=True)
class Promise:
    """What a plan should earn, in money of the campaign.

    Attributes:
        expected_profit: profit at the mean save rate, after all costs.
        low: lower end of the interval.
        high: upper end of the interval.
        save_rate: the assumed mean share of leavers that the offer keeps.
        break_even_save_rate: save rate at which the plan earns nothing; None when
            nothing is at stake.
        confidence: of the interval.
        label: where the number comes from.
    """

    expected_profit: float
    low: float
    high: float
    save_rate: float
    break_even_save_rate: float | None
    confidence: float = CONFIDENCE
    label: str = ASSUMED


def promise_from_assumption(
    offer: Offer, *, at_stake: float, cost: float, seed_key: str
) -> Promise:
    """Turn an assumed save rate into a promise with its interval.

    Args:
        offer: its save rate is a Beta distribution.
        at_stake: expected value that the treated customers would take away.
        cost: expected cost of treating them.
        seed_key: fixes the random draws of the save rate.

    Returns:
        The promise, labelled as an assumption.
    """
    seed = int(draws(["save-rate"], seed_key=seed_key, purpose="promise")[0])
    rates = np.random.default_rng(seed).beta(offer.save_rate.alpha, offer.save_rate.beta, _DRAWS)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(rates, [tail, 1 - tail])
    return Promise(
        expected_profit=offer.save_rate.mean * at_stake - cost,
        low=float(low) * at_stake - cost,
        high=float(high) * at_stake - cost,
        save_rate=offer.save_rate.mean,
        break_even_save_rate=cost / at_stake if at_stake > 0 else None,
    )
