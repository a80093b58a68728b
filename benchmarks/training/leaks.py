"""How a leak makes a forest look good: honest, SMOTE before the split, a late column.

`python -m benchmarks.training.leaks` prints the numbers of docs/explanation/leaks.md.
The table is the public Telco one where it is at hand (TELCO_CSV, or beside the tree),
else customers with a known best possible AUC.
"""

import csv
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks.row import Row
from benchmarks.training.telco import CONFIG, telco_csv
from churn_service.training.config import TrainConfig, parse_config
from churn_service.training.dataset import Dataset
from churn_service.training.errors import DataError
from churn_service.training.features import level_indices, number_indices
from churn_service.training.reading import build_dataset
from churn_service.training.table import parse_table

MADE_CONFIG = b'[data]\ntarget = "left"\npositive = "yes"\nid = "id"\n'
LATE = "closing note"
FOLDS, SEED, NEIGHBOURS = 5, 1, 5

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Demo:
    """What the same forest shows on honest and on spoiled data, and what we say."""

    table: str
    honest: float
    inside: float
    before: float
    late: float
    words: str
    copies: str


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield the AUC of each way, and whether the detector stopped the late column."""
    demo = run(100 if full else 30)
    yield Row(f"leaks, {demo.table}: forest, honest AUC", demo.honest)
    yield Row(f"leaks, {demo.table}: SMOTE inside the folds", demo.inside, rival=demo.honest)
    yield Row(f"leaks, {demo.table}: SMOTE before the split", demo.before, rival=demo.honest)
    yield Row(f"leaks, {demo.table}: a column filled after leaving", demo.late, rival=demo.honest)
    stopped = bool(demo.words)
    yield Row("leaks: the late column stops training", float(stopped), "", "1", stopped)


def run(trees: int) -> Demo:
    """Measure the forest in every way."""
    name, data, config = _source()
    dataset = build_dataset(parse_table(data), config, "leaks")
    design, churned = _design(dataset), dataset.churned
    more, labels = smote(design, churned)
    late = np.column_stack([design, _late(churned) != ""])
    return Demo(
        table=name,
        honest=_judge(design, churned, trees),
        inside=_judge(design, churned, trees, balance=True),
        before=_judge(more, labels, trees),
        late=_judge(late, churned, trees),
        words=_words(data, config, _late(churned).tolist()),
        copies=_words_on_copies(data, config, churned),
    )


def smote(design: Floats, churned: NDArray[np.int64]) -> tuple[Floats, NDArray[np.int64]]:
    """Balance the classes with points between leavers and their neighbours."""
    random = np.random.default_rng(SEED)
    leavers = design[churned == 1]
    wanted = int((churned == 0).sum()) - len(leavers)
    near = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(leavers)
    neighbours = near.kneighbors(leavers, return_distance=False)[:, 1:]
    chosen = random.integers(0, len(leavers), wanted)
    partners = neighbours[chosen, random.integers(0, NEIGHBOURS, wanted)]
    share = random.random((wanted, 1))
    made = leavers[chosen] + share * (leavers[partners] - leavers[chosen])
    return np.vstack([design, made]), np.append(churned, np.ones(wanted, dtype=np.int64))


def _judge(
    design: Floats, churned: NDArray[np.int64], trees: int, *, balance: bool = False
) -> float:
    """Return the mean AUC of the forest over five folds."""
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    found = []
    for learned, judged in folds.split(design, churned):
        forest = RandomForestClassifier(trees, random_state=SEED)
        lesson = design[learned], churned[learned]
        forest.fit(*(smote(*lesson) if balance else lesson))
        found.append(roc_auc_score(churned[judged], forest.predict_proba(design[judged])[:, 1]))
    return float(np.mean(found))


def _design(dataset: Dataset) -> Floats:
    """Return standardised numbers and one column per level."""
    numbers, levels = number_indices(dataset.schema), level_indices(dataset.schema)
    steps = [
        ("numbers", StandardScaler(), numbers),
        ("levels", OneHotEncoder(sparse_output=False), levels),
    ]
    design = ColumnTransformer([step for step in steps if step[2]]).fit_transform(dataset.matrix())
    return np.nan_to_num(np.asarray(design, dtype=np.float64))


def _late(churned: NDArray[np.int64]) -> NDArray[np.str_]:
    """Return a note that is written when customers leave, and rarely else."""
    random = np.random.default_rng(SEED)
    written = random.random(len(churned)) < np.where(churned == 1, 0.97, 0.03)
    return np.where(written, random.choice(["moved", "price", "service"], len(churned)), "")


def _words(data: bytes, config: TrainConfig, note: list[str]) -> str:
    """Return what stops a training with the late column; empty when nothing does."""
    header, *body = csv.reader(io.StringIO(data.decode()))
    return _refusal(
        [[*header, LATE], *([*row, cell] for row, cell in zip(body, note, strict=True))], config
    )


def _words_on_copies(data: bytes, config: TrainConfig, churned: NDArray[np.int64]) -> str:
    """Return what stops a training on a table whose leavers stand there twice."""
    header, *body = csv.reader(io.StringIO(data.decode()))
    copies = [row for row, left in zip(body, churned.tolist(), strict=True) if left]
    return _refusal([header, *body, *copies], config)


def _refusal(table: list[list[str]], config: TrainConfig) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(table)
    try:
        build_dataset(parse_table(text.getvalue().encode()), config, "leaks")
    except DataError as error:
        return str(error)
    return ""


def _source() -> tuple[str, bytes, TrainConfig]:
    path = telco_csv()
    if path is not None:
        return "Telco", path.read_bytes(), parse_config(CONFIG)
    return "made up", _made_up(), parse_config(MADE_CONFIG)


def _made_up() -> bytes:
    random = np.random.default_rng(SEED)
    lines = ["id,months,fee,plan,visits,left"]
    for place in range(4000):
        months, fee = random.integers(1, 72), random.uniform(15, 90)
        plan, visits = random.choice(["basic", "plus", "pro"]), random.poisson(5)
        logit = 0.4 - 0.05 * months + 0.02 * fee - 0.15 * visits + 0.6 * (plan == "basic")
        left = "yes" if random.random() < 1 / (1 + np.exp(-logit)) else "no"
        lines.append(f"K{place},{months},{fee:.2f},{plan},{visits},{left}")
    return "\n".join(lines).encode() + b"\n"


def main() -> None:
    """Print the numbers of the page on leaks."""
    demo = run(100)
    sys.stdout.write(
        f"{demo.table}, random forest of 100 trees, five folds\n"
        f"honest                             AUC {demo.honest:.3f}\n"
        f"SMOTE inside the folds             AUC {demo.inside:.3f}\n"
        f"SMOTE before the split             AUC {demo.before:.3f}\n"
        f"with a note written after leaving  AUC {demo.late:.3f}\n"
        f"our words on the note:   {demo.words}\n"
        f"our words on the copies: {demo.copies}\n"
    )


if __name__ == "__main__":
    main()
