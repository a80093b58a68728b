"""From a trained model to a challenger: write it, judge it, put it in line."""

from dataclasses import dataclass
from pathlib import Path

from churn_service.artefact.aliases import CHALLENGER, CHAMPION, instant, now, read_alias
from churn_service.artefact.promotions import Clock, Wish, promote
from churn_service.artefact.verdict import Verdict, write_verdict
from churn_service.loading import load_predictor
from churn_service.training.config import TrainConfig
from churn_service.training.dataset import Dataset
from churn_service.training.gate import HeldOut, judge
from churn_service.training.reading import build_dataset
from churn_service.training.split import Split, split_dataset
from churn_service.training.table import Table
from churn_service.training.trained import TrainedModel
from churn_service.training.trainer import write_trained


@dataclass(frozen=True)
class Challenge:
    """What became of a trained model.

    Attributes:
        version: The version that was written.
        folder: Where it is.
        report: The report of the training.
        verdict: What the gate says; None when there is no other champion to compare with.
        aliased: Whether it is the challenger now.
    """

    version: str
    folder: Path
    report: str
    verdict: Verdict | None
    aliased: bool


def register_challenger(
    trained: TrainedModel, root: Path, *, actor: str, reason: str = "retrained", clock: Clock = now
) -> Challenge:
    """Write a version and make it the challenger when the gate lets it pass.

    Without a champion there is nothing to compare with, and it is the challenger.
    The champion's own version, trained again, is no challenger.

    Raises:
        ArtefactError: When the champion is damaged.
    """
    done = write_trained(trained, root)
    name = trained.document.name
    champion = read_alias(root, name, CHAMPION)
    verdict = None
    if champion and champion.version != done.version:
        verdict = judge_version(
            root, name, done.version, held_out_of(trained.dataset, trained.split), clock=clock
        )
    is_new = champion is None or champion.version != done.version
    aliased = is_new and (verdict is None or verdict.passed)
    if aliased:
        wish = Wish(version=done.version, actor=actor, reason=reason, alias=CHALLENGER)
        promote(root, name, wish, clock=clock)
    return Challenge(done.version, done.folder, done.report, verdict, aliased)


def judge_version(
    root: Path, name: str, version: str, held_out: HeldOut, *, clock: Clock = now
) -> Verdict | None:
    """Let the gate compare a version with the champion; the verdict is kept on disk.

    None when there is no champion, or the version is the champion.

    Raises:
        ArtefactError: When one of both is missing or damaged.
    """
    champion = read_alias(root, name, CHAMPION)
    if champion is None or champion.version == version:
        return None
    verdict = judge(
        load_predictor(root / name / version),
        load_predictor(root / name / champion.version, manifest_sha256=champion.sha256),
        held_out,
        at=instant(clock),
    )
    write_verdict(root, name, verdict)
    return verdict


def held_out_rows(table: Table, config: TrainConfig, name: str) -> HeldOut:
    """Return the rows of a table that no version learns from, whenever it is trained.

    Raises:
        TrainingError: When the table or its config cannot be used.
    """
    dataset = build_dataset(table, config, name)
    return held_out_of(dataset, split_dataset(dataset))


def held_out_of(dataset: Dataset, split: Split) -> HeldOut:
    """Return the test part of a dataset."""
    return HeldOut(
        schema=dataset.schema,
        customers=[dataset.customers[row] for row in split.test],
        churned=dataset.churned[split.test],
        data_sha256=dataset.table.sha256,
    )
