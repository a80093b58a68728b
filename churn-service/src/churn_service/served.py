"""What the routes of other protocols tell about this server."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from churn_contract.headers import RETRY_AFTER
from churn_service.errors import NoModelError


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

    def check_ready(self) -> None:
        """Raise NoModelError, with the time to ask again, while no work may be sent."""
        if not self.is_ready():
            raise NoModelError("Customers cannot be scored now.", headers={RETRY_AFTER: "1"})
