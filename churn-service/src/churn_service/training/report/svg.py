"""Draw with matplotlib into an SVG whose bytes depend on the numbers only."""

import io
import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

BLUE, RED, GREY, GREEN = "#1f5fa8", "#b5342b", "#6b7280", "#2f7d4f"
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "churn",
    "svg.fonttype": "none",
    "font.size": 9.0,
    "font.family": "DejaVu Sans",
    "text.parse_math": False,
    "axes.edgecolor": "#9ca3af",
    "axes.labelcolor": "#374151",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e5e7eb",
    "grid.linewidth": 0.7,
    "xtick.color": "#374151",
    "ytick.color": "#374151",
    "legend.frameon": False,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
}
_MARKS = re.compile(r'(?<= id=")|(?<=url\(#)|(?<=href="#)')

Painter = Callable[[list[Axes]], None]


def draw(
    paint: Painter, width: float, height: float, *, panels: int = 1, ratios: tuple[float, ...] = ()
) -> str:
    """Return the SVG element of a figure.

    Args:
        paint: Draws on the axes.
        width: Width in inches.
        height: Height in inches.
        panels: Number of axes side by side, or with `ratios` below each other.
        ratios: Relative heights of axes that share their horizontal axis.
    """
    with mpl.rc_context({**mpl.rcParamsDefault, **_STYLE}):
        figure = Figure(figsize=(width, height), layout="constrained")
        if ratios:
            axes = figure.subplots(len(ratios), 1, sharex=True, height_ratios=ratios)
        else:
            axes = figure.subplots(1, panels)
        paint(list(np.atleast_1d(axes).ravel()))
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    return _embedded(file.getvalue())


def _embedded(text: str) -> str:
    """Return the bare element, its ids unlike those of any other drawing."""
    element = text[text.index("<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>\s*", "", element, flags=re.DOTALL)
    element = element.replace("'DejaVu Sans'", "system-ui, 'DejaVu Sans', sans-serif")
    prefix = "f" + sha256(element.encode()).hexdigest()[:8] + "-"
    return _MARKS.sub(prefix, element)
