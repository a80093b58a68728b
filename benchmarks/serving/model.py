"""The models under measurement: trained on generated customers, so that anybody can."""

import csv
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from churn_contract.cells import value_reader
from churn_contract.schema import CustomerSchema
from churn_service.artefact.listing import find_version
from churn_service.loading import load_predictor
from churn_service.predictor import Predictor

CUSTOMERS = 5_000
_CONFIG = """[data]
target = "Churn"
positive = "Yes"
id = "customerID"

[model]
families = ["{family}"]
"""


@dataclass(frozen=True)
class World:
    """A table of customers and the registry of the model learned from it.

    Attributes:
        table: The CSV file.
        root: The registry folder.
    """

    table: Path
    root: Path

    def predictor(self) -> Predictor:
        """Load the model."""
        return load_predictor(find_version(self.root, "churn", "champion"))

    def records(self) -> list[dict[str, object]]:
        """Return the table's customers as JSON clients send them, in canonical spelling."""
        schema = self.predictor().schema
        with self.table.open(newline="") as file:
            return [_record(schema, row) for row in csv.DictReader(file)]

    def bodies(self) -> list[bytes]:
        """Return each customer as a JSON body."""
        return [msgspec.json.encode(record) for record in self.records()]


def make_world(folder: Path, family: str = "linear", customers: int = CUSTOMERS) -> World:
    """Generate customers and train one family on them, with the product's own commands."""
    options = ("--output", str(folder), "--customers", "1", "--train-customers", str(customers))
    _run(tool("marketing"), "sample-data", *options)
    config = folder / "train.toml"
    config.write_text(_CONFIG.format(family=family))
    table, root = folder / "train.csv", folder / "models"
    _run(tool("churn"), "train", "--data", str(table), "--config", str(config),
         "--model-root", str(root), "--quiet")  # fmt: skip
    return World(table, root)


def tool(name: str) -> str:
    """Return the path of a command of this environment."""
    return str(Path(sys.executable).with_name(name))


def _record(schema: CustomerSchema, row: dict[str, str]) -> dict[str, object]:
    fields = {name: schema.find(name) for name in row}
    return {
        field.name: value_reader(field).from_text(row[name])
        for name, field in fields.items()
        if field is not None and field.role == "feature"
    }


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
