"""The page at `/model`: what is served, how good it is, and whether its world has changed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
from flask import Blueprint, Flask, Response, make_response, render_template

from churn_contract.forms import form_fields
from churn_contract.schema import CustomerSchema
from churn_service.artefact.aliases import CHAMPION, read_alias
from churn_service.artefact.document import TrainingFacts
from churn_service.artefact.listing import list_versions
from churn_service.artefact.reference import SCORE, CalibrationBin
from churn_service.monitoring.drift import DriftReport, FieldDrift
from churn_service.monitoring.watch import NO_REFERENCE, ModelWatch, Watched
from churn_service.monitoring.windows import Windows
from churn_service.predictor import Predictor
from service_kit.logs import EventLog
from service_kit.pages import show_problems_as_pages

MOST_VERSIONS = 20
_METRICS = (
    ("auc", "AUC", "a leaver scores above a stayer this often; .5 is chance, 1 is perfect"),
    ("log_loss", "Log loss", "how surprised the model is by what happened; lower is better"),
    ("brier", "Brier score", "mean squared error of the probability; lower is better"),
    ("lift_at_10", "Lift at 10 %", "leavers in the top tenth, over a random tenth"),
)


class Version(NamedTuple):
    """One version of the registry, as the table shows it."""

    version: str
    made: str
    is_champion: bool
    auc: float | None


class Figure(NamedTuple):
    """A metric with its meaning, as trained and as expected now."""

    label: str
    meaning: str
    trained: float | None
    expected: float | None


class DriftRow(NamedTuple):
    """One compared field, in words."""

    label: str
    change: str
    psi: float
    threshold: float | None
    state: str


@dataclass(frozen=True)
class WatchView:
    """The watch in words: of the last closed window, or of the open one so far."""

    title: str
    verdict: str
    is_alarm: bool
    rows: tuple[DriftRow, ...]
    customers: int
    blind_spot: str


class ModelPage:
    """Show the model in charge.

    Args:
        take: Gives the predictor for the request at hand.
        facts: Describes the model in charge, its `metrics` among other things.
        versions: Lists the versions of the registry, the newest first.
        watch: Judges the served customers.
    """

    def __init__(
        self,
        take: Callable[[], Predictor],
        facts: Callable[[], dict[str, object]],
        versions: Callable[[], tuple[Version, ...]],
        watch: ModelWatch,
    ) -> None:
        self._take = take
        self._facts = facts
        self._versions = versions
        self._watch = watch

    def show(self) -> Response:
        """Show versions, metrics, calibration and drift."""
        predictor = self._take()
        document = predictor.document
        windows = self._watch.windows(Watched(predictor.version, document))
        report = self._report(windows)
        reference = document.reference
        page = render_template(
            "model/page.html",
            facts=self._facts(),
            document=document,
            figures=figures_of(self._facts().get("metrics"), document.training, report),
            calibration=calibration_rows(reference.calibration if reference else ()),
            watch=self._view(windows, report, predictor.schema),
            no_reference=NO_REFERENCE,
            rule=self._watch.monitor.rule,
            versions=self._versions(),
        )
        return make_response(page)

    def register(self, app: Flask, log: EventLog) -> None:
        """Add the page to an app; its errors become pages too."""
        pages = Blueprint("model", "churn_service.web", template_folder="templates")
        pages.add_url_rule("/model", view_func=self.show)
        show_problems_as_pages(pages, log)
        app.register_blueprint(pages)

    def _report(self, windows: Windows | None) -> DriftReport | None:
        if windows is None:
            return None
        return self._watch.closed(windows) or self._watch.running(windows)

    def _view(
        self, windows: Windows | None, report: DriftReport | None, schema: CustomerSchema
    ) -> WatchView | None:
        if windows is None or report is None:
            return None
        title = "The last full window" if windows.closed else "So far, in a window not yet full"
        return WatchView(
            title=title,
            verdict=f"{report.verdict[:1].upper()}{report.verdict[1:]}.",
            is_alarm=bool(report.drifted),
            rows=drift_rows(report, schema) if report.rows else (),
            customers=report.rows,
            blind_spot=report.blind_spot,
        )


def versions_of(root: Path, name: str) -> tuple[Version, ...]:
    """Return the versions of a model, the newest first, at most 20."""
    champion = read_alias(root, name, CHAMPION)
    newest = list_versions(root, name)[::-1][:MOST_VERSIONS]
    return tuple(
        Version(
            version=folder.name,
            made=_made(folder),
            is_champion=bool(champion and champion.version == folder.name),
            auc=_metric(_metrics_of(folder), "auc"),
        )
        for folder in newest
    )


def figures_of(
    metrics: object, training: TrainingFacts, report: DriftReport | None
) -> tuple[Figure, ...]:
    """Return each metric on the test part, and what is expected of the window."""
    expected = report.expected if report else None
    rate = Figure(
        "Churn rate",
        "share of customers who leave; beside it, that of the training rows",
        training.churned / training.rows,
        expected.churn_rate if expected else None,
    )
    found = (
        Figure(label, meaning, _metric(metrics, name), getattr(expected, name, None))
        for name, label, meaning in _METRICS
    )
    return (*(figure for figure in found if figure.trained is not None), rate)


def calibration_rows(bins: tuple[CalibrationBin, ...]) -> tuple[tuple[int, float, float], ...]:
    """Return customers, predicted and observed churn rate of each bin."""
    return tuple((item.rows, item.expected, item.churned / item.rows) for item in bins)


def drift_rows(report: DriftReport, schema: CustomerSchema) -> tuple[DriftRow, ...]:
    """Put a report into words: what drifted first, then by how near it is to its limit."""
    labels = {field.name: field.label for field in form_fields(schema)}
    labels[SCORE] = "Churn probability"
    ordered = sorted(report.fields, key=_nearness, reverse=True)
    return tuple(_drift_row(field, labels.get(field.field, field.field)) for field in ordered)


def _drift_row(field: FieldDrift, label: str) -> DriftRow:
    states = {None: "too few customers", False: "as in training", True: "drifted"}
    return DriftRow(
        label=label,
        change=_largest_change(field),
        psi=field.psi,
        threshold=field.threshold,
        state=states[field.drifted],
    )


def _nearness(field: FieldDrift) -> float:
    return field.psi / field.threshold if field.threshold else 0.0


def _largest_change(field: FieldDrift) -> str:
    label, before, now = max(field.bins, key=lambda item: abs(item[2] - item[1]))
    return f"{label}: {before:.1%} in training, {now:.1%} now"


def _made(folder: Path) -> str:
    seconds = (folder / "manifest.json").stat().st_mtime
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _metrics_of(folder: Path) -> object:
    try:
        return msgspec.json.decode((folder / "metrics.json").read_bytes())
    except (OSError, ValueError):
        return None


def _metric(metrics: object, name: str) -> float | None:
    """Return a metric of the test part; artefacts may hold more, or less."""
    test = metrics.get("test", metrics) if isinstance(metrics, dict) else {}
    value = test.get(name) if isinstance(test, dict) else None
    return float(value) if isinstance(value, int | float) else None
