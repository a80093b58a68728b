import pytest

from marketing_service.targeting.power import customers_needed, power_of, smallest_effect


@pytest.mark.parametrize(
    ("base", "effect", "expected", "adjusted"),
    [
        (0.2654, 0.02, (80_337, 42_294, 23_671, 14_919), 29_606),
        (0.2654, 0.01, (321_760, 169_609, 95_170, 60_458), 118_727),
        (0.05, 0.005, (312_460, 164_121, 91_430, 56_811), 114_885),
        (0.02, 0.002, (805_700, 423_134, 235_653, 146_288), 296_194),
    ],
)
def test_customers_needed_are_the_published_numbers(
    base: float, effect: float, expected: tuple[int, ...], adjusted: int
) -> None:
    shares = (0.05, 0.1, 0.2, 0.5)
    assert tuple(customers_needed(base, effect, share) for share in shares) == expected
    assert customers_needed(base, effect, 0.1, r2=0.3) == adjusted


@pytest.mark.parametrize(
    ("customers", "points"),
    [(1_000, 12.78), (7_043, 4.88), (20_000, 2.90), (100_000, 1.30), (1_000_000, 0.41)],
)
def test_smallest_effects_are_the_published_numbers(customers: int, points: float) -> None:
    found = smallest_effect(customers, 0.2654, 0.1)
    assert found is not None
    assert round(100 * found, 2) == points


def test_the_smallest_effect_needs_exactly_the_customers_at_hand() -> None:
    found = smallest_effect(5_000, 0.4, 0.3)
    assert found is not None
    assert customers_needed(0.4, found, 0.3) == pytest.approx(5_000, abs=1)
    assert power_of(5_000, 0.4, found, 0.3) == pytest.approx(0.8, abs=1e-6)


@pytest.mark.parametrize(("customers", "share"), [(0, 0.1), (1_000, 0.0), (1_000, 1.0), (20, 0.1)])
def test_a_campaign_that_can_show_nothing_has_no_smallest_effect(
    customers: int, share: float
) -> None:
    assert smallest_effect(customers, 0.1, share) is None


def test_more_confidence_needs_more_customers() -> None:
    usual = customers_needed(0.3, 0.05, 0.2)
    assert customers_needed(0.3, 0.05, 0.2, confidence=0.99) > usual
