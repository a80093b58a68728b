import numpy as np
import pytest

from marketing_service.targeting.assign import UNIT, draws, in_share


@pytest.mark.parametrize(
    ("seed_key", "purpose", "first", "second"),
    [
        ("global-2027", "holdout", "dbb3f062c91535ee", "2cbb1c64cac0c00f"),
        ("spring-2027", "control", "876203ea3965a49e", "94f00207600a7705"),
        ("spring-2027", "explore", "f857b0b88fda200c", "2c207caa9c3a3bb3"),
        ("spring-2027", "tie", "4746e24311d93eed", "7ad7a28e610f94c3"),
    ],
)
def test_draws_are_the_published_ones(seed_key: str, purpose: str, first: str, second: str) -> None:
    drawn = draws(["7590-VHVEG", "5575-GNVDE"], seed_key=seed_key, purpose=purpose)
    assert [f"{number:016x}" for number in drawn.tolist()] == [first, second]


def test_a_long_seed_key_is_no_error() -> None:
    assert draws(["a"], seed_key="x" * 200, purpose="control").size == 1


def test_no_customers_give_no_draws() -> None:
    assert draws([], seed_key="a", purpose="tie").size == 0


def test_shares_of_a_hundred_thousand_ids_are_kept() -> None:
    drawn = draws((str(number) for number in range(100_000)), seed_key="a", purpose="control")
    counts = np.bincount((drawn >> np.uint64(32)).astype(np.int64) * 100 >> 32, minlength=100)
    chi_square = float((((counts - 1000) ** 2) / 1000).sum())
    assert chi_square < 148.2  # p = .001 at 99 degrees of freedom
    assert abs(in_share(drawn, 0.3).mean() - 0.3) < 0.005


def test_two_purposes_are_independent() -> None:
    ids = [str(number) for number in range(50_000)]
    one = draws(ids, seed_key="a", purpose="control").astype(np.float64)
    two = draws(ids, seed_key="a", purpose="tie").astype(np.float64)
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.02


def test_a_share_of_one_takes_even_the_largest_draw() -> None:
    largest = np.array([UNIT - 1], dtype=np.uint64)
    assert in_share(largest, 1.0).all()
    assert not in_share(largest, 0.999).any()


def test_a_share_of_zero_takes_nobody() -> None:
    assert not in_share(np.array([0], dtype=np.uint64), 0.0).any()
