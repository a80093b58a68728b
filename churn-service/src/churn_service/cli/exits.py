"""Turn the errors of the rooms into one line and an exit code."""

import errno
from typing import Any

import click

from churn_contract.errors import SchemaError
from churn_service.artefact.errors import (
    ArtefactError,
    KeyFileError,
    MissingVersionError,
    PromotionRefusedError,
)
from churn_service.bulk_scoring import CustomerFileError
from churn_service.training.errors import ConfigError, DataError, FitError, ProcessError
from service_kit.settings import SettingsError

_MOST_PROBLEMS_SHOWN = 20
_DISK_CURES = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
    errno.EFBIG: "raise the limit of file sizes (ulimit -f)",
    errno.EROFS: "choose a folder that can be written",
    errno.EACCES: "choose a folder that this user may write",
    errno.EPERM: "choose a folder that this user may write",
    errno.ENOTDIR: "a file stands where a folder is needed",
}


class WrongUsage(click.ClickException):
    """The command, the training file or the settings are wrong."""

    exit_code = 2


class Refused(click.ClickException):
    """A check of the model refused to go on."""

    exit_code = 3


class ChurnGroup(click.Group):
    """A group whose commands end with the exit codes of `churn`."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; 1 bad data, 2 usage or settings, 3 refused by a check."""
        try:
            return super().invoke(ctx)
        except _KNOWN as error:
            raise _ending(error) from error
        except OSError as error:
            if error.errno not in _DISK_CURES:
                raise
            raise WrongUsage(_disk_trouble(error)) from error


_ENDINGS: tuple[tuple[tuple[type[Exception], ...], type[click.ClickException]], ...] = (
    ((DataError, ProcessError, SchemaError, CustomerFileError), click.ClickException),
    ((SettingsError, ConfigError, KeyFileError), WrongUsage),
    ((FitError, PromotionRefusedError, ArtefactError), Refused),
)
_KNOWN = tuple(kind for kinds, _ in _ENDINGS for kind in kinds)


def _ending(error: Exception) -> click.ClickException:
    ending = next(ending for kinds, ending in _ENDINGS if isinstance(error, kinds))
    return ending(_words(error))


def _words(error: Exception) -> str:
    if isinstance(error, CustomerFileError):
        return _listed(error.problems, error.total)
    is_damaged = isinstance(error, ArtefactError) and not isinstance(error, MissingVersionError)
    return f"the model is refused: {error}" if is_damaged else str(error)


def _disk_trouble(error: OSError) -> str:
    place = f"{error.filename}: " if error.filename else ""
    cure = _DISK_CURES[error.errno or 0]
    return f"{place}{error.strerror}; {cure}"


def _listed(problems: tuple[str, ...], total: int) -> str:
    shown = list(problems[:_MOST_PROBLEMS_SHOWN])
    more = total - len(shown)
    tail = [f"and {more} more"] if more > 0 else []
    head = f"{total} problem(s); nothing was scored"
    return "\n  ".join([head, *shown, *tail])
