"""Which names may become folders: no separators, no dots in front."""

import re

from churn_service.artefact.errors import ArtefactError

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def checked_name(name: str, what: str) -> str:
    """Return a model, version or alias name that is safe as a folder name."""
    if not _NAME.fullmatch(name):
        raise ArtefactError(
            what, f"{name!r} is not a name of a-z, 0-9, _ and - with at most 64 characters"
        )
    return name
