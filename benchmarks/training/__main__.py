"""Print every figure of training as a table, and write it to build/bench/training.json."""

import ast
import importlib.util
import json
import pkgutil
import sys
import traceback
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import benchmarks.training
from benchmarks.training.row import Row

OUTPUT = Path("build/bench/training.json")
WORDS = {0, 4, 5}
HEADER = ("what", "ours", "rival or limit", "ratio", "goal", "")


@dataclass(frozen=True)
class Part:
    """The rows of one module, and why it stopped when it did."""

    name: str
    rows: tuple[Row, ...]
    failure: str = ""

    @property
    def exit_code(self) -> int:
        """1 when a figure is short or the part stopped, else 0."""
        return int(bool(self.failure) or any(row.met is False for row in self.rows))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all parts or one; 1 when a figure is short or a part stopped."""
    given = _arguments(arguments)
    if given.list:
        sys.stdout.writelines(f"{name:14}{about(name)}\n" for name in part_names())
        return 0
    parts = [run_part(name, full=given.full) for name in part_names() if given.only in {"", name}]
    sys.stdout.write(table(parts))
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(list(as_data(parts)), indent=1) + "\n")
    return max((part.exit_code for part in parts), default=0)


def part_names() -> list[str]:
    """Return the modules that measure something: those with `rows`."""
    modules = pkgutil.iter_modules(benchmarks.training.__path__)
    return sorted(module.name for module in modules if "\ndef rows(" in _source(module.name))


def about(name: str) -> str:
    """Return the first line of what a part says of itself."""
    return (ast.get_docstring(ast.parse(_source(name))) or "").partition("\n")[0]


def run_part(name: str, *, full: bool) -> Part:
    """Collect the rows of a module; a part that stops keeps those it gave."""
    sys.stderr.write(f"{name} ...\n")
    rows: list[Row] = []
    try:
        module = importlib.import_module(f"benchmarks.training.{name}")
        rows.extend(module.rows(full))
    except Exception:  # noqa: BLE001 - one broken part must not hide the others
        traceback.print_exc()
        return Part(name, tuple(rows), traceback.format_exc().strip().splitlines()[-1])
    return Part(name, tuple(rows))


def table(parts: Sequence[Part]) -> str:
    """Return all rows as aligned text, with a line for each part that stopped."""
    lines = [HEADER, *(_cells(row) for part in parts for row in part.rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(HEADER))]
    shown = [_aligned(line, widths) for line in lines]
    shown += [f"{part.name} stopped: {part.failure}" for part in parts if part.failure]
    return "\n".join(shown) + "\n"


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return a line of the table; words to the left, numbers to the right."""
    shown = [
        cell.ljust(width) if place in WORDS else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(shown).rstrip()


def as_data(parts: Sequence[Part]) -> Iterator[dict[str, object]]:
    """Yield one JSON object per figure; a part that stopped is a figure not met."""
    for part in parts:
        for row in part.rows:
            yield {
                "name": row.name,
                "value": row.value,
                "unit": row.unit,
                "goal": row.goal,
                "met": row.met,
            }
        if part.failure:
            yield {"name": part.name, "value": None, "unit": "", "goal": "runs", "met": False}


def _source(name: str) -> str:
    spec = importlib.util.find_spec(f"benchmarks.training.{name}")
    return Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""


def _cells(row: Row) -> tuple[str, ...]:
    verdict = "" if row.met is None else "met" if row.met else "SHORT"
    return (
        row.name,
        "-" if row.value is None else f"{row.value:.5g} {row.unit}".strip(),
        "" if row.rival is None else f"{row.rival:.5g}",
        "" if row.ratio is None else f"{row.ratio:.3f}",
        row.goal,
        verdict,
    )


def _arguments(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.add_argument("--full", action="store_true", help="also the figures that need minutes")
    parser.add_argument("--only", default="", choices=["", *part_names()], help="one part")
    parser.add_argument("--list", action="store_true", help="print the parts and end")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="where the JSON goes")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
