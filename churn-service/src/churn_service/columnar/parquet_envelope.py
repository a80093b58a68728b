"""Parquet files as bodies and answers of `/predict`; pyarrow reads and writes them."""

import io
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it has no stubs
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # the same

from churn_contract.errors import MalformedBodyError
from churn_contract.prediction import Prediction
from churn_contract.validation import Validator
from churn_service.column_envelopes import PARQUET
from churn_service.columnar.arrow_envelope import ArrowEnvelope
from churn_service.columnar.frames import Frame, read_stream
from churn_service.envelopes.body import Body

MOST_INFLATED_BYTES = 256 * 1024 * 1024
_TEXT = "BYTE_ARRAY"


class ParquetEnvelope(ArrowEnvelope):
    """One column per field, by name, as in a stream; the answer is a Parquet file."""

    media_types: Sequence[str] = (PARQUET,)

    def write(self, body: Body, predictions: Sequence[Prediction]) -> bytes:
        """Write a file of one row group, a row per row of the body."""
        sink = io.BytesIO()
        pq.write_table(pa.ipc.open_stream(super().write(body, predictions)).read_all(), sink)
        return sink.getvalue()

    def _frame(self, content: bytes, validator: Validator) -> Frame:
        try:
            stream = _as_stream(content, validator)
        except _UNREADABLE as error:
            raise MalformedBodyError("the body is no readable Parquet file") from error
        return read_stream(stream, lambda rows: validator.check_length(range(rows)))


_UNREADABLE = (pa.ArrowException, OSError, UnicodeDecodeError, KeyError)


def _as_stream(content: bytes, validator: Validator) -> bytes:
    """Return the file as an Arrow stream, once its footer says that it is not too large.

    Texts are read as dictionaries: a text that stands in many rows is not repeated.
    """
    source = pa.BufferReader(content)
    metadata = pq.read_metadata(source)
    validator.check_length(range(metadata.num_rows))
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    if sum(group.total_byte_size for group in groups) > MOST_INFLATED_BYTES:
        limit = MOST_INFLATED_BYTES // 2**20
        raise MalformedBodyError(f"the Parquet file inflates to more than {limit} MiB")
    source.seek(0)
    file = pq.ParquetFile(source, read_dictionary=list(_texts(metadata.schema)))
    table = file.read(use_threads=False)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue()


def _texts(schema: Any) -> Iterator[str]:
    for place in range(len(schema)):
        column = schema.column(place)
        if column.physical_type == _TEXT:
            yield column.path
