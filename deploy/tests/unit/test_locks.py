import shutil
from pathlib import Path

import pytest

from bootstrap import locks
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
    locks.check_locks(checkout)


def test_a_declared_dependency_without_a_pin_is_named(checkout: Path) -> None:
    edit(checkout / "marketing-service/pyproject.toml", '"rich>=14"', '"rich>=14", "humanize"')

    with pytest.raises(SetupError, match=r"requirements\.txt: humanize is declared and not pinned"):
        locks.check_locks(checkout)


def test_a_dependency_of_a_shared_package_counts_for_every_service(checkout: Path) -> None:
    edit(checkout / "packages/churn-contract/pyproject.toml", '["msgspec', '["orjson", "msgspec')

    with pytest.raises(SetupError) as error:
        locks.check_locks(checkout)

    assert str(error.value).count("orjson is declared and not pinned") == 4


def test_a_pin_without_hash_is_named(checkout: Path) -> None:
    lock = checkout / locks.SERVE
    lines = lock.read_text().splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("blinker=="))
    lines[at] = lines[at].rstrip(" \\")
    lock.write_text("\n".join(lines))

    with pytest.raises(SetupError, match="blinker has no hash"):
        locks.check_locks(checkout)


def test_an_address_in_a_lock_is_refused(checkout: Path) -> None:
    lock = checkout / locks.SERVE
    lock.write_text("--find-links https" + "://example.test\n" + lock.read_text())

    with pytest.raises(SetupError, match="holds an address"):
        locks.check_locks(checkout)


def test_a_shared_pin_that_differs_is_named(checkout: Path) -> None:
    pin = locks.PIN.findall((checkout / locks.SERVE).read_text())
    flask = dict(pin)["flask"]
    edit(checkout / locks.SERVE, f"flask=={flask}", "flask==3.0.0")

    with pytest.raises(SetupError, match=r"flask differs from churn-service/requirements\.txt"):
        locks.check_locks(checkout)
