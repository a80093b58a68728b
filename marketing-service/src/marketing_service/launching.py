"""The guarded steps a person takes with a campaign: file it, plan it, launch it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from sqlalchemy import Connection

from churn_contract.errors import MalformedBodyError
from churn_contract.json_text import parse_json
from churn_contract.problem import FieldError
from marketing_service.campaign import CampaignEvent, CampaignStatus
from marketing_service.canonical import canonical_json
from marketing_service.errors import (
    AudienceChangedError,
    InvalidCampaignError,
    MediaTypeError,
    UnderpoweredError,
)
from marketing_service.message.compose import check_message
from marketing_service.message.errors import MessageError
from marketing_service.store import campaigns, plan_jobs, plans
from marketing_service.store.campaigns import Campaign
from marketing_service.targeting.fields import CampaignFileError, SpecError
from marketing_service.targeting.spec import (
    CampaignSpec,
    parse_campaign,
    parse_campaign_toml,
    spec_to_json,
)


@dataclass(frozen=True)
class Launch:
    """The state after a launch, and whether it was this call that started it."""

    campaign: Campaign
    is_new: bool

    @property
    def message(self) -> str:
        """Say what the call did."""
        return "launched" if self.is_new else "already launched: nothing is sent twice"


TOML_TYPES: Final = frozenset({"application/toml", "text/toml"})


def read_campaign_file(body: bytes, media_type: str) -> CampaignSpec:
    """Read a campaign file, as TOML or JSON.

    Raises:
        MediaTypeError: It is of another type.
        InvalidCampaignError: Names every bad field.
    """
    try:
        spec = _parse(body, media_type)
        _check_message(spec)
    except CampaignFileError as error:
        found = [
            FieldError(
                pointer=item.pointer, field=item.path, code="wrong-shape", detail=item.message
            )
            for item in error.errors
        ]
        raise InvalidCampaignError(str(error), errors=found) from error
    return spec


def file_campaign(
    conn: Connection, spec: CampaignSpec, *, author: str, now_ms: int
) -> tuple[Campaign, bool]:
    """Store a campaign file as a draft; the same file again changes nothing.

    Returns:
        The campaign, and whether it is new.

    Raises:
        CampaignExistsError: The name belongs to a campaign beyond editing.
    """
    document = spec_to_json(spec)
    digest = hashlib.sha256(canonical_json(document)).hexdigest()
    is_new = not campaigns.ids_of(conn, [spec.name])
    campaign = campaigns.save(
        conn, slug=spec.name, spec=document, spec_digest=digest, author=author, now_ms=now_ms
    )
    return campaign, is_new


def ask_for_plan(conn: Connection, slug: str, *, actor: str, now_ms: int) -> Campaign:
    """Leave a plan job for the worker; one that is being made is not made twice.

    Raises:
        UnknownCampaignError: There is no such campaign.
        CampaignStateError: It was launched already.
    """
    campaign = campaigns.get(conn, slug)
    if campaign.status is CampaignStatus.PLANNING:
        return campaign
    moved = campaigns.move(conn, campaign.id, CampaignEvent.PLAN, actor=actor, now_ms=now_ms)
    plan_jobs.enqueue(conn, campaign.id, now_ms=now_ms)
    return moved


def launch_campaign(
    conn: Connection, slug: str, *, expect: str | None, actor: str, now_ms: int
) -> Launch:
    """Let a planned campaign send; a second launch sends nothing twice.

    Raises:
        AudienceChangedError: The plan is not the one the caller has seen.
        UnderpoweredError: The file demands power, and the plan has too little.
        CampaignStateError: The campaign is in no state for it.
    """
    campaign = campaigns.get(conn, slug)
    if expect is None and campaign.active_plan_id is not None:
        raise AudienceChangedError(
            'Say which plan you have seen: {"expect": "<the plan\'s digest>"}.'
        )
    _check_power(conn, campaign)
    launched = campaigns.launch(conn, campaign.id, expect=expect, actor=actor, now_ms=now_ms)
    return Launch(launched, is_new=campaign.launched_at is None)


def _parse(body: bytes, media_type: str) -> CampaignSpec:
    if media_type in TOML_TYPES:
        return parse_campaign_toml(body)
    if media_type != "application/json":
        raise MediaTypeError("Send the campaign as application/toml or application/json.")
    return parse_campaign(_json_mapping(body))


def _check_message(spec: CampaignSpec) -> None:
    document = spec_to_json(spec)["message"]
    try:
        check_message(cast("Mapping[str, object]", document))
    except MessageError as error:
        raise CampaignFileError([SpecError(f"message.{error.part}", error.problem)]) from error


def _check_power(conn: Connection, campaign: Campaign) -> None:
    if campaign.active_plan_id is None or not campaign.spec["control"]["require_power"]:
        return
    summary = plans.get(conn, campaign.active_plan_id).summary or {}
    if not summary.get("can_be_shown"):
        raise UnderpoweredError(
            "The planned effect is smaller than what the campaign can show. Raise the budget or "
            "the control share, or set control.require_power = false."
        )


def _json_mapping(body: bytes) -> Mapping[str, object]:
    try:
        found = parse_json(body)
    except MalformedBodyError as error:
        raise InvalidCampaignError(f"The campaign is no JSON: {error}.") from None
    if not isinstance(found, dict):
        raise InvalidCampaignError("The body is no JSON object.")
    return found
