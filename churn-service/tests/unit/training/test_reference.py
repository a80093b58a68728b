"""What training writes down about its rows."""

import msgspec
import numpy as np
import pytest

from churn_contract.schema import CustomerSchema, Field
from churn_contract.validation import Customer
from churn_service.artefact.document import ModelDocument, decode_document, encode_document
from churn_service.artefact.errors import ArtefactError
from churn_service.artefact.reference import BinnedField, Reference
from churn_service.monitoring.counts import BinCounter
from churn_service.training.dataset import Dataset
from churn_service.training.reference import build_reference, calibration_bins, resampled_moments
from churn_service.training.split import Split
from churn_service.training.table import parse_table
from churn_service.training.trained import TrainedModel


def reference_of(model: TrainedModel) -> Reference:
    assert model.document.reference is not None
    return model.document.reference


def test_every_row_of_the_fit_is_counted_once(gym_model: TrainedModel) -> None:
    reference = reference_of(gym_model)
    assert {binned.rows for binned in reference.fields} == {len(gym_model.split.fit)}
    assert reference.score.rows == len(gym_model.split.test)


def test_serving_counts_as_training_did(gym_model: TrainedModel) -> None:
    reference = reference_of(gym_model)
    counter = BinCounter("v", reference)
    counts = counter.empty()
    fit = [gym_model.dataset.customers[row] for row in gym_model.split.fit]
    counter.add(counts, fit, [])
    expected = [list(binned.counts) for binned in reference.fields]
    assert counts.bins[: len(expected)] == expected


def test_numbers_have_about_ten_bins_and_none_outside_their_range(
    gym_model: TrainedModel,
) -> None:
    numbers = [binned for binned in reference_of(gym_model).fields if binned.edges]
    assert numbers
    for binned in numbers:
        assert len(binned.edges) <= 11
        assert binned.counts[0] == binned.counts[-2] == 0


def test_missing_values_have_a_bin(gym_model: TrainedModel) -> None:
    fee = next(item for item in reference_of(gym_model).fields if item.field == "monthly_fee")
    rows = [gym_model.dataset.customers[row].values for row in gym_model.split.fit]
    index = [field.name for field in gym_model.document.schema.features].index("monthly_fee")
    assert fee.counts[-1] == sum(values[index] is None for values in rows) > 0


def test_calibration_covers_the_test_part(gym_model: TrainedModel) -> None:
    bins = reference_of(gym_model).calibration
    assert len(bins) == 10
    assert sum(item.rows for item in bins) == len(gym_model.split.test)
    assert sum(item.churned for item in bins) == gym_model.test.churned
    assert [item.expected for item in bins] == sorted(item.expected for item in bins)


def test_few_rows_make_few_calibration_bins() -> None:
    bins = calibration_bins(np.array([0.2, 0.7]), np.array([0, 1]))
    assert [(item.rows, item.churned) for item in bins] == [(1, 0), (1, 1)]


def test_a_number_that_nobody_has_is_counted_as_missing() -> None:
    split = Split(train=np.arange(40), validation=np.arange(40, 50), test=np.arange(50, 60))
    schema = CustomerSchema(
        name="x", fields=(Field(name="n", kind="number", nullable=True, minimum=0, maximum=9),)
    )
    customers = tuple(Customer(None, (None,)) for _ in range(60))
    table = parse_table(b"n,y\n1,2\n3,4\n")
    churned = np.arange(60) % 2
    dataset = Dataset(table, schema, customers, ("",) * 60, churned, ())
    reference = build_reference(dataset, split, schema, np.linspace(0.1, 0.9, 10))
    assert reference.fields[0].counts == (0, 0, 0, 50)


def test_a_field_with_one_bin_has_no_noise() -> None:
    field = BinnedField(field="x", levels=("a",), counts=(500, 0, 0))
    null = resampled_moments(field, 100, np.random.default_rng(1))
    assert (null.mean, null.deviation, null.skewness) == (0, 0, 0)


def test_a_document_without_reference_still_loads(gym_model: TrainedModel) -> None:
    data = msgspec.json.decode(encode_document(gym_model.document))
    del data["reference"]
    assert decode_document(msgspec.json.encode(data)).reference is None


def _with_score(reference: Reference, **change: object) -> Reference:
    score = msgspec.structs.replace(reference.score, **change)
    return msgspec.structs.replace(reference, score=score)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"field": "x"}, "not in bins of churn_probability"),
        ({"counts": (1, 2)}, "not one count per bin"),
        ({"counts": (0,) * 13}, "no rows or a negative count"),
        ({"edges": (1.0, 0.5), "counts": (1, 1, 1, 1)}, "do not ascend"),
        ({"edges": (0.0, 1e400), "counts": (1, 1, 1, 1)}, "not finite"),
    ],
)
def test_a_score_reference_that_makes_no_sense_is_refused(
    gym_model: TrainedModel, change: dict[str, object], reason: str
) -> None:
    document = gym_model.document
    wrong = _with_score(reference_of(gym_model), **change)
    with pytest.raises(ArtefactError, match=reason):
        encode_document(msgspec.structs.replace(document, reference=wrong))


def test_a_reference_of_other_fields_or_levels_is_refused(gym_model: TrainedModel) -> None:
    document, reference = gym_model.document, reference_of(gym_model)
    shorter = msgspec.structs.replace(reference, fields=reference.fields[1:])
    with pytest.raises(ArtefactError, match="not the schema's features"):
        encode_document(msgspec.structs.replace(document, reference=shorter))
    fields = tuple(
        msgspec.structs.replace(item, levels=(), edges=(0.0,), counts=(1, 1, 0))
        for item in reference.fields
    )
    other = msgspec.structs.replace(reference, fields=fields)
    with pytest.raises(ArtefactError, match="other levels"):
        encode_document(msgspec.structs.replace(document, reference=other))


def test_an_untouched_document_is_a_model_document(gym_model: TrainedModel) -> None:
    again = decode_document(encode_document(gym_model.document))
    assert isinstance(again, ModelDocument)
    assert again.reference == gym_model.document.reference
