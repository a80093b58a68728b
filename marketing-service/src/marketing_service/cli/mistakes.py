"""What a command says when its surroundings, not its code, are to blame."""

import errno
import sys
from typing import Any

import click

from marketing_service.cli.exits import ERROR, UNAVAILABLE, CommandError

USAGE = 2


class Commands(click.Group):
    """A group whose commands end with one line where a person can cure the cause."""

    def invoke(self, context: click.Context) -> Any:
        """Run a command; what nobody foresaw keeps its trace."""
        try:
            return super().invoke(context)
        except Exception as error:
            explained = _explained(error)
            if explained is None:
                raise
            raise explained from error


def _explained(error: Exception) -> CommandError | None:
    return _of_database(error) or _of_connection(error) or _of_system(error)


def _of_database(error: Exception) -> CommandError | None:
    """Tell a wrong address from a database that does not answer."""
    # What was never loaded cannot have raised; a client must not load it for its errors.
    ours, theirs = sys.modules.get("marketing_service.errors"), sys.modules.get("sqlalchemy.exc")
    if ours and isinstance(error, ours.DatabaseUrlError):
        return CommandError(f"MARKETING_DATABASE_URL cannot be used: {error}", USAGE)
    if theirs and isinstance(error, theirs.OperationalError):
        cause = str(error.orig).partition("\n")[0].rstrip(".")
        hint = "Is the database up, and is MARKETING_DATABASE_URL right?"
        return CommandError(f"the database does not answer: {cause}. {hint}")
    return None


def _of_connection(error: Exception) -> CommandError | None:
    requests = sys.modules.get("requests")
    if requests and isinstance(error, requests.RequestException):
        cause = type(error).__name__
        return CommandError(f"the answer broke off ({cause}); run it again", UNAVAILABLE)
    return None


def _of_system(error: Exception) -> CommandError | None:
    """Name the file or the port that the system refuses."""
    if not isinstance(error, OSError) or error.errno == errno.EPIPE:
        return None
    cause = error.strerror or str(error)
    return CommandError(f"{error.filename}: {cause}" if error.filename else cause, ERROR)
