import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_service.envelopes.binary_tensors import (
    TensorBytes,
    flattened,
    pack,
    split_body,
    unpack,
)
from churn_service.errors import UnreadableBodyError


def texts(*words: str) -> bytes:
    parts = [word.encode() for word in words]
    return b"".join(struct.pack("<I", len(part)) + part for part in parts)


@pytest.mark.parametrize(
    ("datatype", "content", "values"),
    [
        ("BOOL", b"\x01\x00", [True, False]),
        ("UINT8", b"\xff\x00", [255, 0]),
        ("INT8", b"\xff\x00", [-1, 0]),
        ("UINT16", b"\x01\x02\x00\x00", [513, 0]),
        ("INT16", b"\xff\xff\x00\x00", [-1, 0]),
        ("UINT32", b"\x01\x00\x00\x80", [2**31 + 1]),
        ("INT32", b"\xfe\xff\xff\xff", [-2]),
        ("UINT64", b"\xff" * 8, [2**64 - 1]),
        ("INT64", b"\xff" * 8, [-1]),
        ("FP16", b"\x00\x3c", [1.0]),
        ("FP64", struct.pack("<d", 29.85), [29.85]),
        ("BYTES", texts("dsl", "", "fibre é"), ["dsl", "", "fibre é"]),
    ],
)
def test_elements_are_little_endian(datatype: str, content: bytes, values: list[object]) -> None:
    found = unpack(datatype, len(values), content)

    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


@given(st.floats(width=32, allow_nan=False))
def test_single_floats_are_widened_exactly(value: float) -> None:
    assert unpack("FP32", 1, struct.pack("<f", value)) == [value]


@given(st.lists(st.floats(allow_nan=False)))
def test_what_is_packed_is_unpacked(values: list[float]) -> None:
    assert unpack("FP64", len(values), pack("FP64", values)) == values


@pytest.mark.parametrize(
    ("datatype", "count", "content"),
    [
        ("FP64", 1, b"\x00" * 7),
        ("FP64", 1, b"\x00" * 9),
        ("FP64", 10**30, b"\x00" * 8),
        ("INT32", 0, b"\x00"),
        ("BOOL", 1, b"\x02"),
        ("BYTES", 1, b""),
        ("BYTES", 2, texts("one")),
        ("BYTES", 1, texts("one", "two")),
        ("BYTES", 1, b"\x01\x00"),
        ("BYTES", 1, b"\x09\x00\x00\x00abc"),
        ("BYTES", 1, b"\xff\xff\xff\xffabc"),
        ("BYTES", 1, b"\x01\x00\x00\x00\xff"),
    ],
)
def test_bytes_that_do_not_fit_are_refused(datatype: str, count: int, content: bytes) -> None:
    with pytest.raises(UnreadableBodyError):
        unpack(datatype, count, content)


@given(st.sampled_from(["BYTES", "FP64", "BOOL", "INT8"]), st.integers(0, 9), st.binary())
def test_any_bytes_are_elements_or_refused(datatype: str, count: int, content: bytes) -> None:
    with suppress(UnreadableBodyError):
        assert len(unpack(datatype, count, content)) == count


def test_the_header_tells_where_the_json_ends() -> None:
    assert split_body(b"{}abc", "2") == (b"{}", b"abc")
    assert split_body(b"{}", "2") == (b"{}", b"")
    assert split_body(b"{}", None) == (b"{}", b"")


@pytest.mark.parametrize("header", ["0", "-1", "6", "", "two", "²", "9" * 40, " 2"])
def test_a_header_that_is_no_length_is_refused(header: str) -> None:
    with pytest.raises(UnreadableBodyError, match="must be the length of the JSON"):
        split_body(b"{}abc", header)


def test_bytes_are_taken_in_order_and_to_the_end() -> None:
    content = TensorBytes(b"abc")

    assert (content.take(1), content.take(0), content.take(2)) == (b"a", b"", b"bc")
    content.check_end()
    with pytest.raises(UnreadableBodyError, match="ends before"):
        content.take(1)


def test_bytes_of_no_tensor_are_refused() -> None:
    with pytest.raises(UnreadableBodyError, match="3 bytes behind the JSON"):
        TensorBytes(b"abc").check_end()


def test_nested_lists_of_one_level_are_flattened() -> None:
    assert flattened([[1], [2], 3]) == [1, 2, 3]
    assert flattened([[[1]]]) == [[1]]
