"""One flat function from a decoded row to its probability; same bits as the plain scorer.

The plain path walks tables: over terms, curves, pairs, members of a blend. Here the
same sums, in the same order, are written out once per model as Python source. The source
holds whole numbers and finite floats alone; levels reach it as keys of tables.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from churn_contract.schema import CustomerSchema
from churn_service.artefact.calibration import IdentityCalibration, PlattCalibration
from churn_service.artefact.document import (
    CurveTerm,
    LevelTerm,
    ModelDocument,
    Scorecard,
    Scorer,
)
from churn_service.artefact.pairs import Axis, NumberAxis, PairTerm
from churn_service.artefact.trees import LEAF, Trees
from churn_service.scorer.calibration import compile_calibration
from churn_service.scorer.pairs import cells_of
from churn_service.scorer.scorecard import weights_of
from churn_service.scorer.trees import Namespace, tree_lines

Tables = Mapping[int, Mapping[Any, float | str | None]]
Flat = Callable[[Any], float]

_SIGMOID = (
    "if total >= 0: return 1.0 / (1.0 + exp(-total))",
    "odds = exp(total)",
    "return odds / (1.0 + odds)",
)


def compile_flat(document: ModelDocument, tables: Tables) -> Flat:
    """Return the function from a row to the calibrated probability.

    Args:
        document: The model.
        tables: For each feature whose members of a row are not yet canonical, what
            each of them stands for.
    """
    source = _Source(document.schema, tables)
    source.score(document.scorer, "total")
    source.calibrate(document)
    return source.function()


class _Source:
    """The lines of the function, and the tables they name."""

    def __init__(self, schema: CustomerSchema, tables: Tables) -> None:
        self._schema = schema
        self._tables = tables
        self._lines: list[str] = []
        self._namespace: Namespace = {}

    def function(self) -> Flat:
        """Compile the lines."""
        source = "\n    ".join(["def score(row):", *self._lines])
        exec(compile(source, "<flat scorer>", "exec"), self._namespace)  # noqa: S102 - numbers only, see above
        found: Flat = self._namespace["score"]  # type: ignore[assignment]  # just defined
        return found

    def score(self, scorer: Scorer, total: str) -> None:
        """Write the lines that sum a scorer up in a variable."""
        if isinstance(scorer, Scorecard):
            self._lines += self._scorecard(scorer, total)
        elif isinstance(scorer, Trees):
            self._lines += map(self._read, sorted(set(scorer.feature) - {LEAF}))
            self._lines += tree_lines(scorer, self._schema, self._namespace, total)
        else:
            parts = [f"{total}{place}" for place in range(len(scorer.members))]
            for member, part in zip(scorer.members, parts, strict=True):
                self.score(member, part)
            weighted = zip(scorer.weights, parts, strict=True)
            terms = " + ".join(f"{weight!r} * {part}" for weight, part in weighted)
            self._lines.append(f"{total} = 0.0 + {terms}")

    def calibrate(self, document: ModelDocument) -> None:
        """Write the lines from the total to the answer."""
        calibration = document.calibration
        self._namespace |= {"exp": math.exp, "chance": compile_calibration(calibration)}
        if isinstance(calibration, PlattCalibration):
            self._lines.append(f"total = {calibration.intercept!r} + {calibration.slope!r} * total")
        if isinstance(calibration, IdentityCalibration | PlattCalibration):
            self._lines += _SIGMOID
        else:
            self._lines.append("return chance(total)")

    def _read(self, index: int) -> str:
        """Return the line that reads a member of the row, canonical as the schema says."""
        table, field = self._tables.get(index), self._schema.features[index]
        if not table:
            return f"x{index} = row.f{index}"
        if field.kind == "number":
            return f"x{index} = {table[None]!r} if row.f{index} is None else row.f{index}"
        itself: dict[Any, Any] = {level: level for level in (*field.levels, None)}
        return f"x{index} = {self._name(itself | dict(table))}[row.f{index}]"

    def _scorecard(self, card: Scorecard, total: str) -> Iterator[str]:
        paired = {field for pair in card.pairs for field in pair.fields}
        levels = [f"{total} = {card.intercept!r}"]
        curves = []
        for index, term in enumerate(card.terms):
            if isinstance(term, CurveTerm) or term.field in paired:
                yield self._read(index)
            if isinstance(term, CurveTerm):
                curves.append(f"{total} += {curve_source(term, index)}")
            else:
                levels.append(f"{self._name(self._weights(term, index))}[row.f{index}]")
        yield " + ".join(levels)
        yield from curves
        places = {term.field: index for index, term in enumerate(card.terms)}
        for pair in card.pairs:
            yield f"{total} += {self._pair(pair, places)}"

    def _weights(self, term: LevelTerm, index: int) -> dict[Any, float]:
        """Return the weights by what a row holds, which may be no canonical level yet."""
        weights: dict[Any, float] = dict(weights_of(term))  # rows hold no unseen level
        found = self._tables.get(index, {})
        weights.update({given: weights[level] for given, level in found.items()})
        return weights

    def _pair(self, pair: PairTerm, places: Mapping[str, int]) -> str:
        cells = [
            f"[{self._cell(axis, places[field])}]"
            for axis, field in zip(pair.axes, pair.fields, strict=True)
        ]
        return self._name(pair.table) + "".join(cells)

    def _cell(self, axis: Axis, index: int) -> str:
        if not isinstance(axis, NumberAxis):
            return f"{self._name(dict(cells_of(axis)))}[x{index}]"
        cells = [repr(cell) for cell in range(len(axis.edges) + 1)]
        return _unless_missing(index, axis.missing, _choice(index, axis.edges, cells))

    def _name(self, value: object) -> str:
        name = f"t{len(self._namespace)}"
        self._namespace[name] = value
        return name


def curve_source(term: CurveTerm, index: int) -> str:
    """Return the expression of a curve of `x3`; None is a missing value."""
    pieces = [
        f"{intercept!r} + {slope!r} * x{index}"
        for intercept, slope in zip(term.intercepts, term.slopes, strict=True)
    ]
    return _unless_missing(index, term.missing, _choice(index, term.knots, pieces))


def _unless_missing(index: int, missing: float | None, otherwise: str) -> str:
    return otherwise if missing is None else f"({missing!r} if x{index} is None else {otherwise})"


def _choice(index: int, bounds: Sequence[float], pieces: Sequence[str]) -> str:
    """Return the expression that gives piece ``bisect_right(bounds, x)``."""
    if not bounds:
        return f"({pieces[0]})"
    middle = len(bounds) // 2
    below = _choice(index, bounds[:middle], pieces[: middle + 1])
    above = _choice(index, bounds[middle + 1 :], pieces[middle + 1 :])
    return f"({below} if x{index} < {bounds[middle]!r} else {above})"
