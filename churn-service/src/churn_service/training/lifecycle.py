"""From a trained model to the champion: write it, judge it, put it in line."""

from dataclasses import dataclass, replace
from pathlib import Path

from churn_service.artefact.aliases import CHALLENGER, CHAMPION, instant, now, read_alias
from churn_service.artefact.errors import ArtefactError, PromotionRefusedError
from churn_service.artefact.promotion_log import last_rollback, read_promotions
from churn_service.artefact.promotions import Clock, Wish, promote
from churn_service.artefact.reader import read_artefact
from churn_service.artefact.signature import Verifier
from churn_service.artefact.verdict import Verdict, write_verdict
from churn_service.loading import predictor_of
from churn_service.training.config import TrainConfig
from churn_service.training.contest import HeldOut
from churn_service.training.dataset import Dataset
from churn_service.training.gate import judge, judge_damaged
from churn_service.training.golden_check import Side, check_golden
from churn_service.training.reading import build_dataset
from churn_service.training.split import Split, split_dataset
from churn_service.training.table import Table
from churn_service.training.trained import TrainedModel
from churn_service.training.trainer import write_trained


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to become of a trained model.

    Attributes:
        actor: Who trained it.
        reason: Why, for the log of promotions.
        alias: Which alias it gets when the gate lets it pass.
        replace: Put it in charge whatever the gate says; the log says so.
        public_key: Whose signature a version needs; None takes unsigned ones, too.
    """

    actor: str
    reason: str
    alias: str = CHAMPION
    replace: bool = False
    public_key: Verifier | None = None


@dataclass(frozen=True, kw_only=True)
class Registered:
    """What became of a trained model.

    Attributes:
        version: The version that was written.
        folder: Where it is.
        report: The report of the training.
        verdict: What the gate says; None when there is no other champion to compare with.
        alias: The alias it has now; None when it stays a candidate.
        is_new: Whether it is another version than the champion.
        refusal: Why it stays a candidate, and the cure; "" when it does not.
    """

    version: str
    folder: Path
    report: str
    verdict: Verdict | None = None
    alias: str | None = None
    is_new: bool = True
    refusal: str = ""

    @property
    def aliased(self) -> bool:
        """Tell whether this training changed an alias."""
        return self.is_new and self.alias is not None


def register_challenger(
    trained: TrainedModel,
    root: Path,
    *,
    actor: str,
    reason: str = "retrained",
    clock: Clock = now,
    public_key: Verifier | None = None,
) -> Registered:
    """Write a version and make it the challenger when the gate lets it pass.

    Raises:
        ArtefactError: When the champion is damaged.
    """
    order = Order(actor=actor, reason=reason, alias=CHALLENGER, public_key=public_key)
    return register_trained(trained, root, order, clock=clock)


def register_trained(
    trained: TrainedModel, root: Path, order: Order, *, clock: Clock = now
) -> Registered:
    """Write a version and give it its alias when the gate lets it pass.

    Without a champion there is nothing to compare with: it gets the alias. The
    champion's own version, trained again, changes nothing.

    Raises:
        ArtefactError: When the champion is damaged.
    """
    done = write_trained(trained, root)
    name = trained.document.name
    written = Registered(version=done.version, folder=done.folder, report=done.report)
    champion = read_alias(root, name, CHAMPION)
    if champion and champion.version == done.version:
        return replace(written, alias=CHAMPION, is_new=False)
    held_out = held_out_of(trained.dataset, trained.split)
    verdict = judge_version(root, name, done.version, held_out, clock=clock)
    refusal = _refusal(root, name, done.version, verdict, order) or _promoted(
        root, name, done.version, order, clock
    )
    alias = None if refusal else order.alias
    return replace(written, verdict=verdict, alias=alias, refusal=refusal)


def _refusal(root: Path, name: str, version: str, verdict: Verdict | None, order: Order) -> str:
    """Say why a version does not get its alias; "" when nothing speaks against it."""
    if order.replace:
        return ""
    if verdict and not verdict.passed:
        return (
            f"the gate refuses {version}: it is kept, {verdict.against} stays the champion; "
            f"to put it in charge all the same: "
            f'churn models promote {version} --force --reason "..."'
        )
    back = last_rollback(read_promotions(root, name), order.alias, version)
    if back:
        return (
            f"{version} was rolled back at {back.at} by {back.actor} ({back.reason}); "
            f'to put it in charge again: churn models promote {version} --reason "..."'
        )
    return ""


def _promoted(root: Path, name: str, version: str, order: Order, clock: Clock) -> str:
    """Point the alias at the version; return why that is refused, "" when it is done."""
    wish = Wish(
        version=version,
        actor=order.actor,
        reason=order.reason,
        alias=order.alias,
        force=order.replace,
    )
    try:
        promote(root, name, wish, clock=clock, public_key=order.public_key)
    except (ArtefactError, PromotionRefusedError) as error:
        return f"{version} is written and stays a candidate: {error}"
    return ""


def judge_version(
    root: Path, name: str, version: str, held_out: HeldOut, *, clock: Clock = now
) -> Verdict | None:
    """Let the gate compare a version with the champion; the verdict is kept on disk.

    None when there is no champion, or the version is the champion. A damaged version
    fails; a damaged champion leaves nothing to compare with.

    Raises:
        ArtefactError: When the version is missing, or the champion missing or damaged.
    """
    champion = read_alias(root, name, CHAMPION)
    if champion is None or champion.version == version:
        return None
    in_charge = _side(root / name / champion.version, champion.sha256)
    verdict = _verdict(root / name / version, in_charge, held_out, at=instant(clock))
    write_verdict(root, name, verdict)
    return verdict


def _verdict(folder: Path, champion: Side, held_out: HeldOut, *, at: str) -> Verdict:
    try:
        candidate = _side(folder)
    except ArtefactError as error:
        if not folder.is_dir():
            raise
        against = champion[0].version
        return judge_damaged(folder.name, against, held_out, reason=error, at=at)
    golden = check_golden(candidate, champion)
    return judge(candidate[0], champion[0], held_out, golden=golden, at=at)


def _side(folder: Path, manifest_sha256: str | None = None) -> Side:
    artefact = read_artefact(folder, manifest_sha256=manifest_sha256)
    return predictor_of(artefact), artefact.golden


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
        weights=dataset.weights[split.test],
    )
