"""Turn one column of text into a field of the schema, with findings."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Literal

from churn_contract.schema import Field, canonical_name
from churn_service.training.config import ColumnConfig
from churn_service.training.content import (
    is_addresses,
    is_boolean,
    is_codes,
    is_constant,
    is_id_like,
    is_numeric,
    is_row_number,
)
from churn_service.training.dates import (
    AmbiguousDatesError,
    DateForm,
    ages_in_days,
    find_date_form,
    is_dates,
)
from churn_service.training.errors import DataError
from churn_service.training.findings import Finding, accepted, finding
from churn_service.training.level_field import level_field
from churn_service.training.number_field import number_field
from churn_service.training.numbers import (
    AmbiguousNumbersError,
    Reading,
    find_reading,
)
from churn_service.training.table import most_common


@dataclass(frozen=True)
class Column:
    """One column: its raw name, its trimmed cells and what config overrules.

    `snapshot` is the day that dates are counted to, when there is one.
    """

    raw: str
    cells: Sequence[str]
    config: ColumnConfig
    snapshot: date | None = None

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each filled cell occurs."""
        counts = Counter(self.cells)
        counts.pop("", None)
        return counts

    def accepts(self, rule: str) -> bool:
        """Whether the training file accepts what this rule finds here."""
        return rule in self.config.allow

    def judged(self, found: Finding) -> Finding:
        """Return a finding, as accepted where the training file does so."""
        return accepted(found) if self.accepts(found.rule) else found


@dataclass(frozen=True)
class Inferred:
    """The field that a column is, its cells as the validator reads them, and findings."""

    field: Field
    cells: Sequence[str]
    findings: tuple[Finding, ...]


def infer_field(column: Column) -> Inferred:
    """Return the field that a column's content makes it, and what was noticed.

    Findings of the level error are returned, too; the caller stops at them.

    Raises:
        DataError, ConfigError: Naming the column and the cure.
    """
    findings: list[Finding] = []
    kept = _prepared(column, findings)
    role = "ignored" if kept is None else _without_feature(kept, findings)
    if kept is None or role is not None:
        return Inferred(_no_feature(column, role or "ignored"), (), tuple(findings))
    build = number_field if _is_number(kept) else level_field
    made, noticed = build(kept.raw, kept.cells, kept.config, kept.counts)
    found = tuple(map(column.judged, [*findings, *noticed]))
    return Inferred(made or _no_feature(column, "ignored"), kept.cells, found)


def _prepared(column: Column, findings: list[Finding]) -> Column | None:
    """Return the column with dates as ages and numbers in plain spelling."""
    given = column.config.type
    if given == "ignore" or not column.counts:
        return column
    if given == "date" or (given is None and is_dates(column.counts)):
        return _dated(column, findings)
    if given in {"category", "boolean"} or _says_yes_and_no(column):
        return column
    return _numbered(column, findings)


def _dated(column: Column, findings: list[Finding]) -> Column | None:
    if column.snapshot is None:
        if not is_dates(column.counts):
            raise _no_dates(column)
        text = f"holds dates, as {most_common(column.counts, 1)}, which leak the time of the export"
        findings.append(finding("dates", column.raw, f"{text}; ignored"))
        return None
    try:
        form = find_date_form(column.counts)
    except AmbiguousDatesError as error:
        text = f"its dates can be read in two ways, as {most_common(column.counts, 1)}; {error}"
        findings.append(finding("ambiguous-dates", column.raw, f"{text}; ignored"))
        return None
    if form is None:
        raise _no_dates(column)
    return _aged(column, form, column.snapshot, findings)


def _aged(column: Column, form: DateForm, snapshot: date, findings: list[Finding]) -> Column:
    text = f"its dates ({form.layout}) are used as days before {snapshot.isoformat()}"
    findings.append(finding("date-age", column.raw, text))
    config = replace(column.config, type="number", unit=column.config.unit or "days")
    return replace(column, cells=ages_in_days(column.cells, snapshot, form), config=config)


def _no_dates(column: Column) -> DataError:
    return DataError(
        f"column {column.raw}: its cells are no dates: {most_common(column.counts)}; "
        "write them as 2024-12-31"
    )


def _numbered(column: Column, findings: list[Finding]) -> Column:
    filled = column.counts
    if _is_coded(column):
        text = f"whole numbers begin with zeros, as {most_common(filled, 1)}; read as codes"
        findings.append(finding("leading-zeros", column.raw, text))
        return column
    try:
        reading = find_reading(filled)
    except AmbiguousNumbersError as error:
        text = f"numbers are written with commas or marks, as {most_common(filled, 2)}; {error}"
        findings.append(finding("ambiguous-numbers", column.raw, text))
        return column
    return column if reading is None else _read_as(column, reading, findings)


def _read_as(column: Column, reading: Reading, findings: list[Finding]) -> Column:
    """Return the column with its numbers in plain spelling."""
    if reading.words:
        number, shown = sum(reading.words.values()), most_common(reading.words)
        text = f"{number} cells are no numbers and count as missing: {shown}"
        findings.append(finding("bad-numbers", column.raw, text))
    if reading.is_marked:
        unit = f" {reading.unit}" if reading.unit else ""
        text = f"numbers are read as {reading.notation}{unit}"
        text = f"{text}, for example {most_common(column.counts, 1)}"
        findings.append(finding("number-marks", column.raw, text))
    if not reading.cells:
        return column
    config = replace(column.config, unit=column.config.unit or reading.unit)
    return replace(column, cells=reading.plain(column.cells), config=config)


def _without_feature(
    column: Column, findings: list[Finding]
) -> Literal["contact", "ignored"] | None:
    """Return the role of a column that is no feature, None for a feature."""
    if column.config.type == "ignore":
        findings.append(finding("ignored", column.raw, "ignored by the training file"))
        return "ignored"
    if not column.counts:
        findings.append(finding("all-missing", column.raw, "is empty in every row; ignored"))
        return "ignored"
    if column.config.type is not None:
        return None
    if is_addresses(column.counts):
        findings.append(finding("contact", column.raw, "holds mail addresses; never a feature"))
        return "contact"
    return _ignored_by_rule(column, findings)


def _ignored_by_rule(column: Column, findings: list[Finding]) -> Literal["ignored"] | None:
    noticed = _useless(column)
    if noticed is None:
        return None
    if column.accepts(noticed.rule):
        findings.append(noticed)
        return None
    cure = f"set its type in [columns.{column.raw}] to use it"
    findings.append(replace(noticed, text=f"{noticed.text}; ignored; {cure}"))
    return "ignored"


def _useless(column: Column) -> Finding | None:
    """Return why nothing can be learned from a column, or None."""
    counts, rows = column.counts, len(column.cells)
    if is_constant(counts, rows):
        text = f"has (nearly) the same value in every row: {most_common(counts, 1)}"
        return finding("constant", column.raw, text)
    if _says_yes_and_no(column):
        return None
    if is_row_number(counts):
        text = f"counts the rows ({len(counts):,} whole numbers without gaps), like an id"
        return finding("row-number", column.raw, text)
    if not column.config.unit and is_id_like(counts):
        share = len(counts) / counts.total()
        text = f"is different in (nearly) every row ({share:.0%} of the cells), like an id"
        return finding("identifier", column.raw, text)
    return None


def _says_yes_and_no(column: Column) -> bool:
    return len(column.counts) <= 40 and is_boolean(map(canonical_name, column.counts))


def _is_number(column: Column) -> bool:
    if column.config.type is not None:
        return column.config.type == "number"
    if _says_yes_and_no(column) or _is_coded(column):
        return False
    return is_numeric(column.counts)


def _is_coded(column: Column) -> bool:
    return column.config.type is None and is_codes(column.counts)


def _no_feature(column: Column, role: Literal["contact", "ignored"]) -> Field:
    raw = "" if column.raw == canonical_name(column.raw) else column.raw
    return Field(name=canonical_name(column.raw), raw=raw, kind="text", role=role)
