"""Long files are cut into blocks of whole rows, wherever the cuts of reading fall."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_service.errors import UnreadableBodyError
from churn_service.jobs.blocks import csv_blocks, line_blocks

CELLS = st.text(alphabet='ab"\n,é', max_size=6)
LINES = st.lists(st.binary(max_size=9).filter(lambda line: b"\n" not in line))
ROWS = st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=12)


def spelled(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().encode()


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


@given(rows=ROWS, size=st.integers(1, 50), ends=st.booleans())
def test_rows_stay_whole_and_stand_under_the_header(rows, size: int, *, ends: bool) -> None:
    content = spelled([["one", "two", "three"], *rows])
    content = content if ends else content.removesuffix(b"\n")

    blocks = list(csv_blocks(io.BytesIO(content), has_header=True, size=size))
    found = [read(block.content) for block in blocks]

    assert all(block[0] == ["one", "two", "three"] for block in found)
    assert [row for block in found for row in block[1:]] == rows


@given(rows=ROWS, size=st.integers(1, 50))
def test_lines_of_a_block_are_told_as_those_of_the_file(rows, size: int) -> None:
    content = spelled([["h"], *rows])
    lines = content.split(b"\n")

    for block in csv_blocks(io.BytesIO(content), has_header=True, size=size):
        for number, line in enumerate(block.content.split(b"\n")[1:-1], 2):
            assert lines[number + block.first_line - 1] == line


@given(rows=ROWS, size=st.integers(1, 50))
def test_a_file_without_header_is_cut_too(rows, size: int) -> None:
    blocks = csv_blocks(io.BytesIO(spelled(rows)), has_header=False, size=size)

    assert [row for block in blocks for row in read(block.content)] == rows


@given(lines=LINES, size=st.integers(1, 9))
def test_lines_stay_whole(lines: list[bytes], size: int) -> None:
    content = b"\n".join(lines)

    blocks = list(line_blocks(io.BytesIO(content), size))

    assert b"".join(block.content for block in blocks) == content
    for block in blocks:
        assert content.split(b"\n")[block.first_line :][:1] == block.content.split(b"\n")[:1]


@pytest.mark.parametrize("cut", [line_blocks, lambda stream: csv_blocks(stream, has_header=True)])
def test_a_row_without_end_is_refused_before_it_fills_the_memory(cut) -> None:
    with pytest.raises(UnreadableBodyError, match="Line 2 is longer than"):
        list(cut(io.BytesIO(b'a,b\n"' + b"x" * 3_000_000)))


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(UnreadableBodyError, match="empty"):
        list(csv_blocks(io.BytesIO(b""), has_header=True))


def test_a_byte_order_mark_is_not_part_of_the_header() -> None:
    [block] = csv_blocks(io.BytesIO(b"\xef\xbb\xbfa,b\n1,2\n"), has_header=True)

    assert block.content == b"a,b\n1,2\n"
