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
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("cp1252", "cp1252"),
        ("utf-16", "utf-16"),
        ("utf-32", "utf-32"),
    ],
)
def test_encodings_and_byte_order_marks_are_found_out(encoding: str, found: str) -> None:
    table = parse_table("a,b\nCafé,1\n".encode(encoding))

    assert table.header == ("a", "b")
    assert table.column(0) == ["Café"]
    assert table.encoding == found


def test_only_the_start_of_a_large_file_is_sniffed() -> None:
    table = parse_table(b"a;b\n" + b"1,5;2,5\n" * 200_000)

    assert (table.separator, len(table.rows)) == ("semicolon", 200_000)


def test_one_long_line_is_refused_in_words() -> None:
    with pytest.raises(DataError, match="has one column only"):
        parse_table(b"x" * 2**21)


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
        ("a,b\n1,2\n".encode("utf-16")[:-1], r"says it is UTF-16 and is not \(byte 16\)"),
        ("a,b\n1,2\n".encode("utf-16-le"), "every other byte, like UTF-16 without its mark"),
        (b"PK\x03\x04....", "is an Excel or OpenDocument workbook, or a zip file"),
        (b"\x28\xb5\x2f\xfd....", "compressed with zstd"),
        (b"%PDF-1.7\n1 0 obj\n", "is a PDF document"),
        (b"\xef\xbb\xbf <!DOCTYPE html>\n<p>", "is a web page or XML.*sign-in page"),
        (b'{"a": 1, "b": 2}\n', "is JSON; export it as CSV or Parquet"),
        (b'\n[{"a": 1}]\n', "is JSON"),
        (b"INSERT INTO t VALUES (1, 2);\n", "a list of SQL commands"),
        (b"Customers\n\na,b\n1,2\n3,4\n", "one cell in the first line, more from line 3 on"),
        (b"sep=;\na;b;c\n1;2;3\n", "line 1 has 2 cells, all others have 3; the first line must"),
        (b"a" * 201 + b",b\n1,2\n", "the name of column 1 has 201 characters, at most 200"),
        (b"a,b," * 10_001 + b"\n", "line 1 has 20,003 cells, at most 20,000 columns are read"),
        (b"a,a,b,b\n1,2,3,4\n", r"columns 'a' have the same name \(and 1 more such names\)"),
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
