"""The exported estimator scores in notebooks as the service does."""

import io
import json
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from churn_service.exports.estimator import ChurnEstimator
from churn_service.exports.joblib_file import write as write_joblib
from churn_service.exports.pickled import estimator_of
from churn_service.exports.pickled import write as write_pickle


@pytest.fixture
def estimator(plain_world) -> ChurnEstimator:
    return estimator_of(plain_world.exported)


def test_a_pickle_has_the_same_bits_for_every_kind_of_model(world, tmp_path: Path) -> None:
    write_pickle(world.exported, tmp_path / "churn.bin")

    model = pickle.loads((tmp_path / "churn.bin").read_bytes())  # noqa: S301 - written by this test
    found = model.predict_proba(world.rows)

    assert found[:, 1].tolist() == world.chances
    assert found[:, 0].tolist() == [1.0 - chance for chance in world.chances]


def test_a_pickle_of_telco_has_the_same_bits_in_another_process(telco_world, tmp_path) -> None:
    write_pickle(telco_world.exported, tmp_path / "churn.bin")
    (tmp_path / "rows.json").write_text(json.dumps(telco_world.rows))
    code = (
        "import json, pickle, sys; model = pickle.load(open('churn.bin', 'rb'));"
        "print(json.dumps(model.predict_proba(json.load(open('rows.json')))[:, 1].tolist()))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert json.loads(done.stdout) == telco_world.chances


def test_joblib_has_the_same_bits(world, tmp_path: Path) -> None:
    write_joblib(world.exported, tmp_path / "churn.joblib")

    model = joblib.load(tmp_path / "churn.joblib")

    assert model.predict_proba(world.rows)[:, 1].tolist() == world.chances


def test_skops_trusts_one_type_and_has_the_same_bits(world, tmp_path: Path) -> None:
    skops_io = pytest.importorskip("skops.io")
    skops_file = pytest.importorskip("churn_service.exports.skops_file")
    path = tmp_path / "churn.skops"
    skops_file.write(world.exported, path)

    assert skops_io.get_untrusted_types(file=path) == [skops_file.TRUSTED]
    model = skops_io.load(path, trusted=[skops_file.TRUSTED])
    assert model.predict_proba(world.rows)[:, 1].tolist() == world.chances
    again = tmp_path / "again.skops"
    skops_file.write(world.exported, again)
    assert again.read_bytes() == path.read_bytes()
    assert zipfile.is_zipfile(path)


def test_a_used_estimator_has_the_pickle_of_a_fresh_one(estimator, plain_world) -> None:
    fresh = pickle.dumps(estimator)
    estimator.predict(plain_world.rows)

    assert pickle.dumps(estimator) == fresh


def test_it_is_an_estimator_to_scikit_learn(estimator, plain_world) -> None:
    check_is_fitted(estimator)
    copy = clone(estimator)

    assert copy.predict(plain_world.rows).tolist() == [
        int(chance >= copy.threshold_) for chance in plain_world.chances
    ]
    assert copy.classes_.tolist() == [0, 1]
    assert copy.feature_names_in_.tolist() == ["Visits", "Spend (EUR)", "Town", "Club"]
    assert len(copy.model_version_) == 12
    with pytest.raises(NotImplementedError, match="churn train makes a new one"):
        copy.fit(plain_world.rows)


def test_a_table_of_pandas_is_read_as_the_file_was(estimator, plain_world) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(plain_world.rows).replace("", None)
    typed = pandas.read_csv(io.StringIO(frame.to_csv(index=False)))

    assert estimator.predict_proba(frame)[:, 1].tolist() == plain_world.chances
    assert estimator.predict_proba(typed)[:, 1].tolist() == plain_world.chances


def test_values_of_any_kind_are_read(estimator) -> None:
    cells = {"Visits": "5", "Spend (EUR)": "", "Town": "town_1", "Club": "yes"}
    missing: list[Any] = [None, float("nan"), np.float64("nan")]
    for nothing in missing:
        values = {"visits": np.int64(5), "spend_(eur)": nothing, "town": "Town 1", "club": True}
        assert estimator.predict_proba(values).tolist() == estimator.predict_proba(cells).tolist()
    exact = {**cells, "Visits": 5.0, "Spend (EUR)": 41.25}
    text = {**cells, "Spend (EUR)": "41.25"}
    assert estimator.predict_proba([exact]).tolist() == estimator.predict_proba(text).tolist()


@pytest.mark.parametrize("rows", [5, "text", [1, 2], np.zeros((2, 3))])
def test_customers_of_another_shape_are_refused(estimator, rows) -> None:
    with pytest.raises(ValueError, match="must be a DataFrame or a list of dictionaries"):
        estimator.predict_proba(rows)


def test_a_bad_customer_is_refused(estimator, plain_world) -> None:
    with pytest.raises(ValueError, match="club: must be one of"):
        estimator.predict_proba([{**plain_world.rows[0], "Club": "maybe"}])
