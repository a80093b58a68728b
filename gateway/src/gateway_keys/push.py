"""Hand a change to every running gateway over its unix socket and read it back.

Nothing on a network can do this: the sockets lie in a folder that only this uid opens.
"""

import http.client
import json
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from gateway_keys.errors import NotConfirmedError
from gateway_keys.record import Change

SOCKET_NAME = "admin.sock"
TIMEOUT_SECONDS = 5.0


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket; a gateway that hangs is given up after the timeout."""

    def __init__(self, path: Path) -> None:
        super().__init__("gateway", timeout=TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket file."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT_SECONDS)
        self.sock.connect(str(self._path))


class Delivery(NamedTuple):
    """What became of a push: how many gateways confirmed, and which did not and why."""

    confirmed: int
    failed: tuple[str, ...]


class Gateways:
    """Every gateway whose socket lies under one folder, one folder per replica."""

    def __init__(self, folder: Path) -> None:
        """Remember the folder; it may be empty or missing when no gateway runs."""
        self._folder = folder

    def sockets(self) -> list[Path]:
        """Return the socket files, also those that a dead gateway left behind."""
        return sorted(self._folder.glob(f"*/{SOCKET_NAME}"))

    def push(self, changes: Iterable[Change]) -> Delivery:
        """Hand the changes to every running gateway and read each back.

        A socket that refuses connections belongs to no running gateway: that one
        reads the seed when it starts, so it counts neither way.
        """
        wanted = tuple(changes)
        confirmed, failed = 0, []
        for path in self.sockets():
            try:
                _deliver(path, wanted)
                confirmed += 1
            except (ConnectionRefusedError, FileNotFoundError):
                continue
            except (OSError, http.client.HTTPException, NotConfirmedError) as error:
                failed.append(f"{path.parent.name}: {error}")
        return Delivery(confirmed, tuple(failed))

    def status(self) -> list[dict[str, object]]:
        """Return what each running gateway says about its keys."""
        answers = []
        for path in self.sockets():
            try:
                body = _call(path, "GET", "/v1/status")
                answers.append({"gateway": path.parent.name, **json.loads(body)})
            except (OSError, http.client.HTTPException, NotConfirmedError, ValueError):
                continue
        return answers


def _deliver(path: Path, changes: tuple[Change, ...]) -> None:
    for change in changes:
        target = f"/v1/key?h={change.digest}"
        _call(path, "PUT", target, change.record)
        held = _call(path, "GET", target).decode("utf-8", "replace").strip()
        if _seq(held) < change.seq:
            raise NotConfirmedError(f"it still holds an older record of change {change.seq}")


def _call(path: Path, method: str, target: str, body: str | None = None) -> bytes:
    connection = _UnixConnection(path)
    try:
        connection.request(method, target, body)
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    if response.status >= http.client.MULTIPLE_CHOICES:
        raise NotConfirmedError(f"it answered {response.status} to {method} /v1/key")
    return answer


def _seq(record: str) -> int:
    fields = record.split("|")
    return int(fields[7]) if len(fields) > 8 and fields[7].isdigit() else 0
