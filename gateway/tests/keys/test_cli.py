import importlib
import io
import json
import re
import runpy
import sys
from typing import Any, NamedTuple

import pytest

from gateway_keys import cli
from gateway_keys.secret import complaint


class Answer(NamedTuple):
    code: int
    out: str
    err: str


class Cli:
    """Run command lines against one installation."""

    def __init__(self, places: Any) -> None:
        self._places = places

    def __call__(self, *words: str, stdin: str = "") -> Answer:
        out, err = io.StringIO(), io.StringIO()
        argv = [*self._places.arguments(), *words]
        code = cli.run(argv, io.StringIO(stdin), out, err)
        return Answer(code, out.getvalue(), err.getvalue())

    def create(self, *words: str) -> dict[str, Any]:
        answer = self("create", "--name", "n", "--owner", "ann", "--json", *words)
        assert answer.code == 0, answer.err
        document: dict[str, Any] = json.loads(answer.out)
        return document


@pytest.fixture
def keys(places: Any) -> Cli:
    return Cli(places)


def test_create_prints_the_key_once_and_says_when_it_works(keys: Cli) -> None:
    answer = keys("create", "--name", "n", "--owner", "ann", "--scope", "predict")
    assert complaint(re.search(r"key: (\S+)", answer.out)[1]) is None  # type: ignore[index]  # a miss fails the test
    assert "none is running" in answer.out


def test_create_writes_the_key_to_a_file_when_asked(keys: Cli, tmp_path: Any) -> None:
    answer = keys(
        "create", "--name", "n", "--owner", "ann", "--role", "viewer", "--out", f"{tmp_path}/key"
    )
    assert answer.code == 0
    assert "chk_" not in answer.out
    assert complaint((tmp_path / "key").read_text().strip()) is None


def test_create_makes_no_key_when_the_file_is_taken(keys: Cli, tmp_path: Any) -> None:
    (tmp_path / "key").write_text("another key")
    words = ["create", "--name", "n", "--owner", "ann", "--role", "viewer"]
    assert keys(*words, "--out", f"{tmp_path}/key").code == 3
    assert json.loads(keys("list", "--json").out) == []


@pytest.mark.parametrize(
    "words",
    [
        ("create", "--name", "n", "--owner", "ann", "--role", "viewer", "--out"),
        ("init", "--demo-key-file"),
        ("init", "--internal-key-file"),
    ],
)
def test_no_key_is_made_when_its_file_cannot_be_written(keys: Cli, words: tuple[str, ...]) -> None:
    # No user, not even root, can make a folder there.
    answer = keys(*words, "/proc/absent/key")
    assert answer.code == 1
    assert "cannot be written to" in answer.err
    assert json.loads(keys("list", "--json").out) == []


def test_a_create_that_is_refused_leaves_no_file(keys: Cli, tmp_path: Any) -> None:
    words = ["create", "--name", "n", "--owner", "ann", "--role", "viewer", "--plan", "gold"]
    assert keys(*words, "--out", f"{tmp_path}/key").code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_second_active_key_of_the_same_name_and_owner_is_warned_about(keys: Cli) -> None:
    words = ("create", "--name", "n", "--owner", "ann", "--scope", "predict")
    assert keys(*words).err == ""
    first = json.loads(keys("list", "--json").out)[0]["id"]
    again = keys(*words)
    assert again.code == 0
    assert f"warning: n of ann has the active key {first} already" in again.err
    keys("revoke", first, "--reason", "replaced")
    assert first not in keys(*words).err


def test_a_key_that_has_expired_is_no_reason_for_a_warning(keys: Cli, monkeypatch: Any) -> None:
    keys.create("--scope", "predict", "--ttl", "1s")
    now = cli.time.time() + 2
    monkeypatch.setattr(cli.time, "time", lambda: now)
    assert keys("create", "--name", "n", "--owner", "ann", "--scope", "predict").err == ""


def test_list_shows_ids_names_and_ends_but_no_secret(keys: Cli) -> None:
    made = keys.create("--scope", "predict", "--ttl", "90d", "--plan", "trial")
    answer = keys("list")
    assert made["id"] in answer.out
    assert "trial" in answer.out
    assert made["key"] not in answer.out + keys("list", "--json").out


def test_list_calls_a_key_expired_when_its_time_is_over(keys: Cli, monkeypatch: Any) -> None:
    keys.create("--scope", "predict", "--ttl", "1s")
    now = cli.time.time() + 2
    monkeypatch.setattr(cli.time, "time", lambda: now)
    assert "expired" in keys("list").out


def test_show_prints_one_key(keys: Cli) -> None:
    keys.create("--scope", "audit:read")
    made = keys.create("--scope", "predict")
    assert f"id: {made['id']}" in keys("show", made["id"]).out
    assert json.loads(keys("show", made["id"], "--json").out)["scopes"] == ["predict"]


def test_revoke_needs_a_reason_and_an_id_that_exists(keys: Cli) -> None:
    with pytest.raises(SystemExit) as stop:
        keys("revoke", "k_0000000000")
    assert stop.value.code == 2
    assert keys("revoke", "k_0000000000", "--reason", "r").code == 3


@pytest.mark.parametrize("reason", ["", "  "])
def test_an_empty_reason_is_refused(keys: Cli, reason: str) -> None:
    made = keys.create("--scope", "predict")
    answer = keys("revoke", made["id"], "--reason", reason)
    assert answer.code == 2
    assert "--reason" in answer.err
    assert json.loads(keys("show", made["id"], "--json").out)["status"] == "active"


def test_a_key_is_disabled_enabled_and_revoked(keys: Cli) -> None:
    made = keys.create("--scope", "predict")
    assert "is disabled" in keys("disable", made["id"]).out
    assert "is active" in keys("enable", made["id"]).out
    answer = keys("revoke", made["id"], "--reason", "leaked", "--json")
    assert json.loads(answer.out)["status"] == "revoked"
    assert keys("enable", made["id"]).code == 3


def test_verify_tells_a_good_key_from_the_others(keys: Cli) -> None:
    made = keys.create("--scope", "predict")
    assert keys("verify", stdin=made["key"] + "\n").code == 0
    unknown = keys("verify", stdin="chk_test_" + "0" * 32 + "4dSgbk")
    assert unknown.code == 3
    assert "no such key" in unknown.err
    keys("revoke", made["id"], "--reason", "r")
    assert "the key is revoked" in keys("verify", stdin=made["key"]).err


def test_verify_explains_a_typing_mistake(keys: Cli) -> None:
    assert "a part missing" in keys("verify", stdin="chk_live_short").err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--scope", "predcit"], "unknown scope"),
        (["--role", "boss"], "unknown role"),
        (["--scope", "predict", "--plan", "gold"], "unknown plan"),
        (["--scope", "predict", "--ttl", "soon"], "no length of time"),
        ([], "needs --scope or --role"),
    ],
)
def test_a_wrong_word_is_a_usage_error_that_names_the_right_ones(
    keys: Cli, words: list[str], says: str
) -> None:
    answer = keys("create", "--name", "n", "--owner", "ann", *words)
    assert answer.code == 2
    assert says in answer.err


def test_a_gateway_that_does_not_confirm_is_exit_code_six_and_the_key_is_kept(
    keys: Cli, gateway: Any
) -> None:
    gateway.put_status = 507
    answer = keys("create", "--name", "n", "--owner", "ann", "--scope", "predict")
    assert answer.code == 6
    assert "chk_live_" in answer.out
    assert "stored; the journal delivers within 1 s" in answer.err


def test_a_running_gateway_has_the_change_in_force_now(keys: Cli, gateway: Any) -> None:
    made = keys.create("--scope", "predict")
    assert len(gateway.records) == 1
    assert "in force now" in keys("disable", made["id"]).out
    assert "gateway: 1 entries" in keys("status").out
    assert json.loads(keys("status", "--json").out)["gateways"][0]["keys"] == 1
    assert "confirmed: 1" in keys("push").out


def test_without_a_gateway_the_status_says_so(keys: Cli) -> None:
    assert "none is running" in keys("status").out


def test_the_audit_can_be_read_and_proven(keys: Cli, places: Any) -> None:
    assert "intact: yes" in keys("audit", "verify").out
    made = keys.create("--scope", "predict")
    assert f"operator create {made['id']}" in keys("audit", "tail").out
    assert "rows: 1" in keys("audit", "verify").out
    with cli.KeyStore(places.database).open() as conn:
        conn.execute("DROP TRIGGER audit_is_never_changed")
        conn.execute("UPDATE audit SET actor = 'nobody'")
    broken = keys("audit", "verify")
    assert broken.code == 3
    assert "row 1" in broken.err


def test_init_makes_both_key_files_once(keys: Cli, tmp_path: Any) -> None:
    files = ["--demo-key-file", f"{tmp_path}/demo", "--internal-key-file", f"{tmp_path}/worker"]
    assert "was made" in keys("init", *files).out
    again = json.loads(keys("init", *files, "--json").out)["done"]
    assert all("is kept" in line for line in again)


def test_init_without_files_makes_an_empty_store(keys: Cli, places: Any) -> None:
    assert keys("init") == Answer(0, "", "")
    assert json.loads(places.seed_file.read_text()) == {"#seq": {"value": "0"}}


def test_a_place_that_cannot_be_used_is_named(keys: Cli, places: Any) -> None:
    places.store.write_text("a file where a folder should be")
    answer = keys("list")
    assert answer.code == 1
    assert str(places.store) in answer.err


def test_an_interrupted_run_is_completed_by_any_next_command(keys: Cli, places: Any) -> None:
    keys.create("--scope", "predict")
    intact = places.seed_file.read_bytes()
    places.seed_file.write_text("{")
    keys("list")
    assert places.seed_file.read_bytes() == intact


def test_importing_the_command_does_nothing() -> None:
    importlib.import_module("gateway_keys.__main__")


def test_the_module_is_the_command(monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.delitem(sys.modules, "gateway_keys.__main__", raising=False)
    monkeypatch.setattr(sys, "argv", ["gateway-keys", "--help"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_module("gateway_keys", run_name="__main__")
    assert stop.value.code == 0
    assert "exit codes" in capsys.readouterr().out


def test_main_ends_with_the_exit_code(places: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(sys, "argv", ["gateway-keys", *places.arguments(), "show", "k_x"])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 3
