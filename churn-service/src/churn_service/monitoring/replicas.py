"""Read what every replica of a service counts, as increments since the last look."""

import http.client
import socket
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec
from prometheus_client.parser import text_string_to_metric_families

from churn_service.artefact.reference import SCORE
from churn_service.monitoring.probation import (
    ANSWERS,
    ERRORS,
    SLOW,
    SLOW_SECONDS,
    Key,
    Tally,
    score_key,
)

TIMEOUT_SECONDS = 2.0
_ROUTE = "/predict"
Address = tuple[str, int]


class Sighting(NamedTuple):
    """What all replicas that could be reached say.

    Attributes:
        increments: What was counted since the last look.
        refusals: Why a replica does not serve the version that the alias names.
        reached: How many replicas answered.
    """

    increments: Tally
    refusals: tuple[str, ...]
    reached: int


class Replicas:
    """Looks at all addresses behind some URLs; replicas come, go and start anew.

    Args:
        urls: Where the service is; a name may stand for several addresses.
    """

    def __init__(self, urls: tuple[str, ...]) -> None:
        self._urls = urls
        self._seen: dict[Address, Tally] = {}

    def look(self) -> Sighting:
        """Read every replica once; one that cannot be reached says nothing."""
        increments, refusals, reached = Tally(), [], 0
        for address in addresses_of(self._urls):
            try:
                counts = tally_of(get(address, "/metrics").decode())
                refusals.append(_refusal(get(address, "/health/ready")))
            except (OSError, ValueError, http.client.HTTPException):
                continue
            increments.update(self._since_last(address, counts))
            reached += 1
        return Sighting(increments, tuple(filter(None, refusals)), reached)

    def _since_last(self, address: Address, counts: Tally) -> Tally:
        """Return what was added; a replica seen first adds nothing, a new start all it has."""
        last, self._seen[address] = self._seen.get(address), counts
        if last is None:
            return Tally()
        started_anew = counts[ANSWERS] < last[ANSWERS]
        return counts if started_anew else counts - last


def addresses_of(urls: Iterable[str]) -> list[Address]:
    """Return every address behind some URLs; names that nobody knows have none."""
    found: set[Address] = set()
    for url in urls:
        parts = urlsplit(url)
        try:
            known = socket.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            continue
        found |= {(str(where[0]), int(where[1])) for *_, where in known}
    return sorted(found)


def tally_of(metrics: str) -> Tally:
    """Return what matters here of a text of metrics."""
    tally = Tally()
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            for key, count in _counts(sample.name, sample.labels, sample.value):
                tally[key] += count
    return tally


def _counts(name: str, labels: dict[str, str], value: float) -> Iterator[tuple[Key, int]]:
    if name == "churn_served_bin_total" and labels["field"] == SCORE:
        yield score_key(labels["model_version"], labels["bin"]), int(value)
    if labels.get("route") == _ROUTE:
        yield from _answers(name, labels, value)


def _answers(name: str, labels: dict[str, str], value: float) -> Iterator[tuple[Key, int]]:
    if name == "churn_requests_total":
        yield ANSWERS, int(value)
        yield ERRORS, int(value) if labels["status"].startswith("5") else 0
    elif name == "churn_request_seconds_count":
        yield SLOW, int(value)
    elif name == "churn_request_seconds_bucket" and float(labels["le"]) == SLOW_SECONDS:
        yield SLOW, -int(value)


def _refusal(health: bytes) -> str:
    facts = msgspec.json.decode(health)
    return str(facts.get("champion", {}).get("refused", ""))


def get(address: Address, path: str) -> bytes:
    """Return the body of an answer; OSError when nobody answers in time."""
    connection = http.client.HTTPConnection(*address, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()
