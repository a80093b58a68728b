"""From a trained model to the champion: what `churn train` does with a version."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from churn_service import cli
from churn_service.artefact.aliases import CHALLENGER, CHAMPION, read_alias
from churn_service.artefact.errors import ArtefactError
from churn_service.artefact.promotion_log import Note, read_promotions
from churn_service.artefact.promotions import Wish, promote, roll_back
from churn_service.artefact.verdict import Check, Verdict, latest_verdict, write_verdict
from churn_service.artefact.writer import write_version
from churn_service.cli.exits import Refused
from churn_service.cli.outcome import tell_outcome
from churn_service.training import lifecycle
from churn_service.training.lifecycle import Order, Registered, register_trained
from churn_service.training.trained import TrainedModel
from churn_service.training.trainer import Registration

ORDER = Order(actor="ann", reason="trained")
Judged = Callable[..., None]


def other(model: TrainedModel, threshold: float = 0.4) -> TrainedModel:
    """The same training with another document, and so another version."""
    return replace(model, document=msgspec.structs.replace(model.document, threshold=threshold))


@pytest.fixture(autouse=True)
def without_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write versions without their report, which takes most of the time."""

    def write(model: TrainedModel, root: Path) -> Registration:
        version = write_version(root, model.document, model.golden, {})
        return Registration(version, root / model.document.name / version, "report")

    monkeypatch.setattr(lifecycle, "write_trained", write)


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Judged:
    """Give a function that sets what the gate will say."""

    def says(*, passed: bool) -> None:
        def judge(root: Path, name: str, version: str, *_: Any, **__: Any) -> Verdict | None:
            champion = read_alias(root, name, CHAMPION)
            if champion is None:
                return None
            check = Check(name="AUC", passed=passed, found="-0.1", limit="at least -0.003")
            verdict = Verdict(
                version=version, against=champion.version, at="t", data_sha256="d", rows=300,
                checks=(check,),
            )  # fmt: skip
            write_verdict(root, name, verdict)
            return verdict

        monkeypatch.setattr(lifecycle, "judge_version", judge)

    return says


@pytest.fixture
def first(gym_model: TrainedModel, tmp_path: Path) -> Registered:
    return register_trained(gym_model, tmp_path, ORDER)


def alias(root: Path, name: str = CHAMPION) -> str | None:
    found = read_alias(root, "gym", name)
    return found.version if found else None


def test_the_first_version_is_the_champion_and_the_gate_says_that_there_was_none(
    first: Registered, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tell_outcome(first)

    said = capsys.readouterr().out
    assert (first.alias, first.verdict, alias(tmp_path)) == (CHAMPION, None, first.version)
    assert said.splitlines()[0] == "no gate: there was no champion to compare with"
    assert said.splitlines()[1].endswith("; it is the champion")


def test_the_same_training_gives_the_same_version_and_says_so(
    first: Registered, gym_model: TrainedModel, tmp_path: Path, capsys: Any
) -> None:
    again = register_trained(gym_model, tmp_path, ORDER)
    tell_outcome(again)

    assert (again.version, again.aliased) == (first.version, False)
    assert "is the champion already: the same data and training file" in capsys.readouterr().out
    assert len(read_promotions(tmp_path, "gym")) == 1


def test_a_later_version_that_passes_the_gate_is_the_champion(
    first: Registered, gym_model: TrainedModel, tmp_path: Path, judged: Judged, capsys: Any
) -> None:
    judged(passed=True)
    done = register_trained(other(gym_model), tmp_path, ORDER)
    tell_outcome(done)

    assert alias(tmp_path) == done.version != first.version
    assert "gate passed" in capsys.readouterr().out
    assert done.verdict is not None
    assert read_promotions(tmp_path, "gym")[-1].gate == done.verdict.digest


def test_a_refused_version_stays_a_candidate_and_the_cure_is_said(
    first: Registered, gym_model: TrainedModel, tmp_path: Path, judged: Judged, capsys: Any
) -> None:
    judged(passed=False)
    done = register_trained(other(gym_model), tmp_path, ORDER)

    with pytest.raises(Refused, match=f"churn models promote {done.version} --force --reason"):
        tell_outcome(done)
    assert "gate FAILED" in capsys.readouterr().out
    assert (alias(tmp_path), done.folder.is_dir()) == (first.version, True)
    assert latest_verdict(tmp_path, "gym", done.version, first.version) is not None


def test_a_training_can_only_challenge(
    first: Registered, gym_model: TrainedModel, tmp_path: Path, judged: Judged, capsys: Any
) -> None:
    judged(passed=True)
    done = register_trained(other(gym_model), tmp_path, replace(ORDER, alias=CHALLENGER))
    tell_outcome(done)

    assert (alias(tmp_path), alias(tmp_path, CHALLENGER)) == (first.version, done.version)
    assert f"it is the challenger\nput it in charge: churn models promote {done.version}" in (
        capsys.readouterr().out
    )


@pytest.mark.usefixtures("first")
def test_a_model_of_another_table_replaces_the_champion_and_the_log_says_forced(
    telco_or_gym: TrainedModel, tmp_path: Path
) -> None:
    done = register_trained(telco_or_gym, tmp_path, replace(ORDER, replace=True))

    line = read_promotions(tmp_path, "gym")[-1]
    assert done.verdict is not None
    assert not done.verdict.passed
    assert alias(tmp_path) == done.version
    assert (line.forced, line.gate, line.actor) == (True, done.verdict.digest, "ann")


@pytest.fixture
def telco_or_gym(gym_model: TrainedModel) -> TrainedModel:
    """A model whose customers have a field that the champion's do not have, and lack one."""
    document = gym_model.document
    fields = [
        msgspec.structs.replace(field, name="elsewhere") if field.name == "visits" else field
        for field in document.schema.fields
    ]
    schema = msgspec.structs.replace(document.schema, fields=tuple(fields))
    terms = [
        msgspec.structs.replace(term, field="elsewhere") if term.field == "visits" else term
        for term in document.scorer.terms
    ]
    made = msgspec.structs.replace(
        document,
        schema=schema,
        schema_digest=schema.digest,
        scorer=msgspec.structs.replace(document.scorer, terms=tuple(terms)),
        reference=None,
    )
    golden = [
        msgspec.structs.replace(row, cells={
            "elsewhere" if name == "visits" else name: cell for name, cell in row.cells.items()
        })
        for row in gym_model.golden
    ]  # fmt: skip
    dataset = replace(gym_model.dataset, schema=schema)
    return replace(gym_model, document=made, golden=tuple(golden), dataset=dataset)


def test_a_version_that_was_rolled_back_does_not_come_back_by_training(
    first: Registered, gym_model: TrainedModel, tmp_path: Path, judged: Judged
) -> None:
    judged(passed=True)
    worse = register_trained(other(gym_model), tmp_path, ORDER)
    roll_back(tmp_path, "gym", Note("bob", "wrong people"))

    again = register_trained(other(gym_model), tmp_path, ORDER)

    assert (again.version, again.alias) == (worse.version, None)
    assert "was rolled back at" in again.refusal
    assert "by bob (wrong people)" in again.refusal
    assert alias(tmp_path) == first.version


@pytest.mark.usefixtures("first")
def test_an_unsigned_version_stays_a_candidate_where_signatures_are_asked_for(
    gym_model: TrainedModel, tmp_path: Path, judged: Judged
) -> None:
    judged(passed=True)
    key: Any = object()  # never asked: there is no signature to check
    done = register_trained(other(gym_model), tmp_path, replace(ORDER, public_key=key))

    assert done.alias is None
    assert "stays a candidate: model.sig: is missing" in done.refusal
    assert "churn models sign VERSION --key FILE" in done.refusal


def test_challenging_and_replacing_at_once_is_wrong_usage(gym_files: Any) -> None:
    files = ("--data", str(gym_files.data), "--config", str(gym_files.config))

    done = CliRunner().invoke(cli.main, ["train", *files, "--challenger", "--replace"])

    assert (done.exit_code, "exclude each other" in done.output) == (2, True)


def test_the_first_model_is_the_challenger_without_a_verdict(
    gym_model: TrainedModel, tmp_path: Path
) -> None:
    done = lifecycle.register_challenger(gym_model, tmp_path, actor="ann")

    alias = read_alias(tmp_path, "gym", CHALLENGER)
    assert done.aliased
    assert done.verdict is None
    assert alias is not None
    assert alias.version == done.version


def test_a_retrained_model_is_judged_on_the_champions_held_out_rows(
    gym_model: TrainedModel, tmp_path: Path
) -> None:
    first = lifecycle.register_challenger(gym_model, tmp_path, actor="ann")
    promote(tmp_path, "gym", Wish(version=first.version, actor="ann", reason="first"))
    done = lifecycle.register_challenger(other(gym_model), tmp_path, actor="ann")

    assert done.verdict is not None
    assert done.verdict.rows == len(gym_model.split.test)
    assert done.aliased == done.verdict.passed
    log_loss = next(check for check in done.verdict.checks if check.name == "log loss")
    assert log_loss.value == pytest.approx(0)
    assert latest_verdict(tmp_path, "gym", done.version, first.version) == done.verdict


def test_a_damaged_version_fails_on_its_golden_rows_and_a_missing_one_is_no_version(
    gym_model: TrainedModel, first: Registered, tmp_path: Path
) -> None:
    damaged = write_version(tmp_path, other(gym_model).document, gym_model.golden, {})
    (tmp_path / "gym" / damaged / "golden.jsonl").write_bytes(b"changed")
    held_out = lifecycle.held_out_of(gym_model.dataset, gym_model.split)

    verdict = lifecycle.judge_version(tmp_path, "gym", damaged, held_out)

    assert verdict is not None
    assert "golden rows: cannot be loaded: golden.jsonl" in verdict.failures()
    assert latest_verdict(tmp_path, "gym", damaged, first.version) == verdict
    with pytest.raises(ArtefactError):
        lifecycle.judge_version(tmp_path, "gym", "nobody", held_out)


def test_a_model_that_fails_the_gate_is_kept_but_no_challenger(
    gym_model: TrainedModel, tmp_path: Path, judged: Judged
) -> None:
    first = lifecycle.register_challenger(gym_model, tmp_path, actor="ann")
    promote(tmp_path, "gym", Wish(version=first.version, actor="ann", reason="first"))
    judged(passed=False)

    done = lifecycle.register_challenger(other(gym_model), tmp_path, actor="ann")

    assert not done.aliased
    assert done.folder.is_dir()
    assert read_alias(tmp_path, "gym", CHALLENGER) is None


def test_the_champion_trained_again_is_no_challenger(
    gym_model: TrainedModel, tmp_path: Path
) -> None:
    first = lifecycle.register_challenger(gym_model, tmp_path, actor="ann")
    promote(tmp_path, "gym", Wish(version=first.version, actor="ann", reason="first"))

    again = lifecycle.register_challenger(gym_model, tmp_path, actor="ann")

    assert (again.version, again.aliased, again.verdict) == (first.version, False, None)
    assert read_alias(tmp_path, "gym", CHAMPION) is not None


def test_the_held_out_rows_keep_their_weights(gym_model: TrainedModel) -> None:
    weights = np.arange(len(gym_model.dataset.customers), dtype=np.float64)
    weighed = replace(gym_model.dataset, weights=weights)

    held_out = lifecycle.held_out_of(weighed, gym_model.split)

    assert list(held_out.weights) == list(gym_model.split.test)
    assert len(held_out.customers) == len(held_out.weights)
