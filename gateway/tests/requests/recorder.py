"""A service that records what reached it and answers as it is told.

Port 8080 plays every service behind the gateway; port 9090 is for the tests:
GET / gives and forgets what was seen, PUT / sets the behaviour (JSON).
"""

import json
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SEEN: list[dict[str, object]] = []
BEHAVIOUR: dict[str, object] = {}


class Service(BaseHTTPRequestHandler):
    """Echo every request, or misbehave: status, reset, hang."""

    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        self.answer()

    def answer(self) -> None:
        body = self.read_body()
        headers = [[name, value] for name, value in self.headers.items()]
        seen = {"method": self.command, "path": self.path, "headers": headers, "bytes": len(body)}
        if self.path != "/health/ready":
            SEEN.append(seen)
        if BEHAVIOUR.get("reset"):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        if BEHAVIOUR.get("hang"):
            threading.Event().wait(20)
        self.reply(int(str(BEHAVIOUR.get("status", 200))), json.dumps(seen).encode())

    def read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Request-Id", "made-by-the-service")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


class Control(BaseHTTPRequestHandler):
    """What the tests ask of the recorder."""

    def do_GET(self) -> None:
        body = json.dumps(SEEN).encode()
        SEEN.clear()
        self.reply(body)

    def do_PUT(self) -> None:
        BEHAVIOUR.clear()
        BEHAVIOUR.update(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.reply(b"{}")

    def reply(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


if __name__ == "__main__":
    control = ThreadingHTTPServer(("", 9090), Control)
    threading.Thread(target=control.serve_forever, daemon=True).start()
    ThreadingHTTPServer(("", 8080), Service).serve_forever()
