"""Drawings of calibration, ranking and money."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from churn_service.training.report.curves import Curves
from churn_service.training.report.profit import Money
from churn_service.training.report.reliability import Reliability
from churn_service.training.report.svg import BLUE, GREEN, GREY, RED, draw


def reliability_svg(found: Reliability, ranking: Curves) -> str:
    """Draw said against happened, with a band of noise, above the scores."""

    def paint(axes: list[Axes]) -> None:
        top, bottom = axes
        said = [entry.said for entry in found.bins]
        top.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle="--")
        lows, highs = [[getattr(entry, key) for entry in found.bins] for key in ("low", "high")]
        top.fill_between(
            said, lows, highs, color=GREY, alpha=0.25, linewidth=0, label="noise, 95 %"
        )
        rates = [entry.happened.value for entry in found.bins]
        below = [entry.happened.value - entry.happened.low for entry in found.bins]
        above = [entry.happened.high - entry.happened.value for entry in found.bins]
        top.errorbar(said, rates, [below, above], color=BLUE, fmt="o-", markersize=4, capsize=2)
        top.set(title="Said and happened", xlim=(0, 1), ylim=(0, 1), ylabel="share that left")
        top.legend(loc="upper left")
        widths = [entry.high - entry.low for entry in ranking.scores]
        counts = [entry.stayed + entry.churned for entry in ranking.scores]
        lefts = [entry.low for entry in ranking.scores]
        bottom.bar(lefts, counts, widths, align="edge", color=BLUE, alpha=0.6)
        bottom.set(xlabel="churn probability said by the model", ylabel="customers")

    return draw(paint, 5.6, 5.2, ratios=(3.2, 1.0))


def ranking_svg(found: Curves, base_rate: float) -> str:
    """Draw ROC beside precision over recall."""

    def paint(axes: list[Axes]) -> None:
        roc, precision = axes
        roc.plot(*_columns(found.roc), color=BLUE)
        roc.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle="--")
        roc.set(title="ROC", xlabel="share of stayers selected", ylabel="share of leavers found")
        precision.plot(*_columns(found.precision_recall), color=BLUE)
        precision.axhline(base_rate, color=GREY, linewidth=0.8, linestyle="--")
        precision.set(
            title="Precision and recall",
            xlabel="share of leavers found",
            ylabel="share of leavers among selected",
            ylim=(0, 1.02),
        )

    return draw(paint, 7.6, 3.5, panels=2)


def gains_svg(found: Curves) -> str:
    """Draw cumulative gains beside lift."""

    def paint(axes: list[Axes]) -> None:
        gains, lift = axes
        shares = [gain.share for gain in found.gains]
        gains.plot([0.0, *shares], [0.0, *(gain.found for gain in found.gains)], color=BLUE)
        gains.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle="--")
        gains.set(
            title="Gains", xlabel="share of customers reached", ylabel="share of leavers found"
        )
        lift.plot(shares, [gain.lift for gain in found.gains], color=BLUE, marker="o", markersize=3)
        lift.axhline(1, color=GREY, linewidth=0.8, linestyle="--")
        lift.set(title="Lift", xlabel="share of customers reached", ylabel="times the average rate")

    return draw(paint, 7.6, 3.5, panels=2)


def cost_svg(found: Money) -> str:
    """Draw the cost per customer over all thresholds."""

    def paint(axes: list[Axes]) -> None:
        (plot,) = axes
        cuts = [point.threshold for point in found.points]
        plot.plot(cuts, [point.cost for point in found.points], color=BLUE)
        plot.axhline(
            found.nobody, color=GREY, linewidth=0.8, linestyle="--", label="offer to nobody"
        )
        plot.axhline(
            found.everybody, color=GREY, linewidth=0.8, linestyle=":", label="to everybody"
        )
        for point, color, text in (
            (found.rule, GREEN, f"offer / miss = {found.rule.threshold:.2f}"),
            (found.served, RED, f"served threshold {found.served.threshold:.2f}"),
        ):
            plot.plot(point.threshold, point.cost, "o", color=color, label=text)
        plot.set(
            title="Cost of a threshold",
            xlabel="threshold of the probability",
            ylabel="cost per customer, money",
            ylim=(0, None),
        )
        plot.legend(loc="lower right")

    return draw(paint, 6.4, 3.5)


def profit_svg(found: Money) -> str:
    """Draw the profit per customer over the share of customers reached."""

    def paint(axes: list[Axes]) -> None:
        (plot,) = axes
        shares = [point.share for point in found.profits]
        plot.plot(shares, [point.per_customer for point in found.profits], color=BLUE)
        plot.axhline(0, color=GREY, linewidth=0.8)
        plot.plot(
            found.mpc.share,
            found.mpc.per_customer,
            "o",
            color=GREEN,
            label=f"best: {found.mpc.share:.0%} reached",
        )
        plot.set(
            title="Profit of a campaign",
            xlabel="share of customers reached, highest scores first",
            ylabel="profit per customer, money",
            xlim=(0, 1),
        )
        plot.legend(loc="best")

    return draw(paint, 6.4, 3.5)


def scores_svg(found: Curves) -> str:
    """Draw the scores of leavers and stayers."""

    def paint(axes: list[Axes]) -> None:
        (plot,) = axes
        lefts = [entry.low for entry in found.scores]
        width = found.scores[0].high - found.scores[0].low
        stayed = [entry.stayed for entry in found.scores]
        left = [entry.churned for entry in found.scores]
        plot.bar(lefts, stayed, width, align="edge", color=BLUE, alpha=0.55, label="stayed")
        plot.bar(lefts, left, width, stayed, align="edge", color=RED, alpha=0.75, label="left")
        plot.set(
            title="Scores of leavers and stayers",
            xlabel="churn probability",
            ylabel="customers",
            xlim=(0, 1),
        )
        plot.legend(loc="upper right")

    return draw(paint, 6.4, 3.0)


def _columns(line: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [point[0] for point in line], [point[1] for point in line]
