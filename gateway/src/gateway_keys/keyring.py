"""The verbs on keys: every change is stored, written out, pushed and read back."""

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from gateway_keys import secret
from gateway_keys.audit import AuditEvent
from gateway_keys.derived import DerivedFiles
from gateway_keys.errors import RefusedError
from gateway_keys.names import check_names
from gateway_keys.push import Delivery, Gateways
from gateway_keys.record import KeyRecord, Status
from gateway_keys.scopes import KEY_PLANS, known
from gateway_keys.store import KeyStore

ID_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
ID_CHARACTERS = 10


@dataclass(frozen=True, kw_only=True)
class KeyRequest:
    """What a new key shall be; `ttl_seconds` None means that it does not expire."""

    name: str
    owner: str
    plan: str
    scopes: tuple[str, ...]
    ttl_seconds: int | None = None
    test: bool = False


class Done(NamedTuple):
    """A change in force: the record, the secret of a new key, and the delivery."""

    record: KeyRecord
    delivery: Delivery
    secret: str = ""


class Keyring:
    """The keys of one installation: a store, its derived files and its gateways."""

    def __init__(
        self,
        store: KeyStore,
        files: DerivedFiles,
        gateways: Gateways,
        *,
        lock: Path,
        clock: Callable[[], float],
        choose: secret.Choose,
        actor: str = "operator",
    ) -> None:
        """Take every collaborator; `choose` picks one character of an alphabet."""
        self.store = store
        self.gateways = gateways
        self._files = files
        self._lock = lock
        self._clock = clock
        self._choose = choose
        self._actor = actor

    def now(self) -> int:
        """Return the current time in whole seconds since 1970 UTC."""
        return int(self._clock())

    def complete(self) -> int:
        """Make the derived files agree with the store; return the last change."""
        with self._locked():
            return self._complete()

    def active_keys(self, name: str, owner: str) -> tuple[KeyRecord, ...]:
        """Return the active keys of that name and owner, expired ones too."""
        wanted = (name, owner, "active")
        records = self.store.records()
        return tuple(one for one in records if (one.name, one.owner, one.status) == wanted)

    def create(self, request: KeyRequest, action: str = "create") -> Done:
        """Make a key; its secret is returned once and stored nowhere.

        Raises:
            UsageError: A name, owner or plan breaks its rule.
        """
        check_names(request.name, request.owner)
        known(request.plan, KEY_PLANS, "plan")
        key = secret.make_key(self._choose, test=request.test)
        with self._locked():
            record = self._new_record(request, secret.digest_of(key))
            delivery = self._commit(None, record, action, {})
        return Done(record, delivery, key)

    def set_status(self, key_id: str, status: Status, action: str, reason: str = "") -> Done:
        """Disable, enable or revoke a key; in force at once everywhere.

        Raises:
            RefusedError: There is no such key, or it is revoked, which is for ever.
        """
        with self._locked():
            before = self.store.find(key_id)
            if before.status == "revoked" and status != "revoked":
                raise RefusedError(f"{key_id} is revoked, and that is for ever; make a new key")
            if before.status == status:
                return Done(before, self._push(before))
            after = before.changed(self.store.next_seq(), status)
            delivery = self._commit(before, after, action, {"reason": reason} if reason else {})
        return Done(after, delivery)

    def push_all(self) -> Delivery:
        """Hand every key to every running gateway again."""
        with self._locked():
            self._complete()
            return self.gateways.push(record.change() for record in self.store.records())

    def _complete(self) -> int:
        return self._files.complete(self.store.changes(), self.store.records())

    def _new_record(self, request: KeyRequest, digest: str) -> KeyRecord:
        now = self.now()
        key_id = "k_" + "".join(self._choose(ID_ALPHABET) for _ in range(ID_CHARACTERS))
        return KeyRecord(
            id=key_id,
            group=key_id,
            digest=digest,
            name=request.name,
            owner=request.owner,
            plan=request.plan,
            scopes=request.scopes,
            created_at=now,
            not_after=now + request.ttl_seconds if request.ttl_seconds else 0,
            seq=self.store.next_seq(),
        )

    def _commit(
        self, before: KeyRecord | None, after: KeyRecord, action: str, extra: dict[str, str]
    ) -> Delivery:
        event = AuditEvent(
            at=self.now(),
            actor=self._actor,
            action=action,
            key_id=after.id,
            before=_as_json(before.public()) if before else "",
            after=_as_json({**after.public(), **extra}),
        )
        self.store.save(after, event)
        self._complete()
        return self._push(after)

    def _push(self, record: KeyRecord) -> Delivery:
        return self.gateways.push([record.change()])

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one command at a time change store and files, across processes."""
        self._lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._lock.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def _as_json(document: dict[str, object]) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"))
