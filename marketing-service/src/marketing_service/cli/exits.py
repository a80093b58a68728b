"""How a command ends when something is wrong: exit codes and their words."""

import click

ERROR = 1
REFUSED = 3
KEY_REFUSED = 4
UNSETTLED = 5
UNAVAILABLE = 6


class CommandError(click.ClickException):
    """End the command with a message and one of the documented exit codes."""

    def __init__(self, message: str, exit_code: int = ERROR) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it from the instance


def exit_code_of(status: int) -> int:
    """Return the exit code that tells what an HTTP status means to a script."""
    if status in {401, 403}:
        return KEY_REFUSED
    if status == 409:
        return REFUSED
    if status in {429, 502, 503, 504}:
        return UNAVAILABLE
    return ERROR
