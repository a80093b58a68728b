"""Three campaigns among simulated customers: weighted rows stand for everybody."""

import tomllib
from datetime import UTC, datetime

import numpy as np
import pytest

from churn_service.training.feedback import Lessons, learn_from
from churn_service.training.table import parse_table
from marketing_service.simulator import demo_campaign_toml, load_laws
from marketing_service.simulator.population import draw_block
from marketing_service.simulator.truth import truth_of
from marketing_service.targeting.policies import PlanInputs, plan_customers
from marketing_service.targeting.spec import parse_campaign

CUSTOMERS = 20_000
HEADER = (
    "customer_id,campaign_id,arm,action,propensity,planned_at,outcome,window_end,"
    "attributes_hash,attrs.p0"
)


def _campaign(number: int) -> tuple[list[str], float]:
    """Write one campaign among new customers; return its rows and the true mean risk."""
    laws = load_laws()
    block = draw_block(number, CUSTOMERS, seed=3, laws=laws)
    truth = truth_of(block, laws)
    name = f"c{number}"
    document = tomllib.loads(demo_campaign_toml()) | {
        "name": name, "seed_key": name, "limits": {"max_contacts": 5_000},
        "control": {"campaign_share": 0.1},
    }  # fmt: skip
    ids = [f"{name}-{place}" for place in range(CUSTOMERS)]
    monthly = block.columns["monthly_charges"]
    inputs = PlanInputs(customer_ids=ids, p0=truth.p0, monthly_value=monthly)
    plan = plan_customers(inputs, parse_campaign(document))
    rows = []
    for place, arm in enumerate(plan.arm_words()):
        treated = arm == "treated"
        leaves = (truth.y1["support"] if treated else truth.y0)[place]
        action, outcome = ("support" if treated else "none"), ("churned" if leaves else "stayed")
        rows.append(
            f"{ids[place]},{name},{arm},{action},{plan.propensity[place]},203{number}-01-01,"
            f"{outcome},203{number}-12-01,ff,{truth.p0[place]}"
        )
    return rows, float(truth.p0.mean())


@pytest.fixture(scope="module")
def world() -> tuple[Lessons, float]:
    """What three campaigns in a row teach, and the true mean risk of all customers."""
    made = [_campaign(number) for number in (1, 2, 3)]
    lines = [HEADER, *(row for rows, _ in made for row in rows)]
    table = parse_table("\n".join(lines).encode() + b"\n")
    lessons = learn_from(table, as_of=datetime(2040, 1, 1, tzinfo=UTC))
    return lessons, float(np.mean([risk for _, risk in made]))


def test_weighted_rows_stand_for_all_customers_and_unweighted_ones_do_not(
    world: tuple[Lessons, float],
) -> None:
    lessons, true = world
    weights = np.array([row.weight for row in lessons.rows])
    risks = np.array([float(row.attributes["p0"]) for row in lessons.rows])
    assert weights.sum() == pytest.approx(3 * CUSTOMERS, rel=0.02)
    assert np.average(risks, weights=weights) == pytest.approx(true, rel=0.03)
    assert risks.mean() < 0.9 * true


def test_weighted_outcomes_give_the_churn_without_any_contact(
    world: tuple[Lessons, float],
) -> None:
    lessons, true = world
    weights = np.array([row.weight for row in lessons.rows])
    churned = np.array([row.churned for row in lessons.rows], dtype=float)
    assert np.average(churned, weights=weights) == pytest.approx(true, rel=0.05)
