"""Know what would have happened: every customer, with and without every offer."""

from dataclasses import dataclass

import numpy as np

from marketing_service.simulator.laws import Floats, Laws, combine, sigmoid
from marketing_service.simulator.population import Block


@dataclass(frozen=True)
class Truth:
    """What no one can see in the field.

    Attributes:
        p0: churn probability when nobody writes.
        p1: churn probability per offer.
        y0: whether the customer leaves when nobody writes, 0 or 1.
        y1: whether the customer leaves, per offer, 0 or 1.
        asleep: 1 for customers whom contact wakes up.
        luck: the uniform number behind all outcomes of a customer.
    """

    p0: Floats
    p1: dict[str, Floats]
    y0: Floats
    y1: dict[str, Floats]
    asleep: Floats
    luck: Floats


def truth_of(block: Block, laws: Laws) -> Truth:
    """Work out every potential outcome of a block.

    One uniform number per customer decides all of them, so that an offer that lowers the
    probability never makes the same customer leave.

    Args:
        block: customers of `draw_block`.
        laws: of `load_laws`.

    Returns:
        The truth, in the order of the block.
    """
    law, columns = laws["reaction"], dict(block.columns)
    logit = columns["z0"]
    damp = sigmoid(-law["lost_cause_slope"] * (logit - law["lost_cause_centre"]))
    asleep = _asleep(block, laws)
    bill = (columns["monthly_charges"] - law["bill_centre"]) / law["bill_scale"]
    columns["bill"] = np.clip(bill, *law["bill_range"])
    columns["no_support"] = columns["internet"] * (1 - columns["support"])
    p0 = sigmoid(logit)
    p1 = {}
    for offer, reaction in laws["offers"].items():
        push = reaction["wake"] * law["wake"] * asleep
        shift = push - combine(reaction["pull"], columns) * damp
        p1[offer] = sigmoid(logit + law["effect"] * shift)
    return Truth(
        p0=p0,
        p1=p1,
        y0=_leaves(block, p0),
        y1={offer: _leaves(block, chance) for offer, chance in p1.items()},
        asleep=asleep,
        luck=block.luck,
    )


def _asleep(block: Block, laws: Laws) -> Floats:
    """Find customers who pay by themselves each month and have long stopped to think."""
    columns = block.columns
    first, last = laws["reaction"]["asleep_months"]
    middle = (columns["months"] >= first) & (columns["months"] < last)
    automatic = columns["bank"] + columns["card"]
    asleep: Floats = columns["monthly_contract"] * automatic * middle
    return asleep


def _leaves(block: Block, chance: Floats) -> Floats:
    """Turn probabilities into outcomes by the luck of each customer."""
    return (block.luck < chance).astype(np.float64)
