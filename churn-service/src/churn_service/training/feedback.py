"""Rows of campaigns, chosen and weighted so that contacts do not bend the model.

A customer who was contacted no longer shows what happens without contact, so only rows
without contact teach. They are not like everybody: of the customers a campaign selects
only the control group is left. Each row therefore counts as often as its kind was held
back: 1 / P(no contact), at most 20.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from churn_service.training.content import is_number
from churn_service.training.errors import DataError
from churn_service.training.table import Table

ATTRIBUTE = "attrs."
LARGEST_WEIGHT = 20.0
_MARKS = frozenset({"campaign_id", "arm", "propensity", "attributes_hash"})
_NEEDED = (
    "customer_id", "campaign_id", "arm", "action", "propensity", "planned_at", "outcome",
    "window_end", "attributes_hash",
)  # fmt: skip
_FORMULA_STARTS = ("'=", "'+", "'-", "'@")


@dataclass(frozen=True)
class FeedbackRow:
    """One customer of one campaign; `attributes` in canonical names and spellings.

    `propensity` is the chance of what was done to the customer: of the contact when
    `contacted`, else of being left alone.
    """

    line: int
    customer: str
    campaign: str
    contacted: bool
    propensity: float
    begins: datetime
    ends: datetime
    outcome: str
    attributes: Mapping[str, str] | None


@dataclass(frozen=True)
class Lesson:
    """A customer nobody wrote to, and how many customers the row stands for."""

    customer: str
    churned: bool
    weight: float
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class Lessons:
    """What a feedback file teaches; `left_out` counts the other rows by reason."""

    rows: tuple[Lesson, ...]
    read: int
    left_out: Mapping[str, int]
    clipped: int

    def sentences(self) -> list[str]:
        """Say in words what was read, what was used and why the rest was not."""
        reasons = [f"{count:,} {reason}" for reason, count in self.left_out.items()]
        lines = [f"{self.read:,} rows of campaigns read, {len(self.rows):,} of them used"]
        if reasons:
            lines.append("left out: " + ", ".join(reasons))
        if self.rows:
            weights = [row.weight for row in self.rows]
            alone = sum(weights) ** 2 / sum(weight**2 for weight in weights)
            lines.append(
                f"weights from {min(weights):.2f} to {max(weights):.2f}, "
                f"{self.clipped:,} cut at {LARGEST_WEIGHT:g}; "
                f"worth {alone:,.0f} rows of equal weight"
            )
        return lines


def is_feedback(table: Table) -> bool:
    """Tell an export of marketing-service, even a cut one, from a table of customers."""
    return len(_MARKS.intersection(table.names)) > 1


def learn_from(table: Table, *, as_of: datetime) -> Lessons:
    """Choose and weight the rows of a feedback export.

    Left out are contacted customers, windows that are open at `as_of`, rows without a
    known outcome or without attributes, and customers whom another campaign contacted
    within the same time.

    Raises:
        DataError: A column is missing, a cell cannot be read, or a campaign contacted
            everybody it selected, so that nobody shows what happens without contact.
    """
    rows = list(_read(table))
    _refuse_without_control(rows)
    together: defaultdict[str, list[FeedbackRow]] = defaultdict(list)
    for row in rows:
        together[row.customer].append(row)
    left_out: Counter[str] = Counter()
    lessons, clipped = [], 0
    for row in rows:
        overlapping = [other for other in together[row.customer] if _overlap(row, other)]
        reason = _reason_against(row, as_of) or _contact_among(overlapping)
        if reason is not None:
            left_out[reason] += 1
            continue
        weight = _weight(overlapping)
        clipped += weight > LARGEST_WEIGHT
        lessons.append(_lesson(row, min(weight, LARGEST_WEIGHT)))
    return Lessons(tuple(lessons), len(rows), dict(left_out), clipped)


def _contact_among(overlapping: list[FeedbackRow]) -> str | None:
    if any(other.contacted for other in overlapping):
        return "contacted by another campaign at the same time"
    return None


def _reason_against(row: FeedbackRow, as_of: datetime) -> str | None:
    if row.contacted:
        return "contacted"
    if row.ends > as_of:
        return "whose window is open"
    if row.outcome not in {"churned", "stayed"}:
        return "without known outcome"
    return "without attributes of the day of the plan" if row.attributes is None else None


def _overlap(row: FeedbackRow, other: FeedbackRow) -> bool:
    return row is other or (row.begins < other.ends and other.begins < row.ends)


def _weight(overlapping: list[FeedbackRow]) -> float:
    """Return 1 / P(no campaign of that time contacts the customer)."""
    chance = 1.0
    for row in overlapping:
        chance *= row.propensity
    return 1 / chance


def _lesson(row: FeedbackRow, weight: float) -> Lesson:
    return Lesson(row.customer, row.outcome == "churned", weight, row.attributes or {})


def _refuse_without_control(rows: list[FeedbackRow]) -> None:
    certain = Counter(row.campaign for row in rows if row.contacted and row.propensity >= 1)
    if certain:
        campaign, count = certain.most_common(1)[0]
        raise DataError(
            f"campaign {campaign} contacted everybody it selected ({count:,} customers with "
            "propensity 1): without control group or exploration nobody shows what happens "
            "without contact; leave this campaign out, and plan the next with "
            "[control] campaign_share above 0"
        )


def _read(table: Table) -> Iterator[FeedbackRow]:
    places = _places(table)
    attributes = {
        name.removeprefix(ATTRIBUTE): index
        for index, name in enumerate(table.names)
        if name.startswith(ATTRIBUTE)
    }
    for line, cells in zip(table.lines, table.rows, strict=True):
        cell = {name: _plain(cells[index]) for name, index in places.items()}
        known = {name: _plain(cells[index]) for name, index in attributes.items()}
        yield FeedbackRow(
            line=line,
            customer=cell["customer_id"],
            campaign=cell["campaign_id"],
            contacted=cell["action"] != "none",
            propensity=_propensity(line, cell["propensity"]),
            begins=_instant(line, "planned_at", cell["planned_at"]),
            ends=_instant(line, "window_end", cell["window_end"]),
            outcome=cell["outcome"],
            attributes=known if cell["attributes_hash"] else None,
        )


def _places(table: Table) -> dict[str, int]:
    missing = [name for name in _NEEDED if name not in table.names]
    if missing:
        raise DataError(
            f"the feedback has no column {', '.join(missing)}; "
            "export it again: marketing feedback export"
        )
    return {name: table.names.index(name) for name in _NEEDED}


def _plain(cell: str) -> str:
    # the export puts an apostrophe before what a spreadsheet would run as a formula
    return cell[1:] if cell.startswith(_FORMULA_STARTS) else cell


def _propensity(line: int, cell: str) -> float:
    if not is_number(cell) or not 0 < float(cell) <= 1:
        raise DataError(
            f"line {line}: the propensity must lie above 0 and not above 1, it is {cell!r}; "
            "a row without it cannot be weighted"
        )
    return float(cell)


def _instant(line: int, column: str, cell: str) -> datetime:
    try:
        found = datetime.fromisoformat(cell)
    except ValueError:
        raise DataError(f"line {line}: {column} is no instant but {cell!r}") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
