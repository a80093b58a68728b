"""Train again after campaigns: our weights beside rows taken as if nobody was written to.

Three campaigns in a row among simulated customers whose true probabilities are known.
`naive` learns from everybody's outcome, `unweighted` from those nobody wrote to without
saying how many others each stands for. All are judged on customers of no campaign.
"""

import csv
import io
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.row import Row
from benchmarks.training.known_truth import expected_auc, expected_slope
from benchmarks.training.served import probabilities
from churn_service.training.config import parse_config
from churn_service.training.retrain import gather
from churn_service.training.table import Table, parse_table, read_table
from churn_service.training.trained import TrainedModel
from churn_service.training.trainer import train_model
from marketing_service.simulator import demo_campaign_toml, write_sample_data
from marketing_service.targeting.policies import PlanInputs, plan_customers
from marketing_service.targeting.spec import parse_campaign

Floats = NDArray[np.float64]
CAMPAIGNS, CUSTOMERS, QUICK_CUSTOMERS = 3, 20_000, 6_000
CONTACTED_SHARE, CONTROL_SHARE = 0.35, 0.1
OFFER = "discount"
SLOPES = (0.9, 1.1)
MOST_BIAS = 0.02
NO_FEATURES = {"customerID"}
CONFIG = b"""
[data]
target = "left"
positive = "yes"
id = "customerID"
[columns.TotalCharges]
blank = 0
[model]
families = ["spline"]
"""
FIXED = ("customer_id", "campaign_id", "arm", "action", "propensity", "planned_at", "outcome",
         "window_end", "attributes_hash")  # fmt: skip


@dataclass(frozen=True)
class World:
    """Simulated customers: who they are, and what happens with and without the offer."""

    customers: Table
    p0: Floats
    leaves: Floats
    leaves_treated: Floats

    def part(self, rows: slice) -> "World":
        """Return the customers of these rows."""
        table = self.customers
        table = replace(table, rows=table.rows[rows], lines=table.lines[rows])
        return World(table, self.p0[rows], self.leaves[rows], self.leaves_treated[rows])


@dataclass(frozen=True)
class Campaign:
    """One campaign's customers, what was done to each and what became of them."""

    world: World
    number: int
    treated: NDArray[np.bool_]
    propensity: Floats

    @property
    def left(self) -> NDArray[np.bool_]:
        """Whether each customer left, after what was done."""
        found = np.where(self.treated, self.world.leaves_treated, self.world.leaves)
        return found.astype(bool)


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield slope, AUC and bias of the highest tenth; `full` has larger campaigns."""
    size = CUSTOMERS if full else QUICK_CUSTOMERS
    world = _world((CAMPAIGNS + 1) * size)
    campaigns = [_campaign(world, number, size) for number in range(CAMPAIGNS)]
    others = world.part(slice(CAMPAIGNS * size, None))
    ours, naive = _weighted(campaigns), _plain(campaigns, treated_too=True)
    said = {
        "ours": probabilities(ours, others.customers),
        "naive": probabilities(naive, others.customers),
        "unweighted": probabilities(_plain(campaigns, treated_too=False), others.customers),
    }
    what = f"retrained on {CAMPAIGNS} campaigns among {size:,} customers each"
    yield from _rows(what, said, others.p0)


def _rows(what: str, said: dict[str, Floats], p0: Floats) -> Iterator[Row]:
    ours = said["ours"]
    for rival in ("naive", "unweighted"):
        beside = f"{what}, weighted beside {rival}"
        slope, bias = expected_slope(ours, p0), _bias(ours, p0)
        met = SLOPES[0] <= slope <= SLOPES[1]
        theirs = expected_slope(said[rival], p0)
        yield Row(f"{beside}: calibration slope", slope, "", "0.9 to 1.1", met, theirs)
        auc, others = expected_auc(ours, p0), expected_auc(said[rival], p0)
        yield Row(f"{beside}: AUC", auc, rival=others, ratio=auc / others)
        name = f"{beside}: promised less true risk, highest tenth"
        met = abs(bias) <= MOST_BIAS
        yield Row(name, bias, "", f"+-{MOST_BIAS}", met, _bias(said[rival], p0))


def _bias(said: Floats, p0: Floats) -> float:
    """Return how much is promised above the truth for those of the highest true risk."""
    highest = np.argsort(p0)[-len(p0) // 10 :]
    return float(said[highest].mean() - p0[highest].mean())


def _world(count: int) -> World:
    with tempfile.TemporaryDirectory() as folder:
        files = write_sample_data(Path(folder), customers=count, train_customers=1, seed=3)
        customers, truth = read_table(files.customers), read_table(files.truth)
    places = [place for place, name in enumerate(customers.header) if name != "email"]
    header = tuple(customers.header[place] for place in places)
    cells = [[row[place] for place in places] for row in customers.rows]
    customers = replace(customers, header=header, rows=cells)
    numbers = {
        name: np.array(truth.column(truth.names.index(name)), dtype=np.float64)
        for name in ("p0", "y0", f"y_{OFFER}")
    }
    return World(customers, numbers["p0"], numbers["y0"], numbers[f"y_{OFFER}"])


def _campaign(world: World, number: int, size: int) -> Campaign:
    """Plan a campaign as marketing does, on the true risk of its customers."""
    world = world.part(slice(number * size, (number + 1) * size))
    table, name = world.customers, f"c{number}"
    document = tomllib.loads(demo_campaign_toml()) | {
        "name": name,
        "seed_key": name,
        "limits": {"max_contacts": int(CONTACTED_SHARE * size)},
        "control": {"campaign_share": CONTROL_SHARE},
    }
    monthly = np.array(table.column(table.names.index("monthlycharges")), dtype=np.float64)
    ids = table.column(table.names.index("customerid"))
    inputs = PlanInputs(customer_ids=ids, p0=world.p0, monthly_value=monthly)
    plan = plan_customers(inputs, parse_campaign(document))
    treated = np.array([arm == "treated" for arm in plan.arm_words()])
    return Campaign(world, number, treated, plan.propensity)


def _weighted(campaigns: list[Campaign]) -> TrainedModel:
    """Train on the feedback of the campaigns as `churn retrain` does."""
    text = io.StringIO()
    writer = csv.writer(text)
    features = [name for name in campaigns[0].world.customers.header if name not in NO_FEATURES]
    writer.writerow([*FIXED, *(f"attrs.{name}" for name in features)])
    for campaign in campaigns:
        writer.writerows(_feedback(campaign, features))
    table = parse_table(text.getvalue().encode())
    as_of = datetime(2040, 1, 1, tzinfo=UTC)
    material = gather(table, None, parse_config(CONFIG), as_of=as_of)
    return train_model(material.table, material.config, "weighted")


def _feedback(campaign: Campaign, features: list[str]) -> Iterator[list[str]]:
    """Yield the rows that marketing exports of a campaign."""
    table, year = campaign.world.customers, 2030 + campaign.number
    places = [table.header.index(name) for name in features]
    facts = zip(table.rows, campaign.treated, campaign.propensity, campaign.left, strict=True)
    for cells, treated, propensity, left in facts:
        arm, action = ("treated", OFFER) if treated else ("none", "none")
        yield [
            cells[0],
            f"c{campaign.number}",
            arm,
            action,
            repr(float(propensity)),
            f"{year}-01-01",
            "churned" if left else "stayed",
            f"{year}-12-01",
            "ff",
            *(cells[place] for place in places),
        ]


def _plain(campaigns: list[Campaign], *, treated_too: bool) -> TrainedModel:
    """Train on customers with the outcome they had, each counting once."""
    table = campaigns[0].world.customers
    lines = [
        [*cells, "yes" if left else "no"]
        for campaign in campaigns
        for cells, treated, left in zip(
            campaign.world.customers.rows, campaign.treated, campaign.left, strict=True
        )
        if treated_too or not treated
    ]
    numbers = list(range(2, len(lines) + 2))
    table = replace(table, header=(*table.header, "left"), rows=lines, lines=numbers)
    return train_model(table, parse_config(CONFIG), "plain")
