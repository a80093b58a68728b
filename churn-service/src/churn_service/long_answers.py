"""The forms of a result that is too long for the memory."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Protocol

from churn_contract.prediction import Prediction
from churn_service.column_envelopes import column_envelopes
from churn_service.envelopes.body import Body
from churn_service.envelopes.csv import CsvEnvelope
from churn_service.envelopes.form import Envelope
from churn_service.envelopes.long_answers import LongAnswer
from churn_service.envelopes.ndjson import NdjsonEnvelope
from churn_service.predictor import Predictor


class Answer(Protocol):
    """Makes one answer of the parts of a long file."""

    def piece(self, body: Body, predictions: Sequence[Prediction]) -> bytes:
        """Return the next bytes."""
        ...

    def end(self, nobody: Body) -> bytes:
        """Return the last bytes; `nobody` is an empty body, for files without rows."""
        ...


class MissingExtraError(RuntimeError):
    """A form needs an extra that is not installed; the text names it."""


def long_answer(form: str, predictor: Predictor) -> Answer:
    """Return what makes an answer in a form of `FORMS`.

    Raises:
        MissingExtraError: The form needs an extra that is not installed.
    """
    return FORMS[form](predictor)


def _in_columns(place: str, extra: str) -> Callable[[Predictor], Answer]:
    def make(predictor: Predictor) -> Answer:
        module, _, name = place.partition(":")
        try:
            found: Answer = getattr(import_module(module), name)(predictor)
        except ModuleNotFoundError as error:
            raise MissingExtraError(f"this form needs the extra churn-service[{extra}]") from error
        return found

    return make


def _quick_csv() -> Envelope:
    """Return what writes CSV; with numpy, scores in columns are written as such."""
    forms = (CsvEnvelope(), *column_envelopes())
    return [form for form in forms if "text/csv" in form.media_types][-1]


FORMS: Mapping[str, Callable[[Predictor], Answer]] = {
    "csv": lambda _: LongAnswer(_quick_csv()),
    "jsonl": lambda _: LongAnswer(NdjsonEnvelope()),
    "arrow": _in_columns("churn_service.columnar.long_answers:arrow_answer", "arrow"),
    "parquet": _in_columns("churn_service.columnar.long_parquet:ParquetAnswer", "parquet"),
}
