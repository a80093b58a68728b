"""The served tables beside the training library, on every row of Telco."""

from collections.abc import Iterator

import numpy as np

from benchmarks.row import Row, skipped
from benchmarks.training.telco import ABSENT, CONFIG, telco_csv
from churn_service.artefact.trees import Trees
from churn_service.scorer.compilation import compile_scorer
from churn_service.training.config import parse_config
from churn_service.training.family_names import ALL_FAMILIES, LINEAR, SPLINE, TREES
from churn_service.training.parity import PARITY_LIMIT
from churn_service.training.table import Table, read_table
from churn_service.training.trained import TrainedModel
from churn_service.training.trainer import train_model


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield the largest difference by family, for trees the scores of other bits."""
    path = telco_csv()
    if path is None:
        yield skipped("parity", ABSENT)
        return
    table = read_table(path)
    for family in ALL_FAMILIES if full else (LINEAR, SPLINE, TREES):
        yield _row(_trained(table, family), family)


def _trained(table: Table, family: str) -> TrainedModel:
    config = CONFIG + f'[model]\nfamilies = ["{family}"]\n'.encode()
    return train_model(table, parse_config(config), "parity")


def _row(model: TrainedModel, family: str) -> Row:
    score, customers = compile_scorer(model.document), model.dataset.customers
    ours = np.array([score(customer.values) for customer in customers])
    library = model.fit.logits(model.dataset.matrix())
    what = f"{family} beside scikit-learn on all {len(ours):,} rows"
    if isinstance(model.document.scorer, Trees):
        other = int((ours != library).sum())
        return Row(f"{what}: scores of other bits", other, "rows", "= 0", other == 0)
    gap = float(np.abs(ours - library).max())
    goal = f"<= {PARITY_LIMIT:g}"
    return Row(f"{what}: largest gap of the logit", gap, "", goal, gap <= PARITY_LIMIT)
