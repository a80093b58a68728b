"""The sections on how good the model is."""

from collections.abc import Iterator, Sequence
from dataclasses import fields

from churn_service.training.metrics import METRIC_LABELS, Metrics, metric_text
from churn_service.training.report.blocks import Grid, Plot, Section, grid
from churn_service.training.report.curves import Curves
from churn_service.training.report.facts import Facts
from churn_service.training.report.intervals import IntervalRow
from churn_service.training.report.profit import Money
from churn_service.training.report.proportions import percent, share_text
from churn_service.training.report.quality_plots import (
    cost_svg,
    gains_svg,
    profit_svg,
    ranking_svg,
    reliability_svg,
    scores_svg,
)
from churn_service.training.trained import TrainedModel


def quality_section(model: TrainedModel, facts: Facts) -> Section:
    """Return the measures on validation and test part."""
    rows = [
        (
            METRIC_LABELS[field.name],
            metric_text(field.name, getattr(model.validation, field.name)),
            metric_text(field.name, getattr(model.test, field.name)),
        )
        for field in fields(Metrics)
    ]
    return Section(
        "quality",
        "How good is it?",
        (
            (
                "The test part was never learned from, nor chosen by. Log loss decides between "
                "models; AUC says how well customers are ranked, the slope whether probabilities "
                "are too bold (below 1) or too shy (above 1)."
            ),
            *_interval_sentence(facts.intervals),
        ),
        (grid("Quality", ("measure", "validation", "test"), rows), *_intervals(facts.intervals)),
    )


def _interval_sentence(found: Sequence[IntervalRow]) -> Iterator[str]:
    if found:
        middle = found[len(found) // 2]
        yield (
            f"How sure a probability is: of 100 customers to whom the model gives "
            f"{percent(middle.probability, 0)}, {100 * middle.low:.0f} to {100 * middle.high:.0f} "
            "leave. Every answer of the service carries its interval."
        )


def _intervals(found: Sequence[IntervalRow]) -> Iterator[Grid]:
    """Yield what probabilities mean for 100 customers, where the model knows."""
    if found:
        yield grid(
            f"Of 100 customers with this probability ({found[0].level:.0%} certain)",
            ("probability", "so many leave"),
            [
                (percent(row.probability, 0), f"{100 * row.low:.0f} to {100 * row.high:.0f}")
                for row in found
            ],
        )


def calibration_section(facts: Facts) -> Section:
    """Return whether a probability means what it says."""
    found = facts.calibration
    within = found.error <= found.error_limit
    rows = [
        (percent(entry.said), share_text(entry.happened), f"{entry.happened.rows:,}")
        for entry in found.bins
    ]
    twin = grid("Calibration by tenths", ("said", "left [95 %]", "customers"), rows)
    verdict = (
        "within what chance alone would show: no sign of miscalibration."
        if within
        else "more than chance alone would show in 19 of 20 cases: do not take probabilities at "
        "their word before it is calibrated again."
    )
    plot = Plot(
        reliability_svg(found, facts.ranking),
        "Calibration: said probability against the share that left, in ten groups. "
        + "; ".join(f"said {row[0]}, left {row[1]}" for row in rows),
        "Dots on the dashed line are perfect. The band holds 95 % of the rates that a perfect "
        "model would show with as many customers; bars are 95 % intervals of what happened.",
        twin,
    )
    return Section(
        "calibration",
        "Calibration",
        (
            (
                f"On average the model said {percent(found.said)}, and "
                f"{share_text(found.happened)} left. The mean distance over ten groups (ECE) is "
                f"{found.error:.4f}; a perfect model stays below {found.error_limit:.4f} in 95 % "
                f"of the cases. That is {verdict}"
            ),
        ),
        (plot,),
    )


def ranking_section(facts: Facts) -> Section:
    """Return ROC, precision and recall, gains, lift and scores."""
    found = facts.ranking
    gains = grid(
        "Gains and lift",
        ("customers reached", "leavers found", "lift", "lowest probability"),
        [
            (percent(gain.share, 0), percent(gain.found), f"{gain.lift:.2f}",
             f"{gain.lowest_probability:.3f}")
            for gain in found.gains
        ],
    )  # fmt: skip
    tenth = next(gain for gain in found.gains if gain.share >= 0.1)
    return Section(
        "ranking",
        "Ranking: ROC, precision, gains, lift",
        (
            (
                f"AUC {found.auc:.4f}, 95 % interval {found.auc_low:.4f} to {found.auc_high:.4f}. "
                f"The tenth with the highest scores holds {percent(tenth.found)} of all leavers, "
                f"{tenth.lift:.2f} times its share."
            ),
        ),
        (
            Plot(
                ranking_svg(found, facts.calibration.happened.value),
                f"ROC curve with AUC {found.auc:.3f}, beside precision over recall.",
                "Dashed: a ranking by chance.",
                _curve_twin(facts),
            ),
            Plot(
                gains_svg(found),
                f"Gains and lift: the first tenth finds {percent(tenth.found)} of the leavers.",
                "Customers are reached from the highest score down.",
                gains,
            ),
            Plot(
                scores_svg(found),
                "Histogram of churn probabilities, leavers stacked on stayers.",
                "Leavers on top of stayers, in steps of five per cent.",
                _scores_twin(found),
            ),
        ),
    )


def money_section(facts: Facts) -> Section:
    """Return the cost curve and the worth of the ranking."""
    found = facts.money
    named = (
        ("offer to nobody", found.nobody, "", ""),
        ("offer to everybody", found.everybody, "", ""),
        *(
            (name, point.cost, f"{point.offers:,}", f"{point.missed:,}")
            for name, point in (
                (f"threshold {found.served.threshold:g}, as served", found.served),
                (f"threshold {found.rule.threshold:g} = offer / miss", found.rule),
                (f"threshold {found.best.threshold:g}, best on these rows", found.best),
            )
        ),
    )
    twin = grid(
        f"Cost per customer: a missed leaver {found.miss:,.0f}, an offer {found.offer:,.0f}",
        ("rule", "cost", "offers", "leavers missed"),
        [(name, f"{cost:.2f}", offers, missed) for name, cost, offers, missed in named],
    )
    saved = 1 - found.rule.cost / found.served.cost if found.served.cost else 0.0
    return Section(
        "money",
        "What a threshold costs",
        (
            (
                f"Example prices: a leaver without an offer costs {found.miss:,.0f}, an offer "
                f"{found.offer:,.0f}. The threshold offer / miss = {found.rule.threshold:.2f} "
                f"needs no data and costs {percent(saved)} less than the served "
                f"{found.served.threshold:g}; the best one on these rows is chosen after the fact. "
                "Campaigns decide by money per customer, not by this threshold."
            ),
            (
                f"EMPC {found.empc.per_customer:.2f} per customer when the best "
                f"{percent(found.empc.share)} get an offer (worth 200, incentive 10, contact 1, "
                f"acceptance Beta(6, 14)); MPC {found.mpc.per_customer:.2f} at a fixed acceptance "
                "of 0.3. Both guard against a useless ranking; they do not separate good models."
            ),
        ),
        (
            Plot(
                cost_svg(found),
                f"Cost per customer over thresholds; lowest {found.best.cost:.2f} at "
                f"{found.best.threshold:.2f}.",
                "Costs on the test part.",
                twin,
            ),
            _profit_plot(found),
        ),
    )


def _profit_plot(found: Money) -> Plot:
    twenty = found.profits[:: max(1, len(found.profits) // 20)]
    rows = [(percent(point.share, 0), f"{point.per_customer:.2f}") for point in twenty]
    return Plot(
        profit_svg(found),
        f"Profit per customer over the share reached; highest {found.mpc.per_customer:.2f} at "
        f"{percent(found.mpc.share, 0)}.",
        "A leaver is worth 200 and stays with a chance of 0.3, an offer costs 10 when it is taken "
        "and 1 to make; stayers always take it.",
        grid("Profit", ("customers reached", "profit per customer"), rows),
    )


def _curve_twin(facts: Facts) -> Grid:
    points = facts.ranking.roc[:: max(1, len(facts.ranking.roc) // 20)]
    return grid(
        "ROC",
        ("stayers selected", "leavers found"),
        [(percent(across), percent(up)) for across, up in points],
    )


def _scores_twin(found: Curves) -> Grid:
    return grid(
        "Scores",
        ("probability", "stayed", "left"),
        [
            (f"{entry.low:.2f} to {entry.high:.2f}", f"{entry.stayed:,}", f"{entry.churned:,}")
            for entry in found.scores
        ],
    )
