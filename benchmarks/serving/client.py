"""A client that costs little: connections kept alive, one prepared request again and again."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass

_CHUNK = 1 << 20


class WrongAnswerError(RuntimeError):
    """A server under measurement answered something else than 200."""


@dataclass(frozen=True)
class Request:
    """What is sent to a server, and how many customers it holds."""

    path: str
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] | None = None
    method: str = "POST"
    rows: int = 1

    def wire(self, port: int) -> bytes:
        """Return the bytes on the wire."""
        head = {
            "Host": f"127.0.0.1:{port}",
            "Content-Type": self.content_type,
            "Content-Length": str(len(self.body)),
            **(self.headers or {}),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{lines}\r\n".encode() + self.body


class Connection:
    """One connection to one server."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._port = port

    def send(self, request: Request, times: int = 1) -> bytes:
        """Send a request one after the other; return the last answer's body.

        Raises:
            WrongAnswerError: An answer is not 200.
        """
        wire, body = request.wire(self._port), b""
        for _ in range(times):
            self.begin(wire)
            body = self.answer()
        return body

    def begin(self, wire: bytes) -> None:
        """Send the bytes of a request; `answer` must follow."""
        self._socket.sendall(wire)

    def answer(self) -> bytes:
        """Return the body of the next answer; WrongAnswerError when it is not 200."""
        data = bytearray()
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head = bytes(data[:end]).lower()
        if not head.split(b" ", 2)[1].startswith(b"200"):
            raise WrongAnswerError(bytes(data[:2000]).decode(errors="replace"))
        if b"transfer-encoding: chunked" in head:
            return self._chunked(data, end + 4)
        length = int(head.partition(b"content-length:")[2].partition(b"\r")[0])
        while len(data) < end + 4 + length:
            data += self._more()
        return bytes(data[end + 4 :])

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _chunked(self, data: bytearray, start: int) -> bytes:
        while not data.endswith(b"0\r\n\r\n"):
            data += self._more()
        return bytes(data[start:])

    def _more(self) -> bytes:
        chunk = self._socket.recv(_CHUNK)
        if not chunk:
            raise WrongAnswerError("the connection was closed before the answer was complete")
        return chunk
