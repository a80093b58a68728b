"""Automatic rollback: soon, once, and only for harm that the promotion did."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from churn_contract.schema import CustomerSchema, Field
from churn_service import automatic_rollback
from churn_service.artefact.aliases import CHAMPION, alias_path, read_alias
from churn_service.artefact.document import LevelTerm, ModelDocument, Scorecard, TrainingFacts
from churn_service.artefact.golden import GoldenRow
from churn_service.artefact.promotion_log import Note, read_promotions
from churn_service.artefact.promotions import Wish, promote, roll_back
from churn_service.artefact.reference import SCORE, BinnedField
from churn_service.artefact.writer import write_version
from churn_service.automatic_rollback import Guard, Registry
from churn_service.monitoring.drift import bin_labels
from churn_service.monitoring.probation import ANSWERS, ERRORS, SLOW, Tally, score_key
from churn_service.monitoring.replicas import Sighting

NAME = "churn"
SCORES = BinnedField(field=SCORE, edges=(0.0, 0.5, 1.1), counts=(0, 700, 300, 0, 0))
Look = Callable[..., str]


class World:
    """A registry with versions, a guard, and what the replicas will say."""

    def __init__(self, root: Path, versions: list[str]) -> None:
        self.root, self.versions = root, versions
        self.time = datetime(2030, 1, 1, tzinfo=UTC)
        self.said = Sighting(Tally(), (), 1)
        self.guard = Guard(Registry(root, NAME), lambda: self.said, clock=lambda: self.time)

    def promote(self, version: str, **other: Any) -> None:
        self.time += timedelta(minutes=1)
        wish = Wish(version=version, actor="ann", reason="r", force=True, **other)
        promote(self.root, NAME, wish, clock=lambda: self.time)

    def look(self, refusals: tuple[str, ...] = (), reached: int = 1, **counts: int) -> str:
        keys = {"answers": ANSWERS, "errors": ERRORS, "slow": SLOW}
        increments = Tally({keys[name]: count for name, count in counts.items()})
        self.said = Sighting(increments, refusals, reached)
        return self.guard.look()

    def look_at_scores(self, version: str, low: int, high: int) -> str:
        _, first, second, *_ = bin_labels(SCORES)
        counts = {score_key(version, first): low, score_key(version, second): high}
        self.said = Sighting(Tally(counts), (), 1)
        return self.guard.look()

    @property
    def champion(self) -> str:
        alias = read_alias(self.root, NAME, CHAMPION)
        assert alias is not None
        return alias.version

    def automatic(self) -> list[str]:
        lines = read_promotions(self.root, NAME)
        return [line.reason for line in lines if line.actor == "automatic" and line.rollback]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_small: Any) -> World:
    """Three versions; the first is the champion, and all were trained on like scores."""
    made = World(tmp_path, [write_small(tmp_path, threshold) for threshold in (0.5, 0.4, 0.3)])
    monkeypatch.setattr(Guard, "_score_of", lambda *_: SCORES)
    made.promote(made.versions[0])
    made.look(answers=1000)
    return made


@pytest.fixture
def write_small() -> Callable[[Path, float], str]:
    plan = Field(name="plan", kind="category", levels=("basic", "plus"))
    schema = CustomerSchema(name="small", fields=(plan,))
    golden = [GoldenRow(cells={"plan": "basic"}, logit=0.0, churn_probability=0.5)] * 50

    def write(root: Path, threshold: float) -> str:
        document = ModelDocument(
            name=NAME,
            schema=schema,
            schema_digest=schema.digest,
            threshold=threshold,
            scorer=Scorecard(
                intercept=0.0, terms=(LevelTerm(field="plan", weights={"basic": 0.0, "plus": 1.0}),)
            ),
            training=TrainingFacts(data_sha256="d", config_sha256="c", rows=9, churned=3),
        )
        return write_version(root, document, golden, {})

    return write


def test_a_champion_that_answers_with_errors_is_rolled_back_once(world: World) -> None:
    old, new, _ = world.versions
    world.promote(new)

    assert world.look(answers=40, errors=9) == ""
    said = world.look(answers=60, errors=3)

    assert said == (
        f"{new} was rolled back to {old}: 12.0% of 100 answers are errors (5xx), "
        "before the promotion 0.0%"
    )
    assert world.champion == old
    assert len(world.automatic()) == 1
    assert world.look(answers=1000, errors=900) == ""
    assert world.champion == old


def test_what_was_broken_before_is_not_the_newcomers_fault(world: World) -> None:
    world.look(answers=1000, errors=200, slow=900)
    world.promote(world.versions[1])

    assert world.look(answers=1000, errors=250, slow=900) == ""
    assert world.champion == world.versions[1]


def test_a_champion_that_makes_answers_slow_is_rolled_back(world: World) -> None:
    world.promote(world.versions[1])

    assert "30.0% of 100 answers take more than 50 ms" in world.look(answers=100, slow=30)
    assert world.champion == world.versions[0]


def test_slow_answers_are_no_reason_where_nobody_knows_how_it_was_before(
    tmp_path: Path, write_small: Any
) -> None:
    world = World(tmp_path, [write_small(tmp_path, threshold) for threshold in (0.5, 0.4)])
    world.promote(world.versions[0])
    world.promote(world.versions[1])

    assert world.look(answers=100, slow=100) == ""


def test_scores_far_from_those_of_training_are_a_reason(world: World) -> None:
    new = world.versions[1]
    world.promote(new)

    assert world.look_at_scores(new, 5, 94) == ""  # 99 customers are too few
    assert "PSI of the score is" in world.look_at_scores(new, 0, 1)
    assert world.champion == world.versions[0]
    assert "on 100 customers, the bound is 0.25" in world.automatic()[0]


def test_scores_that_had_moved_before_are_no_reason(world: World) -> None:
    old, new, _ = world.versions
    world.look_at_scores(old, 10, 190)
    world.promote(new)

    assert world.look_at_scores(new, 10, 190) == ""
    assert world.champion == new


def test_scores_are_looked_at_each_time_that_customers_have_doubled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(
        automatic_rollback,
        "score_complaint",
        lambda tally, *_: seen.append(sum(tally.values())) or "",
    )
    world.promote(world.versions[1])

    for _ in range(20):
        world.look_at_scores(world.versions[1], 30, 20)

    assert seen == [100, 200, 400, 800]


def test_a_version_that_a_replica_keeps_refusing_is_rolled_back(world: World) -> None:
    old, new, _ = world.versions
    world.promote(new)
    refusal = (f"{new}: model.json: was changed",)

    said = [world.look(refusal) for _ in range(4)] + [world.look()]
    said += [world.look(refusal) for _ in range(5)]

    assert said[:-1] == [""] * 9
    assert f"refused by a replica: {new}: model.json: was changed" in said[-1]
    assert world.champion == old


def test_after_the_probation_nothing_is_rolled_back(world: World) -> None:
    world.promote(world.versions[1])
    world.time += timedelta(minutes=31)

    assert world.look(answers=100, errors=100) == ""
    assert world.champion == world.versions[1]


def test_what_a_person_promotes_again_is_left_alone(world: World) -> None:
    _, new, third = world.versions
    world.promote(new)
    world.look(answers=100, errors=50)
    world.look(answers=1000)
    world.promote(new)

    assert world.look(answers=100, errors=100) == ""
    assert world.champion == new
    world.promote(third)
    assert world.look(answers=100, errors=100) == ""  # as bad as before
    assert world.champion == third


def test_a_rollback_by_hand_and_a_first_version_are_not_on_probation(
    world: World, tmp_path: Path
) -> None:
    world.promote(world.versions[1])
    roll_back(tmp_path, NAME, Note("ann", "worse"), clock=lambda: world.time)

    assert world.look(answers=100, errors=100) == ""
    assert world.champion == world.versions[0]


def test_a_canary_that_does_harm_is_ended(world: World) -> None:
    old, new, _ = world.versions
    world.promote(new, share=0.2)

    assert f"{new} was rolled back to {old}" in world.look(answers=100, errors=50)
    alias = read_alias(world.root, NAME, CHAMPION)
    assert alias is not None
    assert alias.canary is None
    world.look(answers=1000)
    world.promote(new, share=0.2)
    assert world.look(answers=100, errors=100) == ""


def test_a_change_by_somebody_else_meanwhile_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.promote(world.versions[1])
    before = world.guard._complaint

    def complain_while_ann_promotes(*arguments: Any) -> str:
        world.promote(world.versions[2])
        return before(*arguments)

    monkeypatch.setattr(world.guard, "_complaint", complain_while_ann_promotes)
    said = world.look(answers=100, errors=100)

    assert "should be rolled back" in said
    assert "somebody else has changed the champion" in said
    assert world.champion == world.versions[2]


def test_without_replicas_or_champion_nothing_is_judged(tmp_path: Path, world: World) -> None:
    empty = World(tmp_path / "empty", [])

    assert world.look(reached=0) == "no replica can be reached"
    assert empty.look(answers=100, errors=100) == ""
    alias_path(tmp_path, NAME, CHAMPION).write_bytes(b"torn")
    assert "nothing can be judged: aliases/champion" in world.look(answers=1)


@pytest.mark.parametrize("damage", [False, True])
def test_a_version_without_reference_or_damaged_has_no_score_to_judge(
    tmp_path: Path, write_small: Any, *, damage: bool
) -> None:
    world = World(tmp_path, [write_small(tmp_path, threshold) for threshold in (0.5, 0.4)])
    for version in world.versions:
        world.promote(version)
    if damage:
        (tmp_path / NAME / world.versions[1] / "model.json").write_bytes(b"{}")

    assert world.look_at_scores(world.versions[1], 0, 900) == ""
