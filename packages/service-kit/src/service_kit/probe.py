"""Ask the process of this container whether it is ready: `python -m service_kit.probe`.

For `HEALTHCHECK` of an image. It loads no framework, so it costs some 50 ms, and asks at
the port the service listens on: `PORT`, `AIP_HTTP_PORT`, else 8080.
"""

import http.client
import os
import sys
from collections.abc import Mapping

_READY_PATH = "/health/ready"  # as in `health`, whose import would load the metrics
_PORTS = ("PORT", "AIP_HTTP_PORT")
_DEFAULT_PORT = 8080
_TIMEOUT_SECONDS = 1.5


def is_ready(environ: Mapping[str, str]) -> bool:
    """Tell whether the service of this environment answers that it is ready."""
    port = next((environ[name] for name in _PORTS if environ.get(name)), _DEFAULT_PORT)
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", _READY_PATH)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not is_ready(os.environ))
