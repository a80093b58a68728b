from marketing_service.importing.columns import Columns
from marketing_service.importing.notes import notes_on


def test_many_long_names_are_cut_and_counted() -> None:
    columns = Columns(0, 0, None, (), ignored=("x" * 500,) * 12)

    (note,) = notes_on(columns, "utf-8-sig", {"no_address": 0})

    assert note.count("x" * 60) == 10
    assert note.endswith("and 2 more.")
    assert len(note) < 700
