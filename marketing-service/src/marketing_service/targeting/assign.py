"""Assign customers to arms by a keyed hash: equal on every machine, for ever.

The draw depends on the customer's id, the campaign's seed key and a purpose, and on
nothing else: neither the order of the rows nor a restart can move a customer.
"""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

UNIT = 1 << 64
"""Number of values that a draw can take; a draw divided by it lies in [0, 1)."""


def draws(customer_ids: Iterable[str], *, seed_key: str, purpose: str) -> NDArray[np.uint64]:
    """Draw one 64-bit number per customer, uniform and independent between purposes.

    Args:
        customer_ids: external ids, hashed as UTF-8.
        seed_key: the campaign's secret of chance; another key gives other draws.
        purpose: what the draw decides, such as `control` or `tie`.

    Returns:
        The draws in the order of the ids.
    """
    # A blake2b key holds at most 64 bytes, hence the inner digest.
    key = blake2b(f"{seed_key}:{purpose}".encode(), digest_size=32).digest()
    keyed = blake2b(digest_size=8, key=key)

    def draw(customer_id: str) -> int:
        hasher = keyed.copy()
        hasher.update(customer_id.encode())
        return int.from_bytes(hasher.digest(), "big")

    return np.fromiter((draw(customer_id) for customer_id in customer_ids), dtype=np.uint64)


def in_share(drawn: NDArray[np.uint64], share: float) -> NDArray[np.bool_]:
    """Say which draws fall into a share of all customers.

    Args:
        drawn: numbers of `draws`.
        share: the wanted share, 0 to 1.

    Returns:
        True where the customer belongs to the share.
    """
    # Integers are compared: a draw divided by 2^64 as a float can round up to 1.
    limit = int(share * UNIT)
    if limit >= UNIT:
        return np.ones(drawn.shape, dtype=np.bool_)
    return drawn < np.uint64(limit)
