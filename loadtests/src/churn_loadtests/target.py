"""The target: its schema, customers that fit it, and what a good answer is."""

import http.client
import json
from http import HTTPStatus
from itertools import islice
from urllib.parse import urlsplit

from churn_contract.errors import SchemaError
from churn_contract.headers import API_KEY
from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema, demo_schema

_TIMEOUT_SECONDS = 10.0
_MOST_BODIES = 5_000
_NO_SCHEMA = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})
_NO_ENTRY = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class TargetError(Exception):
    """The target cannot be loaded; the text names the cause and the cure."""


def headers(api_key: str) -> dict[str, str]:
    """Return the headers of every request."""
    return {API_KEY: api_key} if api_key else {}


def fetch_schema(url: str, api_key: str) -> CustomerSchema:
    """Return the schema that the target serves, or the demo's when it serves none.

    Raises:
        TargetError: Nobody answers, the key is refused, or the answer is no schema.
    """
    status, body = _get(url, "/schema", api_key)
    if status in _NO_SCHEMA:
        return demo_schema()
    if status in _NO_ENTRY:
        raise TargetError(
            f"{url} refused the access key ({status}); LOADTEST_API_KEY_FILE names the file "
            "with one that may predict (`make up` writes .demo/api-key)"
        )
    if status != HTTPStatus.OK:
        raise TargetError(f"{url}/schema answered {status}; `make status` tells who is not ready")
    try:
        return CustomerSchema.from_json(body)
    except SchemaError as error:
        raise TargetError(f"{url}/schema is not a schema that we know: {error}") from error


def request_bodies(schema: CustomerSchema, seed: int, count: int) -> list[str]:
    """Return JSON bodies of made-up customers, at most five thousand."""
    customers = islice(sample_customers(schema, seed), min(count, _MOST_BODIES))
    return [json.dumps(customer) for customer in customers]


def fault(status: int, content: bytes | None) -> str | None:
    """Say what is wrong with an answer to POST /predict; None for a probability."""
    if status == 0:
        return "no answer"
    if status != HTTPStatus.OK:
        return f"status {status}"
    return None if _has_probability(content) else "no probability in the answer"


def _has_probability(content: bytes | None) -> bool:
    try:
        probability = json.loads(content or b"")["churn_probability"]
        return bool(0 <= probability <= 1)
    except (ValueError, KeyError, TypeError):
        return False


def _get(url: str, path: str, api_key: str) -> tuple[int, bytes]:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", path, headers=headers(api_key))
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise TargetError(f"nobody answers at {url} ({error}); is it up (`make up`)?") from error
    finally:
        connection.close()
