"""The digest of a plan: one hash over everything that a launch would do.

It covers the normalised campaign file, the model version, the schema and every row
in customer order, so two plans with the same digest send the same things to the
same people.
"""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple


class DigestRow(NamedTuple):
    """What one customer's row decides; words, not the database's numbers."""

    customer_id: str
    arm: str
    offer: str


def plan_digest(
    spec_digest: str, model_version: str, schema_digest: str, rows: Iterable[DigestRow]
) -> str:
    """Hash a plan; equal plans give equal digests, whatever made them.

    Args:
        spec_digest: Digest of the normalised campaign file.
        model_version: Version of the model that scored the customers.
        schema_digest: Digest of the schema the customers were read with.
        rows: Every target row in ascending order of the customer.

    Returns:
        64 hexadecimal digits.
    """
    hasher = hashlib.sha256()
    for text in (spec_digest, model_version, schema_digest):
        hasher.update(_framed(text))
    for row in rows:
        hasher.update(b"".join(map(_framed, row)))
    return hasher.hexdigest()


def _framed(text: str) -> bytes:
    # A length before each part: "a" + "bc" must not hash like "ab" + "c".
    encoded = text.encode()
    return len(encoded).to_bytes(4, "big") + encoded
