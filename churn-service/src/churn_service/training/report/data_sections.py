"""The sections on data, choice of the model, leaks, and what would change."""

from churn_service.training.report.blocks import Section, grid
from churn_service.training.report.facts import Facts
from churn_service.training.report.text import training_steps
from churn_service.training.trained import TrainedModel


def steps_section(model: TrainedModel) -> Section:
    """Return the six steps of the pipeline with their counts."""
    steps = training_steps(model).items()
    return Section(
        "steps", "The six steps", (), steps=tuple((title, tuple(body)) for title, body in steps)
    )


def findings_section(model: TrainedModel) -> Section:
    """Return what the column checks noticed, warnings first."""
    found = sorted(
        model.dataset.findings, key=lambda finding: (finding.level != "warning", finding.column)
    )
    warnings = sum(finding.level == "warning" for finding in found)
    rows = [(finding.column or "the table", finding.level, finding.text) for finding in found]
    return Section(
        "findings",
        "What the data told",
        (f"{len(found)} findings, {warnings} of them warnings." if found else "No findings.",),
        (grid("Findings", ("column", "level", "finding"), rows),) if rows else (),
    )


def leaks_section(facts: Facts) -> Section:
    """Return the leakage checks with their rules."""
    failed = sum(not check.passed for check in facts.leaks)
    rows = [
        (check.name, "passed" if check.passed else "LOOK CLOSER", check.found, check.rule)
        for check in facts.leaks
    ]
    return Section(
        "leaks",
        "Leakage checks",
        (
            f"{failed} of {len(rows)} checks ask for a closer look."
            if failed
            else f"All {len(rows)} checks passed.",
        ),
        (grid("Checks", ("check", "verdict", "found", "rule"), rows),),
    )


def outlook_section(facts: Facts) -> Section:
    """Return what would change the answer."""
    rows = [(change.what, change.then) for change in facts.outlook]
    return Section(
        "outlook",
        "What would change the answer",
        ("Each line changes one thing and measures what follows, on the test part.",),
        (grid("Changes", ("if", "then"), rows),),
    )
