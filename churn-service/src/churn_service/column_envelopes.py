"""Forms of whole columns, which need extras: loaded when the first such body comes.

numpy takes 30 MB and a tenth of a second; a service that is only sent short JSON pays nothing.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec

from churn_contract.prediction import Prediction
from churn_service.column_customers import ColumnPredictions
from churn_service.envelopes.body import Body
from churn_service.envelopes.csv import CsvEnvelope
from churn_service.envelopes.form import Ask, Envelope
from churn_service.envelopes.json import JsonEnvelope

ARROW_STREAM = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
LONG_BYTES = 65_536  # of a body that pays for numpy: more than a hundred customers


class LazyEnvelope:
    """A form whose module is imported at its first use.

    Args:
        media_type: Of the form.
        place: `module:class` that knows it.
    """

    def __init__(self, media_type: str, place: str) -> None:
        self.media_types = (media_type,)
        self._place = place

    @cached_property
    def _envelope(self) -> Envelope:
        module, _, name = self._place.partition(":")
        envelope: Envelope = getattr(import_module(module), name)()
        return envelope

    def read(self, content: bytes, ask: Ask) -> Body:
        """Read customers; see `Envelope`."""
        return self._envelope.read(content, ask)

    def write(self, body: Body, predictions: Sequence[Prediction]) -> bytes:
        """Write an answer; see `Envelope`."""
        return self._envelope.write(body, predictions)


class LongEnvelope:
    """A form whose long bodies have a quicker reader, imported when the first one comes.

    Args:
        usual: Reads short bodies, and writes.
        place: `module:class` of the other reader.
    """

    def __init__(self, usual: Envelope, place: str) -> None:
        self.media_types: Sequence[str] = usual.media_types
        self._usual = usual
        self._quick = LazyEnvelope(usual.media_types[0], place)

    def read(self, content: bytes, ask: Ask) -> Body:
        """Read customers; see `Envelope`."""
        reader: Envelope = self._usual if len(content) < LONG_BYTES else self._quick
        return reader.read(content, ask)

    def write(self, body: Body, predictions: Sequence[Prediction]) -> bytes:
        """Write an answer; see `Envelope`. Who scored in columns writes in columns."""
        in_columns = isinstance(predictions, ColumnPredictions)
        writer: Envelope = self._quick if in_columns else self._usual
        return writer.write(body, predictions)


def column_envelopes() -> Iterator[Envelope]:
    """Yield the forms whose extras are installed, and quicker ones for long bodies."""
    if find_spec("numpy") is None:
        return
    yield LongEnvelope(JsonEnvelope(), "churn_service.columnar.json_arrays:ArrayEnvelope")
    yield LongEnvelope(CsvEnvelope(), "churn_service.columnar.csv_envelope:QuickCsvEnvelope")
    yield LazyEnvelope(ARROW_STREAM, "churn_service.columnar.arrow_envelope:ArrowEnvelope")
    if find_spec("pyarrow") is not None:
        yield LazyEnvelope(PARQUET, "churn_service.columnar.parquet_envelope:ParquetEnvelope")
