import pytest

from marketing_service.importing.address import address_hash, read_address


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("ann@example.test", "ann@example.test"),
        ("  Ann.B+tag@Example.TEST ", "Ann.B+tag@example.test"),
        ("o'hara@sub.example-1.test", "o'hara@sub.example-1.test"),
        ("jürgen@müller.test", "jürgen@müller.test"),
        ("", None),
        ("   ", None),
    ],
)
def test_an_address_is_trimmed_and_its_domain_lowered(cell: str, expected: str | None) -> None:
    assert read_address(cell) == expected


@pytest.mark.parametrize(
    "cell",
    [
        "ann", "ann@", "@example.test", "ann@example", "a b@example.test", "a@b@example.test",
        "ann@exa..mple.test", "ann..b@example.test", "ann@-example.test", "ann@example-.test",
        "ann@example.test\nBcc: x@y.test", "<ann@example.test>", "a,b@example.test",
        "x" * 65 + "@example.test", "a@" + "b" * 250 + ".test", "ann@[127.0.0.1]",
    ],
)  # fmt: skip
def test_what_no_mail_could_reach_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="must be a mail address"):
        read_address(cell)


def test_a_hash_depends_on_the_key_and_not_on_case() -> None:
    assert address_hash(b"k", "Ann@example.test") == address_hash(b"k", "ann@example.test")
    assert address_hash(b"k", "ann@example.test") != address_hash(b"l", "ann@example.test")
    assert len(address_hash(b"k", "ann@example.test")) == 32
