"""Turn the bytes of a table into text: gzip, byte order marks, encodings."""

import codecs
import gzip
import io
import re
import zlib

from churn_service.training.errors import DataError
from churn_service.training.foreign import foreign_kind, zero_byte

GZIP_MAGIC = b"\x1f\x8b"
LARGEST_UNPACKED_BYTES = 8 * 2**30
_MARKS = {  # the longer mark of UTF-32 begins like that of UTF-16
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_FOREIGN_LINE = re.compile(rb"[^\n\r]*[\x80-\xff][^\n\r]*")


def unpack(data: bytes, largest: int = LARGEST_UNPACKED_BYTES) -> bytes:
    """Return the content of gzip data, and other data as it is.

    Raises:
        DataError: When the gzip data is broken or unpacks to more than `largest` bytes.
    """
    if not data.startswith(GZIP_MAGIC):
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            unpacked = file.read(largest + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"is broken gzip ({error}); is the file complete?", rule="binary-file"
        ) from error
    if len(unpacked) > largest:
        raise DataError(
            f"unpacks to more than {largest / 2**30:g} GiB; split it", rule="binary-file"
        )
    return unpacked


def decode(data: bytes) -> tuple[str, str]:
    """Return the text and the encoding that it was found to be in.

    Raises:
        DataError: Naming the byte or the line, and the cure.
    """
    if not data.strip(b" \t\r\n" + codecs.BOM_UTF8):
        raise DataError(
            "is empty; it needs a line of column names and one line per customer", rule="empty-file"
        )
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return _decode_marked(data, encoding), encoding
    _refuse_foreign(data)
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError as error:
        return _decode_windows(data, error.start), "cp1252"


def _decode_marked(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(
            f"says it is {encoding.upper()} and is not (byte {error.start}); is the file complete?",
            rule="mixed-encodings",
        ) from error


def _refuse_foreign(data: bytes) -> None:
    what = foreign_kind(data)
    if what is not None:
        raise DataError(f"is {what}", rule="binary-file")
    problem = zero_byte(data)
    if problem is not None:
        raise DataError(problem, rule="binary-file")


def _decode_windows(data: bytes, first_bad: int) -> str:
    _refuse_mixture(data)
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise DataError(
            f"is neither UTF-8 (byte {first_bad}) nor Windows-1252 (byte {error.start}); "
            "save it as UTF-8",
            rule="mixed-encodings",
        ) from error


def _refuse_mixture(data: bytes) -> None:
    """Refuse a file with lines in UTF-8 beside lines that are not."""
    first: dict[bool, int] = {}
    for line in _FOREIGN_LINE.finditer(data):
        first.setdefault(_is_utf8(line.group()), line.start())
        if len(first) == 2:
            good, bad = _line_number(data, first[True]), _line_number(data, first[False])
            raise DataError(
                f"mixes encodings: line {good} is UTF-8, line {bad} is not; "
                "save the whole file as UTF-8",
                rule="mixed-encodings",
            )


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _line_number(data: bytes, place: int) -> int:
    before = data[:place]
    return 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")
