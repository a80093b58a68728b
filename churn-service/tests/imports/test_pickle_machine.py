"""Plain values come out of the machine as they went into the pickle."""

import pickle
from io import BytesIO
from typing import Any

import pytest

from churn_service.training.errors import ForeignModelError
from churn_service.training.imports import pickle_machine
from churn_service.training.imports.pickle_machine import read_pickle

SHARED = ["shared"]
VALUES: list[Any] = [
    None,
    [True, False, 0, -1, 255, 70_000, 2**40, -(2**70), 1.5, float("inf")],
    ["", "text", "\u20ac\n\\", "x" * 300, b"", b"bytes", b"y" * 300, bytearray(b"z")],
    [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], {}, set(), frozenset()],
    [{"a": 1, 2: [3], None: (4,)}, {1, 2}, frozenset({"a"}), [SHARED, SHARED]],
]


def read(data: bytes) -> Any:
    return read_pickle(BytesIO(data), lambda _made, _file: None)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_a_plain_value_is_read_as_it_was(value: Any, protocol: int) -> None:
    data = pickle.dumps(value, protocol=protocol)

    needs_calls = b"builtin" in data or b"_codecs" in data  # old protocols call for sets and bytes
    assert needs_calls or read(data) == value
    assert type(read(data)) is type(value)


def test_instructions_that_no_pickler_writes_today() -> None:
    assert read(b"(I1\nI2\nl.") == [1, 2]
    assert read(b"(I1\nI2\nd.") == {1: 2}
    assert read(b"I1\n(I2\nI3\n1.") == 1
    assert read(b"I1\nI2\n0.") == 1
    assert read(b"I1\n(0.") == 1
    assert read(b"(I1\n2l.") == [1, 1]


def test_what_would_be_filled_into_an_object_is_noted() -> None:
    made = read(b"ccollections\nOrderedDict\n)R(I1\nI2\nu.")
    assert (str(made.made_by), made.pairs, made.args) == ("collections.OrderedDict", [(1, 2)], ())
    assert read(b"(cbuiltins\nlist\nI1\no.").args == (1,)
    assert read(b"(I1\nibuiltins\nlist\n.").args == (1,)
    assert read(b"\x80\x04cbuiltins\nlist\n)}\x92I1\na.").items == [1]


@pytest.mark.parametrize(
    "data",
    [b"I1\nI2\n.", b"(I1\n.", b"I1\nI2\n\x93.", b"I1\n)R.", b"I1\nI2\nb.", b"", b"I1\n"],
)
def test_what_makes_no_object_is_damaged(data: bytes) -> None:
    with pytest.raises(ForeignModelError, match="damaged"):
        read(data)


def test_a_pickle_of_too_many_instructions_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickle_machine, "MOST_INSTRUCTIONS", 3)

    with pytest.raises(ForeignModelError, match="more instructions"):
        read(b"I1\n0I1\n0I1\n0I1\n.")
