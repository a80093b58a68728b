from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from marketing_service.targeting.policies import PlanInputs
from marketing_service.targeting.spec import CampaignSpec, parse_campaign
from marketing_service.targeting.terms import ControlSpec, LimitsSpec


@pytest.fixture
def document() -> dict[str, Any]:
    """A small correct campaign file as tables."""
    return {
        "name": "spring-2027",
        "value": {"margin_rate": 0.4, "monthly_column": "monthly"},
        "limits": {"budget_eur": 500},
        "control": {"campaign_share": 0.2},
        "contact": {"require_consent": False},
        "offers": [
            {
                "id": "support",
                "contact_eur": 0.02,
                "incentive_eur": 15,
                "save_rate": 0.2,
                "accept_stayer": 0.2,
                "accept_leaver": 0.5,
            }
        ],
        "message": {"subject": "Hello", "text": "Stay.", "from": "Shop <shop@example.com>"},
    }


@pytest.fixture
def spec(document: dict[str, Any]) -> CampaignSpec:
    return parse_campaign(document)


@pytest.fixture
def limited(spec: CampaignSpec) -> Callable[..., CampaignSpec]:
    """Give the campaign with other limits and another control share."""

    def limit(
        budget: float | None = None,
        contacts: int | None = None,
        *,
        share: float = 0.2,
        **changes: Any,
    ) -> CampaignSpec:
        return replace(
            spec,
            limits=LimitsSpec(budget_eur=budget, max_contacts=contacts),
            control=ControlSpec(campaign_share=share),
            **changes,
        )

    return limit


@pytest.fixture
def customers() -> Callable[..., PlanInputs]:
    """Draw customers with scores and values."""

    def draw(count: int = 1000, seed: int = 1) -> PlanInputs:
        rng = np.random.default_rng(seed)
        return PlanInputs(
            customer_ids=[f"c{number}" for number in range(count)],
            p0=rng.beta(1.2, 3.3, count),
            monthly_value=rng.uniform(20, 110, count),
        )

    return draw
