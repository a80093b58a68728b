import io
import json
import tomllib
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

import pytest

from churn_contract.samples import sample_customers
from churn_contract.schema import demo_schema
from marketing_service.campaign import CampaignEvent, CampaignStatus
from marketing_service.churn_client import (
    ChurnRefusedError,
    ChurnUnavailableError,
    LiveModel,
    ModelChangedError,
    Pin,
    Scored,
)
from marketing_service.errors import LeaseLostError
from marketing_service.launching import ask_for_plan, file_campaign
from marketing_service.planner import PATIENCE_MS, Planner
from marketing_service.simulator import demo_campaign_toml
from marketing_service.store import (
    campaigns,
    customers,
    dialect,
    feedback,
    jobs,
    plan_jobs,
    plans,
)
from marketing_service.store.customers import CustomerRecord
from marketing_service.store.engine import Database
from marketing_service.store.jobs import Job
from marketing_service.store.targets import count_targets, list_targets
from marketing_service.targeting.spec import parse_campaign
from service_kit.logs import EventLog

SCHEMA = demo_schema()
MODEL = LiveModel(SCHEMA, SCHEMA.digest, "v1")
CUSTOMERS = 250


class FakeChurn:
    """Scores by the customer's number; `fault` decides what goes wrong at which page."""

    def __init__(self) -> None:
        self.model = MODEL
        self.pages = 0
        self.fault: Callable[[int], None] = lambda _page: None
        self.refused: dict[int, str] = {}

    def live_model(self) -> LiveModel:
        return self.model

    def predict(
        self, records: Sequence[dict[str, object]], id_field: str | None, pin: Pin | None = None
    ) -> Scored:
        self.pages += 1
        self.fault(self.pages)
        assert id_field == "customerid"
        found = Pin(self.model.model_version, self.model.schema_digest)
        if pin not in {None, found}:
            raise ModelChangedError("changed")
        refused = self.refused if self.pages == 1 else {}
        probabilities = tuple(
            None if index in refused else int(str(record["customerid"])[1:]) / 300
            for index, record in enumerate(records)
        )
        return Scored(probabilities, refused, found)


class Stopping:
    """Asks the planner to stop at its n-th look."""

    def __init__(self, after: int) -> None:
        self.left = after

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


class Bench:
    """A campaign that waits for its plan, and the planner to make it."""

    def __init__(self, database: Database, churn: FakeChurn) -> None:
        self.database = database
        self.churn = churn
        self.now_ms = 1_000_000
        self.claims = 0
        self.log = io.StringIO()

    def planner(self, **options: Any) -> Planner:
        log = EventLog("test", "0", self.log)
        sizes = {"page_rows": 50, "stage_rows": 60}
        return Planner(
            self.database, self.churn, clock=lambda: self.now_ms, log=log, **(sizes | options)
        )

    def ask(self, **changes: Any) -> None:
        document = tomllib.loads(demo_campaign_toml()) | changes
        with self.database.write() as conn:
            spec = parse_campaign(document)
            found, _ = file_campaign(conn, spec, author="me", now_ms=self.now_ms)
            ask_for_plan(conn, found.slug, actor="me", now_ms=self.now_ms)

    def claim(self) -> Job:
        self.claims += 1  # each claim comes an hour after the one before: leases are over
        with self.database.write() as conn:
            now_ms = dialect.now_ms(conn) + self.claims * 3_600_000
            job = jobs.claim(conn, ["plan"], now_ms=now_ms, lease_ms=1_000)
        assert job is not None
        return job

    def job(self) -> Job:
        with self.database.read() as conn:
            found = plan_jobs.latest(conn, 1)
        assert found is not None
        return found

    def status(self) -> CampaignStatus:
        with self.database.read() as conn:
            return campaigns.get(conn, "demo").status

    def plan(self) -> plans.Plan:
        with self.database.read() as conn:
            active = campaigns.get(conn, "demo").active_plan_id
            assert active is not None
            return plans.get(conn, active)

    def move(self, event: CampaignEvent) -> None:
        with self.database.write() as conn:
            campaigns.move(conn, 1, event, actor="me", now_ms=0)


@pytest.fixture
def bench(sqlite_database: Database) -> Bench:
    add_customers(sqlite_database, CUSTOMERS)
    return Bench(sqlite_database, FakeChurn())


def add_customers(database: Database, number: int, **changes: float) -> None:
    names = [field.name for field in SCHEMA.features]
    records = [
        CustomerRecord(
            external_id=f"c{index}",
            email=None if index == 7 else f"c{index}@example.test",
            email_hash=None,
            attrs={name: sample[name] for name in names} | changes,  # type: ignore[misc]  # valid by sampling
            row_hash=bytes([len(changes)]) * 32,
            schema_digest=SCHEMA.digest,
        )
        for index, sample in enumerate(islice(sample_customers(SCHEMA, 5), number))
    ]
    with database.write() as conn:
        customers.upsert(conn, records, now_ms=0)


def test_a_plan_stages_every_customer_with_a_reason(bench: Bench) -> None:
    bench.ask()
    bench.planner().run(bench.claim())
    assert bench.status() is CampaignStatus.PLANNED
    with bench.database.read() as conn:
        rows = list_targets(conn, bench.plan().id, limit=1_000)
        counts = count_targets(conn, bench.plan().id)
    assert len(rows) == sum(counts.values()) == CUSTOMERS
    assert {row.reason for row in rows if row.external_id == "c7"} == {"no_address"}
    assert counts["queued"] > counts["control"] > 0


def test_the_summary_can_be_printed_and_the_digest_is_there(bench: Bench) -> None:
    bench.ask()
    bench.planner().run(bench.claim())
    plan = bench.plan()
    assert plan.summary is not None
    assert plan.summary["customers"] == CUSTOMERS
    assert "expected profit" in "\n".join(plan.summary["lines"])
    assert len(plan.digest or "") == 64
    assert (plan.model_version, plan.schema_digest) == ("v1", SCHEMA.digest)


def test_the_job_tells_how_far_it_came(bench: Bench) -> None:
    bench.ask()
    bench.planner().run(bench.claim())
    job = bench.job()
    assert (job.state, job.progress and job.progress["done"]) == ("done", CUSTOMERS)


@pytest.mark.parametrize("looks", range(12))
def test_a_plan_interrupted_anywhere_comes_to_the_same_digest(bench: Bench, looks: int) -> None:
    bench.ask()
    bench.planner(should_stop=Stopping(looks)).run(bench.claim())
    interrupted = bench.status()
    if interrupted is CampaignStatus.PLANNING:
        bench.planner().run(bench.claim())
    digest = bench.plan().digest
    bench.move(CampaignEvent.PLAN)
    with bench.database.write() as conn:
        plan_jobs.enqueue(conn, 1, now_ms=0)
    bench.planner().run(bench.claim())
    assert bench.plan().digest == digest


def test_a_killed_planner_goes_on_where_it_was(bench: Bench) -> None:
    def die(page: int) -> None:
        if page == 3:
            raise KeyboardInterrupt

    bench.ask()
    bench.churn.fault = die
    planner, job = bench.planner(), bench.claim()
    with pytest.raises(KeyboardInterrupt):
        planner.run(job)
    bench.churn.fault = lambda _page: None
    bench.planner().run(bench.claim())
    assert bench.status() is CampaignStatus.PLANNED
    assert bench.churn.pages == 6


def test_customers_that_change_in_the_middle_of_staging_start_the_plan_again(
    bench: Bench,
) -> None:
    bench.ask()
    bench.planner(should_stop=Stopping(8)).run(bench.claim())
    with bench.database.read() as conn:
        begun = plans.unfinished(conn, 1)
    assert begun is not None
    assert begun.page_cursor > 0
    add_customers(bench.database, CUSTOMERS + 10)
    bench.planner().run(bench.claim())
    assert bench.plan().id != begun.id
    assert bench.plan().summary["customers"] == CUSTOMERS + 10  # type: ignore[index]  # there


def test_another_champion_in_the_middle_starts_the_plan_again(bench: Bench) -> None:
    def promote(page: int) -> None:
        if page == 3:
            bench.churn.model = LiveModel(SCHEMA, SCHEMA.digest, "v2")

    bench.ask()
    bench.churn.fault = promote
    bench.planner().run(bench.claim())
    assert bench.plan().model_version == "v2"
    assert "campaign.plan_restarted" in bench.log.getvalue()


def test_a_model_that_changes_all_the_time_ends_the_plan(bench: Bench) -> None:
    def promote(page: int) -> None:
        bench.churn.model = LiveModel(SCHEMA, SCHEMA.digest, f"v{page}x")

    bench.ask()
    bench.churn.fault = promote
    bench.planner().run(bench.claim())
    assert bench.status() is CampaignStatus.DRAFT
    assert "again and again" in (bench.job().error or "")


def away(_page: int) -> None:
    raise ChurnUnavailableError("churn-service did not answer: connection refused")


def test_while_churn_service_is_away_the_plan_waits_and_says_so(bench: Bench) -> None:
    bench.ask()
    bench.churn.fault = away
    bench.planner().run(bench.claim())
    job = bench.job()
    assert (bench.status(), job.state) == (CampaignStatus.PLANNING, "queued")
    assert "did not answer" in (job.progress or {})["waiting"]


def test_a_plan_that_waited_ends_well_and_forgets_the_wait(bench: Bench) -> None:
    bench.ask()
    bench.churn.fault = away
    bench.planner().run(bench.claim())
    bench.churn.fault = lambda _page: None
    bench.planner().run(bench.claim())
    assert bench.status() is CampaignStatus.PLANNED
    assert "waiting" not in (bench.job().progress or {})


def test_after_its_patience_the_plan_fails_with_the_cause(bench: Bench) -> None:
    bench.ask()
    bench.churn.fault = away
    bench.planner().run(bench.claim())
    bench.now_ms += PATIENCE_MS
    bench.planner().run(bench.claim())
    assert bench.status() is CampaignStatus.DRAFT
    assert "did not answer" in (bench.job().error or "")


def test_a_refusal_of_churn_service_fails_the_plan_at_once(bench: Bench) -> None:
    def refuse(_page: int) -> None:
        raise ChurnRefusedError("churn-service answered 401")

    bench.ask()
    bench.churn.fault = refuse
    bench.planner().run(bench.claim())
    assert (bench.status(), bench.job().error) == (
        CampaignStatus.DRAFT,
        "churn-service answered 401",
    )


def test_refused_customers_stay_out_and_are_counted_in_a_warning(bench: Bench) -> None:
    bench.ask()
    bench.churn.refused = {3: "tenure: out-of-range"}
    bench.planner().run(bench.claim())
    assert "refused 1 customers (the first: tenure: out-of-range)" in json.dumps(
        bench.plan().summary
    )
    with bench.database.read() as conn:
        rows = list_targets(conn, bench.plan().id, limit=1_000)
    assert {row.reason for row in rows if row.external_id == "c3"} == {"no_score"}


def test_a_value_column_that_is_none_fails_with_the_columns_there_are(bench: Bench) -> None:
    bench.ask(value={"margin_rate": 0.4, "monthly_column": "contract"})
    bench.planner().run(bench.claim())
    assert "monthlycharges" in (bench.job().error or "")


def test_a_negative_value_fails_the_plan_with_the_rule(bench: Bench) -> None:
    add_customers(bench.database, 3, monthlycharges=-1.0)
    bench.ask()
    bench.planner().run(bench.claim())
    assert bench.status() is CampaignStatus.DRAFT
    assert "negative" in (bench.job().error or "")


def test_without_customers_the_plan_says_what_to_do(sqlite_database: Database) -> None:
    bench = Bench(sqlite_database, FakeChurn())
    bench.ask()
    bench.planner().run(bench.claim())
    assert "import some first" in (bench.job().error or "")


def test_a_horizon_other_than_the_models_is_a_warning(bench: Bench) -> None:
    bench.ask(horizon_months=5)
    bench.planner().run(bench.claim())
    assert "days ahead" in json.dumps(bench.plan().summary)


def test_a_cancelled_campaign_is_not_planned(bench: Bench) -> None:
    bench.ask()
    bench.move(CampaignEvent.CANCEL)
    bench.planner().run(bench.claim())
    assert (bench.status(), bench.job().state) == (CampaignStatus.CANCELLED, "failed")
    assert bench.churn.pages == 0


def test_a_campaign_cancelled_in_the_middle_stays_cancelled(bench: Bench) -> None:
    bench.ask()
    bench.churn.fault = lambda page: bench.move(CampaignEvent.CANCEL) if page == 2 else None
    bench.planner().run(bench.claim())
    assert (bench.status(), bench.job().state) == (CampaignStatus.CANCELLED, "failed")


def test_a_failure_after_a_cancel_leaves_the_campaign_cancelled(bench: Bench) -> None:
    def cancel_and_refuse(_page: int) -> None:
        bench.move(CampaignEvent.CANCEL)
        raise ChurnRefusedError("no")

    bench.ask()
    bench.churn.fault = cancel_and_refuse
    bench.planner().run(bench.claim())
    assert bench.status() is CampaignStatus.CANCELLED


def test_a_planner_that_lost_its_job_writes_nothing_more(bench: Bench) -> None:
    bench.ask()
    old = bench.claim()
    bench.claim()
    planner = bench.planner()
    with pytest.raises(LeaseLostError):
        planner.run(old)
    assert bench.status() is CampaignStatus.PLANNING


def test_a_job_that_ended_too_many_workers_is_closed(bench: Bench) -> None:
    bench.ask()
    for _ in range(jobs.MAX_ATTEMPTS):
        bench.claim()
    bench.planner().run(bench.claim())
    assert bench.status() is CampaignStatus.DRAFT
    assert "Given up" in (bench.job().error or "")


def test_every_target_leads_to_the_attributes_of_the_day_of_the_plan(bench: Bench) -> None:
    bench.ask()
    bench.planner().run(bench.claim())
    with bench.database.read() as conn:
        chosen = feedback.page(conn, bench.plan().id, limit=1_000)
    assert len(chosen) == CUSTOMERS
    assert all(row.row_hash == bytes(32) and row.attrs for row in chosen)
