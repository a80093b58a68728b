"""Ports that a process is about to listen on."""

import socket


def require_free(host: str, port: int, setting: str = "PORT") -> None:
    """Fail early when a port is taken: servers below say so with a trace, or from a child.

    Raises:
        OSError: The port may not be listened on; the text names the setting to change.
    """
    with socket.socket() as probe:
        # As servers do: a port whose last connections are still closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            cause = (error.strerror or "cannot be used").lower()
            message = f"port {port}: {cause}; set {setting} to a free one"
            raise OSError(error.errno, message) from error
