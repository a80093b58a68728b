from pathlib import Path

import pytest

from churn_loadtests.settings import Settings, SettingsError, local_origin, read_settings


def test_without_variables_the_demo_on_loopback_is_loaded() -> None:
    assert read_settings({"PATH": "/bin"}) == Settings("http://127.0.0.1:8080", "", "smoke")


def test_every_variable_is_read(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("chk_live_abc\n")
    settings = read_settings({
        "LOADTEST_URL": "http://gateway:8080/",
        "LOADTEST_API_KEY_FILE": str(file),
        "LOADTEST_PROFILE": "steady",
        "LOADTEST_RATE": "2.5",
        "LOADTEST_SECONDS": "5",
        "LOADTEST_SEED": "7",
    })
    assert settings == Settings("http://gateway:8080", "chk_live_abc", "steady", 2.5, 5, 7)
    assert "chk_live" not in repr(settings)


def test_an_empty_variable_counts_as_not_set() -> None:
    assert read_settings({"LOADTEST_RATE": "", "LOADTEST_URL": ""}) == Settings()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("LOADTEST_RAT", "1", "did you mean LOADTEST_RATE?"),
        ("LOADTEST_" + "Q" * 40, "1", "known are LOADTEST_URL"),
        ("LOADTEST_RATE", "0", "above 0 and at most 5000"),
        ("LOADTEST_RATE", "nan", "above 0"),
        ("LOADTEST_RATE", "5001", "at most 5000"),
        ("LOADTEST_RATE", "fast", "fast"),
        ("LOADTEST_SECONDS", "7201", "at most 7200"),
        ("LOADTEST_SEED", "1.5", "invalid literal"),
        ("LOADTEST_API_KEY_FILE", "/no/such/file", "No such file"),
        ("LOADTEST_URL", "https://example.test", "nowhere else"),
    ],
)
def test_a_wrong_variable_is_named_with_the_rule(name: str, text: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({name: text})
    assert str(caught.value).startswith(f"{name}: ")
    assert words in str(caught.value)


def test_all_wrong_variables_are_listed_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"LOADTEST_RATE": "-1", "LOADTEST_SECONDS": "-1", "LOADTEST_X": "1"})
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize("content", ["", "two words", "sch\u00f6n"])
def test_a_file_that_holds_no_key_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "key"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match="one access key"):
        read_settings({"LOADTEST_API_KEY_FILE": str(file)})


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8080",
        "http://127.0.0.1",
        "http://127.1.2.3:80",
        "http://[::1]:8080",
        "http://churn-service:8080",
        "https://gateway",
    ],
)
def test_loopback_and_container_names_may_be_loaded(url: str) -> None:
    assert local_origin(url + "/any/path") == url


@pytest.mark.parametrize(
    "url",
    [
        "http://example.test",
        "http://10.0.0.1",
        "http://[2001:db8::1]",
        "http://134744072",
        "http://0x08080808",
        "http://127.0.0.1.example.test",
        "http://me@gateway",
        "ftp://gateway",
        "gateway:8080",
        "http://",
    ],
)
def test_every_other_target_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"nowhere else|must look like"):
        local_origin(url)
