"""The formats a model can be exported in: a table, and the way to a writer.

Writers are loaded when they are used, so that a format whose package is missing
disturbs no other.
"""

import importlib
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from churn_service.exports.exported import Exported, ExportError

Write = Callable[[Exported, Path], None]


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        name: As in `--format`.
        module: The module of this package whose `write` makes it.
        suffix: Ending of the file; empty for a folder.
        reads: Which runtimes read it.
        unknown: What becomes of levels that training never saw, and of bad numbers.
        needs: Packages that must be installed to write it.
    """

    name: str
    module: str
    suffix: str
    reads: str
    unknown: str
    needs: tuple[str, ...] = ()

    def writer(self) -> Write:
        """Return the function that writes it; ModuleNotFoundError when a package is missing."""
        module = importlib.import_module(f"churn_service.exports.{self.module}")
        write: Write = module.write
        return write

    def missing(self, package: str | None) -> ExportError:
        """Return the error for a package that is not installed, with its cure."""
        return ExportError(
            f"{self.name} needs {package}, which is not installed here; "
            f"pip install {' '.join(self.needs) or package}"
        )


FORMATS = {
    item.name: item
    for item in (
        Format(
            "python",
            "python_module",
            ".py",
            "Python 3.8 and later, without any package",
            "an error that names the field",
        ),
        Format(
            "sql",
            "sql",
            ".sql",
            "DuckDB, PostgreSQL, Spark and most warehouses (--dialect)",
            "NULL",
        ),
        Format(
            "onnx",
            "onnx",
            ".onnx",
            "ONNX Runtime and what builds on it",
            "NaN",
            ("onnx",),
        ),
        Format(
            "pmml",
            "pmml",
            ".pmml",
            "PMML 4.4 engines: JPMML, PMML4S, KNIME, SAS, Spark by either",
            "an error, or NaN (the engine decides)",
        ),
        Format(
            "pfa",
            "pfa",
            ".pfa",
            "PFA 0.8.1 engines; those for Python and Java are no longer maintained",
            "null",
        ),
        Format(
            "tensorflow",
            "saved_model",
            "",
            "TensorFlow Serving and what loads a SavedModel",
            "NaN",
            ("tensorflow-cpu",),
        ),
        Format(
            "pickle",
            "pickled",
            ".bin",
            "notebooks with churn-service and scikit-learn (pickle.load)",
            "an error that names the field",
            ("scikit-learn",),
        ),
        Format(
            "joblib",
            "joblib_file",
            ".joblib",
            "notebooks with churn-service and scikit-learn (joblib.load)",
            "an error that names the field",
            ("scikit-learn",),
        ),
        Format(
            "skops",
            "skops_file",
            ".skops",
            "notebooks with churn-service, scikit-learn and skops (skops.io.load)",
            "an error that names the field",
            ("skops",),
        ),
        Format(
            "course",
            "course",
            ".bin",
            "courses' notebooks: dv, model = pickle.load(file); linear models only",
            "no share of the score, in silence",
            ("scikit-learn",),
        ),
        Format(
            "c",
            "c_code",
            "",
            "C99 and C++ compilers, and what calls C",
            "NAN and the place of the field",
        ),
        Format(
            "javascript",
            "javascript",
            ".mjs",
            "Node.js 18 and later, browsers, Deno, Bun",
            "an error that names the field",
        ),
    )
}


def export(form: Format, model: Exported, target: Path, *, force: bool = False) -> None:
    """Write a model; the target appears whole or not at all.

    Args:
        form: The format.
        model: What to write.
        target: The file, or the folder.
        force: Whether to replace what is there.

    Raises:
        ExportError: A package is missing, the target is there or is a folder with
            other files, or the model has something that the format cannot hold.
    """
    if target.exists() and not force:
        raise ExportError(f"{target} is there already; --force replaces it")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".export-") as name:
        made = Path(name) / (target.name or "model")
        try:
            form.writer()(model, made)
        except ModuleNotFoundError as error:
            raise form.missing(error.name) from error
        if target.is_dir():
            _check_replaceable(target, made)
            shutil.rmtree(target)
        elif made.is_dir():
            target.unlink(missing_ok=True)
        Path(made).replace(target)


def _check_replaceable(folder: Path, made: Path) -> None:
    """Let only an earlier export of the same form be removed, never a folder of others."""
    if not made.is_dir():
        raise ExportError(f"{folder} is a folder, and this format is one file; name the file")
    others = {path.name for path in folder.iterdir()} - {path.name for path in made.iterdir()}
    if others:
        raise ExportError(f"{folder} holds other files too, as {min(others)}; name a new folder")
