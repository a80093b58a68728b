"""The life of versions from the command line."""

import importlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from churn_service import cli
from churn_service.artefact.aliases import CHALLENGER, CHAMPION, read_alias, write_alias
from churn_service.artefact.verdict import Check, Verdict, write_verdict
from churn_service.artefact.writer import write_version
from churn_service.training.trained import TrainedModel


class Registry:
    """A registry of its own with two versions; the first is the champion."""

    def __init__(self, root: Path, model: TrainedModel) -> None:
        self.root = root
        self.first, self.second = (
            write_version(
                root,
                msgspec.structs.replace(model.document, threshold=threshold),
                model.golden,
                {"card.md": b"# Card", "report.txt": b"Report", **metrics},
            )
            for threshold, metrics in ((0.5, {"metrics.json": METRICS}), (0.4, {}))
        )
        write_alias(root, "gym", CHAMPION, self.first, reason="first", actor="ann")

    def run(self, *arguments: object) -> Result:
        env = {"CHURN_MODEL_ROOT": str(self.root), "CHURN_MODEL_NAME": "gym"}
        return CliRunner().invoke(cli.main, ["models", *map(str, arguments)], env=env)

    def champion(self) -> str:
        alias = read_alias(self.root, "gym", CHAMPION)
        assert alias is not None
        return alias.version

    def pass_gate(self, *, passed: bool = True) -> None:
        check = Check(name="AUC", passed=passed, found="+0.001", limit="at least -0.003")
        verdict = Verdict(
            version=self.second, against=self.first, at="2030-01-01T00:00:00Z",
            data_sha256="d", rows=300, checks=(check,),
        )  # fmt: skip
        write_verdict(self.root, "gym", verdict)


METRICS = json.dumps({"test": {"auc": 0.81, "log_loss": 0.42, "rows": 1200}}).encode()


@pytest.fixture
def registry(tmp_path: Path, gym_model: TrainedModel) -> Registry:
    return Registry(tmp_path, gym_model)


def test_every_verb_explains_itself() -> None:
    for verb in cli.models.commands:
        assert CliRunner().invoke(cli.main, ["models", verb, "--help"]).exit_code == 0
    assert set(cli.models.commands) == {
        "list", "show", "compare", "promote", "rollback", "retire", "verify", "gc",
        "keygen", "sign", "watch",
    }  # fmt: skip


def test_the_list_says_what_points_at_each_version(registry: Registry) -> None:
    write_alias(registry.root, "gym", CHALLENGER, registry.second, reason="r", actor="ann")

    text = registry.run("list").output
    found = json.loads(registry.run("list", "--json").stdout)["versions"]

    assert f"* {registry.first}  20" in text
    assert "AUC 0.8100  log loss 0.4200  champion" in text
    assert "no metrics  challenger" in text
    by_version = {facts["version"]: facts for facts in found}
    assert by_version[registry.first]["aliases"] == ["champion"]
    assert by_version[registry.second]["training"]["rows"] > 0


def test_a_version_that_passed_the_gate_is_promoted_and_rolled_back(registry: Registry) -> None:
    registry.pass_gate()

    promoted = registry.run("promote", registry.second, "--reason", "better")
    assert (promoted.exit_code, promoted.output) == (0, f"{registry.second} is the champion\n")
    assert registry.champion() == registry.second

    back = registry.run("rollback", "--reason", "worse", "--json")
    assert json.loads(back.stdout) == {"version": registry.first, "alias": "champion"}
    assert registry.champion() == registry.first
    assert registry.run("rollback", "--reason", "again").exit_code == 3


def test_a_failed_gate_stops_with_exit_code_3_unless_forced(registry: Registry) -> None:
    registry.pass_gate(passed=False)

    refused = registry.run("promote", registry.second, "--reason", "better")
    assert refused.exit_code == 3
    assert "the gate failed: AUC: +0.001 (asked: at least -0.003)" in refused.output
    assert registry.champion() == registry.first

    forced = registry.run("promote", registry.second, "--reason", "urgent", "--force", "--json")
    assert json.loads(forced.stdout)["version"] == registry.champion() == registry.second


def test_a_promotion_without_a_reason_or_of_half_a_table_is_wrong_usage(
    registry: Registry, gym_files: Any
) -> None:
    half = ("promote", registry.second, "--reason", "r", "--data", gym_files.data)

    assert registry.run("promote", registry.second).exit_code == 2
    assert registry.run(*half).exit_code == 2
    assert registry.run("promote", registry.second, "--reason", "r").exit_code == 3
    assert registry.run("promote", "nobody", "--reason", "r").exit_code == 3


def test_the_gate_runs_on_a_table_before_the_promotion(registry: Registry, gym_files: Any) -> None:
    options = ("--data", gym_files.data, "--config", gym_files.config, "--reason", "r")

    result = registry.run("promote", registry.second, *options)

    assert f"{registry.second} against {registry.first} on" in result.output
    assert "golden rows" in result.output
    passed = "gate passed" in result.output
    assert (result.exit_code == 0) == passed
    assert (registry.champion() == registry.second) == passed
    nothing = registry.run("promote", registry.champion(), *options)
    assert nothing.exit_code == 0
    assert "gate" not in nothing.output


def test_a_canary_is_a_share_of_the_champions_customers(registry: Registry) -> None:
    options = ("--reason", "look", "--force", "--share", "0.2")

    assert "one at a time" in registry.run("promote", registry.second, *options).output
    assert registry.champion() == registry.first
    assert "canary" in registry.run("list").output


def test_other_aliases_ask_no_gate(registry: Registry) -> None:
    options = ("--to", "shadow", "--reason", "look")

    assert registry.run("promote", registry.second, *options).exit_code == 0
    assert read_alias(registry.root, "gym", "shadow") is not None


def test_two_versions_are_compared(registry: Registry) -> None:
    without = registry.run("compare", registry.second, registry.first)
    registry.pass_gate()
    text = registry.run("compare", registry.second, registry.first).output
    found = json.loads(registry.run("compare", registry.second, registry.first, "--json").stdout)

    assert "has not compared these two yet" in without.output
    assert "auc                           -       0.8100" in text
    assert "gate passed" in text
    assert found["passed"] is True
    assert [side["version"] for side in found["versions"]] == [registry.second, registry.first]


def test_a_version_is_shown_with_its_promotions(registry: Registry) -> None:
    registry.pass_gate()

    text = registry.run("show").output
    found = json.loads(registry.run("show", registry.second, "--json").stdout)

    assert "# Card" in text
    assert "champion: ann, first" in text
    assert found["verdicts"][0]["passed"] is True


def test_retired_versions_are_collected(registry: Registry) -> None:
    assert registry.run("retire", registry.first, "--reason", "old").exit_code == 3
    assert "is retired" in registry.run("retire", registry.second, "--reason", "old").output
    assert "retired" in registry.run("list").output
    assert registry.run("gc", "--dry-run").output == f"would delete {registry.second}\n"
    assert json.loads(registry.run("gc", "--json").stdout)["deleted"] == [registry.second]
    assert registry.run("gc").output == "nothing to delete\n"


def test_all_versions_are_verified(registry: Registry) -> None:
    assert registry.run("verify", "--all").output.count("is intact") == 2
    (registry.root / "gym" / registry.second / "card.md").write_text("better")
    assert registry.run("verify", "--all").exit_code == 3
    assert "refused: card.md" in registry.run("list").output


def test_a_signed_version_is_promoted_and_verified_and_an_unsigned_one_is_not(
    registry: Registry, tmp_path: Path
) -> None:
    pytest.importorskip("cryptography")
    key = tmp_path / "release.key"
    made = registry.run("keygen", key)
    asked = ("--public-key", f"{key}.pub")
    force = (registry.second, "--reason", "r", "--force", *asked)

    unsigned = registry.run("promote", *force)
    assert "CHURN_MODEL_PUBLIC_KEY names it" in made.output
    assert (unsigned.exit_code, registry.champion()) == (3, registry.first)
    assert "churn models sign VERSION --key FILE" in unsigned.output

    signed = registry.run("sign", registry.second, "--key", key)
    assert f"{registry.second} is signed: " in signed.output
    assert registry.run("promote", *force).exit_code == 0
    assert "is intact and signed: every file" in registry.run("verify", *asked).output
    assert registry.run("verify", "--all", *asked).exit_code == 3
    assert registry.run("rollback", "--reason", "r", *asked).exit_code == 3
    assert registry.champion() == registry.second


def test_what_is_no_key_is_wrong_usage(registry: Registry, tmp_path: Path) -> None:
    pytest.importorskip("cryptography")
    (tmp_path / "junk").write_text("junk")
    wrong = registry.run("sign", registry.second, "--key", tmp_path / "junk")

    assert (wrong.exit_code, "is not a private key in PEM" in wrong.output) == (2, True)


def test_the_watch_that_looks_once_and_reaches_nobody_fails(registry: Registry) -> None:
    nowhere = registry.run("watch", "--url", "http://127.0.0.1:1", "--once")

    assert nowhere.exit_code == 1
    assert nowhere.output == "Error: no replica can be reached at http://127.0.0.1:1\n"
    for wrong in ("https://churn", "churn:8080", "http://"):
        assert registry.run("watch", "--url", wrong, "--once").exit_code == 2


def test_the_watch_repeats_nothing(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    guard = importlib.import_module("churn_service.cli.guard")
    said = iter(["", "rolled back", "rolled back", "", "rolled back"])
    monkeypatch.setattr(guard.Guard, "look", lambda _: next(said))
    monkeypatch.setattr(guard.time, "sleep", lambda _: None)

    output = registry.run("watch", "--url", "http://127.0.0.1:1").output

    assert [line.split("Z ")[1] for line in output.splitlines()] == [
        "watching gym", "rolled back", "rolled back",
    ]  # fmt: skip


def test_a_watch_over_no_registry_is_wrong_usage(tmp_path: Path, registry: Registry) -> None:
    nowhere = registry.run(
        "watch", "--url", "http://127.0.0.1:1", "--once", "--model-root", tmp_path / "gone"
    )

    assert nowhere.exit_code == 2
    assert "gone, so no registry to watch; name it with --model-root" in nowhere.output


def test_an_alias_that_was_never_set_is_told_with_the_way_to_set_it(
    registry: Registry, tmp_path: Path
) -> None:
    key = tmp_path / "release.key"
    key.write_text("not read yet")
    for verb in (("compare",), ("promote", "--reason", "r"), ("sign", "--key", key)):
        done = registry.run(*verb)

        assert done.exit_code == 3
        assert done.output.startswith(f"Error: challenger: 'gym' in {registry.root} has no chal")
        assert "churn retrain and churn train --challenger make one" in done.output

    assert "promote VERSION --to shadow" in registry.run("show", "shadow").output
    elsewhere = registry.run("show", "--model-root", tmp_path / "gone").output
    assert "train one (churn train), or name another folder" in elsewhere


def test_the_champion_does_not_wait_for_itself(registry: Registry) -> None:
    for alias in ("shadow", "challenger"):
        done = registry.run("promote", registry.first, "--to", alias, "--reason", "look")

        assert done.exit_code == 3
        assert f"{registry.first} is the champion, which answers customers already" in done.output
        assert read_alias(registry.root, "gym", alias) is None
