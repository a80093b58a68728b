import json
import shutil
from pathlib import Path

import pytest

from churn_contract.schema import Field
from churn_service.artefact.errors import ArtefactError
from churn_service.artefact.golden import encode_golden
from churn_service.artefact.manifest import build_manifest
from churn_service.artefact.reader import read_artefact
from churn_service.loading import load_predictor
from churn_service.predictor import Predictor
from churn_service.reasons import reason_text
from churn_service.training.trainer import Registration


@pytest.fixture(scope="module")
def predictor(gym_version: Registration) -> Predictor:
    return load_predictor(gym_version.folder)


MEMBER = {
    "member_no": "M-1",
    "home_club": "North",
    "age": "30",
    "monthly_fee": "40",
    "has_trainer": "FALSE",
    "visits": "1",
    "postcode": "P1000",
    "mood": "None",
}


def test_a_prediction_names_customer_version_and_threshold(predictor: Predictor) -> None:
    [prediction] = predictor.predict([predictor.validator.check_text(MEMBER)])

    assert prediction.customer_id == "M-1"
    assert prediction.model_version == predictor.version
    assert prediction.threshold == 0.5
    assert prediction.churn is (prediction.churn_probability >= 0.5) is True
    assert prediction.reasons == ()


def test_an_explanation_has_the_strongest_reasons_first(predictor: Predictor) -> None:
    explained = predictor.explain(predictor.validator.check_text(MEMBER), top=3)

    sizes = [abs(reason.contribution) for reason in explained.reasons]
    assert len(sizes) == 3
    assert sizes == sorted(sizes, reverse=True)
    assert explained.reasons[0].field == "visits"
    assert explained.reasons[0].text == "Visits is 1, which raises the risk"


FLAG = Field(name="flag", kind="boolean", levels=("0", "1"), label="Senior")
PLAN = Field(name="my_plan", kind="category", levels=("a_b",), raw_levels=("A b",))


@pytest.mark.parametrize(
    ("field", "value", "contribution", "text"),
    [
        (FLAG, "1", 1.0, "Senior is Yes, which raises the risk"),
        (FLAG, "0", -1.0, "Senior is No, which lowers the risk"),
        (PLAN, "a_b", 1.0, "My plan is A b, which raises the risk"),
        (PLAN, "new_one", 1.0, "My plan is New one, which raises the risk"),
        (PLAN, None, 1.0, "My plan is not given, which raises the risk"),
        (
            Field(name="spend", kind="number", minimum=0, maximum=9, unit="EUR"),
            2.0,
            -0.1,
            "Spend is 2 EUR, which lowers the risk",
        ),
    ],
)
def test_reasons_speak_the_words_of_the_schema(
    field: Field, value: float | str | None, contribution: float, text: str
) -> None:
    assert reason_text(field, value, contribution) == text


def rewrite_golden(version: Registration, folder: Path, change: dict[str, object]) -> Path:
    """Copy a version with a changed first golden row and a manifest that fits it."""
    copy = folder / version.folder.name
    shutil.copytree(version.folder, copy)
    contents = dict(read_artefact(copy).contents)
    first, *rest = contents["golden.jsonl"].splitlines(keepends=True)
    changed = json.dumps({**json.loads(first), **change}).encode() + b"\n"
    contents["golden.jsonl"] = b"".join([changed, *rest])
    (copy / "golden.jsonl").write_bytes(contents["golden.jsonl"])
    (copy / "manifest.json").write_bytes(build_manifest("gym", copy.name, contents, {}))
    return copy


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"logit": 0.123}, "row 1 scores .* but training said 0.123"),
        ({"churn_probability": 0.9999}, "row 1 scores"),
        ({"cells": {"age": "x"}}, "row 1 cannot be scored"),
    ],
)
def test_a_golden_row_with_another_answer_is_refused(
    gym_version: Registration, tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    with pytest.raises(ArtefactError, match=f"golden.jsonl: {reason}"):
        load_predictor(rewrite_golden(gym_version, tmp_path, change))


def test_golden_rows_survive_being_written(gym_version: Registration) -> None:
    artefact = read_artefact(gym_version.folder)

    assert encode_golden(artefact.golden) == artefact.contents["golden.jsonl"]
