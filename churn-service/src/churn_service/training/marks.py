"""What number and level fields have in common: names, words for people, missing cells."""

from typing import TypedDict

from churn_contract.schema import canonical_name
from churn_service.training.config import ColumnConfig
from churn_service.training.findings import Finding, finding


class Naming(TypedDict):
    """Names of a field, and what the training file says for people."""

    name: str
    raw: str
    actionable: bool
    sensitive: bool
    unit: str
    label: str


def naming(raw: str, config: ColumnConfig) -> Naming:
    """Return names and words of a column's field."""
    name = canonical_name(raw)
    return {
        "name": name,
        "raw": "" if raw == name else raw,
        "actionable": config.actionable,
        "sensitive": config.sensitive,
        "unit": config.unit,
        "label": config.label,
    }


def missing_findings(raw: str, missing: int, rows: int, blank: float | str | None) -> list[Finding]:
    """Say how many values are missing and what becomes of them."""
    if not missing:
        return []
    if blank is not None:
        return [finding("missing", raw, f"{missing} missing values count as {blank}")]
    share = f"{missing / rows:.1%}"
    text = f"{missing} of {rows} values are missing ({share}); served customers may lack it"
    return [finding("missing", raw, text)]
