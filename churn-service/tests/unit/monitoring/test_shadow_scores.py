"""Scores in shadow, against those of training."""

import pytest

from churn_service.artefact.reference import Reference
from churn_service.monitoring.shadow_scores import ShadowScores
from churn_service.monitoring.stability import field_psi


def test_the_psi_is_that_of_all_scores_so_far(reference: Reference) -> None:
    scores = ShadowScores()

    few = scores.add("v1", reference, [0.2] * 99)
    enough = scores.add("v1", reference, [0.7] * 51)

    assert few is None
    assert enough == pytest.approx(field_psi(reference.score, [0, 99, 51, 0, 0])[0])
    assert scores.add("v2", reference, [0.2] * 99) is None


def test_without_a_reference_there_is_nothing_to_compare() -> None:
    assert ShadowScores().add("v1", None, [0.2] * 200) is None


def test_old_versions_are_forgotten(reference: Reference) -> None:
    scores = ShadowScores()
    for number in range(6):
        scores.add(f"v{number}", reference, [0.2] * 99)

    assert scores.add("v0", reference, [0.2]) is None
    assert scores.add("v5", reference, [0.2]) is not None
