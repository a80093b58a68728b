"""Measured performance, kept beside the versions for the service to show.

`churn performance --save` writes `<root>/<name>/performance/<version>.json`. Nothing here
grows older by itself: whoever shows a saved measurement says of which day it is.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from churn_service.artefact.errors import ArtefactError
from churn_service.artefact.files import replace_file
from churn_service.artefact.names import checked_name
from churn_service.monitoring.matured import Cohort

FRESH_DAYS = 31
NOT_MEASURED = (
    "no outcomes were measured for this version; export them and run: "
    "churn performance --data feedback.csv --save"
)


class SavedPerformance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cohorts of one version as they were measured on one day.

    Attributes:
        model_version: Whose scores were measured.
        as_of: The day that was looked from.
        horizon_days: Days after which an outcome counted as complete.
        data_sha256: Hash of the table of outcomes.
        cohorts: The oldest first, each with its period and group.
        not_matured: Customers younger than the horizon; left out.
        unknown: Older customers without a known outcome; left out.
        without_score: Rows without a score; left out.
        other_versions: Rows that another version had scored; left out.
    """

    model_version: str
    as_of: date
    horizon_days: int
    data_sha256: str
    cohorts: tuple[Cohort, ...]
    not_matured: int
    unknown: int
    without_score: int = 0
    other_versions: int = 0


def performance_path(root: Path, name: str, version: str) -> Path:
    """Return where the measurement of a version is kept."""
    folder = root / checked_name(name, "model name") / "performance"
    return folder / f"{checked_name(version, 'version')}.json"


def save_performance(root: Path, name: str, saved: SavedPerformance) -> Path:
    """Keep a measurement in place of the one before; return its file."""
    path = performance_path(root, name, saved.model_version)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, msgspec.json.format(msgspec.json.encode(saved, order="sorted")) + b"\n")
    return path


def read_performance(root: Path, name: str, version: str) -> SavedPerformance | None:
    """Return the measurement of a version, None when there is none.

    Raises:
        ArtefactError: When its file cannot be read.
    """
    path = performance_path(root, name, version)
    try:
        return msgspec.json.decode(path.read_bytes(), type=SavedPerformance)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ArtefactError(f"performance/{path.name}", f"cannot be read: {error}") from error


def today() -> date:
    """Return the day in UTC."""
    return datetime.now(UTC).date()


class PerformanceRecord:
    """What was measured of each version of a model; read anew at every call.

    Args:
        root: The registry folder.
        name: Name of the model, a folder in it.
        day: Gives today, which tells how old a measurement is.
    """

    def __init__(self, root: Path, name: str, day: Callable[[], date] = today) -> None:
        self._root = root
        self._name = name
        self._day = day

    def of(self, version: str) -> SavedPerformance | None:
        """Return the measurement of a version; None also when it cannot be read."""
        try:
            return read_performance(self._root, self._name, version)
        except ArtefactError:
            return None

    def age_days(self, saved: SavedPerformance) -> int:
        """Return how many days ago it was measured."""
        return (self._day() - saved.as_of).days

    def facts(self, version: str) -> dict[str, Any]:
        """Return everything that is known of a version; JSON-ready."""
        facts: dict[str, Any] = {"model_version": version, "measured": False}
        try:
            saved = read_performance(self._root, self._name, version)
        except ArtefactError as error:
            return {**facts, "reason": str(error)}
        if saved is None:
            return {**facts, "reason": NOT_MEASURED}
        age = self.age_days(saved)
        cohorts = [msgspec.to_builtins(item) | {"verdict": item.verdict} for item in saved.cohorts]
        return {
            **msgspec.to_builtins(saved),
            "measured": True,
            "age_days": age,
            "fresh": age <= FRESH_DAYS,
            "cohorts": cohorts,
        }
