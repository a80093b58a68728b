"""What a registry holds: each version, its aliases, quality and verdicts."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from churn_service.artefact.errors import ArtefactError
from churn_service.artefact.listing import list_versions
from churn_service.artefact.manifest import MANIFEST_FILE
from churn_service.artefact.promotion_log import read_promotions
from churn_service.artefact.promotions import aliases_of, is_retired
from churn_service.artefact.reader import Artefact, read_artefact
from churn_service.artefact.signature import SIGNATURE_FILE
from churn_service.artefact.verdict import read_verdicts

METRICS_FILE = "metrics.json"


def describe_versions(root: Path, name: str) -> list[dict[str, Any]]:
    """Return the facts of every version, the oldest first; JSON-ready."""
    aliases = aliases_of(root, name)
    return [_facts(root, name, folder, aliases) for folder in list_versions(root, name)]


def describe_version(root: Path, name: str, folder: Path) -> dict[str, Any]:
    """Return the facts of one version, with its verdicts and its promotions; JSON-ready.

    Raises:
        ArtefactError: When a verdict was changed.
    """
    version = folder.name
    verdicts = read_verdicts(root, name, version)
    return {
        **_facts(root, name, folder, aliases_of(root, name)),
        "verdicts": [
            {**msgspec.to_builtins(verdict), "passed": verdict.passed, "sha256": verdict.digest}
            for verdict in verdicts
        ],
        "promotions": [
            msgspec.to_builtins(line)
            for line in read_promotions(root, name)
            if version in {line.version, line.previous, line.canary}
        ],
    }


def created_at(folder: Path) -> str:
    """Return when a version was written, RFC 3339."""
    written = datetime.fromtimestamp((folder / MANIFEST_FILE).stat().st_mtime, UTC)
    return written.isoformat(timespec="seconds").replace("+00:00", "Z")


def metrics_of(artefact: Artefact) -> Any:
    """Return what training measured, {} when the version has no metrics."""
    return msgspec.json.decode(artefact.contents.get(METRICS_FILE, b"{}"))


def _facts(
    root: Path, name: str, folder: Path, aliases: dict[str, tuple[str, ...]]
) -> dict[str, Any]:
    facts = {
        "version": folder.name,
        "created": created_at(folder),
        "aliases": [alias for alias, held in aliases.items() if held[0] == folder.name],
        "canary": any(folder.name in held[1:] for held in aliases.values()),
        "retired": is_retired(root, name, folder.name),
        "signed": (folder / SIGNATURE_FILE).is_file(),
    }
    try:
        return facts | _contents(read_artefact(folder))
    except ArtefactError as error:
        return {**facts, "refused": str(error)}


def _contents(artefact: Artefact) -> dict[str, Any]:
    document = artefact.document
    metrics = metrics_of(artefact)
    return {
        "sha256": artefact.manifest_sha256,
        "schema_digest": document.schema_digest,
        "threshold": document.threshold,
        "horizon_days": document.horizon_days,
        "training": msgspec.to_builtins(document.training),
        "test": metrics.get("test", {}) if isinstance(metrics, dict) else {},
    }
