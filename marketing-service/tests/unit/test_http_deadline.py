import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from marketing_service.http_deadline import DeadlineWatch, watched_session
from marketing_service.http_limits import PolicyLimits, UpstreamUnavailableError
from marketing_service.http_policy import Call, HttpPolicy

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
Behaviour = Callable[[socket.socket, threading.Event], None]


class RoughServer:
    """A loopback server that answers each connection as a test tells it."""

    def __init__(self, behave: Behaviour) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._behave = behave
        self._over = threading.Event()
        self._peer: socket.socket | None = None
        self.connections = 0
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def close(self) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self._peer is not None and self._peer.fileno() >= 0:
            with contextlib.suppress(OSError):
                self._peer.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._peer = peer
            with peer:
                try:
                    self._behave(peer, self._over)
                except OSError:
                    continue


@pytest.fixture
def serve() -> Iterator[Callable[[Behaviour], RoughServer]]:
    servers: list[RoughServer] = []

    def start(behave: Behaviour) -> RoughServer:
        servers.append(RoughServer(behave))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def policy() -> Iterator[HttpPolicy]:
    watch = DeadlineWatch(time.monotonic)
    session = watched_session(watch)
    limits = PolicyLimits(attempts=1, attempt_seconds=0.3, deadline_seconds=1.0)
    yield HttpPolicy(session, watch, limits)
    session.close()
    watch.close()


def drip(peer: socket.socket, over: threading.Event, data: bytes) -> None:
    for value in data:
        if over.wait(0.05):
            return
        peer.sendall(bytes([value]))


def read_head(peer: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        part = peer.recv(65536)
        if not part:
            raise ConnectionError
        data += part
    return data


def seconds_until_refused(policy: HttpPolicy, url: str) -> float:
    started = time.monotonic()
    with pytest.raises(UpstreamUnavailableError):
        policy.send(Call("GET", url))
    return time.monotonic() - started


def test_headers_that_drip_are_cut_at_the_deadline(
    policy: HttpPolicy, serve: Callable[[Behaviour], RoughServer]
) -> None:
    def behave(peer: socket.socket, over: threading.Event) -> None:
        read_head(peer)
        drip(peer, over, HEAD + b"X-Long: " + b"a" * 200)

    assert seconds_until_refused(policy, serve(behave).url) < 0.9


def test_a_body_that_drips_is_cut_at_the_deadline(
    policy: HttpPolicy, serve: Callable[[Behaviour], RoughServer]
) -> None:
    def behave(peer: socket.socket, over: threading.Event) -> None:
        read_head(peer)
        peer.sendall(HEAD + b"Content-Length: 200\r\n\r\n")
        drip(peer, over, b"b" * 200)

    assert seconds_until_refused(policy, serve(behave).url) < 0.9


def test_a_cut_body_without_a_length_is_not_taken_for_a_whole_one(
    policy: HttpPolicy, serve: Callable[[Behaviour], RoughServer]
) -> None:
    def behave(peer: socket.socket, over: threading.Event) -> None:
        read_head(peer)
        peer.sendall(HEAD + b"Connection: close\r\n\r\n")
        drip(peer, over, b"c" * 200)

    assert seconds_until_refused(policy, serve(behave).url) < 0.9


def test_a_silent_server_is_left_at_the_deadline(
    policy: HttpPolicy, serve: Callable[[Behaviour], RoughServer]
) -> None:
    def behave(_peer: socket.socket, over: threading.Event) -> None:
        over.wait(5)

    assert seconds_until_refused(policy, serve(behave).url) < 0.9


def test_a_body_shorter_than_its_length_is_refused(
    policy: HttpPolicy, serve: Callable[[Behaviour], RoughServer]
) -> None:
    def behave(peer: socket.socket, _over: threading.Event) -> None:
        read_head(peer)
        peer.sendall(HEAD + b"Content-Length: 10\r\n\r\nabc")

    assert seconds_until_refused(policy, serve(behave).url) < 0.9


def test_redirects_are_not_followed(
    policy: HttpPolicy, serve: Callable[[Behaviour], RoughServer]
) -> None:
    def behave(peer: socket.socket, _over: threading.Event) -> None:
        read_head(peer)
        peer.sendall(b"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")

    server = serve(behave)
    assert policy.send(Call("GET", server.url)).status == 302
    assert server.connections == 1


def test_a_connection_is_kept_for_the_next_call(
    policy: HttpPolicy, serve: Callable[[Behaviour], RoughServer]
) -> None:
    def behave(peer: socket.socket, _over: threading.Event) -> None:
        while True:
            read_head(peer)
            peer.sendall(HEAD + b"Content-Length: 2\r\n\r\nok")

    server = serve(behave)
    assert [policy.send(Call("GET", server.url)).body for _ in range(3)] == [b"ok"] * 3
    assert server.connections == 1


def test_a_proxy_in_the_environment_is_not_used(
    policy: HttpPolicy,
    serve: Callable[[Behaviour], RoughServer],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    def behave(peer: socket.socket, _over: threading.Event) -> None:
        read_head(peer)
        peer.sendall(HEAD + b"Content-Length: 2\r\n\r\nok")

    assert policy.send(Call("GET", serve(behave).url)).body == b"ok"


def test_nobody_listening_is_a_refused_connection(policy: HttpPolicy) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    with pytest.raises(UpstreamUnavailableError, match=r"connection refused \(1 attempt\)"):
        policy.send(Call("GET", url))


def test_a_socket_that_comes_after_the_deadline_is_cut_at_once() -> None:
    watch = DeadlineWatch(time.monotonic)
    ours, theirs = socket.socketpair()
    with ours, theirs, watch.attempt(time.monotonic() + 60) as guard:
        guard.expire()
        watch.adopt(ours)
        assert theirs.recv(1) == b""
    watch.close()


def test_a_socket_outside_of_an_attempt_is_left_alone() -> None:
    watch = DeadlineWatch(time.monotonic)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        watch.adopt(ours)
        watch.adopt(None)
        ours.sendall(b"x")
        assert theirs.recv(1) == b"x"
    watch.close()


def test_encrypted_connections_are_watched_too() -> None:
    watch = DeadlineWatch(time.monotonic)
    session = watched_session(watch)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{free.getsockname()[1]}/"
    policy = HttpPolicy(session, watch, PolicyLimits(attempts=1))
    with pytest.raises(UpstreamUnavailableError):
        policy.send(Call("GET", url))
    watch.close()
