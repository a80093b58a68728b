"""The arrays of numpy in a pickle, read with nothing but the standard library."""

import math
import re
import struct
from io import BytesIO
from typing import Any, NamedTuple

from churn_service.training.imports.inert import Inert, damaged

LARGEST_ARRAY = 64 * 1024 * 1024
_CODES = {
    "b1": "?", "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q",
    "u8": "Q", "f2": "e", "f4": "f", "f8": "d",
}  # fmt: skip
_TEXT = re.compile(r"U(\d{1,4})")
_BIG, _UTF32 = ">", 4


class Member(NamedTuple):
    """One member of a record: where it begins and how it is read."""

    offset: int
    kind: "Kind"


class Kind(NamedTuple):
    """What the bytes of an array are.

    Attributes:
        code: Format of `struct`; "U" for texts, "O" for objects, "V" for records.
        size: Bytes of one entry.
        order: "<" or ">".
        members: The members of records by name.
    """

    code: str
    size: int
    order: str = "<"
    members: dict[str, Member] | None = None

    def read(self, data: bytes, offset: int) -> Any:
        """Return the entry that begins here."""
        if self.members is not None:
            return {
                name: member.kind.read(data, offset + member.offset)
                for name, member in self.members.items()
            }
        if self.code == "U":
            text = data[offset : offset + self.size]
            return text.decode("utf-32-be" if self.order == _BIG else "utf-32-le").rstrip("\0")
        return struct.unpack_from(self.order + self.code, data, offset)[0]


class Array(NamedTuple):
    """The entries of an array, row by row."""

    shape: tuple[int, ...]
    entries: list[Any]

    def rows(self) -> list[list[Any]]:
        """Return the rows of a table."""
        if len(self.shape) != 2:
            raise damaged("an array is no table")
        width = self.shape[1]
        return [self.entries[row * width : (row + 1) * width] for row in range(self.shape[0])]


def is_wrapper(value: Inert) -> bool:
    """Whether joblib announces an array whose bytes come next."""
    return str(value.made_by) == "joblib.numpy_pickle.NumpyArrayWrapper"


def has_objects(wrapper: Inert) -> bool:
    """Whether the announced array is pickled entry by entry."""
    return _kind(wrapper.attribute("dtype")).code == "O"


def read_announced(wrapper: Inert, file: BytesIO) -> bytes:
    """Return the bytes of the array that joblib writes behind its announcement."""
    if wrapper.attribute("numpy_array_alignment_bytes") is not None:
        padding = file.read(1)
        file.read(padding[0])
    size = math.prod(_shape(wrapper.attribute("shape"))) * _kind(wrapper.attribute("dtype")).size
    return file.read(min(size, LARGEST_ARRAY + 1))


def is_array(value: object) -> bool:
    """Whether a value of a pickle is an array of numpy."""
    return isinstance(value, Inert) and (
        value.made_by.name in {"_reconstruct", "_frombuffer"} or is_wrapper(value)
    )


def array_of(value: object) -> Array:
    """Return an array; ForeignModelError when the value is none, or is damaged."""
    if not isinstance(value, Inert) or not is_array(value):
        raise damaged("an array is missing")
    if is_wrapper(value):
        is_fortran = value.attribute("order") == "F"
        return _array(value.attribute("shape"), value.attribute("dtype"), value.raw, is_fortran)
    if value.made_by.name == "_frombuffer":
        data, kind, shape, order = value.args
        return _array(shape, kind, data, order == "F")
    _, shape, kind, is_fortran, data = value.state
    return _array(shape, kind, data, bool(is_fortran))


def plain(value: object) -> Any:
    """Return a number, a text, a boolean or None, also out of a scalar of numpy."""
    if isinstance(value, Inert) and value.made_by.name == "scalar":
        kind, data = value.args
        return _array((1,), kind, data, is_fortran=False).entries[0]
    if value is not None and not isinstance(value, str | int | float):
        raise damaged("a value is neither a number nor a text")
    return value


def _array(shape: object, kind: object, data: Any, is_fortran: bool) -> Array:  # noqa: FBT001 - as numpy's state has it
    sizes, what = _shape(shape), _kind(kind)
    count = math.prod(sizes)
    if what.code == "O":
        entries = [plain(entry) for entry in data] if isinstance(data, list) else []
    else:
        entries = _entries(what, _bytes(data), count)
    if len(entries) != count:
        raise damaged("an array has another size than its shape says")
    if is_fortran and len(sizes) == 2:
        entries = [
            entries[row + column * sizes[0]]
            for row in range(sizes[0])
            for column in range(sizes[1])
        ]
    return Array(sizes, entries)


def _entries(kind: Kind, data: bytes, count: int) -> list[Any]:
    if len(data) != count * kind.size or len(data) > LARGEST_ARRAY:
        raise damaged("an array has another size than its shape says")
    if kind.members is None and kind.code != "U":
        return list(struct.unpack(f"{kind.order}{count}{kind.code}", data))
    return [kind.read(data, place * kind.size) for place in range(count)]


def _bytes(data: object) -> bytes:
    """Return bytes; protocols up to 2 write them as a text, and none as a call."""
    if isinstance(data, Inert) and data.made_by.name == "encode":
        return str(data.args[0]).encode("latin-1")
    if isinstance(data, Inert) and data.made_by.name == "bytes" and not data.args:
        return b""
    if not isinstance(data, bytes | bytearray):
        raise damaged("an array has no bytes")
    return bytes(data)


def _shape(value: object) -> tuple[int, ...]:
    if not isinstance(value, tuple) or len(value) > 2:
        raise damaged("an array has no shape of one or two numbers")
    sizes = tuple(map(plain, value))
    if not all(isinstance(size, int) and 0 <= size <= LARGEST_ARRAY for size in sizes):
        raise damaged("an array has no shape of one or two numbers")
    return sizes


def _kind(value: object) -> Kind:
    """Return what a pickled dtype says."""
    if not isinstance(value, Inert) or value.made_by.name != "dtype":
        raise damaged("an array has no dtype")
    code = str(value.args[0])
    state: Any = value.state or (3, "<")
    order = _BIG if state[1] == _BIG else "<"
    if code.startswith("V") and state[3] is not None:
        return _record(state, int(code[1:]))
    if code in {"O", "O8"}:
        return Kind("O", 8)
    if text := _TEXT.fullmatch(code):
        return Kind("U", int(text[1]) * _UTF32, order)
    if code not in _CODES:
        raise damaged("an array is neither of numbers nor of texts")
    return Kind(_CODES[code], int(code[1:]), order)


def _record(state: Any, size: int) -> Kind:
    members = {}
    for name in state[3]:
        inner, offset, *_ = state[4][name]
        kind = _kind(inner)
        if kind.members is not None or not 0 <= offset <= size - kind.size or kind.code == "O":
            raise damaged("a record has a member outside of it")
        members[str(name)] = Member(offset, kind)
    return Kind("V", size, members=members)
