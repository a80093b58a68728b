"""Read scores and outcomes from the rows of a file, such as the feedback table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from churn_service.monitoring.matured import ScoredOutcome

SCORES = ("churn_probability", "score")
OUTCOMES = ("churned", "churn", "outcome")
DAYS = ("scored_at", "planned_at", "date")
GROUPS = ("action", "arm")
VERSION = "model_version"
_LEFT = frozenset({"churned", "1", "yes", "true"})
_STAYED = frozenset({"stayed", "0", "no", "false"})
_MOST_PROBLEMS = 20


class OutcomeTableError(ValueError):
    """A table of outcomes cannot be read; the text names columns or lines."""


@dataclass(frozen=True)
class OutcomeColumns:
    """Where a table has score, outcome, day and, if anywhere, group and version."""

    score: int
    outcome: int
    day: int
    group: int | None
    version: int | None = None


class OutcomesRead(NamedTuple):
    """The scored outcomes of a table, and how many rows were left out."""

    outcomes: list[ScoredOutcome]
    without_score: int
    other_versions: int


def find_columns(
    header: Sequence[str],
    *,
    score: str | None = None,
    outcome: str | None = None,
    day: str | None = None,
    group: str | None = None,
) -> OutcomeColumns:
    """Find the columns, by the given names or the usual ones.

    Raises:
        OutcomeTableError: When one is not there, with the names that are.
    """
    return OutcomeColumns(
        score=_find(header, "score", _asked_or(score, SCORES)),
        outcome=_find(header, "outcome", _asked_or(outcome, OUTCOMES)),
        day=_find(header, "date", _asked_or(day, DAYS)),
        group=_find(header, "group", (group,)) if group else _first(header, GROUPS),
        version=_first(header, (VERSION,)),
    )


def read_outcomes(
    columns: OutcomeColumns,
    rows: Iterable[tuple[int, Sequence[str]]],
    *,
    version: str | None = None,
) -> OutcomesRead:
    """Return the scored outcomes, and how many rows were left out.

    Args:
        columns: Where everything is.
        rows: Line number and cells of each row.
        version: Leave out what other versions have scored, if the table tells.

    Raises:
        OutcomeTableError: Naming the lines that cannot be read.
    """
    found, problems = [], []
    without_score = other_versions = 0
    for line, cells in rows:
        if not cells[columns.score]:
            without_score += 1
        elif _is_of_another(columns, cells, version):
            other_versions += 1
        else:
            try:
                found.append(_outcome(columns, cells))
            except ValueError as error:
                problems.append(f"line {line}: {error}")
    if problems:
        more = f"; and {len(problems) - _MOST_PROBLEMS} more" * (len(problems) > _MOST_PROBLEMS)
        raise OutcomeTableError("; ".join(problems[:_MOST_PROBLEMS]) + more)
    return OutcomesRead(found, without_score, other_versions)


def _is_of_another(columns: OutcomeColumns, cells: Sequence[str], version: str | None) -> bool:
    return bool(version) and columns.version is not None and cells[columns.version] != version


def _outcome(columns: OutcomeColumns, cells: Sequence[str]) -> ScoredOutcome:
    score = float(cells[columns.score])
    if not 0 <= score <= 1:
        raise ValueError(f"a score lies between 0 and 1, not at {cells[columns.score]}")
    return ScoredOutcome(
        score=score,
        day=_day(cells[columns.day]),
        churned=_churned(cells[columns.outcome]),
        group="" if columns.group is None else cells[columns.group],
    )


def _day(cell: str) -> date:
    return datetime.fromisoformat(cell).date()


def _churned(cell: str) -> bool | None:
    word = cell.lower()
    if not word:
        return None
    if word in _LEFT | _STAYED:
        return word in _LEFT
    raise ValueError(
        f"the outcome {cell!r} is none of {', '.join(sorted(_LEFT | _STAYED))}; "
        "leave it empty while it is not known"
    )


def _asked_or(name: str | None, usual: Sequence[str]) -> Sequence[str]:
    return (name,) if name else usual


def _first(header: Sequence[str], names: Sequence[str]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _find(header: Sequence[str], what: str, names: Sequence[str]) -> int:
    place = _first(header, names)
    if place is None:
        raise OutcomeTableError(_missing(what, names, header))
    return place


def _missing(what: str, names: Sequence[str], header: Sequence[str]) -> str:
    return (
        f"no column for the {what}: looked for {', '.join(names)} "
        f"among {', '.join(header)}; name it with --{what}"
    )
