"""The closed lists: scopes, roles and key plans; an unknown word is an error."""

from collections.abc import Iterable

from gateway_keys.errors import UsageError

READ_SCOPES = ("models:read", "customers:read", "campaigns:read", "outcomes:read")
SCOPES = (
    "predict",
    *READ_SCOPES,
    "models:write",
    "customers:write",
    "campaigns:write",
    "campaigns:send",
    "outcomes:write",
    "audit:read",
)
EVERY_READ = "*:read"
KEY_PLANS = ("trial", "standard", "bulk", "internal")

_VIEWER = READ_SCOPES
_AUTHOR = (*_VIEWER, "predict", "customers:write", "campaigns:write")
_SENDER = (*_AUTHOR, "campaigns:send")
ROLES: dict[str, tuple[str, ...]] = {
    "viewer": _VIEWER,
    "author": _AUTHOR,
    "sender": _SENDER,
    "admin": SCOPES,
    "demo": SCOPES,
    "internal": ("predict", "models:read"),
}


def resolve_scopes(scopes: Iterable[str], role: str | None = None) -> tuple[str, ...]:
    """Return the scopes of a new key, in the order of the closed list.

    Args:
        scopes: Words of `SCOPES`, or `*:read` for every read scope but the audit's.
        role: A named set of scopes that is added.

    Raises:
        UsageError: A word is unknown, or nothing was asked for.
    """
    wanted: set[str] = set(ROLES[known(role, ROLES, "role")]) if role else set()
    for scope in scopes:
        if scope == EVERY_READ:
            wanted.update(READ_SCOPES)
        else:
            wanted.add(known(scope, SCOPES, "scope"))
    if not wanted:
        raise UsageError("a key needs --scope or --role; scopes are " + ", ".join(SCOPES))
    return tuple(scope for scope in SCOPES if scope in wanted)


def known(word: str, words: Iterable[str], kind: str) -> str:
    """Return the word when the closed list has it.

    Raises:
        UsageError: It is not in the list; the message shows the list.
    """
    allowed = tuple(words)
    if word not in allowed:
        raise UsageError(f"unknown {kind} {word!r}; known are: {', '.join(allowed)}")
    return word
