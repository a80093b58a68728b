"""The sections on what drives churn, and on whom the model treats how."""

from collections.abc import Iterator

from churn_service.training.report.blocks import Grid, Plot, Section, grid
from churn_service.training.report.driver_plots import effect_svg, profile_svg
from churn_service.training.report.effects import Effect, Point
from churn_service.training.report.facts import Facts
from churn_service.training.report.pair_effects import Corner
from churn_service.training.report.proportions import percent, share_text
from churn_service.training.report.slices import LOUD, Slice

DRAWN = 12
_TOLD = 50
_SLICES = 12


def drivers_section(facts: Facts) -> Section:
    """Return the effect of every field, strongest first."""
    exact = all(effect.exact for effect in facts.effects)
    summary = grid(
        "Fields by strength",
        ("field", "strength", "raises the risk most", "lowers it most"),
        [
            (effect.field, f"{effect.strength:.3f}", *_ends(effect))
            for effect in facts.effects[:_TOLD]
        ],
    )
    how = (
        "These are the served curves and weights themselves, in logit units against the average "
        "customer: 0.7 doubles the odds. Bands and brackets are 95 % of a bootstrap of the fit."
        if exact
        else "The model is no sum of fields. Shown is the mean answer when one value changes for "
        "many customers; brackets hold 95 % of the customers, so wide ones mean that the effect "
        "depends on other fields."
    )
    return Section(
        "drivers",
        "What drives churn",
        (how, "An effect is an association in this table, not a promise of what an action does."),
        (summary, *_pairs(facts), *(_effect_plot(effect) for effect in facts.effects[:DRAWN])),
    )


def segments_section(facts: Facts) -> Section:
    """Return what sets the segments of the strongest fields apart."""
    rows = [
        (
            f"{segment.field}: {segment.group}",
            f"{segment.happened.rows:,}",
            share_text(segment.happened),
            percent(segment.said),
            "; ".join(
                f"{driver.field} {driver.share:+.2f} [{driver.low:+.2f}, {driver.high:+.2f}]"
                for driver in segment.drivers
            ),
        )
        for segment in facts.segments
    ]
    header = ("segment", "customers", "left [95 %]", "said", "mean share of the logit [95 %]")
    return Section(
        "segments",
        "What drives churn in each segment",
        (
            "Segments are the levels of the two strongest fields with levels, on the test part. "
            "Listed is what sets their customers apart beside the level itself: a positive share "
            "raises the risk above the average customer's."
            if rows
            else "No level of the strongest fields has 200 test customers.",
        ),
        (grid("Segments", header, rows),) if rows else (),
    )


def profile_section(facts: Facts) -> Section:
    """Return churn over time as a customer, or along the strongest number."""
    found = facts.profile
    if found is None:
        return Section("profile", "Churn over time", ("The table has no number.",))
    rows = [
        (
            f"{entry.low:,.6g} to {entry.high:,.6g}",
            f"{entry.happened.rows:,}",
            share_text(entry.happened),
            "" if entry.said is None else percent(entry.said),
        )
        for entry in found.bins
    ]
    twin = grid(found.field, (found.unit or "range", "customers", "left [95 %]", "said"), rows)
    why = (
        f"{found.field} counts time ({found.unit})."
        if found.is_time
        else f"No number has a unit of time, so this is {found.field}, the strongest number. "
        'Set unit = "months" (or days, weeks, years) for the number that counts time.'
    )
    return Section(
        "profile",
        f"Churn along {found.field}",
        (why,),
        (
            Plot(
                profile_svg(found),
                f"Churn along {found.field}: " + "; ".join(f"{row[0]}: {row[2]}" for row in rows),
                "All customers; groups hold about equally many where the values allow it.",
                twin,
            ),
        ),
    )


def slices_section(facts: Facts) -> Section:
    """Return the groups for which the model is worst."""
    loud = sum(abs(entry.score) > LOUD for entry in facts.slices)
    header = ("slice", "customers", "left [95 %]", "said", "gap (noise)", "AUC [95 %]", "log loss")
    return Section(
        "slices",
        "Where the model is worst",
        (
            (
                f"Levels and quarters of numbers with at least 200 test customers: "
                f"{len(facts.slices)}. {loud or 'None'} of them "
                f"{'misses' if loud == 1 else 'miss'} by more than three standard errors. "
                "The largest gaps come first; among many slices some reach two by chance. "
                "Levels of exactly the same customers are one slice."
            ),
        ),
        (grid("Slices", header, map(_slice_row, facts.slices[:_SLICES])),) if facts.slices else (),
    )


def fairness_section(facts: Facts) -> Section:
    """Return selection, calibration and errors per group of sensitive fields."""
    if not facts.fairness:
        return Section(
            "fairness",
            "Fairness",
            (
                (
                    "No field is marked sensitive = true in the training file, so nothing is "
                    "compared. Mark age, sex, origin and the like under [columns.NAME], whether "
                    "or not you think that the model may use them."
                ),
            ),
        )
    header = (
        "group", "customers", "selected [95 %]", "ratio", "left [95 %]", "said",
        "leavers missed [95 %]", "stayers selected [95 %]", "note",
    )  # fmt: skip
    rows = [
        (
            f"{entry.field}: {entry.group}",
            f"{entry.selected.rows:,}",
            share_text(entry.selected),
            f"{entry.ratio:.2f}",
            share_text(entry.happened),
            percent(entry.said),
            share_text(entry.missed),
            share_text(entry.false_alarms),
            "too small to judge" if entry.small else "ratio below 0.8" if entry.ratio < 0.8 else "",
        )
        for entry in facts.fairness
    ]
    return Section(
        "fairness",
        "Fairness",
        (
            (
                "Fields marked sensitive, at the served threshold, on the test part. The ratio "
                "compares the share selected with the group that is selected most; below 0.8 look "
                "closer. Different shares may follow from different churn: compare said with "
                "left, and the errors, before calling it unfair."
            ),
        ),
        (grid("Groups", header, rows),),
    )


def _pairs(facts: Facts) -> Iterator[Grid]:
    if facts.pairs:
        yield grid(
            "Pairs of fields that act together, on top of both alone",
            ("fields", "strength", "raises the risk most", "lowers it most"),
            [
                (
                    " x ".join(pair.fields),
                    f"{pair.strength:.3f}",
                    _corner_text(pair.highest),
                    _corner_text(pair.lowest),
                )
                for pair in facts.pairs
            ],
        )


def _corner_text(corner: Corner) -> str:
    return f"{corner.first} with {corner.second} {corner.effect:+.2f}"


def _effect_plot(effect: Effect) -> Plot:
    raises, lowers = _ends(effect)
    return Plot(
        effect_svg(effect),
        f"Effect of {effect.field}: highest at {raises}, lowest at {lowers}.",
        "",
        _effect_twin(effect),
    )


def _effect_twin(effect: Effect) -> Grid:
    rows = [(point.name, _effect_text(point)) for point in effect.points[:_TOLD]]
    return grid(effect.field, (effect.unit or "value", "effect [95 %]"), rows)


def _ends(effect: Effect) -> Iterator[str]:
    ranked = sorted(effect.points, key=lambda point: point.effect)
    for point in (ranked[-1], ranked[0]):
        yield f"{point.name} {effect.unit}".strip() + f" {_effect_text(point)}"


def _effect_text(point: Point) -> str:
    if point.low is None or point.high is None:
        return f"{point.effect:+.2f}"
    return f"{point.effect:+.2f} [{point.low:+.2f}, {point.high:+.2f}]"


def _slice_row(entry: Slice) -> tuple[str, ...]:
    auc = "one outcome" if entry.auc is None else "{:.3f} [{:.3f}, {:.3f}]".format(*entry.auc)
    loud = " !" if abs(entry.score) > LOUD else ""
    twins = f" (and {len(entry.twins)} alike)" if entry.twins else ""
    return (
        f"{entry.field}: {entry.group}{twins}",
        f"{entry.happened.rows:,}",
        share_text(entry.happened),
        percent(entry.said),
        f"{100 * entry.gap:+.1f} (±{100 * entry.gap_limit:.1f}) points{loud}",
        auc,
        f"{entry.log_loss:.4f}",
    )
