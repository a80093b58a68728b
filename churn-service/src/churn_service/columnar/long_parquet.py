"""Parquet files that are written piece by piece; pyarrow writes them."""

import io
from collections.abc import Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it has no stubs
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # the same

from churn_contract.prediction import Prediction
from churn_service.columnar.long_answers import arrow_answer
from churn_service.columnar.stream import END
from churn_service.envelopes.body import Body
from churn_service.envelopes.long_answers import LongAnswer, schema_bytes
from churn_service.predictor import Predictor

ROWS_OF_A_GROUP = 200_000


class ParquetAnswer:
    """One file of row groups, each of some pieces; see `LongAnswer`."""

    def __init__(self, predictor: Predictor) -> None:
        self._stream: LongAnswer = arrow_answer(predictor)
        self._schema = b""
        self._waiting: list[Any] = []
        self._sink = io.BytesIO()
        self._writer: Any = None

    def piece(self, body: Body, predictions: Sequence[Prediction]) -> bytes:
        """Return the next bytes; rows wait until a row group is full."""
        self._take(self._stream.piece(body, predictions))
        if sum(batch.num_rows for batch in self._waiting) >= ROWS_OF_A_GROUP:
            self._write_group()
        return self._taken()

    def end(self, nobody: Body) -> bytes:
        """Return the last rows and the footer."""
        self._take(self._stream.end(nobody).removesuffix(END))
        self._write_group()
        self._writer.close()
        return self._taken()

    def _take(self, content: bytes) -> None:
        """Keep the batch of a piece; only the first piece brings the schema itself."""
        with pa.ipc.open_stream(self._schema + content + END) as stream:
            self._waiting += list(stream)
            if not self._schema:
                self._schema = content[: schema_bytes(content)]
                self._writer = pq.ParquetWriter(self._sink, stream.schema)

    def _write_group(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting))
            self._waiting = []

    def _taken(self) -> bytes:
        """Return what the writer wrote since the last time."""
        content = self._sink.getvalue()
        self._sink.seek(0)
        self._sink.truncate()
        return content
