"""The field of a column of levels: a category or a boolean."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

from churn_contract.cells import NO_WORDS
from churn_contract.schema import Field, canonical_name
from churn_service.training.config import ColumnConfig
from churn_service.training.content import is_boolean, spellings
from churn_service.training.errors import ConfigError, DataError
from churn_service.training.findings import Finding, finding
from churn_service.training.levels import in_order, look_alikes, rare
from churn_service.training.marks import missing_findings, naming
from churn_service.training.table import most_common

MOST_LEVELS = 50
RARE_ROWS = 10
MOST_KEPT = 250
MOST_OTHER_SHARE = 0.2
_MOST_SHOWN = 5
_MOST_RANKED = 8


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
    kept, others = _kept_booleans(sizes) if kind == "boolean" else _kept_levels(sizes)
    rare_rows = sum(sizes[level] for level in others)
    most = len(cells) if config.type == "category" else MOST_OTHER_SHARE * len(cells)
    if not kept or rare_rows > most:
        text = f"has {len(sizes)} levels, {rare_rows} rows in rare ones; ignored"
        return None, [*findings, finding("many-levels", raw, text)]
    kept, ordered = _ordered(raw, config, kept)
    findings += [*_size_findings(raw, kept, others, sizes), *ordered]
    missing = len(cells) - sum(counts.values())
    field = Field(
        **naming(raw, config),
        **_filling(raw, config, kept, is_missing=missing > 0),
        kind=kind,
        levels=tuple(kept),
        raw_levels=_raw_levels(kept, spelled),
        unknown=config.unknown or ("other" if others else "error"),
    )
    return field, [*findings, *missing_findings(raw, missing, len(cells), field.blank)]


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


def _kept_booleans(sizes: Mapping[str, int]) -> tuple[list[str], list[str]]:
    """Return the commonest words for no and yes; the others are spellings of these."""
    no = [level for level in sizes if level in NO_WORDS]
    yes = [level for level in sizes if level not in NO_WORDS]
    return [max(no, key=sizes.__getitem__), max(yes, key=sizes.__getitem__)], []


def _kept_levels(sizes: Counter[str]) -> tuple[list[str], list[str]]:
    """Return the levels with a weight of their own, and the rest."""
    if len(sizes) <= MOST_LEVELS:
        return list(sizes), []
    others = rare(sizes, RARE_ROWS, MOST_KEPT)
    few = set(others)
    return [level for level in sizes if level not in few], list(others)


def _ordered(raw: str, config: ColumnConfig, levels: list[str]) -> tuple[list[str], list[Finding]]:
    """Return the levels in the order of the training file, or in their natural one."""
    given = [canonical_name(level) for level in config.order]
    wrong = sorted(set(given) ^ set(levels)) if given else []
    if wrong:
        raise ConfigError(
            f"[columns.{raw}] order must name every level once: {', '.join(levels)}; "
            f"look at {', '.join(wrong[:_MOST_SHOWN])}"
        )
    ranked = given or in_order(levels)
    if not ranked:
        return levels, []
    source = "the given" if given else "their"
    text = f"levels are in {source} order: {' < '.join(ranked[:_MOST_RANKED])}"
    return ranked, [finding("ordered", raw, text)]


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
    thin = [f"{level} ({sizes[level]})" for level in kept if sizes[level] < RARE_ROWS]
    if thin:
        more = ", ..." if len(thin) > _MOST_SHOWN else ""
        text = f"{len(thin)} levels have few rows: {', '.join(thin[:_MOST_SHOWN])}{more}"
        found.append(finding("thin-levels", raw, text))
    return found


class _Filling(TypedDict):
    nullable: bool
    blank: str | None


def _filling(
    raw: str, config: ColumnConfig, levels: Sequence[str], *, is_missing: bool
) -> _Filling:
    """Return what an empty cell is: a missing value, or the level that the training file says."""
    if config.blank is None:
        return {"nullable": is_missing, "blank": None}
    blank = config.blank
    level = canonical_name(blank if isinstance(blank, str) else f"{blank:g}")
    if level not in levels:
        raise ConfigError(f"[columns.{raw}] blank must be one of its levels: {', '.join(levels)}")
    return {"nullable": False, "blank": level}


def _shown(groups: Sequence[Sequence[str]]) -> str:
    shown = "; ".join(" = ".join(map(repr, group)) for group in groups[:_MOST_SHOWN])
    return shown + ("; ..." if len(groups) > _MOST_SHOWN else "")
