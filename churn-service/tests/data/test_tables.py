import gzip
from pathlib import Path

import pytest

from churn_service.training.errors import DataError
from churn_service.training.table import most_common, parse_table, read_table


@pytest.mark.parametrize(
    ("separator", "name"), [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "bar")]
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_are_found_out(separator: str, name: str, end: str) -> None:
    text = end.join([separator.join(["a", " B b ", "c"]), separator.join(["1", " x ", ""]), ""])

    table = parse_table(text.encode())

    assert table.header == ("a", "B b", "c")
    assert table.names == ("a", "b_b", "c")
    assert table.rows == [["1", "x", ""]]
    assert table.separator == name


def test_quotes_hold_separators_and_line_ends() -> None:
    table = parse_table(b'a,b\n"1,5","two\nlines"\n3,4\n')

    assert table.rows == [["1,5", "two\nlines"], ["3", "4"]]
    assert table.lines == [2, 4]


@pytest.mark.parametrize(
    ("encoding", "found"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("cp1252", "cp1252")]
)
def test_encodings_and_byte_order_marks_are_found_out(encoding: str, found: str) -> None:
    table = parse_table("a,b\nCafé,1\n".encode(encoding))

    assert table.header == ("a", "b")
    assert table.column(0) == ["Café"]
    assert table.encoding == found


def test_blank_lines_are_skipped_and_lines_still_counted() -> None:
    assert parse_table(b"a,b\n\n1,2\n,\n3,4\n").lines == [3, 5]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"a,b\n", "has a header but no rows"),
        (b"just one column\n1\n2\n", "one column only; separators tried: comma, semicolon, tab"),
        (b"a,,c\n1,2,3\n", "column 2 has no name"),
        (b"A b,a_B\n1,2\n", "columns 'A b', 'a_B' have the same name"),
        (b"a,b\n1,2\n1,2,3\n4,5\n", r"line 3 has 3 cells, the header has 2 \(1 such lines\)"),
        (b"a,b,c\n1,2,3\n1,2", "line 3 has 2 cells.*the file ends in the middle of a line"),
        (b'a,b\n1,2\n"1,2\n', "line 3: a quoted cell is broken or never ends"),
        (b'a,b\n"' + b"x" * 200_000, "a cell has more than 131072 characters"),
        ("a,b\n1,2\n".encode("utf-16"), "is in UTF-16; save it as UTF-8"),
        (b"\xfe\xff\x00a", "is in UTF-16"),
        (b"PK\x03\x04....", "an Excel workbook or a zip file"),
        (b"PAR1....", "is no readable Parquet file"),
        (gzip.compress(gzip.compress(b"a,b\n1,2\n")), "compressed twice"),
        (gzip.compress(b"a,b\n1,2\n")[:-6], "is broken gzip .*is the file complete"),
        ("a,b\nCafé,1\n".encode() + b"Caf\xe9,2\n", "mixes encodings: line 2 is UTF-8, line 3"),
        (b"a,b\n1,\x00\n", "byte 6 is zero"),
        (b"a,b\n\x81,2\n", "neither UTF-8 .* nor Windows-1252"),
    ],
)
def test_a_broken_file_is_refused_with_place_and_cure(data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse_table(data)


def test_a_file_error_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.csv: cannot be read"):
        read_table(tmp_path / "gone.csv")
    (tmp_path / "empty.csv").touch()
    with pytest.raises(DataError, match=r"empty\.csv: is empty"):
        read_table(tmp_path / "empty.csv")


def test_the_commonest_cells_come_first() -> None:
    assert most_common(["b", "a", "b", "c"], 2) == "'b', 'a', ..."
