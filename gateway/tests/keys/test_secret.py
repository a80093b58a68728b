import secrets
import string

import pytest

from gateway_keys.secret import KEY_PATTERN, complaint, digest_of, make_key

VECTOR = "chk_test_" + "0" * 32 + "4dSgbk"


def test_the_published_vector_is_a_good_key() -> None:
    assert complaint(VECTOR) is None


def test_the_published_vector_has_the_published_digest() -> None:
    assert digest_of(VECTOR).startswith("24d01da7fe614506")


@pytest.mark.parametrize("prefix", ["chk_live_", "chk_test_"])
def test_a_new_key_has_its_shape_and_its_checksum(prefix: str) -> None:
    key = make_key(secrets.choice, test=prefix == "chk_test_")
    assert key.startswith(prefix)
    assert KEY_PATTERN.fullmatch(key)
    assert complaint(key) is None


def test_two_keys_differ() -> None:
    assert make_key(secrets.choice) != make_key(secrets.choice)


@pytest.mark.parametrize("position", range(9, 47))
def test_a_mistyped_character_is_found(position: int) -> None:
    other = "Q" if VECTOR[position] != "Q" else "R"
    assert "checksum" in str(complaint(VECTOR[:position] + other + VECTOR[position + 1 :]))


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("", "starts with"),
        ("sk_live_" + "0" * 39, "starts with"),
        (VECTOR[:-1], "46"),
        (VECTOR + "0", "48"),
        (VECTOR[:-1] + "-", "letters and digits"),
        (VECTOR.swapcase().replace("CHK_TEST_", "chk_test_"), "changed its case"),
    ],
)
def test_a_bad_key_is_told_what_is_wrong_with_it(key: str, says: str) -> None:
    assert says in str(complaint(key))


def test_a_complaint_never_repeats_the_key() -> None:
    key = "chk_live_" + string.ascii_letters[:37] + "!"
    assert string.ascii_letters[:10] not in str(complaint(key))
