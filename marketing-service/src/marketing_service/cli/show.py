"""How campaigns and their targets read on a terminal."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

WIDTH = 100


def counts_line(counts: Mapping[str, int]) -> str:
    """Return the states that have targets, the largest first."""
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    return ", ".join(f"{number:,} {state}" for state, number in ranked if number) or "no targets"


def plan_text(campaign: Mapping[str, Any]) -> str:
    """Return a plan as its reader needs it before a launch."""
    name, digest = campaign["id"], campaign["digest"]
    lines = [f"plan of {name} (nothing is sent yet)", *campaign["plan"].get("lines", [])]
    lines += ["", f"digest {digest}"]
    return "\n".join([*lines, f"next: marketing campaigns launch {name} --expect {digest}"])


def targets_text(targets: Sequence[Mapping[str, Any]]) -> str:
    """Return a page of targets as a table."""
    table = Table(box=None, pad_edge=False)
    for heading in ("customer", "arm", "offer", "churn", "net EUR", "reason", "state", "detail"):
        table.add_column(heading, justify="right" if heading in {"churn", "net EUR"} else "left")
    for target in targets:
        table.add_row(
            str(target["customer_id"]),
            str(target["arm"]),
            str(target["offer"] or ""),
            _number(target["churn_probability"], 3),
            _number(target["net"], 2),
            str(target["reason"]),
            str(target["state"]),
            str(target["detail"] or ""),
        )
    out = io.StringIO()
    Console(file=out, width=WIDTH).print(table)
    return out.getvalue().rstrip() if targets else "no such targets"


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
