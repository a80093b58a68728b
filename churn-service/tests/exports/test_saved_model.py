"""The graph of the SavedModel scores as the service does; with TensorFlow, the saved one too."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy_tensorflow
import pytest

from churn_service.exports import saved_model
from churn_service.exports.exported import ExportError
from churn_service.exports.formats import FORMATS, export
from churn_service.exports.identifiers import identifiers


def feed(world) -> dict[str, Any]:
    inputs: dict[str, Any] = {}
    features = world.schema.features
    for name, field in zip(identifiers(features), features, strict=True):
        cells = [row[field.raw or field.name].strip() for row in world.rows]
        if field.kind == "number":
            inputs[name] = np.array([float(cell) if cell else np.nan for cell in cells])
        else:
            inputs[name] = np.array(cells, dtype=object)
    return inputs


def computed(world) -> tuple[Any, Any]:
    names = identifiers(world.schema.features)
    module = saved_model.module_of(numpy_tensorflow, world.exported.document, names)
    with np.errstate(invalid="ignore"):
        answer = module.score(**feed(world))
    return answer["churn_probability"], answer["churn"]


def test_every_kind_of_model_scores_alike(world) -> None:
    chances, churn = computed(world)

    assert np.abs(chances - world.chances).max() <= 1e-12
    assert churn.tolist() == [chance >= 0.5 for chance in world.chances]


def test_all_telco_customers_score_alike(telco_world) -> None:
    chances, _ = computed(telco_world)

    assert np.abs(chances - telco_world.chances).max() <= 1e-12


def test_rows_that_do_not_fit_score_nan(plain_world) -> None:
    good = plain_world.rows[0]
    rows = [
        good,
        {**good, "Club": "maybe"},
        {**good, "Spend (EUR)": "-100000"},
        {**good, "Town": "Town 99"},
        {**good, "Visits": "", "Club": "", "Spend (EUR)": ""},
    ]

    chances, churn = computed(plain_world.with_rows(rows))

    assert np.isnan(chances).tolist() == [False, True, True, False, False]
    assert not churn[np.isnan(chances)].any()


def test_the_saved_folder_scores_alike(world, tmp_path: Path) -> None:
    library = pytest.importorskip("tensorflow", reason="1.5 GB; benchmarks.serving installs it")
    saved_model.write(world.exported, tmp_path / "churn")

    loaded = library.saved_model.load(str(tmp_path / "churn"))
    inputs = {name: library.constant(values) for name, values in feed(world).items()}
    answer = loaded.signatures["serving_default"](**inputs)

    assert np.abs(answer["churn_probability"].numpy() - world.chances).max() <= 1e-12
    assert b"0123456789ab" in (tmp_path / "churn" / "assets.extra" / "churn.json").read_bytes()


def test_the_folder_names_inputs_and_version_and_has_no_bytes_of_chance(
    plain_world, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", numpy_tensorflow)
    saved_model.write(plain_world.exported, tmp_path / "churn")

    files = sorted(path.name for path in (tmp_path / "churn").rglob("*") if path.is_file())
    assert files == ["churn.json", "saved_model.pb"]
    about = json.loads((tmp_path / "churn" / "assets.extra" / "churn.json").read_text())
    assert about["model_version"] == "0123456789ab"
    assert about["threshold"] == 0.5
    assert about["inputs"] == {
        "visits": "visits", "spend_(eur)": "spend__eur_", "town": "town", "club": "club",
    }  # fmt: skip


def test_without_tensorflow_the_cure_is_told(plain_world, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)

    with pytest.raises(ExportError, match="pip install tensorflow-cpu"):
        export(FORMATS["tensorflow"], plain_world.exported, tmp_path / "churn")
