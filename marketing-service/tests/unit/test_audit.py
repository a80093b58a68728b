from dataclasses import replace

import pytest

from marketing_service.audit import FIRST_HASH, AuditEntry, first_broken, link


def _chain(length: int) -> list[AuditEntry]:
    entries, head = [], FIRST_HASH
    for seq in range(1, length + 1):
        entry = AuditEntry(
            seq=seq, at=seq * 10, actor="ann", action="campaign.plan", object="campaign/x",
            diff={"n": seq}, prev_hash=head, hash=b"",
        )  # fmt: skip
        entry = replace(entry, hash=link(entry))
        head = entry.hash
        entries.append(entry)
    return entries


def test_an_untouched_chain_stands() -> None:
    assert first_broken(_chain(5)) is None
    assert first_broken([]) is None


@pytest.mark.parametrize(
    "change",
    [{"at": 1}, {"actor": "bob"}, {"action": "x"}, {"object": "y"}, {"diff": {}}, {"seq": 9}],
)
def test_any_changed_word_breaks_the_chain_there(change: dict[str, object]) -> None:
    entries = _chain(5)
    entries[2] = replace(entries[2], **change)

    assert first_broken(entries) == entries[2].seq


def test_a_removed_entry_breaks_the_chain_behind_it() -> None:
    entries = _chain(5)
    del entries[2]

    assert first_broken(entries) == 4


def test_a_forger_who_repairs_one_hash_is_caught_at_the_next() -> None:
    entries = _chain(5)
    forged = replace(entries[2], actor="bob")
    entries[2] = replace(forged, hash=link(forged))

    assert first_broken(entries) == 4


def test_a_part_of_the_chain_can_be_checked_from_a_known_head() -> None:
    entries = _chain(5)

    assert first_broken(entries[3:], head=entries[2].hash) is None
