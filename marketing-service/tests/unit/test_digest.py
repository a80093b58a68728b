from hypothesis import given
from hypothesis import strategies as st

from marketing_service.digest import DigestRow, plan_digest

ROWS = [DigestRow("a", "treated", "support"), DigestRow("b", "none", "")]


def digest(rows: list[DigestRow], spec: str = "s", model: str = "m", schema: str = "c") -> str:
    return plan_digest(spec, model, schema, rows)


def test_equal_plans_have_equal_digests() -> None:
    assert digest(ROWS) == digest(list(ROWS))


def test_the_digest_is_the_same_in_every_release() -> None:
    assert digest(ROWS) == "a90dcc822c50a8c51300c8d2680cdc561adfba67c40c020cb63edf52bdcdf7d1"


def test_every_part_of_a_plan_changes_the_digest() -> None:
    variants = [
        digest(ROWS),
        digest(ROWS, spec="x"),
        digest(ROWS, model="x"),
        digest(ROWS, schema="x"),
        digest(ROWS[::-1]),
        digest(ROWS[:1]),
        digest([ROWS[0]._replace(arm="control"), ROWS[1]]),
        digest([ROWS[0]._replace(offer="other"), ROWS[1]]),
        digest([ROWS[0]._replace(customer_id="c"), ROWS[1]]),
    ]
    assert len(set(variants)) == len(variants)


@given(st.text(), st.text(), st.text(min_size=1))
def test_letters_cannot_move_from_one_part_to_the_next(first: str, last: str, moved: str) -> None:
    one = digest([DigestRow(first + moved, last, "")])
    other = digest([DigestRow(first, moved + last, "")])
    assert one != other
