import socket
from pathlib import Path

import pytest

from bootstrap import doctor
from bootstrap.console import SetupError
from bootstrap.doctor import Finding

NO_ENGINE = Finding("engine", "no answer from `docker info`", "install it")


def test_a_taken_port_is_named_with_another_one_to_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_output", lambda *_: "")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        finding = doctor.check_port(port)

    assert "GATEWAY_PORT" in finding.cure
    assert doctor.check_port(port).cure == ""


def test_a_port_that_our_own_gateway_holds_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_output", lambda *_: "container-id")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert doctor.check_port(listener.getsockname()[1]).cure == ""


@pytest.mark.parametrize("text", ["x", "0", "65536", "-1", "80.5"])
def test_a_port_that_is_none_is_refused_by_name(text: str) -> None:
    with pytest.raises(SetupError, match="GATEWAY_PORT"):
        doctor.gateway_port({"GATEWAY_PORT": text})


def test_the_port_has_a_default_and_can_be_chosen() -> None:
    assert doctor.gateway_port({"GATEWAY_PORT": ""}) == 8080
    assert doctor.gateway_port({"GATEWAY_PORT": "8090"}) == 8090


@pytest.mark.parametrize("version", ["2.24.0", "2.26.1-4", "v2.30.3"])
def test_a_new_compose_is_taken(version: str) -> None:
    assert doctor.check_compose(version).cure == ""


@pytest.mark.parametrize("version", ["1.29.2", "2.23.3", ""])
def test_an_old_or_missing_compose_is_named_with_the_oldest_that_works(version: str) -> None:
    assert "2.24" in doctor.check_compose(version).cure


def test_little_disk_and_little_memory_are_named(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 999999 kB\nMemAvailable:    500000 kB\n")

    assert "free 4 GB" in doctor.check_disk(10**9).cure
    assert doctor.check_disk(10**11).cure == ""
    assert "2 GB needed" in doctor.check_memory(meminfo).cure
    assert doctor.check_memory(tmp_path / "elsewhere").cure == ""


def test_without_an_engine_the_rest_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_output", lambda *_: "")

    findings = doctor.examine({})

    assert [finding.subject for finding in findings] == ["disk", "memory", "engine"]


def test_an_image_that_is_neither_here_nor_pulled_names_both_cures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor, "_output", lambda *_: "")
    monkeypatch.setattr(doctor, "_succeeds", lambda *_: False)

    assert "docker load" in doctor.check_image("nowhere:1").cure


def test_a_failed_check_stops_with_a_way_that_needs_no_engine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda _: [Finding("disk", "much"), NO_ENGINE])

    with pytest.raises(SetupError, match="make demo"):
        doctor.run({})

    assert "cure: install it" in capsys.readouterr().out


def test_ci_fails_without_an_engine_and_people_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "check_engine", lambda: NO_ENGINE)

    doctor.require_engine_in_ci({})
    assert "skipped" in capsys.readouterr().out
    with pytest.raises(SetupError, match="CI=true"):
        doctor.require_engine_in_ci({"CI": "true"})


def test_a_program_that_does_not_exist_counts_as_no_answer() -> None:
    assert doctor._output("no-such-program-anywhere") == ""
    assert doctor._succeeds("no-such-program-anywhere") is False
    assert doctor._succeeds("true") is True
