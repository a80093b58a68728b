"""Models of scikit-learn score the same after the import, whatever file they were in."""

from pathlib import Path
from typing import Any

import pytest
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from churn_service.artefact.trees import Trees
from churn_service.loading import load_predictor
from churn_service.training.config import parse_config
from churn_service.training.imports.estimators import find_model
from churn_service.training.imports.importing import Source, import_model, read_source
from churn_service.training.imports.pickle_files import read_objects
from churn_service.training.reading import build_dataset
from churn_service.training.table import read_table


def imported(source: Source, shop: Any, root: Path) -> Any:
    return import_model(source, shop.dataset, shop.config, root, 0.4)


def test_every_model_scores_the_same(saved, shop, pickled, tmp_path: Path) -> None:
    done = imported(read_source([pickled(saved.content)]), shop, tmp_path)

    predictor = load_predictor(done.folder, unknown_fields="ignore")
    rows = [{name: cell for name, cell in row.items() if name != "gone"} for row in shop.rows]
    logits = [
        predictor.logit(customer) for customer in predictor.validator.check_all(rows, text=True)
    ]
    is_exact = isinstance(predictor.document.scorer, Trees)
    assert logits == (saved.logits if is_exact else pytest.approx(saved.logits, abs=1e-12))
    assert predictor.threshold == 0.4
    assert (done.rows, done.verdict) == (len(rows), None)


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 5])
def test_every_protocol_of_pickle_says_the_same(saved, pickled, protocol: int) -> None:
    usual = read_objects(pickled(saved.content).read_bytes())
    other = read_objects(pickled(saved.content, "other.bin", protocol).read_bytes())

    assert repr(find_model(other)) == repr(find_model(usual))


@pytest.mark.parametrize("compress", [0, 3, "gzip", "bz2", "lzma", "xz"])
def test_every_file_of_joblib_says_the_same(saved, pickled, joblibbed, compress: Any) -> None:
    options = {"compress": (compress, 3) if isinstance(compress, str) else compress}
    usual = read_objects(pickled(saved.content).read_bytes())
    other = read_objects(joblibbed(saved.content, **options).read_bytes())

    assert repr(find_model(other)) == repr(find_model(usual))


def test_two_files_of_a_course_are_one_model(all_saved, pickled, tmp_path: Path) -> None:
    vectorizer, model = all_saved["pair"].content
    paths = [pickled(vectorizer, "dv.bin"), pickled(model)]

    both = read_source(paths)
    other_way = read_source(paths[::-1])
    one_after_the_other = tmp_path / "both.bin"
    one_after_the_other.write_bytes(b"".join(path.read_bytes() for path in paths))

    assert both.found == other_way.found == read_source([one_after_the_other]).found
    assert both.kind.startswith("logistic regression of scikit-learn")


def test_the_same_file_and_table_give_the_same_version(all_saved, shop, pickled, tmp_path) -> None:
    path = pickled(all_saved["pair"].content)

    versions = {imported(read_source([path]), shop, tmp_path / name).version for name in "ab"}

    assert len(versions) == 1


def test_all_telco_customers_score_as_the_course_s_pair(
    telco_csv: Path, pickled, tmp_path: Path
) -> None:
    config = parse_config(
        b'[data]\ntarget = "Churn"\npositive = "Yes"\nid = "customerID"\n'
        b"[columns.TotalCharges]\nblank = 0\n"
    )
    dataset = build_dataset(read_table(telco_csv), config, "churn")
    names = [field.name for field in dataset.schema.features]
    records = [dict(zip(names, customer.values, strict=True)) for customer in dataset.customers]
    for record in records:
        record["seniorcitizen"] = int(record["seniorcitizen"])
    vectorizer = DictVectorizer(sparse=False)
    numbers = vectorizer.fit_transform(records)
    model = LogisticRegression(solver="liblinear").fit(numbers, dataset.churned)
    path = pickled((vectorizer, model))

    done = import_model(read_source([path]), dataset, config, tmp_path, 0.5)

    predictor = load_predictor(done.folder)
    chances = [found.churn_probability for found in predictor.predict(dataset.customers)]
    assert len(chances) > 7000
    assert chances == pytest.approx(model.predict_proba(numbers)[:, 1].tolist(), abs=1e-12)
