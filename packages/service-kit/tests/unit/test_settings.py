"""Settings: what is read, and what stops the start."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from service_kit.settings import (
    SettingsError,
    describe_settings,
    effective_settings,
    load_settings,
    setting,
)


@dataclass(frozen=True, kw_only=True)
class ShopSettings:
    root: Path = setting(help="Folder of the goods.")
    port: int = setting(default=8080, minimum=0, maximum=65_535, env="PORT", help="TCP port.")
    wait_seconds: float = setting(default=1.5, minimum=0.1, help="Longest wait.")
    open_late: bool = setting(default=False, help="Serve at night.")
    mood: str = setting(default="calm", choices=("calm", "busy"), help="How to greet.")
    till: str | None = setting(default=None, secret=True, help="Key of the till.")


@dataclass(frozen=True, kw_only=True)
class DoorSettings:
    width_cm: int = setting(default=90, maximum=200, help="Width of the door.")


def load(**environ: str) -> ShopSettings:
    return load_settings(ShopSettings, {"SHOP_ROOT": "goods", **environ}, "SHOP_")


def problems(**environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(**environ)
    return "\n".join(caught.value.problems)


def test_defaults_hold_when_nothing_is_set() -> None:
    assert load() == ShopSettings(root=Path("goods"))


def test_every_type_is_parsed() -> None:
    loaded = load(
        PORT="9000",
        SHOP_WAIT_SECONDS="2",
        SHOP_OPEN_LATE="Yes",
        SHOP_MOOD="busy",
        SHOP_TILL="k",
    )
    assert loaded == ShopSettings(
        root=Path("goods"),
        port=9000,
        wait_seconds=2.0,
        open_late=True,
        mood="busy",
        till="k",
    )


def test_an_empty_variable_counts_as_not_set() -> None:
    assert load(SHOP_WAIT_SECONDS="", SHOP_TILL="").wait_seconds == 1.5


def test_a_missing_required_variable_is_named_with_its_rule() -> None:
    with pytest.raises(SettingsError, match=r"SHOP_ROOT: is not set; it must be a path\. Folder"):
        load_settings(ShopSettings, {}, "SHOP_")


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("PORT", "http", "PORT: must be a whole number at least 0 and at most 65,535"),
        ("PORT", "65536", "PORT: must be a whole number"),
        ("SHOP_WAIT_SECONDS", "0", "SHOP_WAIT_SECONDS: must be a number at least 0.1, not '0'"),
        ("SHOP_WAIT_SECONDS", "nan", "SHOP_WAIT_SECONDS: must be a number"),
        ("SHOP_WAIT_SECONDS", "inf", "SHOP_WAIT_SECONDS: must be a number"),
        ("SHOP_OPEN_LATE", "perhaps", "SHOP_OPEN_LATE: must be 1 or 0, not 'perhaps'"),
        ("SHOP_MOOD", "angry", "SHOP_MOOD: must be one of calm, busy, not 'angry'"),
    ],
)
def test_a_wrong_value_is_refused_with_its_rule(name: str, value: str, rule: str) -> None:
    assert rule in problems(**{name: value})


def test_all_problems_are_told_at_once() -> None:
    told = problems(PORT="x", SHOP_MOOD="y", SHOP_FOO="z")
    assert [line.split(":")[0] for line in told.splitlines()] == ["PORT", "SHOP_MOOD", "SHOP_FOO"]


def test_an_unknown_variable_gets_the_nearest_name() -> None:
    assert problems(SHOP_WAIT_SECOND="1") == (
        "SHOP_WAIT_SECOND: is not a setting; did you mean SHOP_WAIT_SECONDS?"
    )


def test_a_variable_like_no_other_is_to_be_removed() -> None:
    assert problems(SHOP_ZZZZZZZZ="1") == "SHOP_ZZZZZZZZ: is not a setting; remove it"


def test_variables_that_kubernetes_injects_are_left_alone() -> None:
    assert load(SHOP_SERVICE_HOST="10.0.0.1", SHOP_SERVICE_PORT="tcp://x").port == 8080


def test_settings_of_a_sibling_are_known_but_not_read() -> None:
    environ = {"SHOP_ROOT": "goods", "SHOP_WIDTH_CM": "5000"}
    loaded = load_settings(ShopSettings, environ, "SHOP_", siblings=[DoorSettings])
    assert loaded.root == Path("goods")


def test_a_secret_is_read_from_a_file_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "till").write_text("s3cret\n")
    assert load(SHOP_TILL_FILE=str(tmp_path / "till")).till == "s3cret"


def test_a_secret_set_twice_is_refused(tmp_path: Path) -> None:
    told = problems(SHOP_TILL="a", SHOP_TILL_FILE=str(tmp_path))
    assert told == "SHOP_TILL: is set twice, also by SHOP_TILL_FILE; keep one of them"


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file"), (b"\n", "is empty"), (b"\xff\xfe", "it is not UTF-8 text")],
)
def test_an_unusable_secret_file_is_named(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    path = tmp_path / "till"
    if content is not None:
        path.write_bytes(content)
    told = problems(SHOP_TILL_FILE=str(path))
    assert reason in told
    assert str(path) in told


def test_only_secrets_have_a_file_twin() -> None:
    assert "SHOP_MOOD_FILE: is not a setting" in problems(SHOP_MOOD_FILE="x")


def test_a_required_secret_names_both_ways_to_set_it() -> None:
    @dataclass(frozen=True)
    class Safe:
        code: int = setting(secret=True, help="The code.")

    with pytest.raises(SettingsError, match=r"SHOP_CODE: is not set \(or SHOP_CODE_FILE\)"):
        load_settings(Safe, {}, "SHOP_")
    with pytest.raises(SettingsError) as caught:
        load_settings(Safe, {"SHOP_CODE": "hunter2"}, "SHOP_")
    assert "hunter2" not in str(caught.value)


def test_every_setting_is_described() -> None:
    rows = {row.name: row for row in describe_settings(ShopSettings, "SHOP_")}
    assert list(rows)[:2] == ["SHOP_ROOT", "PORT"]
    assert rows["SHOP_ROOT"].default == "required"
    assert rows["SHOP_OPEN_LATE"].default == "0"
    assert rows["SHOP_MOOD"].rule == "one of calm, busy"
    assert rows["SHOP_TILL"].secret
    assert (rows["PORT"].type, rows["PORT"].help) == ("int", "TCP port.")


def test_effective_settings_tell_origin_and_mask_secrets(tmp_path: Path) -> None:
    (tmp_path / "till").write_text("s3cret")
    environ = {"SHOP_ROOT": "goods", "SHOP_TILL_FILE": str(tmp_path / "till")}
    rows = {row.name: row for row in effective_settings(ShopSettings, environ, "SHOP_")}
    assert (rows["SHOP_ROOT"].value, rows["SHOP_ROOT"].origin) == ("goods", "environment")
    assert (rows["PORT"].value, rows["PORT"].origin) == ("8080", "default")
    assert rows["SHOP_TILL"].value == "********"
    assert rows["SHOP_TILL"].origin.startswith("file ")


def test_a_secret_that_is_not_set_is_shown_as_empty() -> None:
    rows = effective_settings(ShopSettings, {"SHOP_ROOT": "goods"}, "SHOP_")
    assert rows[-1].value == ""


def test_effective_settings_refuse_what_cannot_start() -> None:
    with pytest.raises(SettingsError):
        effective_settings(ShopSettings, {}, "SHOP_")
