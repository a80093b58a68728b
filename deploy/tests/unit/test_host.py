import gzip
from pathlib import Path

import pytest

from bootstrap import host

NOW = 1_800_000_000.0
RELEASE = "6.1.0"


def test_little_disk_and_little_memory_are_named(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 999999 kB\nMemAvailable:    500000 kB\n")

    assert "free 4 GB" in host.check_disk(10**9).cure
    assert host.check_disk(10**11).cure == ""
    assert "2 GB needed" in host.check_memory(meminfo).cure
    assert host.check_memory(tmp_path / "elsewhere").cure == ""


def test_a_missing_venv_module_is_named_with_its_package() -> None:
    assert host.check_venv("python3.11-venv").cure == "apt-get install python3.11-venv"
    assert host.check_venv("").cure == ""


@pytest.mark.parametrize(
    ("newest_file", "engine_time", "cure"),
    [
        (NOW - 5, "", ""),
        (NOW + 60, "", ""),
        (NOW + 3600, "", "set the clock"),
        (NOW - 5, "2027-01-15T08:00:01.123456789Z", ""),
        (NOW - 5, "2027-01-15T07:00:01.123456789Z", "restart the engine"),
        (NOW - 5, "no time at all", ""),
    ],
)
def test_a_clock_is_judged_by_files_and_by_the_engine(
    newest_file: float, engine_time: str, cure: str
) -> None:
    found = host.check_clock(NOW, newest_file, engine_time).cure

    assert cure in found
    assert bool(found) == bool(cure)


def test_the_version_of_control_groups_and_missing_controllers_are_named(tmp_path: Path) -> None:
    assert "none are mounted" in host.check_cgroups(tmp_path / "nowhere").detail
    for name in ("memory", "pids", "cpu,cpuacct"):
        (tmp_path / "one" / name).mkdir(parents=True)
    assert host.check_cgroups(tmp_path / "one").lines() == " ok  cgroups: version 1"
    (tmp_path / "two").mkdir()
    (tmp_path / "two/cgroup.controllers").write_text("cpu pids\n")

    found = host.check_cgroups(tmp_path / "two")

    assert found.detail == "version 2 without memory"
    assert "cgroup_enable=memory" in found.cure


def test_kernel_modules_are_loaded_built_in_or_loadable(tmp_path: Path) -> None:
    modules = tmp_path / "lib/modules" / RELEASE
    modules.mkdir(parents=True)
    (tmp_path / "sys/module/overlay").mkdir(parents=True)
    (modules / "modules.builtin").write_text("kernel/net/bridge/bridge.ko\n")
    (modules / "modules.dep").write_text("kernel/drivers/net/veth.ko.xz: \n")

    found = host.check_modules(tmp_path, RELEASE)

    assert found.detail == "missing: nf_nat, nf_conntrack, xt_addrtype, xt_conntrack"
    assert "modprobe nf_nat" in found.cure


def test_a_kernel_that_says_nothing_is_not_blamed(tmp_path: Path) -> None:
    found = host.check_modules(tmp_path, RELEASE)

    assert found.cure == ""
    assert "not known: overlay" in found.detail


def test_a_kernel_that_shows_its_options_is_believed(tmp_path: Path) -> None:
    (tmp_path / "boot").mkdir()
    options = "\n".join(f"{name}=y" for name in host.MODULES.values())
    (tmp_path / f"boot/config-{RELEASE}").write_text(options)
    assert host.check_modules(tmp_path, RELEASE).detail == "all there"
    (tmp_path / "proc").mkdir()
    less = options.replace("CONFIG_VETH=y", "# CONFIG_VETH is not set")
    (tmp_path / "proc/config.gz").write_bytes(gzip.compress(less.encode()))

    assert host.check_modules(tmp_path, RELEASE).detail == "missing: veth"
