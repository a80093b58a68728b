"""A model and a table that do not fit each other: what is refused, and the cure."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from churn_service.loading import load_predictor
from churn_service.training.errors import ForeignModelError
from churn_service.training.imports.importing import import_model, read_source

Fit = Callable[..., Path]


@pytest.fixture
def fitted(pickled) -> Fit:
    """Return what fits and saves the pair of the courses on these records."""

    def fit(records: list[dict[str, Any]], gone: Any) -> Path:
        vectorizer = DictVectorizer(sparse=False)
        numbers = vectorizer.fit_transform(records)
        model = LogisticRegression(solver="liblinear").fit(numbers, gone)
        return pickled((vectorizer, model))

    return fit


def imported(path: Path, shop: Any, tmp_path: Path) -> Any:
    return import_model(read_source([path]), shop.dataset, shop.config, tmp_path, 0.5)


def refusal(path: Path, shop: Any, tmp_path: Path) -> str:
    with pytest.raises(ForeignModelError) as error:
        imported(path, shop, tmp_path)
    assert not list(tmp_path.glob("churn/*"))
    return str(error.value)


def test_columns_that_the_model_does_not_read_are_ignored(fitted, shop, tmp_path) -> None:
    records = [{"visits": each["visits"]} for each in shop.records]

    done = imported(fitted(records, shop.gone), shop, tmp_path)

    predictor = load_predictor(done.folder)
    assert [field.name for field in predictor.schema.features] == ["visits"]
    row = {name: cell for name, cell in shop.rows[0].items() if name != "gone"}
    assert predictor.validator.check_text(row).values == (float(row["Visits"]),)


def test_a_column_that_the_table_lacks_is_named(fitted, shop, tmp_path) -> None:
    records = [{"visit": each["visits"], "spend": 1.0} for each in shop.records]

    assert "did you mean 'visits'" in refusal(fitted(records, shop.gone), shop, tmp_path)


def test_a_column_that_is_no_feature_is_named(fitted, shop, other_shop, tmp_path) -> None:
    records = [{"visits": each["visits"], "plan=plan_a": 1.0} for each in shop.records]
    rows = [{**row, "Plan": "the same"} for row in shop.rows]

    said = refusal(fitted(records, shop.gone), other_shop(rows), tmp_path)

    assert "plan, which is no feature of the table" in said


def test_levels_of_a_number_ask_for_a_category(fitted, shop, other_shop, tmp_path) -> None:
    records = [{**each, "visits": str(int(each["visits"]))} for each in shop.records]
    path = fitted(records, shop.gone)

    assert 'add [columns.Visits] type = "category"' in refusal(path, shop, tmp_path)
    config = '[data]\ntarget = "gone"\npositive = "1"\nid = "who"\n[columns.Visits]\n'
    done = imported(path, other_shop(shop.rows, config + 'type = "category"\n'), tmp_path)
    assert load_predictor(done.folder).schema.field("visits").kind == "category"


def test_a_number_where_the_table_has_words_is_refused(fitted, shop, tmp_path) -> None:
    records = [{**each, "plan": float(ord(each["plan"][-1]))} for each in shop.records]

    said = refusal(fitted(records, shop.gone), shop, tmp_path)

    assert "reads plan as a number, but the table has 'plan_" in said


def test_yes_and_no_may_have_been_numbers(fitted, shop, tmp_path) -> None:
    records = [{**each, "club": int(each["club"] == "yes")} for each in shop.records]

    done = imported(fitted(records, shop.gone), shop, tmp_path)

    assert load_predictor(done.folder).schema.field("club").kind == "boolean"


@pytest.mark.parametrize(("stay", "leave"), [("no", "yes"), ("False", "True"), ("0", "1")])
def test_classes_in_other_words_are_understood(fitted, shop, tmp_path, stay, leave) -> None:
    gone = [leave if each else stay for each in shop.gone]

    done = imported(fitted(shop.records, gone), shop, tmp_path)

    plain = imported(fitted(shop.records, shop.gone), shop, tmp_path)
    assert load_predictor(done.folder).document.scorer == (
        load_predictor(plain.folder).document.scorer
    )


@pytest.mark.parametrize("name", ["pair", "native-boosting"])
def test_a_model_of_who_stays_is_turned(
    all_saved, pickled, shop, other_shop, tmp_path, name
) -> None:
    rows = [{**row, "gone": str(1 - int(row["gone"]))} for row in shop.rows]
    stayed = other_shop(rows, '[data]\ntarget = "gone"\npositive = "0"\nid = "who"\n')
    path = pickled(all_saved[name].content)
    usual, turned = (imported(path, each, tmp_path) for each in (shop, stayed))

    before, after = (load_predictor(done.folder) for done in (usual, turned))

    row = {name: shop.rows[0][name] for name in ("Visits", "Spend", "Plan", "Club")}
    logits = [each.logit(each.validator.check_text(row)) for each in (before, after)]
    assert logits[1] == pytest.approx(-logits[0], abs=1e-12)


def test_a_model_without_trees_is_refused(all_saved, pickled, shop, tmp_path) -> None:
    model = copy.deepcopy(all_saved["native-boosting"].content)
    model._predictors = []

    assert "the model has no trees" in refusal(pickled(model), shop, tmp_path)


def test_missing_levels_have_the_weight_that_the_model_gives_them(
    all_saved, pickled, shop, other_shop, tmp_path
) -> None:
    rows = [{**row, "Plan": ""} if place % 5 == 0 else row for place, row in enumerate(shop.rows)]

    for name in ("pair", "native-boosting"):
        done = imported(pickled(all_saved[name].content), other_shop(rows), tmp_path / name)
        assert load_predictor(done.folder).schema.field("plan").nullable


def test_levels_of_a_number_ask_for_a_category_of_trees_too(
    all_saved, pickled, other_shop, shop, tmp_path
) -> None:
    rows = [{**row, "Plan": str(ord(row["Plan"][-1]) % 7 + 0.5)} for row in shop.rows]
    model = pickled(all_saved["native-boosting"].content)

    assert "is a number in the table" in refusal(model, other_shop(rows), tmp_path)


def test_classes_of_other_names_are_refused(fitted, shop, tmp_path) -> None:
    gone = ["left" if each else "here" for each in shop.gone]

    said = refusal(fitted(shop.records, gone), shop, tmp_path)

    assert "tells 'here' and 'left' apart, but [data] positive is '1'" in said


def test_three_classes_are_refused(pickled, shop, tmp_path) -> None:
    vectorizer = DictVectorizer(sparse=False)
    numbers = vectorizer.fit_transform(shop.records)
    model = LogisticRegression().fit(numbers, [place % 3 for place in range(len(numbers))])

    assert "tells 3 classes apart" in refusal(pickled((vectorizer, model)), shop, tmp_path)


def test_parts_that_do_not_belong_together_are_refused(pickled, shop, tmp_path) -> None:
    vectorizer = DictVectorizer(sparse=False).fit(shop.records)
    model = LogisticRegression().fit([[place] for place in range(len(shop.gone))], shop.gone)

    assert "do not belong together" in refusal(pickled((vectorizer, model)), shop, tmp_path)


def test_a_model_without_names_of_columns_is_refused(pickled, shop, tmp_path) -> None:
    model = LogisticRegression().fit([[place] for place in range(len(shop.gone))], shop.gone)

    assert "does not say which columns" in refusal(pickled(model), shop, tmp_path)


def test_missing_numbers_need_a_word(fitted, shop, other_shop, tmp_path) -> None:
    rows = [{**row, "Visits": ""} if place % 9 == 0 else row for place, row in enumerate(shop.rows)]
    path = fitted(shop.records, shop.gone)

    assert "[columns.Visits] blank = 0" in refusal(path, other_shop(rows), tmp_path)
    config = '[data]\ntarget = "gone"\npositive = "1"\nid = "who"\n[columns.Visits]\nblank = 0\n'
    assert imported(path, other_shop(rows, config), tmp_path).rows == len(rows)


@pytest.mark.parametrize("name", ["native-boosting", "filled-boosting", "filled-linear"])
def test_missing_numbers_go_where_the_model_sends_them(
    all_saved, pickled, shop, other_shop, tmp_path, name
) -> None:
    rows = [{**row, "Visits": ""} if place % 9 == 0 else row for place, row in enumerate(shop.rows)]

    done = imported(pickled(all_saved[name].content), other_shop(rows), tmp_path)

    predictor = load_predictor(done.folder)
    field = predictor.schema.field("visits")
    assert (field.nullable, field.blank) == ((True, None) if name.startswith("n") else (False, 5.0))


def test_levels_that_the_model_alone_knows_are_taken(
    all_saved, pickled, other_shop, shop, tmp_path
) -> None:
    rows = [row for row in shop.rows if row["Plan"] != "Plan C"]

    done = imported(pickled(all_saved["native-boosting"].content), other_shop(rows), tmp_path)

    plan = load_predictor(done.folder).schema.field("plan")
    assert plan.levels == ("plan_a", "plan_b", "plan_c")
    assert plan.raw_levels == ("Plan A", "Plan B", "Plan C")


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("pair", True),
        ("one-hot-linear", True),
        ("one-hot-boosting", False),
        ("native-boosting", True),
    ],
)
def test_a_level_that_the_model_does_not_know(
    all_saved, pickled, other_shop, shop, tmp_path, name, taken
) -> None:
    rows = [
        {**row, "Plan": "Plan D"} if place % 5 == 0 else row for place, row in enumerate(shop.rows)
    ]
    path = pickled(all_saved[name].content)

    if taken:
        assert imported(path, other_shop(rows), tmp_path).rows == len(rows)
    else:
        said = refusal(path, other_shop(rows), tmp_path)
        assert "the model refuses the level 'plan_d' in Plan" in said


def test_unseen_levels_score_as_the_model_says(
    all_saved, pickled, other_shop, shop, tmp_path
) -> None:
    config = (
        '[data]\ntarget = "gone"\npositive = "1"\nid = "who"\n[columns.Plan]\nunknown = "other"\n'
    )
    other = other_shop(shop.rows, config)

    for name in ("pair", "native-boosting"):
        done = imported(pickled(all_saved[name].content), other, tmp_path / name)
        predictor = load_predictor(done.folder)
        row = {name: shop.rows[0][name] for name in ("Visits", "Spend", "Plan", "Club")}
        assert predictor.predict([predictor.validator.check_text({**row, "Plan": "new"})])
