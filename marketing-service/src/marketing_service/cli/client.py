"""The commands' side of the HTTP API."""

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

import click
import requests

from churn_contract import headers
from marketing_service import settings
from marketing_service.cli.exits import UNAVAILABLE, CommandError, exit_code_of
from service_kit.settings import SettingsError

TIMEOUT_SECONDS = (5, 120)
CHUNK_BYTES = 1 << 16
MOST_ERRORS_SHOWN = 20

Json = dict[str, Any]


class ApiClient:
    """Call the API and turn refusals into messages with cause and cure.

    Args:
        url: Address of the gateway or of the web process.
        key: Access key, or None where none is asked for.
        session: Makes the requests; tests mount an application in process.
    """

    def __init__(self, url: str, key: str | None, session: requests.Session) -> None:
        self.url = url.rstrip("/")
        self._session = session
        # The environment must not add credentials or proxies to calls with a key.
        session.trust_env = False
        if key:
            session.headers[headers.API_KEY] = key

    def get(self, path: str, params: Mapping[str, object] | None = None) -> Json:
        """Return the JSON answer to a GET."""
        return _json_of(self._send("GET", path, params=params))

    def post(self, path: str, body: Any, content_type: str, **options: Any) -> Json:
        """Return the JSON answer to a POST; `body` is bytes or an open file."""
        sent = {"Content-Type": content_type}
        return _json_of(self._send("POST", path, data=body, headers=sent, **options))

    def post_json(self, path: str, document: object) -> Json:
        """POST a JSON document; return the JSON answer."""
        return self.post(path, json.dumps(document).encode(), "application/json")

    def lines(self, path: str, params: Mapping[str, object] | None = None) -> Iterator[str]:
        """Yield the lines of a CSV answer as they come."""
        sent = {"Accept": "text/csv"}
        with self._send("GET", path, params=params, headers=sent, stream=True) as reply:
            reply.encoding = "utf-8"
            yield from reply.iter_lines(CHUNK_BYTES, decode_unicode=True)

    def _send(self, method: str, path: str, **options: Any) -> requests.Response:
        try:
            reply = self._session.request(
                method,
                self.url + path,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                **options,
            )
        except requests.RequestException as error:
            message = (
                f"{self.url} does not answer ({type(error).__name__}). "
                "Is the service up, and is MARKETING_URL right?"
            )
            raise CommandError(message, UNAVAILABLE) from error
        if reply.status_code >= 300:
            raise CommandError(_complaint(reply), exit_code_of(reply.status_code))
        return reply


def _json_of(reply: requests.Response) -> Json:
    try:
        document: Json = reply.json()
    except ValueError as error:
        message = f"{reply.url} answered {reply.status_code} without JSON: is it this service?"
        raise CommandError(message) from error
    return document


def _complaint(reply: requests.Response) -> str:
    """Tell what a problem document says, field by field."""
    try:
        problem = reply.json()
        lines = [f"{problem['title']} ({reply.status_code}): {problem.get('detail', '')}"]
    except (ValueError, KeyError, TypeError):
        return f"{reply.url} answered {reply.status_code}."
    errors = problem.get("errors", [])
    for error in errors[:MOST_ERRORS_SHOWN]:
        place = error.get("field") or error.get("pointer") or "file"
        lines.append(f"  {place}: {error.get('detail', '')}")
    if len(errors) > MOST_ERRORS_SHOWN:
        lines.append(f"  ... and {len(errors) - MOST_ERRORS_SHOWN} more")
    return "\n".join(lines)


def client_of(context: click.Context) -> ApiClient:
    """Return the client of this command; tests put theirs into `context.obj`."""
    if isinstance(context.obj, ApiClient):
        return context.obj
    try:
        found = settings.load(settings.ClientSettings, os.environ)
    except SettingsError as error:
        raise CommandError(str(error), 2) from None
    return ApiClient(found.url, found.api_key, requests.Session())
