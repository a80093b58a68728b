import json
import stat
from pathlib import Path
from typing import Protocol

import pytest

from gateway_keys.derived import DerivedFiles
from gateway_keys.keyring import KeyRequest, Keyring


class Files(Protocol):
    seed: Path

    @property
    def seed_file(self) -> Path: ...

    @property
    def journal(self) -> Path: ...


@pytest.fixture
def two_keys(keyring: Keyring, request_of_ann: KeyRequest) -> Keyring:
    keyring.create(request_of_ann)
    keyring.create(request_of_ann)
    return keyring


def test_the_seed_is_in_the_state_format_of_njs(two_keys: Keyring, places: Files) -> None:
    seed = json.loads(places.seed_file.read_text())
    record = two_keys.store.records()[0]
    assert seed[record.digest] == {"value": record.line()}
    assert seed["@" + record.id] == {"value": record.digest}
    assert seed["#seq"] == {"value": "2"}


def test_the_journal_has_one_line_per_change(two_keys: Keyring, places: Files) -> None:
    first, second = places.journal.read_text().splitlines()
    record = two_keys.store.records()[0]
    assert first == f"1\t{record.digest}\t{record.line()}"
    assert second.startswith("2\t")


def test_nobody_else_can_read_the_derived_files(two_keys: Keyring, places: Files) -> None:
    del two_keys
    for file in places.seed.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_journal_is_only_appended_to(
    two_keys: Keyring, places: Files, request_of_ann: KeyRequest
) -> None:
    before, inode = places.journal.read_bytes(), places.journal.stat().st_ino
    two_keys.create(request_of_ann)
    assert places.journal.read_bytes().startswith(before)
    assert places.journal.stat().st_ino == inode


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", '{"#seq": {"value": "x"}}', "{}"])
def test_a_damaged_seed_is_written_again(two_keys: Keyring, places: Files, damage: str) -> None:
    intact = places.seed_file.read_bytes()
    places.seed_file.write_text(damage)
    two_keys.complete()
    assert places.seed_file.read_bytes() == intact


def test_every_truncation_of_the_journal_is_completed(two_keys: Keyring, places: Files) -> None:
    intact = places.journal.read_bytes()
    files = DerivedFiles(places.seed)
    for length in range(len(intact)):
        places.journal.write_bytes(intact[:length])
        files.complete(two_keys.store.changes(), two_keys.store.records())
        assert places.journal.read_bytes() == intact


def test_missing_files_are_made_from_the_store(two_keys: Keyring, places: Files) -> None:
    seed, journal = places.seed_file.read_bytes(), places.journal.read_bytes()
    places.seed_file.unlink()
    places.journal.unlink()
    assert two_keys.complete() == 2
    assert (places.seed_file.read_bytes(), places.journal.read_bytes()) == (seed, journal)


def test_a_draft_that_a_crash_left_behind_does_no_harm(
    two_keys: Keyring, places: Files, request_of_ann: KeyRequest
) -> None:
    (places.seed / "seed.draft").write_text('{"half')
    two_keys.create(request_of_ann)
    assert json.loads(places.seed_file.read_text())["#seq"] == {"value": "3"}


def test_complete_files_are_left_alone(two_keys: Keyring, places: Files) -> None:
    before = places.seed_file.stat().st_mtime_ns, places.journal.stat().st_mtime_ns
    two_keys.complete()
    assert (places.seed_file.stat().st_mtime_ns, places.journal.stat().st_mtime_ns) == before
