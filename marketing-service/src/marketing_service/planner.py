"""Plan a campaign: score everybody, choose, keep a control group back, stage the targets.

Every page and every batch of rows is one transaction that also moves the plan's cursor,
so a killed planner goes on where it was and comes to the same digest.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, Final, Protocol

from sqlalchemy import Connection

from churn_contract.schema import CustomerSchema
from marketing_service.audience import Audience, read_audience
from marketing_service.campaign import CampaignEvent, CampaignStatus
from marketing_service.choosing import (
    PlanFailedError,
    check_schema,
    choose,
    plan_warnings,
    value_field,
)
from marketing_service.churn_client import (
    PAGE_ROWS,
    ChurnServiceError,
    ChurnUnavailableError,
    LiveModel,
    ModelChangedError,
    Pin,
    Scored,
)
from marketing_service.errors import CampaignStateError
from marketing_service.staging import Staging, digest_of_staged
from marketing_service.store import (
    campaigns,
    customers,
    dialect,
    jobs,
    plans,
    scores,
    snapshots,
    targets,
)
from marketing_service.store.campaigns import Campaign
from marketing_service.store.customers import Customer
from marketing_service.store.engine import Database
from marketing_service.store.jobs import Job
from marketing_service.store.plans import Plan
from marketing_service.targeting.plan import PlanSummary
from marketing_service.targeting.spec import CampaignSpec, parse_campaign
from marketing_service.targeting.words import plan_lines
from service_kit.logs import EventLog

ACTOR: Final = "planner"
STAGE_ROWS: Final = 5_000
LEASE_MS: Final = 60_000
RETRY_MS: Final = 5_000
PATIENCE_MS: Final = 300_000
MOST_RESTARTS: Final = 3


class ChurnSource(Protocol):
    """Where probabilities come from."""

    def live_model(self) -> LiveModel:
        """Fetch the schema of the model in charge."""

    def predict(
        self, records: list[dict[str, object]], id_field: str | None, pin: Pin | None = None
    ) -> Scored:
        """Score one page of customers."""


class JobInterruptedError(Exception):
    """The process ends; the job goes back to the queue with all that is done."""


class Planner:
    """Make the plans that jobs ask for.

    Args:
        database: The store.
        churn: Gives probabilities.
        clock: Milliseconds UTC.
        log: Where events go.
        should_stop: Tells that the process ends; the job then waits for the next one.
        page_rows: Customers per question to churn-service.
        stage_rows: Targets per transaction.
    """

    def __init__(
        self,
        database: Database,
        churn: ChurnSource,
        *,
        clock: Callable[[], int],
        log: EventLog,
        should_stop: Callable[[], bool] = lambda: False,
        page_rows: int = PAGE_ROWS,
        stage_rows: int = STAGE_ROWS,
    ) -> None:
        self._database = database
        self._churn = churn
        self._clock = clock
        self._log = log
        self._should_stop = should_stop
        self._page_rows = page_rows
        self._stage_rows = stage_rows

    def run(self, job: Job) -> None:
        """Make one plan, from where it stands to its end.

        The campaign ends planned, or a draft again with the reason in the job. While
        churn-service does not answer, the job goes back to the queue for a while.

        Raises:
            LeaseLostError: Another worker took the job; nothing more was written.
        """
        with self._database.read() as conn:
            campaign = campaigns.by_id(conn, job.payload["campaign_id"])
        run = _Run(job, campaign, parse_campaign(campaign.spec), dict(job.progress or {}))
        try:
            _check_startable(run)
            self._make(run)
        except JobInterruptedError:
            self._release(run)
        except ChurnUnavailableError as error:
            self._wait(run, str(error))
        except (ChurnServiceError, PlanFailedError) as error:
            self._fail(run, str(error))
        except CampaignStateError as error:
            # Cancelled, or edited, while the plan was made: nobody waits for it any more.
            self._close(run, error.detail)

    def _make(self, run: "_Run") -> None:
        for _ in range(MOST_RESTARTS):
            try:
                self._make_once(run, self._open_plan(run.campaign))
            except ModelChangedError as error:
                self._log.event("campaign.plan_restarted", level="warning", detail=str(error))
                self._abandon(run)
            else:
                return
        raise PlanFailedError(
            "churn-service changed its model again and again; plan again when it is calm"
        )

    def _make_once(self, run: "_Run", plan: Plan) -> None:
        model = self._churn.live_model()
        check_schema(run.spec, model.schema)
        if plan.stage == plans.FIRST_STAGE:
            plan = self._score_all(run, plan, model)
        audience = read_audience(self._database, str(plan.model_version), value_field(run.spec))
        self._check_unchanged(run, plan, audience)
        result = choose(audience, run.spec)
        self._stage_all(run, plan, Staging(audience, result))
        warnings = (*result.summary.warnings, *plan_warnings(run.spec, model.schema, run.progress))
        summary = dataclasses.replace(result.summary, warnings=tuple(dict.fromkeys(warnings)))
        self._finish(run, plan, summary)

    def _open_plan(self, campaign: Campaign) -> Plan:
        with self._database.write() as conn:
            found = plans.unfinished(conn, campaign.id)
            return found or plans.create(conn, campaign.id, now_ms=self._clock())

    def _abandon(self, run: "_Run") -> None:
        """Begin again with a new plan; the rows of the old one belong to nobody."""
        run.progress.clear()
        with self._database.write() as conn:
            self._note(conn, run)
            plans.create(conn, run.campaign.id, now_ms=self._clock())

    def _score_all(self, run: "_Run", plan: Plan, model: LiveModel) -> Plan:
        with self._database.read() as conn:
            run.progress |= {"total": customers.count(conn)}
        if plan.page_cursor == 0:
            run.progress |= {"done": 0, "refused": 0}
        pin = _pin_of(plan) or Pin(model.model_version, model.schema_digest)
        cursor = plan.page_cursor
        while page := self._customers_after(cursor):
            scored = self._score(page, model.schema, pin)
            cursor = page[-1].id
            self._keep_scores(run, plan, page, scored)
        with self._database.write() as conn:
            self._note(conn, run)
            plans.checkpoint(
                conn,
                plan.id,
                stage="targets",
                page_cursor=0,
                model_version=pin.model_version,
                schema_digest=pin.schema_digest,
            )
            return plans.get(conn, plan.id)

    def _customers_after(self, cursor: int) -> list[Customer]:
        with self._database.read() as conn:
            return customers.page(conn, after=cursor, limit=self._page_rows)

    def _score(self, page: list[Customer], schema: CustomerSchema, pin: Pin) -> Scored:
        wanted = [field.name for field in schema.features]
        records: list[dict[str, object]] = []
        for customer in page:
            record: dict[str, object] = {name: customer.attrs.get(name) for name in wanted}
            if schema.id is not None:
                record[schema.id] = customer.external_id
            records.append(record)
        return self._churn.predict(records, schema.id, pin)

    def _keep_scores(self, run: "_Run", plan: Plan, page: list[Customer], scored: Scored) -> None:
        run.progress["done"] += len(page)
        run.progress["refused"] += len(scored.refusals)
        if scored.refusals:
            run.progress.setdefault("refusal", next(iter(scored.refusals.values())))
        run.progress.pop("waiting", None)
        run.progress.pop("waiting_since", None)
        known = [
            (customer.id, p)
            for customer, p in zip(page, scored.probabilities, strict=True)
            if p is not None
        ]
        with self._database.write() as conn:
            self._note(conn, run)
            scores.save(conn, scored.pin.model_version, known, now_ms=self._clock())
            plans.checkpoint(
                conn,
                plan.id,
                stage=plans.FIRST_STAGE,
                page_cursor=page[-1].id,
                model_version=scored.pin.model_version,
                schema_digest=scored.pin.schema_digest,
            )

    def _check_unchanged(self, run: "_Run", plan: Plan, audience: Audience) -> None:
        """Refuse to go on with half of a plan whose customers have changed since."""
        found = audience.fingerprint()
        if plan.page_cursor > 0 and run.progress.get("audience") != found:
            raise ModelChangedError("customers changed while the plan was interrupted")
        run.progress["audience"] = found

    def _stage_all(self, run: "_Run", plan: Plan, staging: Staging) -> None:
        cursor = plan.page_cursor
        while rows := staging.rows_after(cursor, self._stage_rows):
            before, cursor = cursor, rows[-1].customer_id
            with self._database.write() as conn:
                self._note(conn, run)
                hashes = snapshots.take(conn, after=before, last=cursor)
                kept = (row._replace(row_hash=hashes.get(row.customer_id)) for row in rows)
                targets.stage_targets(conn, plan.id, kept)
                plans.checkpoint(conn, plan.id, stage="targets", page_cursor=cursor)

    def _finish(self, run: "_Run", plan: Plan, summary: PlanSummary) -> None:
        offer = run.spec.offers[0].id
        digest = digest_of_staged(self._database, plan, run.campaign.spec_digest, offer)
        with self._database.write() as conn:
            targets.analyze_targets(conn)
        document = summary.to_json() | {"lines": list(plan_lines(summary))}
        now_ms = self._clock()
        with self._database.write() as conn:
            jobs.finish(conn, run.job, now_ms=now_ms)
            plans.finish(conn, plan.id, summary=document, digest=digest, now_ms=now_ms)
            campaigns.move(
                conn,
                run.campaign.id,
                CampaignEvent.PLAN_DONE,
                actor=ACTOR,
                now_ms=now_ms,
                plan_id=plan.id,
                detail={"digest": digest},
            )
        self._log.event("campaign.planned", campaign=run.campaign.slug, contacts=summary.contacts)

    def _note(self, conn: Connection, run: "_Run") -> None:
        # First of all in each transaction: whoever lost the job must not write.
        if self._should_stop():
            raise JobInterruptedError
        jobs.save_progress(conn, run.job, run.progress)
        jobs.renew(conn, run.job, now_ms=dialect.now_ms(conn), lease_ms=LEASE_MS)

    def _wait(self, run: "_Run", cause: str) -> None:
        now_ms = self._clock()
        since = run.progress.setdefault("waiting_since", now_ms)
        if now_ms - since >= PATIENCE_MS:
            self._fail(run, cause)
            return
        run.progress["waiting"] = cause
        with self._database.write() as conn:
            self._note(conn, run)
            not_before_ms = dialect.now_ms(conn) + RETRY_MS
            jobs.release(conn, run.job, not_before_ms=not_before_ms)
        self._log.event("campaign.plan_waits", level="warning", campaign=run.campaign.slug)

    def _release(self, run: "_Run") -> None:
        with self._database.write() as conn:
            jobs.release(conn, run.job)

    def _fail(self, run: "_Run", cause: str) -> None:
        now_ms = self._clock()
        with self._database.write() as conn:
            jobs.fail(conn, run.job, cause, now_ms=now_ms)
            if campaigns.by_id(conn, run.campaign.id).status is CampaignStatus.PLANNING:
                campaigns.move(
                    conn,
                    run.campaign.id,
                    CampaignEvent.PLAN_FAILED,
                    actor=ACTOR,
                    now_ms=now_ms,
                    detail={"cause": cause},
                )
        self._log.event("campaign.plan_failed", level="error", campaign=run.campaign.slug)

    def _close(self, run: "_Run", cause: str) -> None:
        with self._database.write() as conn:
            jobs.fail(conn, run.job, cause, now_ms=self._clock())


@dataclasses.dataclass(kw_only=False)
class _Run:
    """One job in hand; `progress` is what people and the next worker see of it."""

    job: Job
    campaign: Campaign
    spec: CampaignSpec
    progress: dict[str, Any]


def _check_startable(run: _Run) -> None:
    if run.campaign.status is not CampaignStatus.PLANNING:
        raise CampaignStateError(f"The campaign is {run.campaign.status}; nobody asks for a plan.")
    if run.job.is_hopeless:
        raise PlanFailedError(jobs.HOPELESS)


def _pin_of(plan: Plan) -> Pin | None:
    if plan.model_version is None or plan.schema_digest is None:
        return None
    return Pin(plan.model_version, plan.schema_digest)
