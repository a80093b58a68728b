import secrets
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from urllib.parse import parse_qs, urlsplit

import pytest

from gateway_keys.derived import DerivedFiles
from gateway_keys.keyring import KeyRequest, Keyring
from gateway_keys.push import Gateways
from gateway_keys.store import KeyStore

START = 1_800_000_000


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.seconds = START

    def __call__(self) -> float:
        return float(self.seconds)


@dataclass
class Places:
    """The three folders of an installation, and the files in them."""

    root: Path
    store: Path = field(init=False)
    seed: Path = field(init=False)
    sockets: Path = field(init=False)

    def __post_init__(self) -> None:
        self.store = self.root / "store"
        self.seed = self.root / "seed"
        self.sockets = self.root / "admin"

    @property
    def database(self) -> Path:
        return self.store / "keys.sqlite"

    @property
    def seed_file(self) -> Path:
        return self.seed / "seed.json"

    @property
    def journal(self) -> Path:
        return self.seed / "changes.tsv"

    def arguments(self) -> list[str]:
        return [
            "--store",
            str(self.store),
            "--seed",
            str(self.seed),
            "--sockets",
            str(self.sockets),
        ]


class FakeGateway:
    """A gateway's admin socket: it keeps records, or misbehaves on demand."""

    def __init__(self, folder: Path) -> None:
        self.records: dict[str, str] = {}
        self.put_status = 200
        self.forgets = False
        folder.mkdir(parents=True)
        self.socket = folder / "admin.sock"
        handler = type("Handler", (AdminHandler,), {"gateway": self})
        self.server = ThreadingUnixStreamServer(str(self.socket), handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self) -> None:
        """Stop answering; the socket file stays, as after a kill."""
        if self.thread.is_alive():
            self.server.shutdown()
            self.server.server_close()
            self.thread.join()


class AdminHandler(BaseHTTPRequestHandler):
    """Answers as njs/admin.js does."""

    gateway: FakeGateway

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *_arguments: object) -> None:
        pass

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.gateway.put_status == 200 and not self.gateway.forgets:
            self.gateway.records[self._digest()] = body
        self._answer(self.gateway.put_status, "taken")

    def do_GET(self) -> None:
        if self.path == "/v1/status":
            self._answer(200, f'{{"keys": {len(self.gateway.records)}, "seq": 0}}')
        else:
            self._answer(200, self.gateway.records.get(self._digest(), "no such key"))

    def _digest(self) -> str:
        return parse_qs(urlsplit(self.path).query)["h"][0]

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


@pytest.fixture
def places() -> Iterator[Places]:
    # A unix socket's path has at most 107 bytes, and pytest's own folders are longer.
    with tempfile.TemporaryDirectory(prefix="gk-") as folder:
        yield Places(Path(folder))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(places: Places) -> KeyStore:
    return KeyStore(places.database)


@pytest.fixture
def keyring(places: Places, store: KeyStore, clock: Clock) -> Keyring:
    return Keyring(
        store,
        DerivedFiles(places.seed),
        Gateways(places.sockets),
        lock=places.store / "lock",
        clock=clock,
        choose=secrets.choice,
    )


@pytest.fixture
def gateway(places: Places) -> Iterator[FakeGateway]:
    running = FakeGateway(places.sockets / "gateway")
    yield running
    running.close()


@pytest.fixture
def request_of_ann() -> KeyRequest:
    return KeyRequest(name="batch", owner="ann", plan="standard", scopes=("predict",))
