"""Find versions in a registry folder by version or alias."""

from pathlib import Path

from churn_service.artefact.aliases import CHAMPION, read_alias
from churn_service.artefact.errors import ArtefactError
from churn_service.artefact.manifest import MANIFEST_FILE
from churn_service.artefact.names import checked_name


def list_versions(root: Path, name: str) -> list[Path]:
    """Return the folders of all versions of a model, the oldest first."""
    folder = root / checked_name(name, "model name")
    found = [path.parent for path in folder.glob(f"*/{MANIFEST_FILE}")]
    published = [path for path in found if not path.name.startswith(".")]
    return sorted(published, key=lambda path: ((path / MANIFEST_FILE).stat().st_mtime, path.name))


def find_version(root: Path, name: str, wanted: str = CHAMPION) -> Path:
    """Return the folder of a version, or of the version an alias points at.

    Raises:
        ArtefactError: Naming what is there, when it does not exist.
    """
    alias = read_alias(root, name, wanted)
    version = alias.version if alias else wanted
    folder = root / checked_name(name, "model name") / checked_name(version, "version")
    if (folder / MANIFEST_FILE).is_file():
        return folder
    there = ", ".join(path.name for path in list_versions(root, name)) or "none"
    raise ArtefactError(wanted, f"no such version of {name!r} in {root}; versions: {there}")
