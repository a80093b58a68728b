from pathlib import Path

import pytest

from marketing_service.mailbox.ledger import CampaignCount, Delivery, Ledger, NewMail


def mail(number: int = 1, *, campaign: int | None = 1, to: str = "ann@example.test") -> NewMail:
    return NewMail(f"<c1.{number}@x>", campaign, "shop@example.test", to, f"No. {number}", b"raw")


def test_a_stored_mail_is_there_for_another_process(ledger: Ledger, tmp_path: Path) -> None:
    number = ledger.store(mail())
    other = Ledger(tmp_path / "mailbox.sqlite", clock=lambda: 0)
    found = other.mail(number)
    assert found is not None
    assert (found[0].subject, found[0].received_at, found[1]) == (
        "No. 1",
        1_700_000_000_000,
        b"raw",
    )
    assert ledger.mail(99) is None


def test_the_newest_mail_comes_first_and_pages_follow(ledger: Ledger) -> None:
    for number in range(1, 5):
        ledger.store(mail(number))
    first = ledger.page(limit=3)
    assert [row.subject for row in first] == ["No. 4", "No. 3", "No. 2"]
    assert [row.subject for row in ledger.page(before=first[-1].id)] == ["No. 1"]


@pytest.mark.parametrize(
    ("filters", "subjects"),
    [
        ({"campaign": 2}, ["No. 2"]),
        ({"address": "ANN"}, ["No. 1"]),
        ({"address": "example.test"}, ["No. 3", "No. 2", "No. 1"]),
        ({"address": "%"}, []),
        ({"campaign": 2, "address": "ann"}, []),
    ],
)
def test_mails_are_found_by_campaign_and_address(
    ledger: Ledger, filters: dict[str, int | str], subjects: list[str]
) -> None:
    ledger.store(mail(1, to="ann@example.test"))
    ledger.store(mail(2, campaign=2, to="bob@example.test"))
    ledger.store(mail(3, campaign=None, to="eve@example.test"))
    assert [row.subject for row in ledger.page(**filters)] == subjects  # type: ignore[arg-type]  # mixed values


def test_old_mails_go_but_the_ledger_forgets_nothing(ledger: Ledger) -> None:
    for number in range(1, 12):
        ledger.store(mail(number))
    assert len(ledger.page(limit=100)) <= 6
    assert ledger.deliveries("<c1.1@x>") == [Delivery("<c1.1@x>", "ann@example.test", 1)]
    assert ledger.counts() == [CampaignCount(1, 11, 0)]


def test_a_message_that_comes_twice_is_counted_twice(ledger: Ledger) -> None:
    ledger.store(mail())
    ledger.store(mail())
    ledger.store(mail(to="bob@example.test"))
    assert ledger.deliveries("<c1.1@x>") == [
        Delivery("<c1.1@x>", "ann@example.test", 2),
        Delivery("<c1.1@x>", "bob@example.test", 1),
    ]
    assert ledger.counts() == [CampaignCount(1, 2, 1)]


def test_the_first_try_is_only_once_the_first(ledger: Ledger) -> None:
    assert ledger.is_first_try("ann@example.test")
    assert not ledger.is_first_try("ann@example.test")
    assert ledger.is_first_try("bob@example.test")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken.sqlite").write_bytes(b"no database at all" * 100)
    ledger = Ledger(tmp_path / "broken.sqlite", clock=lambda: 0)
    assert ledger.check() == "The mailbox database cannot be read (DatabaseError)."


def test_a_ledger_without_a_mail_closes_too(ledger: Ledger) -> None:
    assert ledger.check() is None
    ledger.close()
