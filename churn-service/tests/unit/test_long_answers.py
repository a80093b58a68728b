"""What is written in pieces reads as what is written at once."""

import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

from churn_contract.problem import FieldError
from churn_contract.validation import Customer, RowErrors
from churn_service import long_answers
from churn_service.column_envelopes import ARROW_STREAM, PARQUET, column_envelopes
from churn_service.columnar import long_parquet
from churn_service.envelopes.csv import CsvEnvelope
from churn_service.envelopes.ndjson import NdjsonEnvelope
from churn_service.file_scoring import Piece
from churn_service.loading import load_predictor
from churn_service.long_answers import FORMS, MissingExtraError, long_answer
from churn_service.predictor import Predictor
from churn_service.training.trained import TrainedModel
from churn_service.training.trainer import Registration

COLUMNS = {kind: form for form in column_envelopes() for kind in form.media_types}
ENVELOPES = {
    "csv": CsvEnvelope(),
    "jsonl": NdjsonEnvelope(),
    "arrow": COLUMNS[ARROW_STREAM],
    "parquet": COLUMNS[PARQUET],
}
BAD = (FieldError("/age", "age", "wrong-type", "must be a number"),)


@pytest.fixture(scope="module")
def predictor(gym_version: Registration) -> Predictor:
    return load_predictor(gym_version.folder)


@pytest.fixture(scope="module")
def customers(gym_model: TrainedModel) -> Sequence[Customer]:
    return gym_model.dataset.customers[:20]


def piece_of(rows: Sequence[Customer | None]) -> Piece:
    bad = [RowErrors(place, BAD) for place, row in enumerate(rows) if row is None]
    return Piece([row for row in rows if row is not None], bad, range(len(rows)), 0)


def written(predictor: Predictor, form: str, pieces: Iterable[Piece], **options: Any) -> bytes:
    answer, done = long_answer(form, predictor), 0
    content = b""
    for piece in pieces:
        body = piece.body(first_row=done, **options)
        content += answer.piece(body, predictor.predict(piece.customers))
        done += len(piece.lines)
    return content + answer.end(piece_of([]).body(first_row=0, **options))


def read(form: str, content: bytes) -> Any:
    """Return all rows; with Arrow and Parquet as pyarrow sees them."""
    if form == "arrow":
        return pytest.importorskip("pyarrow").ipc.open_stream(content).read_all()
    if form == "parquet":
        return pytest.importorskip("pyarrow.parquet").read_table(io.BytesIO(content))
    return content


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "cut",
    [
        lambda rows: [rows],
        lambda rows: [rows[:7], rows[7:9], rows[9:]],
        lambda rows: [[None, None], rows, [None]],
    ],
    ids=["one", "three", "bad-ends"],
)
def test_pieces_make_the_answer_of_the_whole(
    predictor: Predictor, customers: Sequence[Customer], form: str, cut: Callable[..., Any]
) -> None:
    rows = [*customers[:8], None, *customers[8:]]
    pieces = [piece_of(part) for part in cut(rows)]
    whole = piece_of([row for part in cut(rows) for row in part])

    content = written(predictor, form, pieces, is_lenient=True)

    body = whole.body(is_lenient=True, first_row=0)
    expected = ENVELOPES[form].write(body, predictor.predict(whole.customers))
    assert read(form, content) == read(form, expected)
    assert body.again(predictor.validator) == whole.customers


@pytest.mark.parametrize("form", FORMS)
def test_a_file_of_nobody_has_an_answer(predictor: Predictor, form: str) -> None:
    content = written(predictor, form, [], is_lenient=False)

    found = read(form, content)
    if form == "jsonl":
        assert found == b""
    elif form == "csv":
        assert found == b"customer_id,churn_probability,churn,model_version\n"
    else:
        assert found.num_rows == 0
        assert found.column_names[:3] == ["customer_id", "churn_probability", "churn"]
        assert found.schema.metadata[b"model_version"].decode() == predictor.version


def test_a_parquet_file_has_groups_of_many_pieces(
    predictor: Predictor, customers: Sequence[Customer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_parquet, "ROWS_OF_A_GROUP", 8)

    content = written(
        predictor, "parquet", [piece_of([row]) for row in customers], is_lenient=False
    )

    metadata = pytest.importorskip("pyarrow.parquet").read_metadata(io.BytesIO(content))
    sizes = [metadata.row_group(place).num_rows for place in range(metadata.num_row_groups)]
    assert sizes == [8, 8, 4]


def test_a_form_whose_extra_is_missing_names_it(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: str) -> None:
        raise ModuleNotFoundError

    monkeypatch.setattr(long_answers, "import_module", gone)

    with pytest.raises(MissingExtraError, match=r"needs the extra churn-service\[parquet\]"):
        long_answer("parquet", predictor)
