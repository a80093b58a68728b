"""The frame of an Arrow IPC stream: its messages, each with the bytes that belong to it.

Format: https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from churn_contract.errors import MalformedBodyError
from churn_service.columnar.flatbuffers import FlatbufferError, Table

END = b"\xff\xff\xff\xff\x00\x00\x00\x00"
SCHEMA, DICTIONARY, RECORDS = 1, 2, 3
MOST_MESSAGES = 2_000
_CONTINUATION = 0xFFFFFFFF
_VERSION_5 = 4
# members of the tables, by their numbers in Message.fbs
_VERSION, _KIND, _HEADER, _BODY_LENGTH = 0, 1, 2, 3


class Message(NamedTuple):
    """One message of a stream.

    Attributes:
        kind: SCHEMA, DICTIONARY or RECORDS.
        header: What it says.
        body: Its buffers, without a copy.
        place: Byte of the stream at which it starts.
        end: Byte at which the next one starts.
    """

    kind: int
    header: Table
    body: memoryview
    place: int
    end: int


def messages(content: bytes) -> Iterator[Message]:
    """Yield the messages of a whole stream.

    Raises:
        MalformedBodyError: It is not a stream, is cut short, has something behind its
            end, or is made of very many messages.
    """
    if not content.endswith(END):
        raise MalformedBodyError("the Arrow stream has no end; it may have been cut short")
    place, last = 0, len(content) - len(END)
    for _ in range(MOST_MESSAGES):
        if place == last:
            return
        message = _message(content, place, last)
        yield message
        place = message.end
    raise MalformedBodyError(
        f"the Arrow stream has more than {MOST_MESSAGES} batches; write larger ones"
    )


def _message(content: bytes, place: int, last: int) -> Message:
    start = place + 8
    if start > last:
        raise broken("the Arrow stream ends within a message", place)
    mark, size = struct.unpack_from("<II", content, place)
    if mark != _CONTINUATION or not 0 < size <= last - start:
        raise broken("the body is not an Arrow IPC stream", place)
    try:
        root = Table.root(content[start : start + size])
        header, length = root.table(_HEADER), root.number(_BODY_LENGTH, "q")
        kind, version = root.number(_KIND, "B"), root.number(_VERSION, "h")
    except FlatbufferError as error:
        raise broken(f"the Arrow stream is broken: {error}", place) from error
    end = start + size + length
    if header is None or version != _VERSION_5 or length < 0 or end > last:
        raise broken("the Arrow stream is broken or of a format before 1.0", place)
    return Message(kind, header, memoryview(content)[start + size : end], place, end)


def broken(detail: str, place: int) -> MalformedBodyError:
    """Return the error of a stream whose message at this byte cannot be read."""
    return MalformedBodyError(detail, place)
