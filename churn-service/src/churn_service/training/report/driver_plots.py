"""Drawings of effects and of churn over time."""

from matplotlib.axes import Axes

from churn_service.training.report.effects import Effect, Point
from churn_service.training.report.profile import Profile
from churn_service.training.report.svg import BLUE, GREY, RED, draw

MOST_LEVELS = 12
EFFECT = "effect, logit"


def effect_svg(effect: Effect) -> str:
    """Draw the curve of a number, or a dot and its interval per level."""
    if effect.kind == "number":
        return draw(lambda axes: _curve(axes[0], effect), 3.7, 2.6)
    shown = min(len(effect.points), MOST_LEVELS)
    return draw(lambda axes: _levels(axes[0], effect), 3.7, 1.1 + 0.27 * shown)


def profile_svg(found: Profile) -> str:
    """Draw churn of all customers with intervals, and the mean word of the model."""

    def paint(axes: list[Axes]) -> None:
        (plot,) = axes
        middles = [(entry.low + entry.high) / 2 for entry in found.bins]
        rates = [entry.happened.value for entry in found.bins]
        below = [entry.happened.value - entry.happened.low for entry in found.bins]
        above = [entry.happened.high - entry.happened.value for entry in found.bins]
        plot.errorbar(
            middles,
            rates,
            [below, above],
            color=BLUE,
            fmt="o-",
            markersize=4,
            capsize=2,
            label="left",
        )
        said = [(middle, entry.said) for middle, entry in zip(middles, found.bins, strict=True)]
        known = [(middle, mean) for middle, mean in said if mean is not None]
        plot.plot(
            [middle for middle, _ in known],
            [mean for _, mean in known],
            "x",
            color=RED,
            label="mean probability (test part)",
        )
        plot.set(
            title=f"Churn rate along {found.field}",
            xlabel=f"{found.field}, {found.unit}" if found.unit else found.field,
            ylabel="share that leaves",
            ylim=(0, None),
        )
        plot.legend(loc="best")

    return draw(paint, 6.4, 3.2)


def _curve(plot: Axes, effect: Effect) -> None:
    points = [point for point in effect.points if point.place != ""]
    places = [float(point.place) for point in points]
    plot.axhline(0, color=GREY, linewidth=0.8)
    lows, highs = _limits(points)
    if lows:
        plot.fill_between(places, lows, highs, color=BLUE, alpha=0.2, linewidth=0)
    plot.plot(places, [point.effect for point in points], color=BLUE)
    plot.plot(places, [point.effect for point in points], "|", color=BLUE, markersize=5)
    plot.set(title=effect.field, xlabel=effect.unit or "value", ylabel=EFFECT)


def _levels(plot: Axes, effect: Effect) -> None:
    points = sorted(effect.points, key=lambda point: -abs(point.effect))[:MOST_LEVELS]
    points.sort(key=lambda point: point.effect)
    plot.axvline(0, color=GREY, linewidth=0.8)
    lows, highs = _limits(points)
    for place, (low, high) in enumerate(zip(lows, highs, strict=True)):
        plot.plot([low, high], [place, place], color=GREY, linewidth=1.4)
    for place, point in enumerate(points):
        plot.plot(point.effect, place, "o", color=RED if point.effect > 0 else BLUE, markersize=5)
    plot.set_yticks(range(len(points)), [_short(point.name) for point in points])
    plot.set(title=effect.field, xlabel=EFFECT, ylim=(-0.6, len(points) - 0.4))


def _limits(points: list[Point]) -> tuple[list[float], list[float]]:
    known = [(point.low, point.high) for point in points]
    sure = [(low, high) for low, high in known if low is not None and high is not None]
    return [low for low, _ in sure], [high for _, high in sure]


def _short(name: str) -> str:
    return name if len(name) <= 26 else f"{name[:25]}…"
