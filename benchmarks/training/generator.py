"""The generator of simulated customers: speed, and models of it against the truth."""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from benchmarks.row import Row, skipped
from benchmarks.training.known_truth import expected_slope
from benchmarks.training.served import probabilities
from benchmarks.training.telco import ABSENT, telco_csv
from churn_contract.schema import canonical_name
from churn_service.training.config import parse_config
from churn_service.training.metrics import measure
from churn_service.training.table import read_table
from churn_service.training.trained import TrainedModel
from churn_service.training.trainer import train_model
from marketing_service.simulator import SampleFiles, load_laws, write_sample_data
from marketing_service.simulator.population import BLOCK_ROWS, draw_block
from marketing_service.simulator.truth import truth_of

Floats = NDArray[np.float64]
CONFIG = b"""
[data]
target = "Churn"
positive = "Yes"
id = "customerID"

[columns.TotalCharges]
blank = 0

[model]
families = ["spline"]
"""


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Measure one million customers, and a model of 7,043 simulated ones."""
    del full
    seconds = million_seconds()
    name = "generate 1 M customers with all potential outcomes (CPU, arrays, no files)"
    yield Row(name, seconds, "s", "<= 1.2", seconds <= 1.2)
    with TemporaryDirectory() as folder:
        files = write_sample_data(Path(folder), customers=20_000, train_customers=20_000)
        yield from _against_truth(_model(files.train), files)
        yield from _real(_model(write_sample_data(Path(folder), customers=1).train))


def _model(train: Path) -> TrainedModel:
    return train_model(read_table(train), parse_config(CONFIG), "simulated")


def _against_truth(model: TrainedModel, files: SampleFiles) -> Iterator[Row]:
    predicted = probabilities(model, read_table(files.customers))
    truth = read_table(files.truth)
    true = np.array(truth.column(truth.names.index("p0")), dtype=float)
    what = "trained on 20,000 simulated customers, 20,000 others against their true probability"
    yield Row(f"{what} (RMSE)", float(np.sqrt(np.mean((predicted - true) ** 2))))
    gap = float(np.abs(predicted - true).mean())
    yield Row("the same, mean absolute error", gap, "", "<= 0.02", gap <= 0.02)
    slope = expected_slope(predicted, true)
    yield Row("the same, calibration slope", slope, "", "0.95-1.05", 0.95 <= slope <= 1.05)


def million_seconds() -> float:
    """Return the CPU seconds for a million customers and their truth."""
    laws, start = load_laws(), time.process_time()
    for index in range(1_000_000 // BLOCK_ROWS):
        truth_of(draw_block(index, BLOCK_ROWS, seed=1, laws=laws), laws)
    return time.process_time() - start


def _real(model: TrainedModel) -> Iterator[Row]:
    path = telco_csv()
    if path is None:
        yield skipped("train on simulated, test on real Telco", ABSENT)
        return
    table = read_table(path)
    cells = table.column(table.names.index(canonical_name("Churn")))
    churned = np.array([cell == "Yes" for cell in cells], dtype=np.int64)
    auc = measure(churned, probabilities(model, table)).auc
    yield Row("train on simulated, test on real Telco (AUC)", auc, "", ">= 0.845", auc >= 0.845)
