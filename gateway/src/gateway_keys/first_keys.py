"""The keys a new installation starts with; making them twice makes nothing twice."""

from dataclasses import dataclass
from pathlib import Path

from gateway_keys.key_files import PRIVATE_MODE, read_key, reserved
from gateway_keys.keyring import KeyRequest, Keyring
from gateway_keys.scopes import resolve_scopes
from gateway_keys.secret import complaint, digest_of


@dataclass(frozen=True, kw_only=True)
class FirstKey:
    """One key file that must exist: who it is for and what it may do."""

    name: str
    owner: str
    role: str
    plan: str
    path: Path
    mode: int = PRIVATE_MODE


def demo_key(path: Path, mode: int = PRIVATE_MODE) -> FirstKey:
    """Return the key of the person who tries the stack: every scope."""
    return FirstKey(name="demo", owner="demo", role="demo", plan="bulk", path=path, mode=mode)


def internal_key(path: Path, mode: int = PRIVATE_MODE) -> FirstKey:
    """Return the key with which the marketing worker asks for scores."""
    return FirstKey(
        name="marketing-worker",
        owner="marketing-service",
        role="internal",
        plan="internal",
        path=path,
        mode=mode,
    )


def ensure(keyring: Keyring, wanted: FirstKey) -> str:
    """Make the key and its file when the file holds no key of this store.

    A key that was revoked stays revoked: its file is left as it is. A key whose file
    was lost is revoked, because nobody can know its secret any more.

    Returns:
        One line that says what was done.
    """
    key = read_key(wanted.path)
    if key is not None and complaint(key) is None:
        held = keyring.store.find_digest(digest_of(key))
        if held is not None:
            return f"{wanted.name}: {held.id} in {wanted.path} is kept ({held.status})"
    request = KeyRequest(
        name=wanted.name,
        owner=wanted.owner,
        plan=wanted.plan,
        scopes=resolve_scopes((), wanted.role),
    )
    with reserved(wanted.path, wanted.mode) as write:
        _revoke_lost(keyring, wanted)
        done = keyring.create(request, "init")
        write(done.secret)
    return f"{wanted.name}: {done.record.id} was made and its key written to {wanted.path}"


def _revoke_lost(keyring: Keyring, wanted: FirstKey) -> None:
    """Revoke the active keys of that name, whose file is gone."""
    for record in keyring.active_keys(wanted.name, wanted.owner):
        keyring.set_status(record.id, "revoked", "revoke", "its key file was lost")
