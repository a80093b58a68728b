"""What the checks noticed; each finding is one line of the report."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Literal

from churn_contract.schema import CustomerSchema
from churn_service.training.errors import DataError

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class Rule:
    """One kind of finding: what it means, when it is found, what to do."""

    key: str
    level: Level
    title: str
    meaning: str
    rule: str
    cure: str
    acceptable: bool = False


@dataclass(frozen=True)
class Finding:
    """One thing to know about a column, or about the table when it is empty.

    Attributes:
        column: The column as the file names it.
        level: How much it matters; an error stops the training.
        text: What was found, with its number.
        rule: Key of the rule that found it.
    """

    column: str
    level: Level
    text: str
    rule: str = ""

    def __str__(self) -> str:
        """Return the line of the report."""
        subject = f"{self.column}: " if self.column else ""
        mark = f" [{self.rule}]" if self.rule else ""
        return f"{self.level}: {subject}{self.text}{mark}"


@cache
def rules() -> Mapping[str, Rule]:
    """Return every rule by its key, in the order of the reference page."""
    packaged = resources.files("churn_service.training") / "findings.toml"
    document = tomllib.loads(packaged.read_text(encoding="utf-8"))
    return {key: Rule(key=key, **entry) for key, entry in document.items()}


def finding(rule: str, column: str, text: str) -> Finding:
    """Return a finding of a rule, with the level that the rule has."""
    return Finding(column, rules()[rule].level, text, rule)


def accepted(found: Finding) -> Finding:
    """Return the finding as one that the training file accepts."""
    return replace(found, level="info", text=f"{found.text} (accepted by the training file)")


class FindingsError(DataError):
    """Findings of the level error: the table cannot be used as it is.

    Attributes:
        findings: All findings so far, those of other levels included.
        schema: What the columns were found to be.
    """

    def __init__(self, findings: Sequence[Finding], schema: CustomerSchema) -> None:
        errors = [found for found in findings if found.level == "error"]
        lines = [f"{found.column or 'table'}: {found.text}; {cure_of(found)}" for found in errors]
        super().__init__("\n".join(lines), rule=errors[0].rule)
        self.findings = tuple(findings)
        self.schema = schema


def stop_at_errors(findings: Sequence[Finding], schema: CustomerSchema) -> None:
    """Raise one FindingsError that lists every error with its cure, if there is any."""
    if any(found.level == "error" for found in findings):
        raise FindingsError(findings, schema)


def cure_of(found: Finding) -> str:
    """Return what to do about a finding, and how to accept it where that is allowed."""
    rule = rules()[found.rule]
    place = f'[columns."{found.column}"]' if found.column else "[data]"
    accept = f', or accept it: allow = ["{rule.key}"] under {place}' if rule.acceptable else ""
    return f"{rule.cure}{accept}"
