"""Commands to copy: the same request as curl and as Python, ready to run elsewhere."""

import json
import pprint
import re
import shlex
from typing import NamedTuple

from flask import request

from churn_contract.headers import API_KEY
from churn_contract.schema import CustomerSchema, Field
from churn_contract.validation import Customer

KEY_VARIABLE = "KEY"  # environment variable that the commands read the access key from
_HOST = re.compile(r"[A-Za-z0-9._-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")
_CURL = """\
curl -sS {address} \\
  -H "{header}: ${variable}" \\
  -H 'Content-Type: application/json' \\
  --data-binary {body}"""
_PYTHON = """\
import json
import os
import urllib.request

customer = {customer}
headers = {{"Content-Type": "application/json", "{header}": os.environ.get("{variable}", "")}}
body = json.dumps(customer).encode()
request = urllib.request.Request({address!r}, data=body, headers=headers)
with urllib.request.urlopen(request, timeout=10) as answer:
    print(json.dumps(json.load(answer), indent=2))"""


class Commands(NamedTuple):
    """One request in two languages."""

    curl: str
    python: str


def commands_for(address: str, record: object) -> Commands:
    """Return the commands that post a JSON-ready record to an address.

    The access key is not in them: both read it from the variable `KEY`.
    """
    body = json.dumps(record, indent=2, ensure_ascii=False)
    curl = _CURL.format(
        address=shlex.quote(address),
        header=API_KEY,
        variable=KEY_VARIABLE,
        body=shlex.quote(body),
    )
    customer = pprint.pformat(record, sort_dicts=False, width=88)
    python = _PYTHON.format(
        address=address, customer=customer, header=API_KEY, variable=KEY_VARIABLE
    )
    return Commands(curl, python)


def record_of(schema: CustomerSchema, customer: Customer) -> dict[str, object]:
    """Return a checked customer as JSON-ready values, which read as the same customer."""
    pairs = zip(schema.features, customer.values, strict=True)
    return {field.name: _json_value(field, value) for field, value in pairs}


def public_address(public_url: str) -> str:
    """Return the address that callers use, without a slash at its end.

    It is the one of the settings, else what the request at hand was sent to.
    """
    if public_url:
        return public_url.rstrip("/")
    forwarded = request.headers.get("X-Forwarded-Proto", "")
    scheme = forwarded if forwarded in {"http", "https"} else request.scheme
    # a browser sends a host; whoever sends something else is shown no trick of his own
    host = request.host if _HOST.fullmatch(request.host) else "localhost"
    return f"{scheme}://{host}"


def _json_value(field: Field, value: float | str | None) -> object:
    if isinstance(value, str):
        return int(value) if field.is_zero_one else value
    if value is not None and value.is_integer():
        return int(value)
    return value
