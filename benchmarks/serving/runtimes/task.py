"""What a program of this package gets, and where its scores go."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from churn_contract.schema import Field
from churn_service.artefact.document import decode_document
from churn_service.exports.exported import Exported
from churn_service.exports.formats import FORMATS, export

Value = float | str | None


@dataclass(frozen=True)
class Task:
    """A model and the rows of a table that are to be scored.

    Attributes:
        model: The model.
        rows: The cells of each customer by the table's column names.
        folder: Where files may be put.
    """

    model: Exported
    rows: list[dict[str, str]]
    folder: Path

    @property
    def features(self) -> Sequence[Field]:
        """The fields that the model reads."""
        return self.model.document.schema.features

    def written(self, name: str, **options: str) -> Path:
        """Export the model in a format."""
        form = FORMATS[name]
        target = self.folder / f"model{form.suffix}"
        chosen = Exported(self.model.version, self.model.document, options)
        export(form, chosen, target, force=True)
        return target

    def column(self, field: Field) -> list[Value]:
        """Return the values of a field: numbers, texts, None where a cell is empty."""
        cells = [row[field.raw or field.name].strip() for row in self.rows]
        if field.kind == "number":
            return [float(cell) if cell else None for cell in cells]
        return [cell or None for cell in cells]

    def customers(self) -> list[dict[str, Value]]:
        """Return each customer's values by the table's column names."""
        names = [field.raw or field.name for field in self.features]
        columns = map(self.column, self.features)
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def run(score: Callable[[Task], Sequence[float]]) -> None:
    """Score what the command line names: model.json, its version, rows, where scores go."""
    document, version, rows, output = sys.argv[1:]
    model = Exported(version, decode_document(Path(document).read_bytes()))
    target = Path(output)
    task = Task(model, json.loads(Path(rows).read_text()), target.parent)
    target.write_text(json.dumps([float(chance) for chance in score(task)]))
