"""The gate: may a new version follow the champion? Judged on the same held-out rows."""

import time
from collections.abc import Callable

from churn_service.artefact.verdict import Check, Verdict, not_judged
from churn_service.predictor import Predictor
from churn_service.training.calibration_check import check_calibration
from churn_service.training.compatibility import schema_problems
from churn_service.training.contest import Contest, HeldOut, hold_contest
from churn_service.training.golden_check import damaged
from churn_service.training.latency_check import check_latency
from churn_service.training.paired import Pair, auc_difference, log_loss_difference
from churn_service.training.slice_check import check_slices

LOG_LOSS_MARGIN = 0.002
AUC_MARGIN = 0.003
FEWEST_ROWS, FEWEST_CHURNED = 200, 30
_SEED = 20_26
_LATER = ("log loss", "AUC", "calibration", "slices", "latency")


def judge(
    candidate: Predictor,
    champion: Predictor,
    held_out: HeldOut,
    *,
    golden: Check,
    at: str,
    clock: Callable[[], float] = time.perf_counter,
) -> Verdict:
    """Return the verdict on a candidate.

    Args:
        candidate: The version that wants to be promoted.
        champion: The version in charge.
        held_out: The rows to compare on.
        golden: What `check_golden` found, which needs the files of both.
        at: The time to write into the verdict, RFC 3339.
        clock: Seconds, to compare how long both take.
    """
    contest = hold_contest(candidate, champion, held_out)
    checks = [golden, _schema(candidate, champion), _rows(contest)]
    if checks[-1].passed:
        checks += [
            _log_loss(contest),
            _auc(contest),
            check_calibration(contest),
            check_slices(contest),
            check_latency(candidate, champion, held_out, clock),
        ]
    else:
        checks += [not_judged(name, "too few rows") for name in _LATER]
    return Verdict(
        version=candidate.version,
        against=champion.version,
        at=at,
        data_sha256=held_out.data_sha256,
        rows=len(contest.churned),
        checks=tuple(checks),
    )


def judge_damaged(
    version: str, against: str, held_out: HeldOut, *, reason: object, at: str
) -> Verdict:
    """Return the verdict on a candidate that loading refuses: nothing else can be judged."""
    rest = [not_judged(name, "it cannot be loaded") for name in ("schema", "rows", *_LATER)]
    return Verdict(
        version=version,
        against=against,
        at=at,
        data_sha256=held_out.data_sha256,
        rows=len(held_out.customers),
        checks=(damaged(reason), *rest),
    )


def _schema(candidate: Predictor, champion: Predictor) -> Check:
    problems = schema_problems(candidate.document, champion.document)
    return Check(
        name="schema",
        passed=not problems,
        found="; ".join(problems) or "takes all that the champion takes",
        limit="clients need no change",
    )


def _rows(contest: Contest) -> Check:
    rows, churned = len(contest.churned), int(contest.churned.sum())
    enough = rows >= FEWEST_ROWS and FEWEST_CHURNED <= churned <= rows - FEWEST_CHURNED
    return Check(
        name="rows",
        passed=enough,
        found=f"{rows:,} rows, {churned:,} churned, {contest.refused:,} not scored by both",
        limit=f"at least {FEWEST_ROWS} rows and {FEWEST_CHURNED} of each outcome",
        value=float(rows),
    )


def _log_loss(contest: Contest) -> Check:
    found = log_loss_difference(_pair(contest), seed=_SEED)
    return Check(
        name="log loss",
        passed=found.worst <= LOG_LOSS_MARGIN,
        found=f"{found.value:+.4f}, with 95 % confidence at most {found.worst:+.4f}",
        limit=f"at most {LOG_LOSS_MARGIN:+}",
        value=found.worst,
    )


def _auc(contest: Contest) -> Check:
    found = auc_difference(_pair(contest), seed=_SEED)
    return Check(
        name="AUC",
        passed=found.worst >= -AUC_MARGIN,
        found=f"{found.value:+.4f}, with 95 % confidence at least {found.worst:+.4f}",
        limit=f"at least {-AUC_MARGIN:+}",
        value=found.worst,
    )


def _pair(contest: Contest) -> Pair:
    return Pair(contest.churned, contest.candidate, contest.champion, contest.weights)
