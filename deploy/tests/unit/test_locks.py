import shutil
from pathlib import Path

import pytest

from bootstrap import lock_checks, locks
from bootstrap.console import ROOT, SetupError


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    names = {lock.target for lock in locks.LOCKS} | {lock.source for lock in locks.LOCKS}
    names |= {f"packages/{name}/pyproject.toml" for name in locks.OUR_NAMES}
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_committed_locks_are_complete(checkout: Path) -> None:
    lock_checks.check_locks(checkout)


def test_a_declared_dependency_without_a_pin_is_named(checkout: Path) -> None:
    edit(checkout / "marketing-service/pyproject.toml", '"rich>=14"', '"rich>=14", "humanize"')

    with pytest.raises(SetupError, match=r"requirements\.txt: humanize is declared and not pinned"):
        lock_checks.check_locks(checkout)


def test_a_dependency_of_a_shared_package_counts_for_every_service(checkout: Path) -> None:
    edit(checkout / "packages/churn-contract/pyproject.toml", '["msgspec', '["orjson", "msgspec')

    with pytest.raises(SetupError) as error:
        lock_checks.check_locks(checkout)

    assert str(error.value).count("orjson is declared and not pinned") == 5


def test_a_pin_without_hash_is_named(checkout: Path) -> None:
    lock = checkout / locks.SERVE
    lines = lock.read_text().splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("blinker=="))
    lines[at] = lines[at].rstrip(" \\")
    lock.write_text("\n".join(lines))

    with pytest.raises(SetupError, match="blinker has no hash"):
        lock_checks.check_locks(checkout)


def test_an_address_in_a_lock_is_refused(checkout: Path) -> None:
    lock = checkout / locks.SERVE
    lock.write_text("# see http:" + "//example.test\n" + lock.read_text())

    with pytest.raises(SetupError, match="holds an address"):
        lock_checks.check_locks(checkout)


def test_a_shared_pin_that_differs_is_named(checkout: Path) -> None:
    pin = lock_checks.PIN.findall((checkout / locks.SERVE).read_text())
    flask = dict(pin)["flask"]
    edit(checkout / locks.SERVE, f"flask=={flask}", "flask==3.0.0")

    with pytest.raises(SetupError, match=r"flask differs from churn-service/requirements\.txt"):
        lock_checks.check_locks(checkout)


def test_a_pin_that_nobody_declares_any_more_is_named(checkout: Path) -> None:
    edit(checkout / "marketing-service/pyproject.toml", '    "rich>=14",\n', "")

    with pytest.raises(SetupError, match="rich is pinned and no longer declared"):
        lock_checks.check_locks(checkout)


def test_a_pin_below_the_declared_version_is_named(checkout: Path) -> None:
    edit(checkout / "marketing-service/pyproject.toml", '"rich>=14"', '"rich>=99.1"')

    with pytest.raises(SetupError, match=r"rich is pinned to .* and 99\.1 is declared"):
        lock_checks.check_locks(checkout)
