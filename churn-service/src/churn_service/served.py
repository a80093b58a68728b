"""What the routes of other protocols tell about this server."""

from collections.abc import Callable, Sequence
from typing import NamedTuple


class Served(NamedTuple):
    """The model and the limits, as the composition root knows them.

    Attributes:
        model: Name of the model.
        code_version: Version of the service.
        max_body_bytes: The longest body that is read, inflated or not.
        versions: Gives the loaded versions, the one in charge first.
        is_ready: Tells whether customers may be sent.
    """

    model: str
    code_version: str
    max_body_bytes: int
    versions: Callable[[], Sequence[str]]
    is_ready: Callable[[], bool]
