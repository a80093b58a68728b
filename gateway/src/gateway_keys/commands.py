"""The verbs of the command line: call the keyring, print its answer."""

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from typing import TextIO

from gateway_keys.audit import AuditRow, first_bad_row
from gateway_keys.durations import as_utc, seconds_of
from gateway_keys.errors import NotConfirmedError, RefusedError, UsageError
from gateway_keys.first_keys import demo_key, ensure, internal_key
from gateway_keys.key_files import refuse_existing, reserved
from gateway_keys.keyring import Done, KeyRequest, Keyring
from gateway_keys.output import effective_status, print_fields, print_json, print_keys
from gateway_keys.push import Delivery
from gateway_keys.record import KeyRecord, Status
from gateway_keys.scopes import resolve_scopes
from gateway_keys.secret import complaint, digest_of

AUDIT_TAIL_ROWS = 20


class Command:
    """One run of the tool: its arguments, its keyring and its three streams."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        keyring: Keyring,
        stdin: TextIO,
        stdout: TextIO,
        stderr: TextIO,
    ) -> None:
        """Take what a run needs; nothing is read or written yet."""
        self._arguments = arguments
        self._keyring = keyring
        self._stdin = stdin
        self._stdout = stdout
        self._stderr = stderr

    def run(self) -> None:
        """Complete what an interrupted run left, then do the verb.

        Raises:
            KeysError: With the exit code in its class.
        """
        self._keyring.complete()
        verbs: dict[str, Callable[[], None]] = {
            "create": self._create,
            "list": self._list,
            "show": self._show,
            "verify": self._verify,
            "push": self._push,
            "status": self._status,
            "audit": self._audit,
            "revoke": lambda: self._change("revoked"),
            "disable": lambda: self._change("disabled"),
            "enable": lambda: self._change("active"),
            "init": self._init,
        }
        verbs[self._arguments.verb]()

    def _create(self) -> None:
        asked = self._arguments
        request = KeyRequest(
            name=asked.name,
            owner=asked.owner,
            plan=asked.plan,
            scopes=resolve_scopes(asked.scope, asked.role),
            ttl_seconds=seconds_of(asked.ttl) if asked.ttl else None,
            test=asked.test,
        )
        held = self._keyring.active_keys(asked.name, asked.owner)
        done = self._make(request)
        self._print_created(done)
        self._warn_about_twins(held)
        _confirm(done.delivery)

    def _make(self, request: KeyRequest) -> Done:
        out = self._arguments.out
        with ExitStack() as places:
            if out:
                refuse_existing(out)
                write = places.enter_context(reserved(out))
            done = self._keyring.create(request)
            if out:
                write(done.secret)
        return done

    def _warn_about_twins(self, held: tuple[KeyRecord, ...]) -> None:
        for record in held:
            if effective_status(record, self._keyring.now()) == "active":
                self._stderr.write(
                    f"warning: {record.name} of {record.owner} has the active key {record.id}"
                    f" already; when it is no longer used: gateway-keys revoke {record.id}"
                    ' --reason "replaced"\n'
                )

    def _print_created(self, done: Done) -> None:
        out = self._arguments.out
        secret = {"file": str(out)} if out else {"key": done.secret}
        if self._arguments.json:
            self._print({**done.record.public(), **secret})
            return
        self._say(f"id: {done.record.id}")
        self._say(f"key: in {out}" if out else f"key: {done.secret}")
        self._say(_in_force(done.delivery))

    def _list(self) -> None:
        records = self._keyring.store.records()
        if self._arguments.json:
            self._print([record.public() for record in records])
        else:
            print_keys(records, self._keyring.now(), self._stdout)

    def _show(self) -> None:
        self._print(self._keyring.store.find(self._arguments.id).public())

    def _verify(self) -> None:
        key = self._stdin.readline().strip()
        fault = complaint(key)
        record = None if fault else self._keyring.store.find_digest(digest_of(key))
        if record is None:
            raise RefusedError(
                fault or "the key has the right shape, but this store has no such key"
            )
        status = effective_status(record, self._keyring.now())
        self._print({**record.public(), "status": status})
        if status != "active":
            raise RefusedError(f"the key is {status}")

    def _push(self) -> None:
        delivery = self._keyring.push_all()
        self._print({"confirmed": delivery.confirmed, "failed": list(delivery.failed)})
        _confirm(delivery)

    def _status(self) -> None:
        answers = self._keyring.gateways.status()
        self._print({"gateways": answers} if self._arguments.json else _by_gateway(answers))

    def _audit(self) -> None:
        rows = self._keyring.store.audit_rows()
        if self._arguments.action == "tail":
            self._print({str(row.seq): _audit_line(row) for row in rows[-AUDIT_TAIL_ROWS:]})
            return
        bad = first_bad_row(rows)
        if bad is not None:
            raise RefusedError(
                f"the audit chain is broken at row {bad}: it or the row before changed"
            )
        self._print({"rows": len(rows), "head": rows[-1].hash if rows else "", "intact": "yes"})

    def _change(self, status: Status) -> None:
        asked = self._arguments
        reason = getattr(asked, "reason", "").strip()
        if status == "revoked" and not reason:
            raise UsageError('--reason is empty; say why in words, as in --reason "left the team"')
        done = self._keyring.set_status(asked.id, status, asked.verb, reason)
        if asked.json:
            self._print(done.record.public())
        else:
            self._say(f"{done.record.id} is {done.record.status}; {_in_force(done.delivery)}")
        _confirm(done.delivery)

    def _init(self) -> None:
        asked = self._arguments
        wanted = []
        if asked.demo_key_file:
            wanted.append(demo_key(asked.demo_key_file))
        if asked.internal_key_file:
            wanted.append(internal_key(asked.internal_key_file, int(asked.internal_key_mode, 8)))
        lines = [ensure(self._keyring, first) for first in wanted]
        if asked.json:
            self._print({"done": lines})
        elif lines:
            self._say("\n".join(lines))

    def _print(self, document: object) -> None:
        if self._arguments.json or not isinstance(document, dict):
            print_json(document, self._stdout)
        else:
            print_fields(document, self._stdout)

    def _say(self, text: str) -> None:
        self._stdout.write(text + "\n")


def _confirm(delivery: Delivery) -> None:
    if delivery.failed:
        reasons = "; ".join(delivery.failed)
        raise NotConfirmedError(f"stored; the journal delivers within 1 s ({reasons})")


def _in_force(delivery: Delivery) -> str:
    if delivery.failed:
        return "stored, not confirmed by every gateway"
    if delivery.confirmed == 0:
        return "in force when a gateway starts; none is running"
    return "in force now"


def _by_gateway(answers: list[dict[str, object]]) -> dict[str, object]:
    if not answers:
        return {"gateways": "none is running"}
    return {str(answer["gateway"]): f"{answer.get('keys')} entries" for answer in answers}


def _audit_line(row: AuditRow) -> str:
    return f"{as_utc(row.at)} {row.actor} {row.action} {row.key_id}"
