"""Read and write the few flatbuffers that the Arrow format is made of.

Format: https://flatbuffers.dev/internals/. Reading never leaves the buffer, whatever
stands in it; what makes no sense raises FlatbufferError.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

_OFFSET = 4
_READERS = {kind: struct.Struct(f"<{kind}").unpack_from for kind in "BHIhiq"}


class FlatbufferError(ValueError):
    """Bytes are not the flatbuffer they should be."""


class Table(NamedTuple):
    """One table of a buffer; its members are known by their number in the schema."""

    data: bytes
    place: int

    @classmethod
    def root(cls, data: bytes) -> "Table":
        """Return the table that a buffer starts with."""
        return cls(data, _number(data, "I", 0))

    def number(self, member: int, kind: str, default: int = 0) -> int:
        """Return a number, written as a `struct` format; the default when it is not there."""
        place = self._member(member)
        return default if place is None else _number(self.data, kind, place)

    def table(self, member: int) -> "Table | None":
        """Return a table that a member points to, None when it is not there."""
        place = self._target(member)
        return None if place is None else Table(self.data, place)

    def tables(self, member: int) -> "Iterator[Table]":
        """Yield the tables of a vector of tables."""
        start, count = self._vector(member, _OFFSET)
        for place in range(start, start + count * _OFFSET, _OFFSET):
            yield Table(self.data, place + _number(self.data, "I", place))

    def structs(self, member: int, kind: str) -> list[Any]:
        """Return the entries of a vector of structs, each as a tuple."""
        form = struct.Struct(f"<{kind}")
        start, count = self._vector(member, form.size)
        return list(form.iter_unpack(self.data[start : start + count * form.size]))

    def text(self, member: int) -> str:
        """Return a string, empty when it is not there."""
        start, count = self._vector(member, 1)
        try:
            return self.data[start : start + count].decode()
        except UnicodeDecodeError as error:
            raise FlatbufferError("a name is not UTF-8") from error

    def _vector(self, member: int, size: int) -> tuple[int, int]:
        place = self._target(member)
        if place is None:
            return 0, 0
        count = _number(self.data, "I", place)
        start = place + _OFFSET
        if start + count * size > len(self.data):
            raise FlatbufferError("a vector ends behind its buffer")
        return start, count

    def _target(self, member: int) -> int | None:
        place = self._member(member)
        return None if place is None else place + _number(self.data, "I", place)

    def _member(self, member: int) -> int | None:
        directory = self.place - _number(self.data, "i", self.place)
        slot = 4 + 2 * member
        if slot >= _number(self.data, "H", directory):
            return None
        offset = _number(self.data, "H", directory + slot)
        return self.place + offset if offset else None


def _number(data: bytes, kind: str, place: int) -> int:
    if place < 0:
        raise FlatbufferError("an offset points before the buffer")
    try:
        found: int = _READERS[kind](data, place)[0]
    except struct.error as error:
        raise FlatbufferError("an offset points behind the buffer") from error
    return found


class Number(NamedTuple):
    """A number to write, with its `struct` format."""

    kind: str
    value: int


class Structs(NamedTuple):
    """A vector of structs to write, all of 8-byte numbers."""

    rows: tuple[tuple[int, ...], ...]


# What a table to write may have as members, by their numbers.
Member = Number | str | Structs | tuple[Any, ...] | Mapping[int, Any]


def written(root: Mapping[int, Member]) -> bytes:
    """Return a buffer with this table as its root, padded to 8 bytes."""
    data = bytearray(8)
    struct.pack_into("<I", data, 0, _write_table(data, root))
    _pad(data)
    return bytes(data)


def _write(data: bytearray, member: Member) -> int:
    if isinstance(member, Mapping):
        return _write_table(data, member)
    if isinstance(member, str):
        return _write_text(data, member)
    return _write_vector(data, member)


def _write_table(data: bytearray, members: Mapping[int, Member]) -> int:
    """Write the directory, the table, then what it points to; return the table's place."""
    slots = max(members, default=-1) + 1
    directory = len(data)
    data += bytes(4 + 2 * slots)
    _pad(data)
    start = len(data)
    # every member has 8 bytes, so that all are aligned
    data += bytes(8 + 8 * len(members))
    struct.pack_into("<HH", data, directory, 4 + 2 * slots, len(data) - start)
    struct.pack_into("<i", data, start, start - directory)
    for index, (slot, member) in enumerate(members.items()):
        offset = 8 + 8 * index
        struct.pack_into("<H", data, directory + 4 + 2 * slot, offset)
        if isinstance(member, Number):
            struct.pack_into(f"<{member.kind}", data, start + offset, member.value)
        else:
            place = _write(data, member)
            struct.pack_into("<I", data, start + offset, place - start - offset)
    return start


def _write_text(data: bytearray, text: str) -> int:
    place, content = len(data), text.encode()
    data += struct.pack("<I", len(content)) + content + b"\0"
    _pad(data)
    return place


def _write_vector(data: bytearray, member: Any) -> int:
    if isinstance(member, Structs):
        data += bytes(4)  # the entries behind the length are aligned to 8
        place = len(data)
        data += struct.pack("<I", len(member.rows))
        for row in member.rows:
            data += struct.pack(f"<{len(row)}q", *row)
        return place
    place = len(data)
    data += bytes(4 + 4 * len(member))
    _pad(data)
    struct.pack_into("<I", data, place, len(member))
    for index, each in enumerate(member):
        slot = place + 4 + 4 * index
        struct.pack_into("<I", data, slot, _write(data, each) - slot)
    return place


def _pad(data: bytearray) -> None:
    data += bytes(-len(data) % 8)
