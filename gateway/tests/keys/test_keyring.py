import fcntl
import secrets
import threading
from typing import Any

import pytest

from gateway_keys.derived import DerivedFiles
from gateway_keys.errors import RefusedError, UsageError
from gateway_keys.keyring import KeyRequest, Keyring
from gateway_keys.push import Delivery, Gateways
from gateway_keys.secret import complaint, digest_of
from gateway_keys.store import KeyStore


class CrashError(BaseException):
    """The process ended here."""


class CrashingFiles(DerivedFiles):
    """Ends the process before, between or after writing the derived files."""

    crash = ""

    def complete(self, changes: Any, records: Any) -> int:
        if self.crash == "before the files":
            raise CrashError
        last = super().complete(changes, records)
        if self.crash == "after the files":
            raise CrashError
        return last

    def _write_seed(self, records: Any, last: int) -> None:
        if self.crash == "between journal and seed":
            raise CrashError
        super()._write_seed(records, last)


def test_a_new_key_is_good_and_known_by_its_digest_only(
    keyring: Keyring, request_of_ann: KeyRequest
) -> None:
    done = keyring.create(request_of_ann)
    assert complaint(done.secret) is None
    assert done.record.digest == digest_of(done.secret)
    assert done.delivery == Delivery(0, ())


def test_a_change_is_in_force_in_a_running_gateway_when_the_verb_returns(
    keyring: Keyring, gateway: Any, request_of_ann: KeyRequest
) -> None:
    record = keyring.create(request_of_ann).record
    keyring.set_status(record.id, "revoked", "revoke", "test")
    assert "|revoked|2|" in gateway.records[record.digest]


def test_a_time_to_live_sets_the_end(keyring: Keyring, clock: Any) -> None:
    request = KeyRequest(
        name="n", owner="o", plan="trial", scopes=("predict",), ttl_seconds=60, test=True
    )
    done = keyring.create(request)
    assert done.record.not_after == clock.seconds + 60
    assert done.secret.startswith("chk_test_")


def test_an_unknown_plan_is_refused_with_the_known_ones(keyring: Keyring) -> None:
    with pytest.raises(UsageError, match="unknown plan 'gold'; known are: trial, standard"):
        keyring.create(KeyRequest(name="n", owner="o", plan="gold", scopes=("predict",)))


def test_a_disabled_key_can_be_enabled_again(keyring: Keyring, request_of_ann: KeyRequest) -> None:
    record = keyring.create(request_of_ann).record
    assert keyring.set_status(record.id, "disabled", "disable").record.status == "disabled"
    assert keyring.set_status(record.id, "active", "enable").record.status == "active"


def test_a_revoked_key_never_comes_back(keyring: Keyring, request_of_ann: KeyRequest) -> None:
    record = keyring.create(request_of_ann).record
    keyring.set_status(record.id, "revoked", "revoke", "test")
    for status in ("active", "disabled"):
        with pytest.raises(RefusedError, match="for ever"):
            keyring.set_status(record.id, status, "enable")  # type: ignore[arg-type]  # a loop over literals


def test_the_same_change_twice_is_one_change(keyring: Keyring, request_of_ann: KeyRequest) -> None:
    record = keyring.create(request_of_ann).record
    keyring.set_status(record.id, "revoked", "revoke", "test")
    keyring.set_status(record.id, "revoked", "revoke", "again")
    assert len(keyring.store.changes()) == 2


def test_a_push_of_everything_fills_an_empty_gateway(
    keyring: Keyring, gateway: Any, request_of_ann: KeyRequest
) -> None:
    record = keyring.create(request_of_ann).record
    gateway.records.clear()
    assert keyring.push_all() == Delivery(1, ())
    assert gateway.records == {record.digest: record.line()}


@pytest.mark.parametrize(
    "crash", ["before the files", "between journal and seed", "after the files"]
)
def test_a_crash_between_two_steps_is_made_good_by_the_next_run(
    keyring: Keyring, places: Any, request_of_ann: KeyRequest, crash: str
) -> None:
    record = keyring.create(request_of_ann).record
    crashing = CrashingFiles(places.seed)
    crashing.crash = crash
    keyring._files = crashing
    with pytest.raises(CrashError):
        keyring.set_status(record.id, "revoked", "revoke", "test")
    DerivedFiles(places.seed).complete(keyring.store.changes(), keyring.store.records())
    assert "|revoked|2|" in places.seed_file.read_text()
    assert "|revoked|2|" in places.journal.read_text()
    assert len(keyring.store.audit_rows()) == 2


def test_a_second_command_waits_until_the_first_is_done(
    keyring: Keyring, places: Any, request_of_ann: KeyRequest
) -> None:
    def clock_of_a_second_command() -> float:
        with (places.store / "lock").open("w") as handle, pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return 1.0

    keyring._clock = clock_of_a_second_command
    assert keyring.create(request_of_ann).record.created_at == 1


def test_many_commands_at_once_make_one_unbroken_row_of_changes(
    places: Any, request_of_ann: KeyRequest
) -> None:
    def create() -> None:
        keyring = Keyring(
            KeyStore(places.database),
            DerivedFiles(places.seed),
            Gateways(places.sockets),
            lock=places.store / "lock",
            clock=lambda: 0.0,
            choose=secrets.choice,
        )
        keyring.create(request_of_ann)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [change.seq for change in KeyStore(places.database).changes()] == list(range(1, 9))
    assert [line.split("\t")[0] for line in places.journal.read_text().splitlines()] == [
        str(seq) for seq in range(1, 9)
    ]
