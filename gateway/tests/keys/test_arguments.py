import pytest

from gateway_keys.arguments import help_texts

VERBS = ["create", "list", "show", "verify", "push", "status", "audit", "revoke", "disable"]
VERBS += ["enable", "init"]


def test_there_is_a_help_text_for_the_tool_and_for_every_verb() -> None:
    texts = help_texts()
    assert list(texts) == ["gateway-keys", *(f"gateway-keys {verb}" for verb in VERBS)]
    assert "--internal-key-mode" in texts["gateway-keys init"]
    assert all(text.startswith("usage: gateway-keys") for text in texts.values())


def test_the_help_texts_do_not_depend_on_the_width_of_a_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wide = help_texts()
    monkeypatch.setenv("COLUMNS", "40")
    assert help_texts() == wide
