"""Put a signature into the folder of a version."""

from pathlib import Path

from churn_service.artefact.files import locked, replace_file
from churn_service.artefact.reader import digests_of, read_artefact
from churn_service.artefact.signature import SIGNATURE_FILE, Signer, sign_files


def sign_version(folder: Path, signer: Signer) -> Path:
    """Sign a version and return where the signature is; an older one is replaced.

    The version itself stays as it is: its manifest lists everything but the signature.

    Raises:
        ArtefactError: When the version is missing or damaged.
    """
    artefact = read_artefact(folder)
    digests = digests_of(artefact.manifest, artefact.manifest_sha256)
    bundle = sign_files(artefact.version, digests, signer)
    path = folder / SIGNATURE_FILE
    with locked(folder.parent):
        replace_file(path, bundle, staging=folder.parent)
    return path
