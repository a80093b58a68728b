"""One byte form per value, so that digests and hash chains can be computed again."""

import msgspec


def canonical_json(value: object) -> bytes:
    """Return JSON with sorted keys, no spaces, UTF-8: equal values give equal bytes."""
    return msgspec.json.encode(value, order="deterministic")
