"""Exports: every format in a runtime of others, on all rows of Telco, beside the service."""

import csv
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.row import Row, skipped
from benchmarks.serving.environment import installed
from benchmarks.training.telco import ABSENT, CONFIG, telco_csv
from churn_contract.validation import Validator
from churn_service.artefact.document import encode_document
from churn_service.predictor import Predictor
from churn_service.training.config import parse_config
from churn_service.training.family_names import BLEND, PAIRS, SPLINE, TREES
from churn_service.training.table import read_table
from churn_service.training.trainer import train_model

_ROOT = Path(__file__).parents[2]
_SOURCES = ("", "packages/churn-contract/src", "packages/service-kit/src", "churn-service/src")


@dataclass(frozen=True)
class Runtime:
    """A runtime that scores exports.

    Attributes:
        name: Format and runtime, for people.
        program: The module of `runtimes` that scores in it.
        limit: The largest difference that is allowed; 0 asks for the same bits.
        module: The package it needs here, if it runs in this environment.
        packages: What is installed for it in an environment of its own.
        command: A program that must be on the machine.
    """

    name: str
    program: str
    limit: float
    module: str = ""
    packages: tuple[str, ...] = ()
    command: str = ""

    def missing(self) -> str:
        """Return why it cannot run here; empty when it can."""
        if self.command and not shutil.which(self.command):
            return f"{self.command} is not installed"
        if self.module and importlib.util.find_spec(self.module) is None:
            return f"pip install {self.module}"
        return ""

    def python(self) -> str:
        """Return the Python to run it with."""
        return str(installed(self.program, self.packages)) if self.packages else sys.executable


RUNTIMES = (
    Runtime("python module in bare Python", "bare_python", 0.0),
    Runtime("SQL in DuckDB", "duckdb_sql", 1e-9, module="duckdb"),
    Runtime("SQL in PostgreSQL", "postgres_sql", 1e-9, module="psycopg", command="initdb"),
    Runtime("ONNX in ONNX Runtime", "onnx_runtime", 1e-12, module="onnxruntime"),
    Runtime("PMML in PMML4S", "pmml4s", 1e-9, packages=("pypmml==1.5.8", "msgspec==0.22.0"),
            command="java"),
    Runtime("PFA in the tests' engine", "pfa_document", 1e-9),
    Runtime("SavedModel in TensorFlow", "saved_model", 1e-12,
            packages=("tensorflow-cpu==2.21.0", "msgspec==0.22.0")),
)  # fmt: skip


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield the largest difference by runtime and family."""
    table = telco_csv()
    if table is None:
        yield skipped("exports", ABSENT)
        return
    for family in (SPLINE, TREES, PAIRS, BLEND) if full else (SPLINE, TREES):
        with tempfile.TemporaryDirectory() as folder:
            case = Case(Path(folder), table, family)
            for runtime in RUNTIMES:
                yield _row(case, runtime)


class Case:
    """A model of one family, its customers, and what the service says of them."""

    def __init__(self, folder: Path, table: Path, family: str) -> None:
        config = CONFIG + f'[model]\nfamilies = ["{family}"]\n'.encode()
        document = train_model(read_table(table), parse_config(config), "exports").document
        self.family, self.folder = family, folder
        (folder / "model.json").write_bytes(encode_document(document))
        used = (field for field in document.schema.fields if field.role in {"feature", "id"})
        names = {field.raw or field.name for field in used}
        with table.open(newline="") as file:
            found = [{k: v for k, v in row.items() if k in names} for row in csv.DictReader(file)]
        (folder / "rows.json").write_text(json.dumps(found))
        validator = Validator(document.schema)
        predictions = Predictor("0123456789ab", document, validator).predict(
            validator.check_all(found, text=True)
        )
        self.expected = [prediction.churn_probability for prediction in predictions]

    def scored(self, runtime: Runtime) -> Sequence[float]:
        """Return a runtime's scores of all customers."""
        output = self.folder / runtime.program
        output.mkdir()
        program = f"benchmarks.serving.runtimes.{runtime.program}"
        files = [self.folder / "model.json", "0123456789ab", self.folder / "rows.json"]
        path = os.pathsep.join(str(_ROOT / source) for source in _SOURCES)
        command = [runtime.python(), "-m", program, *files, output / "scores.json"]
        with (self.folder / f"{runtime.program}.txt").open("w") as log:
            done = subprocess.run(
                command, check=False, cwd=_ROOT, timeout=900, stdout=log, stderr=log,
                env={**os.environ, "PYTHONPATH": path},
            )  # fmt: skip
        if done.returncode:
            end = Path(log.name).read_text()[-1500:]
            raise RuntimeError(f"{runtime.name} ended with {done.returncode}:\n{end}")
        found: list[float] = json.loads((output / "scores.json").read_text())
        return found


def _row(case: Case, runtime: Runtime) -> Row:
    what = f"{runtime.name}, {case.family}"
    if reason := runtime.missing():
        return skipped(what, reason)
    found = case.scored(runtime)
    pairs = zip(found, case.expected, strict=True)
    gap = max(abs(theirs - ours) for theirs, ours in pairs)
    name = f"{what}: largest difference on {len(found):,} rows"
    return Row(name, gap, "", f"<= {runtime.limit:g}", gap <= runtime.limit)
