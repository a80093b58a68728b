"""The page at `/model`: what is served, how good it is, and whether its world has changed."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from flask import Blueprint, Flask, Response, make_response, redirect, render_template, request
from prometheus_client import CollectorRegistry

from churn_contract.headers import KEY_SCOPES
from churn_service.alias_changes import AliasChanges, InCharge, caller
from churn_service.artefact.promotion_log import Note
from churn_service.artefact.promotions import Wish
from churn_service.errors import UnreadableBodyError
from churn_service.monitoring.saved import PerformanceRecord
from churn_service.monitoring.watch import NO_REFERENCE, ModelWatch, Watched
from churn_service.predictor import Predictor
from churn_service.registry import ModelRegistry
from churn_service.web.model_quality import calibration_rows, figures_of, matured_view
from churn_service.web.model_roles import may_write, rollout_of, versions_of
from churn_service.web.model_watch import report_of, watch_view
from churn_service.web.same_origin import refuse_other_sites
from service_kit.logs import EventLog
from service_kit.pages import show_problems_as_pages

_PAGE = "/model"
_SCOPE = "models:write"
_READ_ONLY = (
    "This service cannot write the registry; start it with CHURN_MODELS_ACCESS=rw, or run the "
    "command."
)
_NO_SCOPE = f"Your key may look, but not change models: that needs the scope {_SCOPE}."


class Place(NamedTuple):
    """A model in a registry folder."""

    root: Path
    name: str


class ModelPage:
    """Show the model in charge, and let people put another one there.

    Args:
        take: Gives the predictor for the request at hand.
        registry: Knows the loaded versions.
        place: Where the registry is.
        watch: Judges the served customers.
        record: What was measured on outcomes.
        changes: Points aliases at versions.
        metrics: Counts disagreements in shadow.
    """

    def __init__(
        self,
        take: Callable[[], Predictor],
        registry: ModelRegistry,
        place: Place,
        *,
        watch: ModelWatch,
        record: PerformanceRecord,
        changes: AliasChanges,
        metrics: CollectorRegistry,
    ) -> None:
        self._take = take
        self._registry = registry
        self._place = place
        self._watch = watch
        self._record = record
        self._changes = changes
        self._metrics = metrics

    def show(self) -> Response:
        """Show roles, drift, quality, kept promises, calibration and versions."""
        predictor = self._take()
        document = predictor.document
        windows = self._watch.windows(Watched(predictor.version, document))
        report = report_of(self._watch, windows)
        reference = document.reference
        facts = self._registry.facts()
        versions = versions_of(*self._place)
        page = render_template(
            "model/page.html",
            facts=facts,
            document=document,
            figures=figures_of(facts.get("metrics"), document.training, report),
            calibration=calibration_rows(reference.calibration if reference else ()),
            watch=watch_view(windows, report, predictor.schema),
            no_reference=NO_REFERENCE,
            rule=self._watch.monitor.rule,
            matured=matured_view(self._record, predictor.version),
            rollout=rollout_of(*self._place, self._metrics),
            refused=self._registry.report().get("refused"),
            hindrance=self._hindrance(),
            versions=versions,
            has_report=any(
                item.has_report for item in versions if item.version == predictor.version
            ),
        )
        return make_response(page)

    def promote(self) -> Response:
        """Put a version in charge that the gate let pass, wholly or for a share."""
        refuse_other_sites()
        form = request.form
        wish = Wish(
            version=form.get("version", ""),
            actor=caller("page"),
            reason=form.get("reason", ""),
            share=_share(form.get("share", "")),
        )
        self._changes.promote(wish)
        return _back()

    def roll_back(self) -> Response:
        """Put the champion before back in charge, or end the canary."""
        refuse_other_sites()
        form = request.form
        seen = InCharge(form.get("champion", ""), form.get("canary", ""))
        self._changes.roll_back(seen, Note(caller("page"), form.get("reason", "")))
        return _back()

    def register(self, app: Flask, log: EventLog) -> None:
        """Add the page to an app; its errors become pages too."""
        pages = Blueprint("model", "churn_service.web", template_folder="templates")
        pages.add_url_rule(_PAGE, view_func=self.show)
        for path, view in (("promote", self.promote), ("roll-back", self.roll_back)):
            pages.add_url_rule(f"{_PAGE}/{path}", view_func=view, methods=["POST"])
            # where a browser lands that had to sign in first: back to the page and its form
            pages.add_url_rule(f"{_PAGE}/{path}", f"before-{path}", _back, methods=["GET"])
        show_problems_as_pages(pages, log)
        app.register_blueprint(pages)

    def _hindrance(self) -> str:
        """Say why the reader cannot change anything here, "" when nothing hinders."""
        scopes = request.headers.get(KEY_SCOPES)
        if scopes is not None and _SCOPE not in scopes.split():
            return _NO_SCOPE
        return "" if may_write(*self._place) else _READ_ONLY


def _back() -> Response:
    """Lead to the page; a reload there sends nothing twice."""
    return make_response(redirect(f"{_PAGE}#roles", 303))


def _share(text: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError as error:
        raise UnreadableBodyError("The share of the customers is no number.") from error
