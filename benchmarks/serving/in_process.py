"""One customer without HTTP: bytes in, decoded, checked and scored, in this process."""

import tempfile
import time
import timeit
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from benchmarks.row import Row
from benchmarks.serving.model import make_world
from churn_contract.samples import sample_customers
from churn_contract.schema import CustomerSchema
from churn_contract.validation import Validator
from churn_service.artefact.trees import Trees
from churn_service.predictor import Predictor
from churn_service.quick import QuickPredictor

TREES, LEAVES = 100, 31
_REPEATS = {True: 25, False: 11}
_TIMES = 20_000
_DEPTH = 5  # 31 leaves: one of the 32 places of five levels stays a leaf of the fourth


class Kind(NamedTuple):
    """A kind of model and how many microseconds one customer may cost."""

    name: str
    goal: float


LINEAR, SPLINE, BOOSTED = Kind("linear", 1.5), Kind("spline", 2.0), Kind("trees", 15.0)


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield the time of one customer for each kind of model, beside the plain path's."""
    for kind in (LINEAR, SPLINE):
        with tempfile.TemporaryDirectory() as name:
            world = make_world(Path(name), kind.name)
            yield _row(kind, kind.name, world.predictor(), world.bodies()[0], _REPEATS[full])
            document = world.predictor().document
    grown = msgspec.structs.replace(document, scorer=grown_trees(document.schema))
    predictor = Predictor("0" * 12, grown, Validator(document.schema))
    body = msgspec.json.encode(next(sample_customers(document.schema, 1)))
    what = f"{TREES} trees of {LEAVES} leaves"
    yield _row(BOOSTED, what, predictor, body, _REPEATS[full])


def grown_trees(schema: CustomerSchema) -> Trees:
    """Return trees of the size in question, that ask for a number at every node."""
    numbers = [place for place, field in enumerate(schema.features) if field.kind == "number"]
    grown = _Grown(numbers, [schema.features[place].highest or 1.0 for place in numbers])
    roots = []
    for _ in range(TREES):
        roots.append(len(grown.feature))
        grown.grow(_DEPTH)
    return grown.trees(tuple(roots))


class _Grown:
    """Lists of nodes that grow; thresholds spread over the range of each number."""

    def __init__(self, numbers: list[int], highest: list[float]) -> None:
        self._numbers = numbers
        self._highest = highest
        self.feature: list[int] = []
        self._threshold: list[float] = []
        self._left: list[int] = []
        self._right: list[int] = []
        self._value: list[float] = []
        self._asked = 0

    def grow(self, depth: int, *, is_short: bool = True) -> int:
        """Add a tree of this depth; in a short one the last fork of all is a leaf."""
        node = len(self.feature)
        for column in (self._left, self._right):
            column.append(0)
        if depth == 0 or (depth == 1 and is_short):
            self.feature.append(-1)
            self._threshold.append(0.0)
            self._value.append((node % 7 - 3) / 100)
            return node
        which = self._asked % len(self._numbers)
        self._asked += 1
        self.feature.append(self._numbers[which])
        self._threshold.append(self._highest[which] * (self._asked * 0.618 % 1.0))
        self._value.append(0.0)
        self._left[node] = self.grow(depth - 1, is_short=False)
        self._right[node] = self.grow(depth - 1, is_short=is_short)
        return node

    def trees(self, roots: tuple[int, ...]) -> Trees:
        """Return what has grown."""
        nodes = len(self.feature)
        return Trees(
            base=-1.0,
            roots=roots,
            feature=tuple(self.feature),
            threshold=tuple(self._threshold),
            category_set=(-1,) * nodes,
            category_sets=(),
            missing_left=(False,) * nodes,
            left=tuple(self._left),
            right=tuple(self._right),
            value=tuple(self._value),
            count=(1,) * nodes,
        )


def _row(kind: Kind, what: str, predictor: Predictor, body: bytes, repeats: int) -> Row:
    quick = QuickPredictor(predictor)

    def plain() -> float:
        customer = predictor.validator.decode(body)
        if isinstance(customer, list):
            raise TypeError
        return predictor.probability(predictor.logit(customer))

    def fast() -> float:
        return quick.chance(quick.row(body))

    if fast() != plain():
        raise ValueError(f"{what}: the fast path gives {fast()!r}, the plain one {plain()!r}")
    ours, rival = (_microseconds(work, repeats) for work in (fast, plain))
    name = f"one customer in process, {what}: decoded, checked, scored"
    return Row(
        name, ours, "us", f"<= {kind.goal:g} us", met=ours <= kind.goal, rival=rival,
        ratio=ours / rival,
    )  # fmt: skip


def _microseconds(work: Callable[[], object], repeats: int) -> float:
    """Return the CPU time of one call, the least of several rounds: others only add to it."""
    rounds = timeit.repeat(work, timer=time.thread_time, number=_TIMES, repeat=repeats)
    return min(rounds) / _TIMES * 1e6
