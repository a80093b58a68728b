"""Names for runtimes that take letters, digits and underscores only."""

from churn_contract.schema import Field
from churn_service.exports.bisection import halved
from churn_service.exports.identifiers import identifiers


def test_names_are_plain_and_none_stands_twice() -> None:
    names = ("tenure", "spend_(eur)", "spend_[eur]", "2nd_line", "größe")
    fields = [Field(name=name, kind="number", minimum=0.0, maximum=1.0) for name in names]

    assert identifiers(fields) == (
        "tenure", "spend__eur_", "spend__eur__", "f_2nd_line", "gr__e",
    )  # fmt: skip


def test_a_piece_is_found_by_halves() -> None:
    tree = halved((1.0, 2.0, 3.0), str, lambda knot, low, high: f"({low} <{knot:g} {high})")

    assert tree == "((0 <1 1) <2 (2 <3 3))"
