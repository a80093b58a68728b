"""What every writer gets: the model, its version, and what callers may choose."""

from dataclasses import dataclass, field

from churn_service.artefact.document import ModelDocument


class ExportError(Exception):
    """A model cannot be written in a format; the text names the reason and the cure."""


@dataclass(frozen=True)
class Exported:
    """A model to be written.

    Attributes:
        version: First twelve hex digits of the sha256 of `model.json`.
        document: The model.
        options: What the caller chose, by name; see each format.
    """

    version: str
    document: ModelDocument
    options: dict[str, str] = field(default_factory=dict)

    def choice(self, name: str, default: str) -> str:
        """Return what was chosen, or the default."""
        return self.options.get(name) or default
