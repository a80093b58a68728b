import gc

import pytest

from churn_service.training.collector import collector_held


def test_the_collector_rests_inside_and_works_again_after_a_failure() -> None:
    @collector_held()
    def fails() -> None:
        assert not gc.isenabled()
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        fails()

    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_held():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
