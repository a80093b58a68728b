"""An Arrow stream cut into batches keeps every row and the dictionaries they use."""

import io
from typing import Any

import pytest

from churn_service.errors import UnreadableBodyError
from churn_service.jobs import arrow_blocks as blocks
from churn_service.jobs.arrow_blocks import arrow_blocks

pa = pytest.importorskip("pyarrow")


def stream_of(table: Any, rows: int = 3, **options: bool) -> bytes:
    sink = pa.BufferOutputStream()
    written = pa.ipc.IpcWriteOptions(**options)
    with pa.ipc.new_stream(sink, table.schema, options=written) as stream:
        for batch in table.to_batches(max_chunksize=rows):
            stream.write_batch(batch)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def tables(content: bytes) -> list[Any]:
    return [
        pa.ipc.open_stream(block.content).read_all() for block in arrow_blocks(io.BytesIO(content))
    ]


@pytest.mark.parametrize("unify", [True, False])
def test_every_batch_is_a_stream_of_its_own(unify: bool) -> None:  # noqa: FBT001 - a parameter
    parts = [pa.array(words).dictionary_encode() for words in (["a", "b"], ["c", "a"], ["d"])]
    numbers = pa.chunked_array([[1.0, 2.0], [3.0, None], [5.0]])
    table = pa.table({"word": pa.chunked_array(parts), "number": numbers})
    table = table.unify_dictionaries() if unify else table

    found = tables(stream_of(table))

    assert [each.num_rows for each in found] == [2, 2, 1]
    assert [row for each in found for row in each.to_pylist()] == table.to_pylist()


def test_a_stream_without_batches_is_one_block() -> None:
    [found] = tables(stream_of(pa.table({"n": pa.array([], pa.int64())})))

    assert (found.num_rows, found.column_names) == (0, ["n"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no end"),
        (b"ARROW1\0\0 and more", "not an Arrow IPC stream"),
        (stream_of(pa.table({"n": [1, 2]}))[:-8], "no end"),
        (stream_of(pa.table({"n": [1, 2]}))[:-20], "no end"),
        (b"\xff\xff\xff\xff\x10\0\0\0" + b"\xff" * 16, "cannot be read"),
    ],
    ids=["empty", "file", "no-mark", "cut", "noise"],
)
def test_what_is_no_whole_stream_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableBodyError, match=words):
        list(arrow_blocks(io.BytesIO(content)))


def test_a_batch_too_large_for_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "LARGEST_BODY", 1 << 20)
    content = stream_of(pa.table({"n": range(200_000)}), rows=200_000)

    with pytest.raises(UnreadableBodyError, match="a batch has more than 1 MiB"):
        list(arrow_blocks(io.BytesIO(content)))
