"""The parts of columns: bins, codes, ids, counts; each against its plain form."""

import io
import math
from bisect import bisect_right
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from churn_contract.errors import InvalidCustomersError, MalformedBodyError
from churn_contract.schema import CustomerSchema, Field
from churn_contract.validation import Validator
from churn_service.columnar import exact, stream
from churn_service.columnar.bins import Bins
from churn_service.columnar.block import LevelColumn, NumberColumn
from churn_service.columnar.bodies import check_frame, recheck_frame, sort_frame
from churn_service.columnar.counting import counted, odd_values
from churn_service.columnar.customers import CheckedColumns, CustomersInColumns
from churn_service.columnar.flatbuffers import FlatbufferError, Table
from churn_service.columnar.frames import read_stream
from churn_service.columnar.ids import check_ids
from churn_service.columnar.scorers import ColumnScorers

SCHEMA = CustomerSchema(
    name="gym",
    id="member",
    fields=(
        Field(name="age", kind="number", minimum=0, maximum=120, nullable=True),
        Field(
            name="club",
            kind="category",
            levels=("north", "süd"),
            unknown="other",
            nullable=True,
        ),
        Field(name="trainer", kind="boolean", levels=("0", "1"), blank="0"),
    ),
)


def frame_of(table: pa.Table) -> Any:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return read_stream(sink.getvalue(), lambda _: None)


def gym(**columns: Any) -> pa.Table:
    usual = {"age": [1.0, 2.0], "club": ["north", "north"], "trainer": [0, 1]}
    return pa.table(usual | columns)


def customers_of(table: pa.Table) -> list[Any]:
    checked = check_frame(frame_of(table), Validator(SCHEMA))
    return list(CustomersInColumns(SCHEMA, checked, ColumnScorers()))


def values_of(table: pa.Table) -> list[tuple[Any, ...]]:
    return [customer.values for customer in customers_of(table)]


EDGES = {
    "one": [1.5],
    "three": [1.0, 2.0, 7.0],
    "even": np.linspace(0, 70, 71).tolist(),
    "crowded": [*np.linspace(0, 1e-6, 40).tolist(), 1e6],
    "huge": [-1.7e308, 0.0, 5.0, 1.7e308],
}


@pytest.mark.parametrize("edges", EDGES)
def test_bins_are_those_of_bisect(edges: str) -> None:
    given = EDGES[edges]
    dice = np.random.default_rng(1)
    near = [value for edge in given for value in (edge, math.nextafter(edge, math.inf),
            math.nextafter(edge, -math.inf))]  # fmt: skip
    numbers = [*near, *dice.uniform(-5, 80, 300).tolist(), -1e308, 1e308, 0.0]
    found = Bins(given).places(np.array(numbers))
    assert found.tolist() == [bisect_right(given, number) for number in numbers]
    assert Bins(given).places(np.array([math.nan])).tolist() == [0]


def test_the_exponential_equals_that_of_the_math_module(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = np.random.default_rng(2).normal(-2, 9, 5000)
    wanted = [math.exp(number) for number in numbers.tolist()]
    assert exact.choose_exp()(numbers).tolist() == wanted
    monkeypatch.setattr(exact, "_exp_by_complex", lambda given: given)
    monkeypatch.setattr(np, "exp", lambda given: given)
    assert exact.choose_exp()(numbers).tolist() == wanted


def test_counts_hold_unseen_and_missing_values() -> None:
    levels = LevelColumn(np.array([0, 0, 1, 2, 3], np.uint8), np.array([1, 0, 2, 3]), 2)
    assert counted(levels, ()) == [1, 2, 1, 1]
    assert odd_values(levels) == (1, 1)
    many = LevelColumn(np.arange(40), np.arange(40) % 4, 2)
    assert counted(many, ()) == [10, 10, 10, 10]
    numbers = NumberColumn(np.array([1.0, math.nan, 5.0, 9.0]))
    assert counted(numbers, (2.0, 6.0)) == [1, 1, 1, 1]
    assert counted(numbers, ()) == [3, 1]
    assert odd_values(numbers) == (1, 0)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_texts_of_any_alphabet_and_number_are_read(kind: pa.DataType) -> None:
    clubs = ["süd", "north", None, "a very long name of a club that nobody has seen", "ñ" * 90]
    clubs += [f"club {number}" for number in range(60)]
    table = gym(age=[1.0] * len(clubs), trainer=[1] * len(clubs), club=pa.array(clubs, kind))
    found = [values[1] for values in values_of(table)]
    assert found[:3] == ["süd", "north", None]
    assert set(found[3:]) == {" "}


def test_texts_with_zero_bytes_are_told_apart() -> None:
    clubs = ["north", "north\0", "süd", ""]
    table = gym(age=[1.0] * 4, trainer=[1] * 4, club=clubs)
    assert [values[1] for values in values_of(table)] == ["north", " ", "süd", None]


def test_missing_values_are_what_the_schema_says() -> None:
    table = gym(
        age=pa.array([None, 3], pa.int8()),
        club=pa.nulls(2),
        trainer=pa.array([None, True], pa.bool_()),
    )
    assert values_of(table) == [(None, None, "0"), (3.0, None, "1")]
    table = gym(age=pa.nulls(2), trainer=pa.array([None, 1], pa.float32()))
    assert values_of(table) == [(None, "north", "0"), (None, "north", "1")]
    codes = pa.array([None, 0], pa.int8())
    table = gym(
        age=pa.DictionaryArray.from_arrays(codes, pa.array([7])),
        club=pa.DictionaryArray.from_arrays(pa.array([None, None], pa.int8()), pa.array([""])),
    )
    assert values_of(table) == [(None, None, "0"), (7.0, None, "1")]


def test_columns_that_are_null_where_they_must_not_be_are_refused_by_row() -> None:
    strict = CustomerSchema(
        name="x", fields=(Field(name="age", kind="number", minimum=0, maximum=9),
                          Field(name="club", kind="category", levels=("a",)))
    )  # fmt: skip
    table = pa.table({"age": pa.nulls(2), "club": pa.array(["a", None])})
    with pytest.raises(InvalidCustomersError) as error:
        check_frame(frame_of(table), Validator(strict))
    pointers = [item.pointer for item in error.value.errors]
    assert pointers == ["/0/age", "/1/age", "/1/club"]
    rows = sort_frame(frame_of(table), Validator(strict))
    assert rows.good.block.rows == 0
    assert [row for row, _ in rows.bad] == [0, 1]


def test_good_rows_can_be_checked_again_by_another_schema() -> None:
    frame = frame_of(gym(age=[500.0, 2.0]))
    rows = sort_frame(frame, Validator(SCHEMA))
    assert recheck_frame(frame, Validator(SCHEMA), rows.is_good).block.rows == 1
    with pytest.raises(InvalidCustomersError):
        recheck_frame(frame, Validator(SCHEMA), np.array([True, True]))


IDS = {
    "texts": ([" a ", "b", None, ""], ["a", "b", None, None]),
    "letters": (["ä", "b", "c", "d"], ["ä", "b", "c", "d"]),
    "numbers": (pa.array([7, None, 8, 9]), ["7", None, "8", "9"]),
    "codes": (pa.array(["a", "b", None, "a"]).dictionary_encode(), ["a", "b", None, "a"]),
    "nothing": (pa.nulls(4), [None] * 4),
}


@pytest.mark.parametrize("kind", IDS)
def test_ids_are_read_as_from_json(kind: str) -> None:
    given, wanted = IDS[kind]
    table = gym(age=[1.0] * 4, club=["north"] * 4, trainer=[1] * 4, member=given)
    assert [customer.customer_id for customer in customers_of(table)] == wanted


def test_ids_with_nulls_are_spelled_as_nothing() -> None:
    found = check_ids(frame_of(gym(member=pa.array(["a", None]))).cells[3])
    assert found.ids is not None
    assert found.ids.spelled() == ["a", ""]
    assert check_ids(frame_of(gym(member=pa.array([True, False]))).cells[3]).faults
    assert check_ids(frame_of(gym(member=pa.array([b"a", b"b"]))).cells[3]).faults


def test_single_rows_and_slices_can_be_had() -> None:
    checked = check_frame(frame_of(gym()), Validator(SCHEMA))
    customers = CustomersInColumns(SCHEMA, CheckedColumns(*checked), ColumnScorers())
    assert customers[1] == customers[-1] == customers[0:2][1]
    assert len(customers) == 2
    with pytest.raises(IndexError):
        customers[2]


def test_unused_columns_of_any_flat_type_are_passed_over() -> None:
    table = gym(
        day=pa.array([1, 2], pa.date32()),
        raw=pa.array([b"a", b"b"]),
        view=pa.array([b"a" * 20, b"b"], pa.binary_view()),
        nothing=pa.nulls(2),
        coded=pa.array([b"a", b"b"]).dictionary_encode(),
    )
    checked = check_frame(frame_of(table), Validator(SCHEMA, unknown_fields="ignore"))
    assert checked.block.rows == 2


def test_deltas_and_very_many_batches_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True)
    tables = [gym(club=pa.array(clubs).dictionary_encode()) for clubs in
              (["north", "north"], ["north", "süd"])]  # fmt: skip
    with pa.ipc.new_stream(sink, tables[0].schema, options=options) as writer:
        for table in tables:
            writer.write_table(table)
    with pytest.raises(MalformedBodyError, match="delta"):
        read_stream(sink.getvalue(), lambda _: None)
    monkeypatch.setattr(stream, "MOST_MESSAGES", 1)
    with pytest.raises(MalformedBodyError, match="batches"):
        frame_of(gym())


def test_a_flatbuffer_is_never_read_beyond_its_ends() -> None:
    for data in (b"", b"\x08\0\0\0", b"\x04\0\0\0\xff\xff\xff\x7f", b"\x04\0\0\0\x01\0\0\x80"):
        with pytest.raises(FlatbufferError):
            Table.root(data).number(0, "q")


@pytest.mark.parametrize("seed", range(6))
def test_flipped_bits_of_every_layout_are_refused_or_read(seed: int) -> None:
    dice = np.random.default_rng(seed)
    table = gym(
        club=pa.array(["north", "a text of more than twelve bytes"], pa.string_view()),
        trainer=pa.array([None, True], pa.bool_()),
        member=pa.array(["ä", None], pa.large_string()),
        raw=pa.array([b"a" * 20, b"b"], pa.binary_view()),
    )
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    for _ in range(400):
        body = bytearray(sink.getvalue())
        body[dice.integers(len(body))] ^= 1 << int(dice.integers(8))
        try:
            frame = read_stream(bytes(body), lambda _: None)
            check_frame(frame, Validator(SCHEMA, unknown_fields="ignore"))
        except (MalformedBodyError, InvalidCustomersError):
            continue
