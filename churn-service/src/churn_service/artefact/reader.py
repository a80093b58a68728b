"""Read one version of a model, refusing whatever was not written by training."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from churn_service.artefact.document import MODEL_FILE, ModelDocument, decode_document
from churn_service.artefact.errors import ArtefactError
from churn_service.artefact.golden import GOLDEN_FILE, GoldenRow, decode_golden
from churn_service.artefact.manifest import (
    MANIFEST_FILE,
    Manifest,
    check_content,
    parse_manifest,
    version_of,
)
from churn_service.artefact.signature import SIGNATURE_FILE, Verifier, check_signature

MAX_FILE_BYTES = 64 * 1024 * 1024
# A signature is made after the manifest that it covers, and may be made anew.
_UNLISTED = {MANIFEST_FILE, SIGNATURE_FILE}


@dataclass(frozen=True)
class Artefact:
    """A version whose files are all the ones that training wrote."""

    version: str
    document: ModelDocument
    golden: tuple[GoldenRow, ...]
    manifest: Manifest
    manifest_sha256: str
    contents: dict[str, bytes]


def read_version(folder: Path) -> ModelDocument:
    """Return the checked model document of a version folder."""
    return read_artefact(folder).document


def read_artefact(
    folder: Path, *, manifest_sha256: str | None = None, public_key: Verifier | None = None
) -> Artefact:
    """Read and check every file of a version folder.

    Order: sizes, manifest, sha256 of each file, signature, parse, contract, version.

    Args:
        folder: The version's folder.
        manifest_sha256: The hash an alias pins, when the caller has one.
        public_key: Whose signature the version needs; None takes unsigned ones, too.

    Raises:
        ArtefactError: Naming the file and the reason.
    """
    data = _read(folder, MANIFEST_FILE)
    digest = sha256(data).hexdigest()
    if manifest_sha256 not in {None, digest}:
        raise ArtefactError(MANIFEST_FILE, "is not the one the alias was set for (sha256 differs)")
    manifest = parse_manifest(data)
    contents = _read_listed(folder, manifest)
    if public_key is not None:
        check_signature(_signature(folder), digests_of(manifest, digest), public_key)
    document = _document(folder, manifest, contents)
    golden = decode_golden(contents[GOLDEN_FILE])
    return Artefact(manifest.version, document, golden, manifest, digest, contents)


def digests_of(manifest: Manifest, manifest_sha256: str) -> dict[str, str]:
    """Return the sha256 of every file of a version, as a signature states them."""
    files = {file: entry.sha256 for file, entry in manifest.files.items()}
    return {**files, MANIFEST_FILE: manifest_sha256}


def _signature(folder: Path) -> bytes | None:
    there = (folder / SIGNATURE_FILE).exists()
    return _read(folder, SIGNATURE_FILE) if there else None


def _document(folder: Path, manifest: Manifest, contents: dict[str, bytes]) -> ModelDocument:
    document = decode_document(contents[MODEL_FILE])
    version = version_of(contents[MODEL_FILE])
    if not version == manifest.version == folder.name:
        raise ArtefactError(
            MODEL_FILE,
            f"is version {version}, but the manifest says {manifest.version} "
            f"and the folder {folder.name}",
        )
    if document.name != manifest.name:
        raise ArtefactError(MODEL_FILE, "belongs to a model of another name than the manifest")
    return document


def _read_listed(folder: Path, manifest: Manifest) -> dict[str, bytes]:
    _check_listing(folder, manifest)
    contents = {file: _read(folder, file) for file in manifest.files}
    for file, data in contents.items():
        check_content(file, data, manifest.files[file])
    return contents


def _check_listing(folder: Path, manifest: Manifest) -> None:
    for required in (MODEL_FILE, GOLDEN_FILE):
        if required not in manifest.files:
            raise ArtefactError(MANIFEST_FILE, f"does not list {required}")
    present = {path.name for path in folder.iterdir()}
    for unlisted in sorted(present - manifest.files.keys() - _UNLISTED):
        raise ArtefactError(unlisted, "is not listed in the manifest")


def _read(folder: Path, file: str) -> bytes:
    path = folder / file
    try:
        inside = path.resolve(strict=True).is_relative_to(folder.resolve())
        if not inside or not path.is_file():
            raise ArtefactError(file, "is not a file inside the version's folder")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ArtefactError(file, f"is larger than {MAX_FILE_BYTES} bytes")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ArtefactError(file, f"is missing in {folder}") from error
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        raise ArtefactError(file, f"cannot be read: {error}") from error
