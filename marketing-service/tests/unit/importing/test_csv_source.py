import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing_service.errors import ImportFileError
from marketing_service.importing.csv_source import RawRow, open_csv, read_csv, read_header


def _read(tmp_path: Path, content: bytes) -> tuple[list[str], list[RawRow]]:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with open_csv(path) as source:
        return source.header, list(source.rows)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_usual_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    content = "a,b\n1,2\n".replace(",", delimiter).encode()

    assert _read(tmp_path, content) == (["a", "b"], [RawRow(2, ["1", "2"], f"1{delimiter}2")])


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "a,b\ngröße,€\n"),
        ("utf-8-sig", "a,b\ngröße,€\n"),
        ("latin-1", "a,b\ngröße,x\n"),
        ("cp1252", "a,b\ngröße,€\n"),
        ("latin-1", "a,b\nx\x81y,größe\n"),
        ("latin-1", "a,b\nx,caf\xe9"),
    ],
)
def test_every_usual_encoding_is_read(tmp_path: Path, encoding: str, text: str) -> None:
    header, rows = _read(tmp_path, text.encode(encoding))

    assert header == ["a", "b"]
    assert rows[0].cells == text.splitlines()[1].split(",")


def test_rows_know_their_first_line_and_their_text(tmp_path: Path) -> None:
    content = b'a,b\r\n"x\r\ny",1\r\n\r\nz,2'

    assert _read(tmp_path, content)[1] == [
        RawRow(2, ["x\r\ny", "1"], '"x\r\ny",1'),
        RawRow(5, ["z", "2"], "z,2"),
    ]


def test_a_badly_quoted_row_is_marked_and_the_next_one_read(tmp_path: Path) -> None:
    _, rows = _read(tmp_path, b'a,b\n"x"y,1\nz,2\n')

    assert rows[0].problem.startswith("a quoted cell must end")
    assert rows[0].raw == '"x"y,1'
    assert rows[1].cells == ["z", "2"]


@pytest.mark.parametrize("rest", [b"", b"\n" + b"n,1\n" * 50_000])
def test_a_quote_that_never_closes_stops_the_reading_with_its_line(
    tmp_path: Path, rest: bytes
) -> None:
    with pytest.raises(ImportFileError, match=r"quote opens in line 3 and does not close"):
        _read(tmp_path, b'a,b\nx,1\ny,"2' + rest)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04rest", "Excel workbook"),
        (b"\xd0\xcf\x11\xe0rest", "old Excel workbook"),
        (b"\x1f\x8brest", "compressed"),
        (b"PAR1rest", "Parquet"),
        ("a,b\n1,2\n".encode("utf-16"), "UTF-16"),
        (b"a,b\n1,\x00\n", "zero bytes"),
        (b"", "first line must hold the names"),
        (b"\n1,2\n", "first line must hold the names"),
        ("a,b\ngröße,grö".encode()[:-1], "cut off in the middle of a character"),
    ],
)
def test_what_is_no_whole_csv_text_is_refused_with_the_cure(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    with pytest.raises(ImportFileError, match=reason):
        _read(tmp_path, content)


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="upload it again"):
        read_header(tmp_path / "gone.csv")


def test_only_the_header_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("a;b\n1;2\n")

    assert read_header(path) == ["a", "b"]


CELLS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=9))
def test_what_python_writes_is_read_back(table: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([["a", "b"], *table])

    source = read_csv(io.StringIO(out.getvalue(), newline=""))

    assert [row.cells for row in source.rows] == table
