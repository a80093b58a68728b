import pytest

from marketing_service.targeting.toml_text import read_toml


@pytest.mark.parametrize(
    "text",
    [
        "name = " + "[" * 10_000,
        "name = " + "[" * 40 + "]" * 40,
        "name = " + "{a = " * 40 + "1" + "}" * 40,
        "name = [{" + ".".join(["a"] * 10_000) + " = 1}]",
        ".".join(["'a'"] * 1_000_000) + " = 1",
        "[" + " . ".join(["a"] * 40) + "]",
    ],
    ids=range(6),
)
def test_deep_nesting_is_refused_before_anything_walks_over_it(text: str) -> None:
    with pytest.raises(ValueError, match="nested deeper than 32 levels"):
        read_toml(text)


def test_a_file_with_tables_in_tables_is_read() -> None:
    assert read_toml("[a.b.c]\nd = [[1], [{e = 1}]]")["a"] == {"b": {"c": {"d": [[1], [{"e": 1}]]}}}


def test_text_with_many_dots_is_no_deep_key() -> None:
    text = "... . . ." * 50 + "www.example.test. Mr. Ann. " * 15
    assert read_toml(f'text = "{text}"') == {"text": text}
