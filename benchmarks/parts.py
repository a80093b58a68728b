"""Run the parts of a bench, print their rows as a table and write them as JSON.

A part is a module of the bench's package with a function `rows(full)` that yields
one `Row` per figure.
"""

import ast
import importlib
import importlib.util
import json
import pkgutil
import sys
import traceback
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.row import Row

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


@dataclass(frozen=True)
class Bench:
    """The parts of one package, and where their figures go.

    Attributes:
        package: Its dotted name.
        output: The JSON file, unless the command names another.
        about: What the command says of itself.
    """

    package: str
    output: Path
    about: str

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Run all parts or one; 1 when a figure is short or a part stopped."""
        given = self._arguments(arguments)
        if given.list:
            sys.stdout.writelines(f"{name:16}{self.says(name)}\n" for name in self.part_names())
            return 0
        chosen = [name for name in self.part_names() if given.only in {"", name}]
        parts = [self.run_part(name, full=given.full) for name in chosen]
        sys.stdout.write(table(parts))
        given.output.parent.mkdir(parents=True, exist_ok=True)
        given.output.write_text(json.dumps(list(as_data(parts)), indent=1) + "\n")
        return max((part.exit_code for part in parts), default=0)

    def part_names(self) -> list[str]:
        """Return the modules that measure something: those with `rows`."""
        modules = pkgutil.iter_modules(importlib.import_module(self.package).__path__)
        return sorted(item.name for item in modules if "\ndef rows(" in self._source(item.name))

    def says(self, name: str) -> str:
        """Return the first line of what a part says of itself."""
        return (ast.get_docstring(ast.parse(self._source(name))) or "").partition("\n")[0]

    def run_part(self, name: str, *, full: bool) -> Part:
        """Collect the rows of a module; a part that stops keeps those it gave."""
        sys.stderr.write(f"{name} ...\n")
        rows: list[Row] = []
        try:
            module = importlib.import_module(f"{self.package}.{name}")
            rows.extend(module.rows(full))
        except Exception:  # noqa: BLE001 - one broken part must not hide the others
            traceback.print_exc()
            return Part(name, tuple(rows), traceback.format_exc().strip().splitlines()[-1])
        return Part(name, tuple(rows))

    def _source(self, name: str) -> str:
        spec = importlib.util.find_spec(f"{self.package}.{name}")
        return Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""

    def _arguments(self, arguments: Sequence[str] | None) -> Namespace:
        parser = ArgumentParser(prog=f"python -m {self.package}", description=self.about)
        names = ["", *self.part_names()]
        parser.add_argument("--full", action="store_true", help="also figures that need minutes")
        parser.add_argument("--only", default="", choices=names, help="one part")
        parser.add_argument("--list", action="store_true", help="print the parts and end")
        parser.add_argument("--output", type=Path, default=self.output, help="where the JSON goes")
        return parser.parse_args(arguments)


def table(parts: Sequence[Part]) -> str:
    """Return all rows as aligned text, with a line for each part that stopped."""
    lines = [HEADER, *(_cells(row) for part in parts for row in part.rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(HEADER))]
    shown = [_aligned(line, widths) for line in lines]
    shown += [f"{part.name} stopped: {part.failure}" for part in parts if part.failure]
    return "\n".join(shown) + "\n"


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


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return a line of the table; words to the left, numbers to the right."""
    shown = [
        cell.ljust(width) if place in WORDS else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(shown).rstrip()


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
