"""Golden rows: constructed customers with the answer the training gave."""

from collections.abc import Iterable

import msgspec

from churn_service.artefact.errors import ArtefactError

GOLDEN_FILE = "golden.jsonl"
MINIMUM_ROWS = 50


class GoldenRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One constructed customer as text cells, and its logit and probability."""

    cells: dict[str, str]
    logit: float
    churn_probability: float


def encode_golden(rows: Iterable[GoldenRow]) -> bytes:
    """Return one line of canonical JSON per row."""
    return b"".join(msgspec.json.encode(row, order="sorted") + b"\n" for row in rows)


def decode_golden(data: bytes) -> tuple[GoldenRow, ...]:
    """Parse ``golden.jsonl``; raise ArtefactError when too few or malformed."""
    try:
        rows = msgspec.json.Decoder(GoldenRow).decode_lines(data)
    except ValueError as error:
        raise ArtefactError(GOLDEN_FILE, f"cannot be parsed: {error}") from error
    if len(rows) < MINIMUM_ROWS:
        raise ArtefactError(GOLDEN_FILE, f"has {len(rows)} rows, fewer than {MINIMUM_ROWS}")
    return tuple(rows)
