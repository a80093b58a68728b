"""Publish one version of a model: all of its files at once, or nothing."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from churn_service.artefact.document import MODEL_FILE, ModelDocument, encode_document
from churn_service.artefact.errors import ArtefactError
from churn_service.artefact.files import sync_folder, write_file
from churn_service.artefact.golden import GOLDEN_FILE, GoldenRow, encode_golden
from churn_service.artefact.manifest import MANIFEST_FILE, build_manifest, version_of
from churn_service.artefact.names import checked_name
from churn_service.artefact.reader import read_artefact


def write_version(
    root: Path,
    document: ModelDocument,
    golden: Sequence[GoldenRow],
    extra_files: Mapping[str, bytes],
    *,
    made_with: Mapping[str, str] | None = None,
) -> str:
    """Write ``<root>/<name>/<version>/`` and return the version.

    An intact folder of the same version is kept as it is: versions never
    change. A damaged one is replaced.

    Args:
        root: The registry folder.
        document: The model; the hash of its canonical JSON is the version.
        golden: At least 50 constructed rows with the answers of the training.
        extra_files: Content by file name: metrics, report, card.
        made_with: Names and versions of the libraries that fitted the model.
    """
    model = encode_document(document)
    contents = {**extra_files, MODEL_FILE: model, GOLDEN_FILE: encode_golden(golden)}
    version = version_of(model)
    manifest = build_manifest(document.name, version, contents, made_with or {})
    parent = root / checked_name(document.name, "model name")
    parent.mkdir(parents=True, exist_ok=True)
    folder = parent / version
    if not _is_intact(folder):
        publish_files(folder, {**contents, MANIFEST_FILE: manifest})
    return version


def _is_intact(folder: Path) -> bool:
    try:
        read_artefact(folder)
    except ArtefactError:
        return False
    return True


def publish_files(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Put these files at a folder in one step; what was there is replaced."""
    staging = folder.with_name(f".tmp-{folder.name}-{os.getpid()}")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir()
    try:
        for file, data in contents.items():
            write_file(staging / file, data)
        sync_folder(staging)
    except BaseException:  # a full disk, a signal: nothing of it may stay
        shutil.rmtree(staging, ignore_errors=True)
        raise
    if folder.exists():
        shutil.rmtree(folder)
    staging.rename(folder)
    sync_folder(folder.parent)
