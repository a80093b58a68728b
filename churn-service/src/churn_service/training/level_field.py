"""The field of a column of levels: a category or a boolean."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from churn_contract.schema import Field, canonical_name
from churn_service.training.config import ColumnConfig
from churn_service.training.content import NEGATIVE, is_boolean, spellings
from churn_service.training.errors import ConfigError, DataError
from churn_service.training.findings import Finding, finding
from churn_service.training.levels import in_order, look_alikes, rare
from churn_service.training.marks import missing_findings, naming
from churn_service.training.table import most_common

MOST_LEVELS = 50
RARE_ROWS = 10
RARE_SHARE = 0.005
MOST_OTHER_SHARE = 0.2
_MOST_SHOWN = 5


def level_field(
    raw: str, cells: Sequence[str], config: ColumnConfig, counts: Mapping[str, int]
) -> tuple[Field | None, list[Finding]]:
    """Return the field of a column of levels, None when most rows are in rare ones.

    Raises:
        ConfigError, DataError: Naming the column and the cure.
    """
    spelled = spellings(counts)
    sizes = _sizes(spelled, counts)
    kind = _kind(raw, config, sizes)
    findings = _spelling_findings(raw, spelled, sizes, kind)
    kept, others = _kept(sizes, kind)
    other_rows = sum(sizes[level] for level in others)
    most = len(cells) if config.type == "category" else MOST_OTHER_SHARE * len(cells)
    if not kept or other_rows > most:
        text = f"has {len(sizes)} levels, {other_rows} rows in rare ones; ignored"
        return None, [*findings, finding("many-levels", raw, text)]
    findings += _size_findings(raw, kept, others, sizes)
    missing = len(cells) - sum(counts.values())
    blank = _blank(raw, config, kept)
    field = Field(
        **naming(raw, config),
        kind=kind,
        levels=tuple(kept),
        raw_levels=_raw_levels(kept, spelled),
        nullable=missing > 0 and blank is None,
        blank=blank,
        unknown=config.unknown or ("other" if others else "error"),
    )
    return field, [*findings, *missing_findings(raw, missing, len(cells), blank)]


def _sizes(spelled: Mapping[str, list[str]], counts: Mapping[str, int]) -> Counter[str]:
    return Counter({level: sum(counts[raw] for raw in each) for level, each in spelled.items()})


def _raw_levels(levels: Sequence[str], spelled: Mapping[str, list[str]]) -> tuple[str, ...]:
    """Return the commonest spelling of each level; () when they are the levels themselves."""
    written = tuple(spelled[level][0] for level in levels)
    return () if written == tuple(levels) else written


def _kind(
    raw: str, config: ColumnConfig, sizes: Mapping[str, int]
) -> Literal["boolean", "category"]:
    if config.type == "category":
        return "category"
    if is_boolean(sizes):
        return "boolean"
    if config.type == "boolean":
        raise DataError(f"column {raw}: is no boolean, its values are {most_common(sizes)}")
    return "category"


def _kept(sizes: Counter[str], kind: str) -> tuple[list[str], list[str]]:
    """Return the levels with a weight of their own, in order, and the rest."""
    if kind == "boolean":
        no = {level: times for level, times in sizes.items() if level in NEGATIVE}
        yes = {level: times for level, times in sizes.items() if level not in NEGATIVE}
        return [max(no, key=no.__getitem__), max(yes, key=yes.__getitem__)], []
    others: Sequence[str] = []
    if len(sizes) > MOST_LEVELS:
        others = rare(sizes, max(RARE_ROWS, RARE_SHARE * sizes.total()))
    few = set(others)
    kept = [level for level in sizes if level not in few]
    return in_order(kept) or kept, list(others)


def _spelling_findings(
    raw: str, spelled: Mapping[str, list[str]], sizes: Mapping[str, int], kind: str
) -> list[Finding]:
    found = []
    several = [written for written in spelled.values() if len(written) > 1]
    if kind == "boolean" and len(sizes) > 2:
        several = [list(sizes)]
    if several:
        text = f"one level in several spellings: {_shown(several)}; read as one"
        found.append(finding("spellings", raw, text))
    alike = look_alikes(sizes) if kind == "category" else []
    if alike:
        text = f"levels look alike: {_shown(alike)}; they stay apart"
        found.append(finding("near-spellings", raw, text))
    return found


def _size_findings(
    raw: str, kept: Sequence[str], others: Sequence[str], sizes: Mapping[str, int]
) -> list[Finding]:
    found = []
    if others:
        rows = sum(sizes[level] for level in others)
        text = f"{len(others)} rare levels ({rows} rows) count as other"
        found.append(finding("rare-levels", raw, text))
    thin = [level for level in kept if sizes.get(level, 0) < RARE_ROWS]
    if thin:
        shown = ", ".join(f"{level} ({sizes[level]})" for level in thin[:_MOST_SHOWN])
        more = ", ..." if len(thin) > _MOST_SHOWN else ""
        found.append(
            finding("thin-levels", raw, f"{len(thin)} levels have few rows: {shown}{more}")
        )
    if in_order(kept):
        found.append(finding("ordered", raw, f"levels are in order: {' < '.join(kept[:8])}"))
    return found


def _blank(raw: str, config: ColumnConfig, levels: Sequence[str]) -> str | None:
    if config.blank is None:
        return None
    blank = config.blank
    level = canonical_name(blank if isinstance(blank, str) else f"{blank:g}")
    if level not in levels:
        raise ConfigError(f"[columns.{raw}] blank must be one of its levels: {', '.join(levels)}")
    return level


def _shown(groups: Sequence[Sequence[str]]) -> str:
    shown = "; ".join(" = ".join(map(repr, group)) for group in groups[:_MOST_SHOWN])
    return shown + ("; ..." if len(groups) > _MOST_SHOWN else "")
