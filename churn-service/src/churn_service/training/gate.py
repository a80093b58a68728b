"""The gate: may a new version follow the champion? Judged on the same held-out rows."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from churn_contract.errors import InvalidCustomersError
from churn_contract.schema import CustomerSchema
from churn_contract.validation import Customer, Validator
from churn_service.artefact.verdict import Check, Verdict
from churn_service.predictor import Predictor
from churn_service.training.compatibility import schema_problems
from churn_service.training.metrics import calibration_slope
from churn_service.training.paired import (
    Floats,
    Labels,
    auc_difference,
    log_loss_difference,
    log_losses,
)

LOG_LOSS_MARGIN = 0.002
AUC_MARGIN = 0.003
SLOPE = (0.9, 1.1)
FEWEST_ROWS, FEWEST_CHURNED = 200, 30
SLICE_ROWS, SLICE_MARGIN, SLICE_T = 200, 0.01, 3.0
LATENCY_RATIO, LATENCY_ROWS, LATENCY_ROUNDS = 2.0, 500, 5
_SEED = 20_26
_NOISE = 1.645


@dataclass(frozen=True)
class HeldOut:
    """Customers that neither version learned from, and whether they left.

    Attributes:
        schema: The schema the customers' values are in the order of.
        customers: The held-out customers.
        churned: 1 for each that left.
        data_sha256: The hash of the table they come from.
    """

    schema: CustomerSchema
    customers: Sequence[Customer]
    churned: Labels
    data_sha256: str


@dataclass(frozen=True)
class Contest:
    """Both versions' probabilities on the rows that both can score."""

    candidate: Floats
    champion: Floats
    churned: Labels
    customers: Sequence[Customer]
    refused: int


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
    contest = _contest(candidate, champion, held_out)
    checks = [_golden(), _schema(candidate, champion), _rows(contest)]
    if checks[-1].passed:
        checks += [
            _log_loss(contest),
            _auc(contest),
            _slope(contest),
            _slices(held_out.schema, contest),
            _latency(candidate, champion, held_out, clock),
        ]
    return Verdict(
        version=candidate.version,
        against=champion.version,
        at=at,
        data_sha256=held_out.data_sha256,
        rows=len(contest.churned),
        checks=tuple(checks),
    )


def _contest(candidate: Predictor, champion: Predictor, held_out: HeldOut) -> Contest:
    ours = _translated(candidate, held_out)
    theirs = _translated(champion, held_out)
    both = [index for index, pair in enumerate(zip(ours, theirs, strict=True)) if None not in pair]
    return Contest(
        candidate=_scores(candidate, [ours[index] for index in both]),
        champion=_scores(champion, [theirs[index] for index in both]),
        churned=held_out.churned[both],
        customers=[held_out.customers[index] for index in both],
        refused=len(ours) - len(both),
    )


def _scores(predictor: Predictor, customers: Sequence[Customer | None]) -> Floats:
    known = [customer for customer in customers if customer is not None]
    return np.array([p.churn_probability for p in predictor.predict(known)], dtype=np.float64)


def _translated(predictor: Predictor, held_out: HeldOut) -> list[Customer | None]:
    """Return the rows in a version's own schema; None for those it refuses."""
    validator = Validator(predictor.schema, unknown_fields="ignore")
    names = [field.name for field in held_out.schema.features]
    unknown = {field.name: "" for field in predictor.schema.features if field.accepts_missing}
    return [_checked(validator, names, unknown, customer) for customer in held_out.customers]


def _checked(
    validator: Validator, names: list[str], unknown: dict[str, str], customer: Customer
) -> Customer | None:
    given = {name: _cell(value) for name, value in zip(names, customer.values, strict=True)}
    cells = unknown | given
    try:
        return validator.check_text(cells)
    except InvalidCustomersError:
        return None


def _cell(value: float | str | None) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:.17g}"


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
    found = log_loss_difference(contest.churned, contest.candidate, contest.champion, seed=_SEED)
    return Check(
        name="log loss",
        passed=found.worst <= LOG_LOSS_MARGIN,
        found=f"{found.value:+.4f}, with 95 % confidence at most {found.worst:+.4f}",
        limit=f"at most {LOG_LOSS_MARGIN:+}",
        value=found.worst,
    )


def _auc(contest: Contest) -> Check:
    found = auc_difference(contest.churned, contest.candidate, contest.champion, seed=_SEED)
    return Check(
        name="AUC",
        passed=found.worst >= -AUC_MARGIN,
        found=f"{found.value:+.4f}, with 95 % confidence at least {found.worst:+.4f}",
        limit=f"at least {-AUC_MARGIN:+}",
        value=found.worst,
    )


def _slope(contest: Contest) -> Check:
    """Refuse a slope that is outside its limits beyond what chance explains."""
    slope = calibration_slope(contest.churned, contest.candidate)
    noise = _NOISE * _slope_error(contest.candidate, slope)
    low, high = SLOPE
    return Check(
        name="calibration",
        passed=low - noise <= slope <= high + noise,
        found=f"slope {slope:.3f} +- {noise:.3f} (90 % interval)",
        limit=f"{low} to {high} within the interval",
        value=slope,
    )


def _slope_error(probability: Floats, slope: float) -> float:
    """Return the standard error of a slope, from the information in these rows."""
    inside = np.clip(probability, 1e-12, 1 - 1e-12)
    logit = np.log(inside / (1 - inside))
    fitted = 1 / (1 + np.exp(-slope * logit))
    weight = fitted * (1 - fitted)
    centred = logit - np.average(logit, weights=weight)
    information = float(weight @ centred**2)
    return float(information**-0.5) if information > 0 else float("inf")


def _slices(schema: CustomerSchema, contest: Contest) -> Check:
    """Look at each level with enough rows: is the candidate clearly worse there?"""
    each = log_losses(contest.churned, contest.candidate) - log_losses(
        contest.churned, contest.champion
    )
    worse = list(_worse_slices(schema, contest.customers, each))
    return Check(
        name="slices",
        passed=not worse,
        found="; ".join(worse) or "no level is clearly worse off",
        limit=f"log loss up by at most {SLICE_MARGIN:g} at t <= {SLICE_T:g} "
        f"in each level of {SLICE_ROWS} rows or more",
    )


def _worse_slices(
    schema: CustomerSchema, customers: Sequence[Customer], each: Floats
) -> Iterator[str]:
    for index, field in enumerate(schema.features):
        if field.kind not in {"category", "boolean"}:
            continue
        values = np.array([customer.values[index] for customer in customers], dtype=object)
        for level in field.levels:
            rows = each[values == level]
            if len(rows) >= SLICE_ROWS and _is_worse(rows):
                yield f"{field.name} = {level}: {rows.mean():+.4f} on {len(rows)} rows"


def _is_worse(differences: Floats) -> bool:
    mean = float(differences.mean())
    error = float(differences.std(ddof=1)) / len(differences) ** 0.5
    return mean > SLICE_MARGIN and mean > SLICE_T * error


def _latency(
    candidate: Predictor, champion: Predictor, held_out: HeldOut, clock: Callable[[], float]
) -> Check:
    """Time both in turns; the fastest round of each counts, so neighbours do not."""
    fastest: dict[Predictor, float] = {}
    few = HeldOut(
        held_out.schema,
        held_out.customers[:LATENCY_ROWS],
        held_out.churned[:LATENCY_ROWS],
        held_out.data_sha256,
    )
    rows = {
        predictor: [customer for customer in _translated(predictor, few) if customer]
        for predictor in (candidate, champion)
    }
    for _ in range(LATENCY_ROUNDS):
        for predictor, customers in rows.items():
            started = clock()
            predictor.predict(customers)
            seconds = (clock() - started) / max(1, len(customers))
            fastest[predictor] = min(seconds, fastest.get(predictor, seconds))
    ratio = fastest[candidate] / fastest[champion] if fastest[champion] > 0 else 1.0
    return Check(
        name="latency",
        passed=ratio <= LATENCY_RATIO,
        found=f"{ratio:.2f} times the champion's, {fastest[candidate] * 1e6:.1f} us per customer",
        limit=f"at most {LATENCY_RATIO:g} times",
        value=ratio,
    )
