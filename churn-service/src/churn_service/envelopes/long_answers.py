"""An answer that is written piece by piece, as it is too long for the memory."""

import struct
from collections.abc import Sequence

from churn_contract.prediction import Prediction
from churn_service.envelopes.body import Body
from churn_service.envelopes.form import Envelope

CSV, ARROW_STREAM = "text/csv", "application/vnd.apache.arrow.stream"
_ARROW_END = b"\xff\xff\xff\xff\x00\x00\x00\x00"


class LongAnswer:
    """Makes one answer of what an envelope writes for the parts of a long file.

    Args:
        envelope: Writes CSV, JSON Lines or Arrow streams.
        nothing: The predictions of nobody; those in columns know which columns there are.
    """

    def __init__(self, envelope: Envelope, nothing: Sequence[Prediction] = ()) -> None:
        self._envelope = envelope
        self._nothing = nothing
        self._is_csv = CSV in envelope.media_types
        self._is_arrow = ARROW_STREAM in envelope.media_types
        self._has_begun = False

    def piece(self, body: Body, predictions: Sequence[Prediction]) -> bytes:
        """Return the next bytes: the rows of one part, under a header at the first time."""
        content = self._envelope.write(body, predictions or self._nothing)
        is_first, self._has_begun = not self._has_begun, True
        if self._is_csv:
            return content if is_first else content.partition(b"\n")[2]
        if self._is_arrow:
            return content[0 if is_first else schema_bytes(content) : -len(_ARROW_END)]
        return content

    def end(self, nobody: Body) -> bytes:
        """Return the last bytes; `nobody` is an empty body, for files without rows."""
        last = b"" if self._has_begun else self.piece(nobody, self._nothing)
        return last + (_ARROW_END if self._is_arrow else b"")


def schema_bytes(content: bytes) -> int:
    """Return the length of the first message of a stream: a mark, a size, the schema."""
    return 8 + int(struct.unpack_from("<I", content, 4)[0])
