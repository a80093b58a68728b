"""Do both versions answer their golden rows as their trainings did?"""

from collections.abc import Iterator, Sequence

from churn_service.artefact.golden import GoldenRow
from churn_service.artefact.verdict import Check
from churn_service.loading import GOLDEN_TOLERANCE
from churn_service.predictor import Predictor

GOLDEN = "golden rows"
_LIMIT = f"within {GOLDEN_TOLERANCE:g}"

Side = tuple[Predictor, Sequence[GoldenRow]]


def check_golden(candidate: Side, champion: Side) -> Check:
    """Score the golden rows of both in bulk, as the held-out rows are scored.

    Loading replays them one by one; this finds a version whose bulk answers differ.
    """
    problems = [*_problems("the candidate", *candidate), *_problems("the champion", *champion)]
    rows = len(candidate[1]) + len(champion[1])
    return Check(
        name=GOLDEN,
        passed=not problems,
        found="; ".join(problems) or f"all {rows} are scored as trained",
        limit=_LIMIT,
    )


def damaged(reason: object) -> Check:
    """Return the check of a candidate that loading refuses."""
    return Check(name=GOLDEN, passed=False, found=f"cannot be loaded: {reason}", limit=_LIMIT)


def _problems(who: str, predictor: Predictor, rows: Sequence[GoldenRow]) -> Iterator[str]:
    customers = [predictor.validator.check_text(row.cells) for row in rows]
    gaps = [
        abs(found.churn_probability - row.churn_probability)
        for found, row in zip(predictor.predict(customers), rows, strict=True)
    ]
    wrong = sum(gap > GOLDEN_TOLERANCE for gap in gaps)
    if wrong:
        yield f"{who} scores {wrong} of {len(rows)} otherwise, by {max(gaps):.3g} at most"
