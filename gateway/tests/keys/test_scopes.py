import pytest

from gateway_keys.errors import UsageError
from gateway_keys.scopes import READ_SCOPES, ROLES, SCOPES, resolve_scopes


def test_scopes_come_in_the_order_of_the_closed_list_and_once() -> None:
    assert resolve_scopes(["audit:read", "predict", "predict"]) == ("predict", "audit:read")


def test_every_read_is_expanded_without_the_audit() -> None:
    assert resolve_scopes(["*:read"]) == READ_SCOPES
    assert "audit:read" not in READ_SCOPES


def test_a_role_and_scopes_add_up() -> None:
    assert resolve_scopes(["outcomes:write"], "internal") == (
        "predict",
        "models:read",
        "outcomes:write",
    )


@pytest.mark.parametrize("role", sorted(ROLES))
def test_every_role_holds_known_scopes_only(role: str) -> None:
    assert set(resolve_scopes((), role)) <= set(SCOPES)


def test_an_unknown_scope_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="unknown scope 'predcit'; known are: predict, "):
        resolve_scopes(["predcit"])


def test_an_unknown_role_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="unknown role 'boss'; known are: viewer, "):
        resolve_scopes([], "boss")


def test_a_key_without_any_scope_is_refused() -> None:
    with pytest.raises(UsageError, match="needs --scope or --role"):
        resolve_scopes([])
