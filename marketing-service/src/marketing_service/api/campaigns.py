"""`/v1/campaigns`: file, plan, launch and look at campaigns."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy import Connection

from marketing_service.api.answers import json_answer, rfc3339
from marketing_service.api.idempotency import Replay
from marketing_service.api.questions import actor, invalid_query, json_object, row_limit
from marketing_service.campaign_view import view_campaign
from marketing_service.launching import (
    ask_for_plan,
    file_campaign,
    launch_campaign,
    read_campaign_file,
)
from marketing_service.store import campaigns
from marketing_service.store.campaigns import Campaign
from marketing_service.store.engine import Database


class CampaignRoutes:
    """Translate HTTP to campaigns and back.

    Args:
        database: The store.
        replay: Answers repeated creating requests.
        clock: Milliseconds UTC.
    """

    def __init__(self, database: Database, replay: Replay, *, clock: Callable[[], int]) -> None:
        self._database = database
        self._replay = replay
        self._clock = clock

    def blueprint(self) -> Blueprint:
        """Name the addresses."""
        routes = Blueprint("campaigns", __name__)
        routes.post("/v1/campaigns")(self._replay.once(self.create))
        routes.get("/v1/campaigns")(self.page)
        routes.get("/v1/campaigns/<slug>")(self.get)
        routes.post("/v1/campaigns/<slug>/plan")(self._replay.once(self.plan))
        routes.post("/v1/campaigns/<slug>/launch")(self._replay.once(self.launch))
        return routes

    def create(self) -> Response:
        """File a campaign; the same file again is 200, another one replaces the draft."""
        spec = read_campaign_file(request.get_data(), request.mimetype)
        with self._database.write() as conn:
            found, is_new = file_campaign(conn, spec, author=actor(), now_ms=self._clock())
            shown = campaign_json(conn, found)
        return json_answer(shown, 201 if is_new else 200, Location=f"/v1/campaigns/{found.slug}")

    def page(self) -> Response:
        """List campaigns, newest first."""
        with self._database.read() as conn:
            found = campaigns.page(conn, limit=row_limit(50))
            return json_answer({"campaigns": [campaign_json(conn, item) for item in found]})

    def get(self, slug: str) -> Response:
        """Show one campaign."""
        with self._database.read() as conn:
            return json_answer(campaign_json(conn, campaigns.get(conn, slug)))

    def plan(self, slug: str) -> Response:
        """Ask the worker for a plan."""
        with self._database.write() as conn:
            found = ask_for_plan(conn, slug, actor=actor(), now_ms=self._clock())
            shown = campaign_json(conn, found)
        return json_answer(shown, 202, Location=f"/v1/campaigns/{slug}")

    def launch(self, slug: str) -> Response:
        """Start sending the plan whose digest the caller names."""
        expect = json_object().get("expect")
        if not (expect is None or isinstance(expect, str)):
            raise invalid_query("expect", "must be the digest of the plan, as text")
        with self._database.write() as conn:
            done = launch_campaign(conn, slug, expect=expect, actor=actor(), now_ms=self._clock())
            return json_answer(campaign_json(conn, done.campaign) | {"message": done.message})


def campaign_json(conn: Connection, campaign: Campaign) -> dict[str, Any]:
    """Shape a campaign for callers."""
    view = view_campaign(conn, campaign)
    return {
        "id": campaign.slug,
        "number": campaign.id,
        "status": campaign.status,
        "digest": view.plan.digest if view.plan else None,
        "plan": view.plan.summary if view.plan else None,
        "model_version": view.plan.model_version if view.plan else None,
        "counts": view.counts,
        "job": view.job_json(),
        "pause_reason": campaign.pause_reason,
        "author": campaign.author,
        "created_at": rfc3339(campaign.created_at),
        "launched_at": rfc3339(campaign.launched_at),
        "finished_at": rfc3339(campaign.finished_at),
    }
