"""A small HTTP server for a process that answers nothing but health and metrics."""

import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import WSGIApplication


class _QuietHandler(WSGIRequestHandler):
    """Health checks come every second; they are no events."""

    timeout = 5

    def log_message(self, *_arguments: object) -> None:
        """Write nothing."""


class _ThreadingServer(ThreadingMixIn, WSGIServer):
    """One thread per request, so that a slow scraper delays no health check."""

    daemon_threads = True


class HealthServer:
    """Serve a WSGI callable on a thread.

    Args:
        application: Usually `service_kit.health.health_wsgi`.
        host: Address to listen on.
        port: TCP port; the system chooses one for 0.
    """

    def __init__(self, application: WSGIApplication, host: str, port: int) -> None:
        self._server = make_server(
            host, port, application, server_class=_ThreadingServer, handler_class=_QuietHandler
        )
        self._thread = threading.Thread(target=self._server.serve_forever, name="health")

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return self._server.server_port

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and wait for the thread."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
