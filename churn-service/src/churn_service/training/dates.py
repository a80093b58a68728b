"""ISO dates as ages in days."""

from collections.abc import Sequence
from datetime import date


def ages_in_days(cells: Sequence[str], snapshot: date) -> list[str]:
    """Return the days from each date to the snapshot; cells that are no dates stay."""
    known = {cell: _age(cell, snapshot) for cell in dict.fromkeys(cells)}
    return [known[cell] for cell in cells]


def _age(cell: str, snapshot: date) -> str:
    try:
        return str((snapshot - date.fromisoformat(cell[:10])).days)
    except ValueError:
        return cell
