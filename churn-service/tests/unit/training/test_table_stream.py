"""A table read in parts is the table read at once; what is broken later is found later."""

import gzip
import io
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from churn_service.training import table_stream
from churn_service.training.errors import DataError
from churn_service.training.table import parse_table
from churn_service.training.table_stream import table_parts

ROWS = [[f"M-{n}", str(n), f"Café {n % 7}", "" if n % 3 else "x\ny"] for n in range(4000)]


def text(separator: str = ",", end: str = "\n", rows: list[list[str]] = ROWS) -> str:
    quoted = [[f'"{cell}"' if "\n" in cell else cell for cell in row] for row in rows]
    lines = [["id", " n ", "town", "note"], *quoted]
    return "".join(separator.join(line) + end for line in lines)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make parts of a few hundred rows, so that short files have several."""
    monkeypatch.setattr(table_stream, "HEAD_BYTES", 4096)
    monkeypatch.setattr(table_stream, "FIRST_CELLS", 4 * 500)
    monkeypatch.setattr(table_stream, "NEXT_CELLS", 4 * 100)


def read(path: Path, **options: bool) -> tuple[Any, list[list[str]], list[int], list[int]]:
    parts = list(table_parts(path, **options))
    rows = [[cell.strip() for cell in row] for part in parts for row in part.rows]
    lines = [line for part in parts for line in part.lines]
    assert len({part.header for part in parts}) == 1
    return parts[0].header, rows, lines, [part.read_bytes for part in parts]


def parquet(content: str) -> bytes:
    csv = pytest.importorskip("pyarrow.csv")
    sink = io.BytesIO()
    options = csv.ParseOptions(newlines_in_values=True)
    table = csv.read_csv(io.BytesIO(content.encode()), parse_options=options)
    pytest.importorskip("pyarrow.parquet").write_table(table, sink, row_group_size=700)
    return sink.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        text().encode(),
        text(";", "\r\n").encode("utf-8-sig"),
        text("\t", "\r").encode("cp1252"),
        text("|").encode("utf-16"),
        b"\xfe\xff" + text().encode("utf-16-be"),
        gzip.compress(text().encode()),
        gzip.compress(text(rows=ROWS[:900]).encode())
        + gzip.compress(text(rows=ROWS[900:]).partition("\n")[2].encode()),
        b"\n\n" + text(rows=ROWS[:3]).encode(),
        text().encode().rstrip(b"\n"),
        text().replace("\n", ",\n").replace("x,\ny", "x\ny").encode(),
    ],
    ids=[
        "plain",
        "bom-crlf",
        "cp1252-cr",
        "utf16",
        "utf16-be",
        "gzip",
        "gzips",
        "short",
        "cut",
        "nameless",
    ],
)
def test_parts_make_the_table(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "table"
    path.write_bytes(data)
    table = parse_table(data)

    header, rows, lines, read_bytes = read(path)

    assert (header, rows, lines) == (table.header, table.rows, table.lines)
    assert read_bytes == sorted(read_bytes)
    assert read_bytes[-1] == len(data)


def test_parquet_comes_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    path.write_bytes(parquet(text()))
    table = parse_table(path.read_bytes())

    header, rows, lines, read_bytes = read(path)

    assert (header, rows, lines) == (table.header, table.rows, table.lines)
    assert len(read_bytes) == 8
    assert read_bytes[-1] == path.stat().st_size


def test_a_pipe_is_read_as_a_file_is(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    thread = threading.Thread(target=path.write_bytes, args=(text().encode(),))
    thread.start()

    _, rows, _, read_bytes = read(path)

    thread.join()
    assert rows == ROWS
    assert set(read_bytes) == {0}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (text().encode() + "9,9,Köln,\n".encode("cp1252"), "is not UTF-8, all lines before are"),
        (gzip.compress(text().encode())[:-2000], "broken gzip .*is the file complete"),
        (gzip.compress(text().encode())[:-4] + b"abcd", "broken gzip"),
        (text().encode() + b"1,2,3\n", "line 5336 has 3 cells, the header has 4"),
        (text().encode() + b'1,2,"3', "line 5336: a quoted cell is broken"),
        (text().encode() + b"1,2", "ends in the middle of a line"),
        (text().encode() + b"x" * 5_000_000, "line 5336 has more than 4,194,304 characters"),
        (b"id,n,id\n1,2,3\n", "have the same name"),
        (b"id,n\n", "has a header but no rows"),
        (b"", "is empty"),
        (b"PAR1 and more", "no readable Parquet file"),
    ],
    ids=[
        "encoding",
        "cut-gzip",
        "bad-gzip",
        "narrow",
        "quote",
        "cut",
        "endless",
        "twice",
        "header-only",
        "empty",
        "parquet",
    ],
)
def test_what_is_broken_is_named(data: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "table"
    path.write_bytes(data)

    with pytest.raises(DataError, match=f"^{path}: .*{words}"):
        list(table_parts(path))


def test_a_parquet_file_without_rows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    path.write_bytes(parquet(text(rows=[])))

    with pytest.raises(DataError, match="has a header but no rows"):
        list(table_parts(path))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        list(table_parts(tmp_path / "none"))


def test_ragged_rows_may_be_allowed(tmp_path: Path) -> None:
    path = tmp_path / "table"
    path.write_bytes(b"id,n,\n1,2,\n3\n4,5,,6\n")

    header, rows, lines, _ = read(path, allow_ragged=True)

    assert header == ("id", "n")
    assert rows == [["1", "2"], ["3"], ["4", "5", "6"]]
    assert lines == [2, 3, 4]
