"""Numbers in the query of the mailbox."""

from typing import Final

from flask import abort, request

LARGEST: Final = 2**63 - 1
"""What SQLite takes; no mail and no campaign has a larger number."""


def number_filter(name: str) -> int | None:
    """Read a number of the query; None where it is absent or no number.

    Raises:
        NotFound: It is larger than the number of anything here.
    """
    number = request.args.get(name, type=int)
    if number is not None and abs(number) > LARGEST:
        abort(404)
    return number
