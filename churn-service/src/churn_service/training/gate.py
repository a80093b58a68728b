"""The gate: may a new version follow the champion? Judged on the same held-out rows."""

import time
from collections.abc import Callable

import numpy as np

from churn_service.artefact.verdict import Check, Verdict
from churn_service.predictor import Predictor
from churn_service.training.compatibility import schema_problems
from churn_service.training.contest import Contest, HeldOut, hold_contest
from churn_service.training.latency_check import check_latency
from churn_service.training.metrics import calibration_slope
from churn_service.training.paired import Pair, auc_difference, log_loss_difference
from churn_service.training.slice_check import check_slices

LOG_LOSS_MARGIN = 0.002
AUC_MARGIN = 0.003
SLOPE = (0.9, 1.1)
FEWEST_ROWS, FEWEST_CHURNED = 200, 30
_SEED = 20_26
_NOISE = 1.645


def judge(
    candidate: Predictor,
    champion: Predictor,
    held_out: HeldOut,
    *,
    at: str,
    clock: Callable[[], float] = time.perf_counter,
) -> Verdict:
    """Return the verdict on a candidate; both predictors are loaded, so golden rows hold.

    Args:
        candidate: The version that wants to be promoted.
        champion: The version in charge.
        held_out: The rows to compare on.
        at: The time to write into the verdict, RFC 3339.
        clock: Seconds, to compare how long both take.
    """
    contest = hold_contest(candidate, champion, held_out)
    checks = [_golden(), _schema(candidate, champion), _rows(contest)]
    if checks[-1].passed:
        checks += [
            _log_loss(contest),
            _auc(contest),
            _slope(contest),
            check_slices(contest),
            check_latency(candidate, champion, held_out, clock),
        ]
    return Verdict(
        version=candidate.version,
        against=champion.version,
        at=at,
        data_sha256=held_out.data_sha256,
        rows=len(contest.churned),
        checks=tuple(checks),
    )


def _golden() -> Check:
    return Check(
        name="golden rows", passed=True, found="both score as trained", limit="within 1e-12"
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


def _slope(contest: Contest) -> Check:
    """Refuse a slope that is outside its limits beyond what chance explains."""
    slope = calibration_slope(contest.churned, contest.candidate, contest.weights)
    noise = _NOISE * _slope_error(contest, slope)
    low, high = SLOPE
    return Check(
        name="calibration",
        passed=low - noise <= slope <= high + noise,
        found=f"slope {slope:.3f} +- {noise:.3f} (90 % interval)",
        limit=f"{low} to {high} within the interval",
        value=slope,
    )


def _slope_error(contest: Contest, slope: float) -> float:
    """Return the standard error of a slope, from the information in these rows."""
    inside = np.clip(contest.candidate, 1e-12, 1 - 1e-12)
    logit = np.log(inside / (1 - inside))
    fitted = 1 / (1 + np.exp(-slope * logit))
    variance, weights = fitted * (1 - fitted), contest.weights
    centred = logit - np.average(logit, weights=variance * weights)
    information = float((variance * weights) @ centred**2)
    spread = float((variance * weights**2) @ centred**2)
    return spread**0.5 / information if information > 0 else float("inf")


def _pair(contest: Contest) -> Pair:
    return Pair(contest.churned, contest.candidate, contest.champion, contest.weights)
