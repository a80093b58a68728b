"""The life of versions: whatever happens in between, old or new is in charge."""

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from churn_service.artefact import files
from churn_service.artefact.aliases import (
    CHALLENGER,
    CHAMPION,
    alias_path,
    read_alias,
    write_alias,
)
from churn_service.artefact.document import ModelDocument
from churn_service.artefact.errors import ArtefactError, PromotionRefusedError
from churn_service.artefact.golden import GoldenRow
from churn_service.artefact.listing import list_versions
from churn_service.artefact.promotion_log import Note, log_path, read_promotions
from churn_service.artefact.promotions import (
    Wish,
    collect_garbage,
    promote,
    retire,
    roll_back,
    version_before,
)
from churn_service.artefact.verdict import Check, Verdict, read_verdicts, write_verdict
from churn_service.artefact.writer import write_version

NAME = "small"
Point = Callable[..., None]


def clock() -> datetime:
    return datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def versions(tmp_path: Path, document: ModelDocument, golden: list[GoldenRow]) -> list[str]:
    """Three versions; the first is the champion."""
    made = []
    for threshold in (0.5, 0.4, 0.3):
        other = msgspec.structs.replace(document, threshold=threshold)
        made.append(write_version(tmp_path, other, golden, {}))
    write_alias(tmp_path, NAME, CHAMPION, made[0], reason="first", actor="ann")
    return made


def wish(version: str, **other: Any) -> Wish:
    return Wish(**{"version": version, "actor": "ann", "reason": "better", **other})


def verdict(version: str, against: str, *, passed: bool = True) -> Verdict:
    check = Check(name="log loss", passed=passed, found="+0.001", limit="at most 0.002")
    return Verdict(
        version=version, against=against, at="2030-01-01T00:00:00Z", data_sha256="d", rows=300,
        checks=(check,),
    )  # fmt: skip


def champion(root: Path) -> str:
    alias = read_alias(root, NAME, CHAMPION)
    assert alias is not None
    return alias.version


def test_a_version_that_passed_the_gate_is_promoted_with_the_hash_of_its_verdict(
    tmp_path: Path, versions: list[str]
) -> None:
    first, second, _ = versions
    write_verdict(tmp_path, NAME, verdict(second, first))
    write_alias(tmp_path, NAME, CHALLENGER, second, reason="trained", actor="ann")

    promote(tmp_path, NAME, wish(second), clock=clock)

    line = read_promotions(tmp_path, NAME)[-2]
    assert champion(tmp_path) == second
    assert (line.previous, line.version, line.actor, line.reason, line.at, line.gate) == (
        first, second, "ann", "better", "2030-01-02T03:04:05Z", verdict(second, first).digest,
    )  # fmt: skip
    assert read_alias(tmp_path, NAME, CHALLENGER) is None


@pytest.mark.parametrize("force", [True, False])
def test_a_failed_gate_needs_force_which_is_logged(
    tmp_path: Path, versions: list[str], *, force: bool
) -> None:
    first, second, _ = versions
    write_verdict(tmp_path, NAME, verdict(second, first, passed=False))
    if force:
        promote(tmp_path, NAME, wish(second, force=True))
        assert read_promotions(tmp_path, NAME)[-1].forced
        assert champion(tmp_path) == second
    else:
        with pytest.raises(PromotionRefusedError, match=r"log loss: \+0.001 \(asked: at most"):
            promote(tmp_path, NAME, wish(second))
        assert champion(tmp_path) == first


def test_a_verdict_against_another_champion_does_not_count(
    tmp_path: Path, versions: list[str]
) -> None:
    first, second, third = versions
    write_verdict(tmp_path, NAME, verdict(third, second))

    with pytest.raises(PromotionRefusedError, match=f"with the champion, {first}; run: churn"):
        promote(tmp_path, NAME, wish(third))


def test_a_changed_verdict_is_refused(tmp_path: Path, versions: list[str]) -> None:
    first, second, _ = versions
    path = write_verdict(tmp_path, NAME, verdict(second, first, passed=False))
    path.write_bytes(path.read_bytes().replace(b"false", b"true"))

    with pytest.raises(ArtefactError, match="was changed"):
        promote(tmp_path, NAME, wish(second))


def test_rollbacks_go_back_step_by_step_and_end(tmp_path: Path, versions: list[str]) -> None:
    first, second, third = versions
    promote(tmp_path, NAME, wish(second, force=True))
    promote(tmp_path, NAME, wish(third, force=True))

    gone = [roll_back(tmp_path, NAME, Note("ann", "worse")).version for _ in range(2)]

    assert gone == [second, first]
    assert champion(tmp_path) == first
    assert read_promotions(tmp_path, NAME)[-1].rollback
    with pytest.raises(PromotionRefusedError, match="no champion before"):
        roll_back(tmp_path, NAME, Note("ann", "worse"))


def test_the_version_before_needs_no_gate(tmp_path: Path, versions: list[str]) -> None:
    first, second, _ = versions
    promote(tmp_path, NAME, wish(second, force=True))

    promote(tmp_path, NAME, wish(first))

    assert champion(tmp_path) == first
    assert version_before(tmp_path, NAME) == second


def test_a_canary_is_sealed_and_ended_by_a_rollback(tmp_path: Path, versions: list[str]) -> None:
    first, second, _ = versions
    write_verdict(tmp_path, NAME, verdict(second, first))

    alias = promote(tmp_path, NAME, wish(second, share=0.25))

    assert alias.canary is not None
    assert (champion(tmp_path), alias.canary.version, alias.canary.share) == (first, second, 0.25)
    line = read_promotions(tmp_path, NAME)[-1]
    assert (line.canary, line.share) == (second, 0.25)
    roll_back(tmp_path, NAME, Note("ann", "worse"))
    found = read_alias(tmp_path, NAME, CHAMPION)
    assert found is not None
    assert (found.version, found.canary) == (first, None)


@pytest.mark.parametrize("share", [None, 0.25])
def test_every_changed_byte_and_every_truncation_of_an_alias_is_refused(
    tmp_path: Path, versions: list[str], share: float | None
) -> None:
    if share:
        promote(tmp_path, NAME, wish(versions[1], share=share, force=True))
    path = alias_path(tmp_path, NAME, CHAMPION)
    data = path.read_bytes()
    changed = [
        data[:place] + bytes([data[place] ^ mask]) + data[place + 1 :]
        for place in range(len(data))
        for mask in (0x01, 0x20, 0x80)
    ]

    for content in [*changed, *(data[:length] for length in range(len(data)))]:
        path.write_bytes(content)
        with pytest.raises(ArtefactError):
            read_pinned(tmp_path)


def read_pinned(root: Path) -> None:
    """Read an alias and the version it pins, as the registry does."""
    alias = read_alias(root, NAME, CHAMPION)
    assert alias is not None
    for target in (alias, alias.canary):
        if target:
            files_of(root, target.version, target.sha256)


def files_of(root: Path, version: str, sha256: str) -> None:
    from churn_service.artefact.reader import read_artefact  # noqa: PLC0415 - used here only

    read_artefact(root / NAME / version, manifest_sha256=sha256)


def test_the_champion_is_not_retired_others_are_and_never_promoted_again(
    tmp_path: Path, versions: list[str]
) -> None:
    first, second, _ = versions
    write_alias(tmp_path, NAME, CHALLENGER, second, reason="trained", actor="ann")

    with pytest.raises(PromotionRefusedError, match="answers customers"):
        retire(tmp_path, NAME, first, actor="ann", reason="old")
    with pytest.raises(ArtefactError, match="no such version"):
        retire(tmp_path, NAME, "0" * 12, actor="ann", reason="old")
    retire(tmp_path, NAME, second, actor="ann", reason="old")

    assert read_alias(tmp_path, NAME, CHALLENGER) is None
    with pytest.raises(PromotionRefusedError, match="was retired"):
        promote(tmp_path, NAME, wish(second, force=True))


def test_garbage_is_what_was_retired_and_what_crashes_left(
    tmp_path: Path, versions: list[str]
) -> None:
    first, second, third = versions
    promote(tmp_path, NAME, wish(second, force=True))
    (tmp_path / NAME / ".tmp-x-1").mkdir()
    retire(tmp_path, NAME, third, actor="ann", reason="old")

    planned = [path.name for path in collect_garbage(tmp_path, NAME, dry_run=True)]

    assert planned == [third, ".tmp-x-1"]
    assert len(list_versions(tmp_path, NAME)) == 3
    collect_garbage(tmp_path, NAME)
    assert {path.name for path in list_versions(tmp_path, NAME)} == {first, second}
    assert not (tmp_path / NAME / ".tmp-x-1").exists()


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"alias": "winner"}, "is no alias"),
        ({"reason": " "}, "a reason is needed"),
        ({"share": 1.5}, "share lies between"),
        ({"share": 0.5, "alias": CHALLENGER}, "share lies between"),
    ],
)
def test_wishes_that_make_no_sense_are_refused(
    tmp_path: Path, versions: list[str], other: dict[str, Any], words: str
) -> None:
    with pytest.raises(PromotionRefusedError, match=words):
        promote(tmp_path, NAME, wish(versions[1], **other))


def test_a_canary_beside_itself_or_nothing_is_refused(tmp_path: Path, versions: list[str]) -> None:
    with pytest.raises(PromotionRefusedError, match="another version as champion"):
        promote(tmp_path, NAME, wish(versions[0], share=0.5))


def test_a_torn_log_line_spoils_no_other(tmp_path: Path, versions: list[str]) -> None:
    with log_path(tmp_path, NAME).open("ab") as log:
        log.write(b'{"alias":"champ')

    promote(tmp_path, NAME, wish(versions[1], force=True))

    assert [line.version for line in read_promotions(tmp_path, NAME)] == versions[:2]


class Killed(BaseException):
    """The process ends here."""


def test_a_kill_at_each_write_leaves_old_or_new(
    tmp_path: Path, versions: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = set()
    real = {name: getattr(os, name) for name in ("fsync", "replace", "open")}
    for step in range(12):
        write_alias(tmp_path, NAME, CHAMPION, versions[0], reason="again", actor="ann")
        left = iter(range(step))
        with monkeypatch.context() as patch:
            patch.setattr(files.os, "fsync", counted(left, real["fsync"]))
            patch.setattr(Path, "replace", counted(left, Path.replace))
            try:
                promote(tmp_path, NAME, wish(versions[1], force=True))
            except Killed:
                seen.add(champion(tmp_path))
        read_pinned(tmp_path)
        assert all(line.version in versions for line in read_promotions(tmp_path, NAME))
    assert seen == set(versions[:2])
    promote(tmp_path, NAME, wish(versions[2], force=True))
    assert champion(tmp_path) == versions[2]


def counted(left: Any, real: Callable[..., Any]) -> Callable[..., Any]:
    """Let a call through while there are some left, then die before it."""

    def call(*arguments: Any) -> Any:
        if next(left, None) is None:
            raise Killed
        return real(*arguments)

    return call


def test_promotions_at_the_same_time_leave_one_line_each(
    tmp_path: Path, versions: list[str]
) -> None:
    def flip() -> None:
        for version in versions * 3:
            promote(tmp_path, NAME, wish(version, force=True))

    threads = [threading.Thread(target=flip) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    lines = read_promotions(tmp_path, NAME)
    assert all(a.version == b.previous for a, b in itertools.pairwise(lines))
    assert lines[-1].version == champion(tmp_path)


PROMOTER = """
import sys
from pathlib import Path
from churn_service.artefact.promotions import Wish, promote
root, *versions = sys.argv[1:]
print("ready", flush=True)
while True:
    for version in versions:
        promote(Path(root), "small", Wish(version=version, actor="a", reason="r", force=True))
"""


@pytest.mark.parametrize("promotions", [3, 8])
def test_a_process_killed_while_promoting_leaves_a_good_champion(
    tmp_path: Path, versions: list[str], promotions: int
) -> None:
    command = [sys.executable, "-c", PROMOTER, str(tmp_path), *versions]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        while log_path(tmp_path, NAME).read_bytes().count(b"\n") < promotions:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)

    read_pinned(tmp_path)
    promote(tmp_path, NAME, wish(versions[0], force=True))
    assert champion(tmp_path) == versions[0]


def test_verdicts_are_kept_one_beside_the_other(tmp_path: Path, versions: list[str]) -> None:
    first, second, _ = versions
    good, bad = verdict(second, first), verdict(second, first, passed=False)
    write_verdict(tmp_path, NAME, good)
    write_verdict(tmp_path, NAME, bad)

    assert len(read_verdicts(tmp_path, NAME, second)) == 2
    assert json.loads(msgspec.json.encode(good))["against"] == first
    assert "gate passed" in good.text()
    assert "FAIL log loss  +0.001 (asked: at most 0.002)" in bad.text()


def test_an_alias_file_that_cannot_be_read_is_replaced_by_the_next_promotion(
    tmp_path: Path, versions: list[str]
) -> None:
    alias_path(tmp_path, NAME, CHAMPION).write_bytes(b"{")

    promote(tmp_path, NAME, wish(versions[1]))

    assert champion(tmp_path) == versions[1]


def test_a_retired_version_is_not_gone_back_to(tmp_path: Path, versions: list[str]) -> None:
    first, second, third = versions
    promote(tmp_path, NAME, wish(second, force=True))
    promote(tmp_path, NAME, wish(third, force=True))
    retire(tmp_path, NAME, second, actor="ann", reason="wrong")

    assert roll_back(tmp_path, NAME, Note("ann", "worse")).version == first
