"""The list of a version's files with size and sha256, itself protected."""

from collections.abc import Mapping
from hashlib import sha256

import msgspec

from churn_service.artefact.errors import ArtefactError

MANIFEST_FILE = "manifest.json"
VERSION_LENGTH = 12


class FileEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Size in bytes and sha256 in hex of one file."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every file of one version; ``digest`` covers all other members."""

    name: str
    version: str
    files: dict[str, FileEntry]
    made_with: dict[str, str]
    digest: str = ""
    format: int = 1


def version_of(model: bytes) -> str:
    """Return the version that the bytes of a ``model.json`` have."""
    return sha256(model).hexdigest()[:VERSION_LENGTH]


def build_manifest(
    name: str, version: str, contents: Mapping[str, bytes], made_with: Mapping[str, str]
) -> bytes:
    """Return the canonical bytes of the manifest for these file contents."""
    files = {
        file: FileEntry(len(data), sha256(data).hexdigest()) for file, data in contents.items()
    }
    manifest = Manifest(name=name, version=version, files=files, made_with=dict(made_with))
    return _encode(msgspec.structs.replace(manifest, digest=_digest(manifest)))


def parse_manifest(data: bytes) -> Manifest:
    """Parse a manifest; refuse it when any byte of it was changed."""
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except ValueError as error:
        raise ArtefactError(MANIFEST_FILE, f"cannot be parsed: {error}") from error
    if manifest.format != 1:
        raise ArtefactError(MANIFEST_FILE, f"format {manifest.format} is unknown")
    if manifest.digest != _digest(manifest) or _encode(manifest) != data:
        raise ArtefactError(MANIFEST_FILE, "was changed after it was written (digest differs)")
    return manifest


def check_content(file: str, data: bytes, entry: FileEntry) -> None:
    """Raise ArtefactError unless the bytes are the ones that were written."""
    if len(data) != entry.size:
        raise ArtefactError(file, f"has {len(data)} bytes instead of {entry.size}")
    if sha256(data).hexdigest() != entry.sha256:
        raise ArtefactError(file, "was changed after it was written (sha256 differs)")


def _digest(manifest: Manifest) -> str:
    return sha256(_encode(msgspec.structs.replace(manifest, digest=""))).hexdigest()


def _encode(manifest: Manifest) -> bytes:
    return msgspec.json.encode(manifest, order="sorted")
