"""From a posted campaign file to a checked campaign, or to every error in it."""

import hashlib
from typing import Any

import msgspec
from flask import Request

from churn_contract.problem import FieldError
from marketing_service.canonical import canonical_json
from marketing_service.errors import InvalidCampaignError, MediaTypeError
from marketing_service.message.compose import check_message
from marketing_service.message.errors import MessageError
from marketing_service.targeting.spec import (
    CampaignFileError,
    CampaignSpec,
    parse_campaign,
    parse_campaign_toml,
    spec_to_json,
)

TOML_TYPES = {"application/toml", "text/toml"}


def read_campaign(request: Request) -> CampaignSpec:
    """Read a campaign from a request's body, as TOML or JSON.

    Raises:
        MediaTypeError: It is of another type.
        InvalidCampaignError: It breaks rules; every one is named.
    """
    body = request.get_data(cache=False)
    try:
        spec = _parse(request.mimetype, body)
    except CampaignFileError as error:
        raise _refused([(each.pointer, each.path, each.message) for each in error.errors]) from None
    try:
        check_message(spec_to_json(spec)["message"])  # type: ignore[arg-type]  # a JSON object
    except MessageError as error:
        path = f"message.{error.part}"
        raise _refused([(f"/message/{error.part}", path, error.problem)]) from None
    return spec


def spec_digest(document: dict[str, Any]) -> str:
    """Return the digest of a normalised campaign file."""
    return hashlib.sha256(canonical_json(document)).hexdigest()


def _parse(mimetype: str, body: bytes) -> CampaignSpec:
    if mimetype in TOML_TYPES:
        return parse_campaign_toml(body)
    if mimetype != "application/json":
        raise MediaTypeError("Send the campaign as application/toml or application/json.")
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _refused([("", "file", "is no JSON")]) from None
    if not isinstance(document, dict):
        raise _refused([("", "file", "must be a JSON object")])
    return parse_campaign(document)


def _refused(found: list[tuple[str, str, str]]) -> InvalidCampaignError:
    errors = [
        FieldError(pointer=pointer, field=path, code="invalid", detail=message)
        for pointer, path, message in found
    ]
    number = f"{len(errors)} errors" if len(errors) > 1 else "one error"
    return InvalidCampaignError(f"The campaign file has {number}.", errors=errors)
