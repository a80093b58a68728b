from dataclasses import replace

import pytest
from scipy.stats import beta

from marketing_service.targeting.promise import ASSUMED, promise_from_assumption
from marketing_service.targeting.spec import CampaignSpec
from marketing_service.targeting.terms import SaveRate


def test_the_interval_is_that_of_the_assumed_save_rate(spec: CampaignSpec) -> None:
    offer = replace(spec.offer, save_rate=SaveRate(6, 14))
    found = promise_from_assumption(offer, at_stake=10_000, cost=500, seed_key="a")
    low, high = (10_000 * beta.ppf(q, 6, 14) - 500 for q in (0.05, 0.95))
    assert found.expected_profit == pytest.approx(2_500)
    assert found.low == pytest.approx(low, abs=60)
    assert found.high == pytest.approx(high, abs=60)
    assert (found.label, found.confidence) == (ASSUMED, 0.9)
    assert found.break_even_save_rate == pytest.approx(0.05)


def test_the_same_campaign_promises_the_same(spec: CampaignSpec) -> None:
    one, two = (
        promise_from_assumption(spec.offer, at_stake=1_000, cost=1, seed_key="a") for _ in "ab"
    )
    assert one == two


def test_nothing_at_stake_has_no_break_even(spec: CampaignSpec) -> None:
    found = promise_from_assumption(spec.offer, at_stake=0, cost=0, seed_key="a")
    assert found.break_even_save_rate is None
    assert (found.low, found.high) == (0, 0)
