"""Take a version that was trained on another machine: the same bytes, checked once more."""

from pathlib import Path

from churn_service.artefact.errors import ArtefactError
from churn_service.artefact.manifest import MANIFEST_FILE
from churn_service.artefact.names import checked_name
from churn_service.artefact.reader import Artefact, read_artefact
from churn_service.artefact.signature import SIGNATURE_FILE, Verifier
from churn_service.artefact.writer import publish_files


def take_version(
    folder: Path, artefact: Artefact, root: Path, *, public_key: Verifier | None = None
) -> Path:
    """Copy the files of a version into a registry and return where it is.

    What is copied are the bytes that were checked, not those the folder may have by now;
    a signature goes with them. An intact version that is there already stays.

    Args:
        folder: Where the version is.
        artefact: What `read_artefact` found there.
        root: The registry folder.
        public_key: Whose signature the version needs; None takes unsigned ones, too.

    Raises:
        ArtefactError: When the manifest or the signature changed meanwhile.
    """
    target = root / checked_name(artefact.document.name, "model name") / artefact.version
    wanted = artefact.manifest_sha256
    if not _is_there(target, wanted, public_key):
        target.parent.mkdir(parents=True, exist_ok=True)
        publish_files(target, {**artefact.contents, **_unlisted(folder)})
        read_artefact(target, manifest_sha256=wanted, public_key=public_key)
    return target


def _is_there(target: Path, manifest_sha256: str, public_key: Verifier | None) -> bool:
    try:
        read_artefact(target, manifest_sha256=manifest_sha256, public_key=public_key)
    except ArtefactError:
        return False
    return True


def _unlisted(folder: Path) -> dict[str, bytes]:
    """Return the manifest, and the signature where there is one."""
    names = (MANIFEST_FILE, SIGNATURE_FILE)
    return {name: (folder / name).read_bytes() for name in names if (folder / name).is_file()}
