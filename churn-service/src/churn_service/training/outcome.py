"""The column to learn: two values, both frequent enough."""

from collections import Counter
from collections.abc import Mapping

from churn_contract.cells import NO_WORDS, YES_WORDS
from churn_contract.schema import Field, canonical_name
from churn_service.training.config import TrainConfig, nearest
from churn_service.training.content import is_boolean, is_number, spellings
from churn_service.training.errors import ConfigError, DataError
from churn_service.training.findings import Finding, finding
from churn_service.training.table import Table, most_common

FEWEST_OF_A_CLASS = 50
FEW_OF_A_CLASS = 200


def infer_outcome(table: Table, config: TrainConfig) -> tuple[Field, list[Finding]]:
    """Return the outcome's field, the positive level last, and what was noticed.

    Raises:
        ConfigError: The positive value is not in the table.
        DataError: Rows lack the outcome, or it has not two frequent values.
    """
    index = table.names.index(canonical_name(config.target))
    raw, cells = table.header[index], table.column(index)
    _check_filled(table, raw, cells)
    counts = Counter(cells)
    spelled = spellings(counts)
    positive = _positive_level(raw, config.positive, spelled)
    _check_two(raw, spelled, counts)
    sizes = {level: sum(counts[each] for each in written) for level, written in spelled.items()}
    findings = _spelling_findings(raw, spelled) + _class_sizes(raw, sizes)
    if positive != canonical_name(config.positive):
        text = f"{config.positive!r} is read as its value {spelled[positive][0]!r}"
        findings.append(finding("positive-read", raw, text))
    ordered = sorted(spelled, key=lambda level: level == positive)
    field = Field(
        name=canonical_name(raw),
        raw="" if raw == canonical_name(raw) else raw,
        kind="category",
        role="outcome",
        levels=tuple(ordered),
        raw_levels=tuple(spelled[level][0] for level in ordered),
    )
    return field, findings


def _positive_level(raw: str, wanted: str, spelled: Mapping[str, list[str]]) -> str:
    """Return the level that is the positive value, or the only one that means the same."""
    positive = canonical_name(wanted)
    if positive in spelled:
        return positive
    is_same = _is_same_word if is_boolean(spelled) else _is_same_number
    alike = [level for level in spelled if is_same(level, positive)]
    if len(alike) == 1:
        return alike[0]
    known = [written[0] for written in spelled.values()]
    raise ConfigError(
        f"[data] positive: column {raw} has no value {wanted!r}{nearest(wanted, known)}"
    )


def _is_same_number(level: str, other: str) -> bool:
    return is_number(level) and is_number(other) and float(level) == float(other)


def _is_same_word(level: str, other: str) -> bool:
    """Whether both say yes, both say no, or both are the same number."""
    if _is_same_number(level, other):
        return True
    return any({level, other} <= words for words in (YES_WORDS, NO_WORDS))


def _check_two(raw: str, spelled: Mapping[str, list[str]], counts: Mapping[str, int]) -> None:
    if len(spelled) == 2:
        return
    cure = (
        "leave the rows with other values out"
        if len(spelled) > 2
        else "export both customers who left and customers who stayed"
    )
    raise DataError(
        f"column {raw} must have two values, it has {len(spelled)}: {most_common(counts)}; {cure}",
        rule="one-class",
    )


def _check_filled(table: Table, raw: str, cells: list[str]) -> None:
    if "" in cells:
        line = table.lines[cells.index("")]
        raise DataError(
            f"column {raw}: {cells.count('')} rows have no outcome, the first in line {line}; "
            "leave them out",
            rule="target-missing",
        )


def _spelling_findings(raw: str, spelled: dict[str, list[str]]) -> list[Finding]:
    several = [" = ".join(map(repr, written)) for written in spelled.values() if len(written) > 1]
    if not several:
        return []
    text = f"one level in several spellings: {'; '.join(several)}; read as one"
    return [finding("spellings", raw, text)]


def _class_sizes(raw: str, sizes: Mapping[str, int]) -> list[Finding]:
    level, fewest = min(sizes.items(), key=lambda item: item[1])
    if fewest < FEWEST_OF_A_CLASS:
        raise DataError(
            f"column {raw}: only {fewest} rows have {level!r}; "
            f"at least {FEWEST_OF_A_CLASS} are needed to learn from",
            rule="too-few",
        )
    if fewest < FEW_OF_A_CLASS:
        text = f"only {fewest} rows have {level!r}; probabilities will be rough"
        return [finding("few", raw, text)]
    return []
