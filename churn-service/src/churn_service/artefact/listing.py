"""Find versions in a registry folder by version or alias."""

from pathlib import Path

from churn_service.artefact.aliases import ALIASES, CHALLENGER, CHAMPION, SHADOW, read_alias
from churn_service.artefact.errors import MissingVersionError
from churn_service.artefact.manifest import MANIFEST_FILE
from churn_service.artefact.names import checked_name

_HOW_TO_GET = {
    CHAMPION: "train one (churn train), or name another folder (--model-root)",
    CHALLENGER: "churn retrain and churn train --challenger make one that passes the gate",
    SHADOW: 'set one: churn models promote VERSION --to shadow --reason "..."',
}


def list_versions(root: Path, name: str) -> list[Path]:
    """Return the folders of all versions of a model, the oldest first."""
    folder = root / checked_name(name, "model name")
    found = [path.parent for path in folder.glob(f"*/{MANIFEST_FILE}")]
    published = [path for path in found if not path.name.startswith(".")]
    return sorted(published, key=lambda path: ((path / MANIFEST_FILE).stat().st_mtime, path.name))


def find_version(root: Path, name: str, wanted: str = CHAMPION) -> Path:
    """Return the folder of a version, or of the version an alias points at.

    Raises:
        MissingVersionError: Naming what is there and how to get one, when there is none.
        ArtefactError: When the file of the alias cannot be read.
    """
    alias = read_alias(root, name, wanted)
    version = alias.version if alias else wanted
    folder = root / checked_name(name, "model name") / checked_name(version, "version")
    if (folder / MANIFEST_FILE).is_file():
        return folder
    there = ", ".join(path.name for path in list_versions(root, name)) or "none"
    if wanted in ALIASES and alias is None:
        raise MissingVersionError(
            wanted,
            f"{name!r} in {root} has no {wanted}; {_HOW_TO_GET[wanted]}; versions: {there}",
        )
    raise MissingVersionError(wanted, f"no such version of {name!r} in {root}; versions: {there}")
