"""Does a candidate take much longer to score than the champion?"""

from collections.abc import Callable, Sequence

from churn_contract.validation import Customer
from churn_service.artefact.verdict import Check
from churn_service.predictor import Predictor
from churn_service.training.contest import HeldOut, translated

LATENCY_RATIO, LATENCY_ROWS, LATENCY_ROUNDS = 2.0, 500, 5


def check_latency(
    candidate: Predictor, champion: Predictor, held_out: HeldOut, clock: Callable[[], float]
) -> Check:
    """Time both in turns; the fastest round of each counts, so neighbours do not.

    Args:
        candidate: The version that wants to be promoted.
        champion: The version in charge.
        held_out: Some of these customers are scored.
        clock: Seconds of which only differences count.
    """
    ours, theirs = (_some(predictor, held_out) for predictor in (candidate, champion))
    rounds = [
        (_seconds_per_row(candidate, ours, clock), _seconds_per_row(champion, theirs, clock))
        for _ in range(LATENCY_ROUNDS)
    ]
    fastest, other = (min(seconds) for seconds in zip(*rounds, strict=True))
    ratio = fastest / other if other > 0 else 1.0
    return Check(
        name="latency",
        passed=ratio <= LATENCY_RATIO,
        found=f"{ratio:.2f} times the champion's, {fastest * 1e6:.1f} us per customer",
        limit=f"at most {LATENCY_RATIO:g} times",
        value=ratio,
    )


def _some(predictor: Predictor, held_out: HeldOut) -> list[Customer]:
    found = translated(predictor, held_out.schema, held_out.customers[:LATENCY_ROWS])
    return [customer for customer in found if customer is not None]


def _seconds_per_row(
    predictor: Predictor, customers: Sequence[Customer], clock: Callable[[], float]
) -> float:
    started = clock()
    predictor.predict(customers)
    return (clock() - started) / max(1, len(customers))
