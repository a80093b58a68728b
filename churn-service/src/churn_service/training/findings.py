"""What the column checks noticed; each finding is one line of the report."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One thing to know about a column, or about the table when it is empty."""

    column: str
    level: Literal["note", "warning"]
    text: str

    def __str__(self) -> str:
        """Return the line of the report."""
        subject = f"{self.column}: " if self.column else ""
        return f"{self.level}: {subject}{self.text}"
