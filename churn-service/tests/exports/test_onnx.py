"""The exported graph scores in ONNX Runtime as the service does."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")


def scored(world, folder: Path) -> tuple[Any, Any]:
    from churn_service.exports.onnx import write  # noqa: PLC0415 - the package may be missing

    write(world.exported, folder / "model.onnx")
    session = runtime.InferenceSession(folder / "model.onnx")
    chances, churn = session.run(None, feed(world))
    return chances[:, 0], churn[:, 0]


def feed(world) -> dict[str, Any]:
    inputs = {}
    for field in world.schema.features:
        cells = [row[field.raw or field.name].strip() for row in world.rows]
        if field.kind == "number":
            numbers = [[float(cell) if cell else np.nan] for cell in cells]
            inputs[field.name] = np.array(numbers)
        else:
            inputs[field.name] = np.array([[cell] for cell in cells], dtype=object)
    return inputs


def test_every_kind_of_model_scores_alike(world, tmp_path: Path) -> None:
    chances, churn = scored(world, tmp_path)

    assert np.abs(chances - world.chances).max() <= 1e-12
    assert churn.tolist() == [chance >= 0.5 for chance in world.chances]


def test_all_telco_customers_score_alike(telco_world, tmp_path: Path) -> None:
    chances, _ = scored(telco_world, tmp_path)

    assert np.abs(chances - telco_world.chances).max() <= 1e-12


def test_rows_that_do_not_fit_score_nan(plain_world, tmp_path: Path) -> None:
    good = plain_world.rows[0]
    rows = [
        good,
        {**good, "Club": "maybe"},
        {**good, "Spend (EUR)": "-100000"},
        {**good, "Town": "Town 99"},
    ]

    chances, churn = scored(plain_world.with_rows(rows), tmp_path)

    assert np.isnan(chances).tolist() == [False, True, True, False]
    assert churn.dtype == bool
