"""Changes of aliases that callers ask for; what is refused becomes a problem."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from flask import request

from churn_contract.headers import KEY_ID, KEY_OWNER
from churn_service.artefact.aliases import CHAMPION, Alias, intact_alias
from churn_service.artefact.errors import ArtefactError, PromotionRefusedError
from churn_service.artefact.promotion_log import Note
from churn_service.artefact.promotions import Wish, promote, roll_back
from churn_service.artefact.signature import Verifier
from churn_service.errors import RefusedPromotionError, RegistryReadOnlyError


class InCharge(NamedTuple):
    """The champion and its canary as somebody has seen them, "" for none."""

    champion: str
    canary: str


class AliasChanges:
    """Point aliases at versions; this process serves the change with the answer.

    Args:
        root: The registry folder.
        name: Name of the model, a folder in it.
        refresh: Makes this process look at the aliases now.
        public_key: Whose signature a version needs; None takes unsigned ones, too.
    """

    def __init__(
        self,
        root: Path,
        name: str,
        refresh: Callable[[], None],
        public_key: Verifier | None = None,
    ) -> None:
        self._root = root
        self._name = name
        self._refresh = refresh
        self._public_key = public_key

    def promote(self, wish: Wish) -> None:
        """Do what the wish says.

        Raises:
            RefusedPromotionError: When the gate or a rule forbids it.
            RegistryReadOnlyError: When the registry cannot be written here.
        """
        with _told():
            promote(self._root, self._name, wish, public_key=self._public_key)
        self._refresh()

    def roll_back(self, seen: InCharge, note: Note) -> None:
        """Go back from the champion, or from its canary, that the caller has seen.

        A second click on the same button must not go back one further.

        Raises:
            RefusedPromotionError: When something else is in charge by now, when there
                is nothing to go back to, or no reason is given.
            RegistryReadOnlyError: When the registry cannot be written here.
        """
        with _told():
            alias = intact_alias(self._root, self._name, CHAMPION)
            if alias is None or in_charge(alias) != seen:
                raise PromotionRefusedError("the champion has changed meanwhile; look again")
            if not note.reason.strip():
                raise PromotionRefusedError("a reason is needed: it is what the log is read for")
            key = self._public_key
            roll_back(self._root, self._name, note, public_key=key, only_from=alias)
        self._refresh()


def in_charge(alias: Alias) -> InCharge:
    """Return whom an alias of the champion names."""
    return InCharge(alias.version, alias.canary.version if alias.canary else "")


def caller(otherwise: str = "api") -> str:
    """Return who sends the request at hand, as the gateway names the owner of the key."""
    return request.headers.get(KEY_OWNER) or request.headers.get(KEY_ID) or otherwise


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (PromotionRefusedError, ArtefactError) as error:
        raise RefusedPromotionError(f"{error}.") from error
    except OSError as error:
        raise RegistryReadOnlyError(f"{error.strerror}; nothing was changed.") from error
