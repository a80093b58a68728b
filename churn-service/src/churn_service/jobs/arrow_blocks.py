"""Cut a long Arrow IPC stream into streams of one batch each."""

import struct
from collections.abc import Iterator
from typing import IO

from churn_contract.errors import MalformedBodyError
from churn_service.columnar.flatbuffers import FlatbufferError, Table
from churn_service.columnar.stream import DICTIONARY, END, SCHEMA, messages
from churn_service.errors import UnreadableBodyError
from churn_service.jobs.blocks import Block

LARGEST_HEADER, LARGEST_BODY = 1 << 20, 64 << 20
_MARK = 0xFFFFFFFF
_ID, _BODY_LENGTH = 0, 3  # members of DictionaryBatch and Message, by their numbers in Message.fbs


def arrow_blocks(stream: IO[bytes]) -> Iterator[Block]:
    """Yield each batch under the stream's schema, with the dictionaries it may use.

    Raises:
        UnreadableBodyError: It is no stream, is cut short, or has a batch of over 64 MiB.
    """
    try:
        yield from _blocks(stream)
    except (MalformedBodyError, FlatbufferError) as error:
        raise UnreadableBodyError(f"The Arrow stream cannot be read: {error}.") from error


def _blocks(stream: IO[bytes]) -> Iterator[Block]:
    schema, batches = b"", 0
    dictionaries: dict[int, bytes] = {}
    while content := _next_message(stream):
        [message] = messages(content + END)
        if message.kind == SCHEMA and not schema:
            schema = content
        elif message.kind == DICTIONARY:
            dictionaries[message.header.number(_ID, "q")] = content
        else:  # the reader of a block refuses what does not belong there
            yield Block(b"".join((schema, *dictionaries.values(), content, END)), 0)
            batches += 1
    if not batches:
        yield Block(schema + END, 0)


def _next_message(stream: IO[bytes]) -> bytes:
    """Return the bytes of a message; none at the end mark."""
    prefix = _read(stream, 8)
    if prefix == END:
        return b""
    mark, size = struct.unpack("<II", prefix)
    if mark != _MARK or size > LARGEST_HEADER:
        raise MalformedBodyError("it is not an Arrow IPC stream of format 1.0 or later")
    header = prefix + _read(stream, size)
    length = Table.root(header[8:]).number(_BODY_LENGTH, "q")
    if not 0 <= length <= LARGEST_BODY:
        raise MalformedBodyError(f"a batch has more than {LARGEST_BODY >> 20} MiB")
    return header + _read(stream, length)


def _read(stream: IO[bytes], size: int) -> bytes:
    content = b""
    while len(content) < size and (chunk := stream.read(size - len(content))):
        content += chunk
    if len(content) < size:
        raise MalformedBodyError("it has no end; it may have been cut short")
    return content
