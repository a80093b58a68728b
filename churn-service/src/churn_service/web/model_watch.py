"""What the page says about drift: a verdict in words, then field by field."""

from dataclasses import dataclass
from typing import NamedTuple

from churn_contract.forms import form_fields
from churn_contract.schema import CustomerSchema
from churn_service.artefact.reference import SCORE
from churn_service.monitoring.drift import DriftReport, FieldDrift
from churn_service.monitoring.watch import ModelWatch
from churn_service.monitoring.windows import Windows

_STATES = {None: "too few customers", False: "as in training", True: "drifted"}


class DriftRow(NamedTuple):
    """One compared field, in words; `bins` has label, share in training, share now."""

    label: str
    change: str
    psi: float
    threshold: float | None
    state: str
    bins: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True)
class WatchView:
    """The watch in words: of the last closed window, or of the open one so far."""

    title: str
    verdict: str
    is_alarm: bool
    rows: tuple[DriftRow, ...]
    customers: int
    blind_spot: str


def report_of(watch: ModelWatch, windows: Windows | None) -> DriftReport | None:
    """Return the last verdict, before the first one how the open window looks so far."""
    if windows is None:
        return None
    return watch.closed(windows) or watch.running(windows)


def watch_view(
    windows: Windows | None, report: DriftReport | None, schema: CustomerSchema
) -> WatchView | None:
    """Put a report into words; None when the version cannot be watched."""
    if windows is None or report is None:
        return None
    title = "The last full window" if windows.closed else "So far, in a window not yet full"
    return WatchView(
        title=title,
        verdict=f"{report.verdict[:1].upper()}{report.verdict[1:]}.",
        # an open window raises no alarm: the promise covers closed ones only
        is_alarm=bool(windows.closed and report.drifted),
        rows=drift_rows(report, schema) if report.rows else (),
        customers=report.rows,
        blind_spot=report.blind_spot,
    )


def drift_rows(report: DriftReport, schema: CustomerSchema) -> tuple[DriftRow, ...]:
    """Put a report into words: what drifted first, then by how near it is to its limit."""
    labels = {field.name: field.label for field in form_fields(schema)}
    labels[SCORE] = "Churn probability"
    ordered = sorted(report.fields, key=_nearness, reverse=True)
    return tuple(_drift_row(field, labels.get(field.field, field.field)) for field in ordered)


def _drift_row(field: FieldDrift, label: str) -> DriftRow:
    return DriftRow(
        label=label,
        change=_largest_change(field),
        psi=field.psi,
        threshold=field.threshold,
        state=_STATES[field.drifted],
        bins=field.bins,
    )


def _nearness(field: FieldDrift) -> float:
    return field.psi / field.threshold if field.threshold else 0.0


def _largest_change(field: FieldDrift) -> str:
    label, before, now = max(field.bins, key=lambda item: abs(item[2] - item[1]))
    return f"{label}: {before:.1%} in training, {now:.1%} now"
