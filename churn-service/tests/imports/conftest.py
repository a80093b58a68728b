"""Models of scikit-learn, fitted on a table, saved as people save them."""

import csv
import io
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler

from churn_service.training import reference
from churn_service.training.config import TrainConfig, parse_config
from churn_service.training.dataset import Dataset
from churn_service.training.reading import build_dataset
from churn_service.training.table import parse_table

NUMBERS, LEVELS = ["Visits", "Spend"], ["Plan", "Club"]
NAMES = NUMBERS + LEVELS
CONFIG = """
[data]
target = "gone"
positive = "1"
id = "who"
"""


@dataclass(frozen=True)
class Shop:
    """A table, as people and as scikit-learn see it."""

    rows: list[dict[str, str]]
    dataset: Dataset
    config: TrainConfig

    @property
    def records(self) -> list[dict[str, Any]]:
        """The rows as courses hand them to a DictVectorizer."""
        return [
            {"visits": float(row["Visits"]), "spend": float(row["Spend"]), **words(row)}
            for row in self.rows
        ]

    @property
    def matrix(self) -> Any:
        """The rows as a DataFrame would hold them, in the order of NAMES."""
        matrix = np.empty((len(self.rows), len(NAMES)), dtype=object)
        for place, row in enumerate(self.rows):
            numbers = [float(row[name]) for name in NUMBERS]
            matrix[place] = [*numbers, *(row[name] for name in LEVELS)]
        return matrix

    @property
    def gone(self) -> Any:
        return np.array([int(row["gone"]) for row in self.rows])


def words(row: dict[str, str]) -> dict[str, str]:
    return {name.lower(): row[name].lower().replace(" ", "_") for name in LEVELS}


def shop_rows(count: int = 500, seed: int = 3) -> list[dict[str, str]]:
    random = np.random.default_rng(seed)
    rows = []
    for place in range(count):
        visits, spend = int(random.poisson(5)), float(random.normal(40, 15))
        plan, club = f"Plan {'ABC'[random.integers(3)]}", str(random.choice(["Yes", "No"]))
        logit = 0.03 * spend - 0.3 * visits + (plan == "Plan A") - (club == "Yes")
        rows.append({
            "who": f"c{place}",
            "Visits": str(visits),
            "Spend": f"{spend:.2f}",
            "Plan": plan,
            "Club": club,
            "gone": str(int(random.random() < 1 / (1 + np.exp(-logit)))),
        })
    return rows


def as_table(rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def shop_of(rows: list[dict[str, str]], config: str = CONFIG) -> Shop:
    settings = parse_config(config.encode())
    return Shop(rows, build_dataset(parse_table(as_table(rows)), settings, "churn"), settings)


@pytest.fixture(autouse=True, scope="session")
def _few_resamples() -> Iterator[None]:
    """Resample the watch's thresholds seldom: they are no part of what is tested here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "_RESAMPLES", 200)
        yield


@pytest.fixture(scope="session")
def shop() -> Shop:
    return shop_of(shop_rows())


@dataclass(frozen=True)
class Saved:
    """What is saved, and the logits that scikit-learn itself gives the shop's customers."""

    content: Any
    logits: list[float]


def _one_hot(**options: Any) -> ColumnTransformer:
    parts = [("numbers", StandardScaler(), [0, 1]), ("levels", OneHotEncoder(**options), [2, 3])]
    return ColumnTransformer(parts)


def _ordinal() -> ColumnTransformer:
    return ColumnTransformer([("levels", OrdinalEncoder(), slice(2, 4))], remainder="passthrough")


def _filled() -> Pipeline:
    return make_pipeline(SimpleImputer(strategy="median"), MinMaxScaler())


def _boosting(**options: Any) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(max_iter=8, max_leaf_nodes=6, random_state=1, **options)


def _pair(shop: Shop) -> tuple[Any, list[float]]:
    vectorizer = DictVectorizer(sparse=False)
    model = LogisticRegression(solver="liblinear").fit(
        vectorizer.fit_transform(shop.records), shop.gone
    )
    logits = model.decision_function(vectorizer.transform(shop.records))
    return (vectorizer, model), logits.tolist()


def _dictionary(shop: Shop) -> tuple[Any, list[float]]:
    (vectorizer, model), logits = _pair(shop)
    return {"dv": vectorizer, "model": model, "notes": ["mine", 1]}, logits


def _records_pipeline(model: Any) -> Callable[[Shop], tuple[Any, list[float]]]:
    def make(shop: Shop) -> tuple[Any, list[float]]:
        pipeline = make_pipeline(DictVectorizer(sparse=False), model)
        pipeline.fit(shop.records, shop.gone)
        return pipeline, pipeline.decision_function(shop.records).tolist()

    return make


def _named(*steps: Any) -> Callable[[Shop], tuple[Any, list[float]]]:
    """Fit steps on a matrix and give the first one names, as a DataFrame would have done."""

    def make(shop: Shop) -> tuple[Any, list[float]]:
        pipeline = make_pipeline(*steps).fit(shop.matrix, shop.gone)
        logits = pipeline.decision_function(shop.matrix).tolist()
        pipeline[0].feature_names_in_ = np.array(NAMES, dtype=object)
        return (pipeline if len(steps) > 1 else pipeline[0]), logits

    return make


def _search(shop: Shop) -> tuple[Any, list[float]]:
    pipeline = make_pipeline(_one_hot(), LogisticRegression())
    search = GridSearchCV(pipeline, {"logisticregression__C": [0.1, 1.0]}, cv=2)
    search.fit(shop.matrix, shop.gone)
    logits = search.decision_function(shop.matrix).tolist()
    search.best_estimator_[0].feature_names_in_ = np.array(NAMES, dtype=object)
    return search, logits


def _filled_first() -> ColumnTransformer:
    parts = [
        ("numbers", _filled(), np.array([True, True, False, False])),
        ("plan", OneHotEncoder(drop="first"), [2]),
        ("club", "drop", [3]),
    ]
    return ColumnTransformer(parts)


MAKERS: dict[str, Callable[[Shop], tuple[Any, list[float]]]] = {
    "pair": _pair,
    "dictionary": _dictionary,
    "records-linear": _records_pipeline(LogisticRegression()),
    "records-boosting": _records_pipeline(_boosting()),
    "one-hot-linear": _named(_one_hot(handle_unknown="ignore"), LogisticRegression()),
    "one-hot-boosting": _named(_one_hot(sparse_output=False), _boosting()),
    "filled-linear": _named(_filled_first(), LogisticRegression()),
    "filled-boosting": _named(_filled_first(), _boosting()),
    "ordinal-boosting": _named(_ordinal(), _boosting(categorical_features=[0, 1])),
    "codes-boosting": _named(_ordinal(), _boosting()),
    "native-boosting": _named(
        _boosting(categorical_features=[2, 3], max_features=0.5, early_stopping=True)
    ),
    "search": _search,
}


@pytest.fixture(scope="session")
def all_saved(shop: Shop) -> dict[str, Saved]:
    return {name: Saved(*make(shop)) for name, make in MAKERS.items()}


@pytest.fixture(params=sorted(MAKERS))
def saved(request: pytest.FixtureRequest, all_saved: dict[str, Saved]) -> Saved:
    return all_saved[request.param]


@pytest.fixture
def pickled(tmp_path: Path) -> Callable[..., Path]:
    """Return what saves an object with pickle."""

    def save(content: Any, name: str = "model.bin", protocol: int = 4) -> Path:
        (tmp_path / name).write_bytes(pickle.dumps(content, protocol=protocol))
        return tmp_path / name

    return save


@pytest.fixture
def joblibbed(tmp_path: Path) -> Callable[..., Path]:
    """Return what saves an object with joblib."""

    def save(content: Any, **options: Any) -> Path:
        joblib.dump(content, tmp_path / "model.joblib", **options)
        return tmp_path / "model.joblib"

    return save


@pytest.fixture
def other_shop() -> Callable[..., Shop]:
    """Return what makes another table, or another training file, of the shop."""
    return shop_of
