"""Every kind of file gives the same table, and every broken one a clear word."""

import csv
import gzip
import io
import sys
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_service.training.delimited import split_rows
from churn_service.training.encoding import unpack
from churn_service.training.errors import DataError
from churn_service.training.table import parse_table

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6)
NAMES = ("plan", "spend", "city name")


def parquet_bytes(columns: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.table(columns), file)
    return file.getvalue()


@given(
    rows=st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=20),
    separator=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    packed=st.booleans(),
)
def test_what_was_written_is_read_back(
    rows: list[tuple[str, str, str]], separator: str, end: str, quoting: int, *, packed: bool
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]  # one of the module's constants
    writer.writerows([NAMES, ("first", "1", "x"), *rows])
    data = text.getvalue().encode()

    table = parse_table(gzip.compress(data) if packed else data)

    kept = [[cell.strip() for cell in row] for row in rows]
    assert table.header == NAMES
    assert table.rows == [["first", "1", "x"], *(row for row in kept if any(row))]


def test_a_comma_in_a_name_does_not_hide_the_semicolons() -> None:
    table = parse_table(b"name, first;spend;city\nAnn;1,5;X\nBob;2,5;Y\n")

    assert table.header == ("name, first", "spend", "city")


def test_forgetting_known_cells_changes_nothing() -> None:
    assert split_rows("a,b\nx,1\ny,2\n", ",", most_kept=1) == split_rows("a,b\nx,1\ny,2\n", ",")


def test_cells_with_odd_line_marks_stay_whole() -> None:
    assert parse_table("a,b\nx\u2028y,1\x0b2\n".encode()).rows == [["x\u2028y", "1\x0b2"]]


def test_dirty_names_are_cleaned_and_remembered() -> None:
    table = parse_table("\ufeff Plan,\u200bSpend\xa0,city,\nA,1,X,\n".encode())

    assert table.header == ("Plan", "Spend", "city")
    assert table.rows == [["A", "1", "X"]]
    assert table.cleaned == (" Plan", "\u200bSpend\xa0", "")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ('the "best" one', "the best one"),
        ("two\nlines", "two lines"),
        ("a\\b\x01c", "abc"),
        ("😀 mood", "😀 mood"),
    ],
)
def test_a_name_that_no_request_could_hold_is_cleaned(written: str, name: str) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([(written, "b"), ("1", "2")])

    assert parse_table(text.getvalue().encode()).header == (name, "b")


def test_parquet_reads_like_the_same_csv() -> None:
    columns = {
        "plan": pa.array(["a", None, " b "]).dictionary_encode(),
        "spend": pa.array([1.5, float("nan"), None]),
        "visits": [1, None, 3],
        "paid": [True, False, None],
        "joined": pa.array([0, 1, None], pa.date32()),
    }

    table = parse_table(parquet_bytes(columns))

    assert table.header == tuple(columns)
    assert table.rows == [
        ["a", "1.5", "1", "true", "1970-01-01"],
        ["", "", "", "false", "1970-01-02"],
        ["b", "", "3", "", ""],
    ]
    assert (table.separator, table.lines) == ("parquet", [1, 2, 3])


def test_every_type_of_parquet_reads_as_its_text() -> None:
    columns = {
        "price": [Decimal("1.50")],
        "large": pa.array(["a"], pa.large_string()),
        "seen": pa.array([86_400_000_001], pa.timestamp("us")),
        "code": pa.array([7]).dictionary_encode(),
        "big": pa.array([2**64 - 1], pa.uint64()),
        "none": pa.nulls(1),
        "end": pa.array([float("inf")]),
    }

    assert parse_table(parquet_bytes(columns)).rows == [
        ["1.50", "a", "1970-01-02 00:00:00.000001", "7", "18446744073709551615", "", "inf"]
    ]


def test_parquet_with_one_name_twice_is_refused() -> None:
    file = io.BytesIO()
    parquet.write_table(pa.table([pa.array([1]), pa.array([2])], names=["x", "x"]), file)

    with pytest.raises(DataError, match="columns 'x' have the same name; rename one"):
        parse_table(file.getvalue())


@pytest.mark.parametrize("kept", [40, -30])
def test_parquet_that_is_cut_is_refused_in_one_line(kept: int) -> None:
    data = parquet_bytes({"a": list(range(100))})

    with pytest.raises(DataError, match=r"no readable Parquet file .*is the file complete\?$"):
        parse_table(data[:kept])


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"a": [[1], [2]]}, "column 'a' holds list"),
        ({"a": pa.array([b"x"], pa.binary())}, "column 'a' holds binary"),
        ({"a": pa.array([], pa.int64())}, "header but no rows"),
    ],
)
def test_parquet_that_is_no_table_is_refused(columns: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        parse_table(parquet_bytes(columns))


def test_without_pyarrow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(DataError, match=r"churn-service\[parquet\]") as caught:
        parse_table(b"PAR1 and more")

    assert caught.value.rule == "parquet-missing"


def test_a_file_that_unpacks_to_too_much_is_refused() -> None:
    with pytest.raises(DataError, match="unpacks to more than"):
        unpack(gzip.compress(b"x" * 1000), largest=999)
