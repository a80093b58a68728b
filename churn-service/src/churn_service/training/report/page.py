"""The report as one HTML file that needs no network and prints well."""

from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from churn_service.training.report.blocks import Section
from churn_service.training.report.comparison_section import comparison_section
from churn_service.training.report.data_sections import (
    findings_section,
    leaks_section,
    outlook_section,
    steps_section,
)
from churn_service.training.report.driver_sections import (
    drivers_section,
    fairness_section,
    profile_section,
    segments_section,
    slices_section,
)
from churn_service.training.report.facts import Facts, sample_sentence
from churn_service.training.report.proportions import percent
from churn_service.training.report.quality_sections import (
    calibration_section,
    money_section,
    quality_section,
    ranking_section,
)
from churn_service.training.trained import TrainedModel


def report_html(model: TrainedModel, facts: Facts) -> str:
    """Return the page; it names no time, host or user."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    document = model.document
    return environment.from_string(_packaged("report.html")).render(
        name=document.name,
        lead=_lead(model, facts),
        headline=_headline(model, facts),
        sections=_sections(model, facts),
        style=Markup(_packaged("report.css")),  # noqa: S704 - our own file
        data_sha256=document.training.data_sha256,
        config_sha256=document.training.config_sha256,
    )


def _packaged(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


def _sections(model: TrainedModel, facts: Facts) -> tuple[Section, ...]:
    return (
        quality_section(model, facts),
        drivers_section(facts),
        segments_section(facts),
        profile_section(facts),
        calibration_section(facts),
        ranking_section(facts),
        money_section(facts),
        comparison_section(model),
        slices_section(facts),
        fairness_section(facts),
        leaks_section(facts),
        outlook_section(facts),
        findings_section(model),
        steps_section(model),
    )


def _lead(model: TrainedModel, facts: Facts) -> str:
    horizon = model.document.horizon_days
    when = f"within {horizon} days" if horizon else "(the training file names no horizon)"
    strongest = ", ".join(effect.field for effect in facts.effects[:3])
    loud = [check.name for check in facts.leaks if not check.passed]
    leaks = f"Look closer at: {', '.join(loud)}." if loud else "No sign of a leak."
    return (
        f"The chance that a customer leaves {when}, learned from "
        f"{model.document.training.rows:,} customers and judged on {model.test.rows:,} others. "
        f"Strongest fields: {strongest}. {leaks} {sample_sentence(facts)}".rstrip()
    )


def _headline(model: TrainedModel, facts: Facts) -> tuple[tuple[str, str], ...]:
    test, calibration = model.test, facts.calibration
    return (
        ("churn rate", percent(calibration.happened.value)),
        ("log loss", f"{test.log_loss:.4f}"),
        ("AUC", f"{test.auc:.4f}"),
        ("calibration error", f"{calibration.error:.4f}"),
        ("lift at 10 %", f"{test.lift_at_10:.2f}"),
        ("EMPC", f"{test.empc:.2f}"),
    )
