import socket

import pytest

from bootstrap import doctor
from bootstrap.console import SetupError
from bootstrap.host import Finding
from bootstrap.images import BASE_IMAGES

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


@pytest.mark.parametrize(
    "version", ["github.com/docker/buildx 0.13.1+ds1", "buildx v0.30.0 abc", "x"]
)
def test_a_new_buildx_is_taken(version: str) -> None:
    assert doctor.check_buildx(version).cure == ""


def test_an_old_or_missing_buildx_and_an_old_engine_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "0.10" in doctor.check_buildx("buildx v0.8.2").cure
    assert "0.10" in doctor.check_buildx("").cure
    monkeypatch.setattr(doctor, "_output", lambda *_: "19.03.1")
    assert "20.10" in doctor.check_engine().cure


def test_without_an_engine_only_the_machine_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_output", lambda *_: "")
    monkeypatch.setattr("platform.system", lambda: "Darwin")

    findings = doctor.examine({})

    subjects = ["clock", "disk", "memory", "engine"]
    assert [finding.subject for finding in findings] == subjects
    assert "make bootstrap" in findings[-1].cure


def test_with_an_engine_everything_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_output", lambda *_: "27.0.1")
    monkeypatch.setattr("platform.system", lambda: "Linux")

    subjects = {finding.subject for finding in doctor.examine({})}

    assert subjects >= {"cgroups", "kernel modules", "engine", "compose", "buildx", "port", "image"}


def test_an_image_that_is_not_here_yet_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    image = BASE_IMAGES[0]
    monkeypatch.setattr(doctor, "_output", lambda *_: "")
    shown = doctor.check_image(image, {})
    assert "builds it where no registry answers" in shown.detail
    assert shown.cure == ""
    own = {image.variable: "mine/python"}
    assert (
        doctor.check_image(image, own).detail == "mine/python is not here yet; `make up` pulls it"
    )
    monkeypatch.setattr(doctor, "_output", lambda *_: "sha256:1")
    assert doctor.check_image(image, own).detail == "mine/python is here"


def test_a_failed_check_stops_with_a_way_that_needs_no_engine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda _: [Finding("disk", "much"), NO_ENGINE])

    with pytest.raises(SetupError, match="make demo"):
        doctor.run({})

    assert "cure: install it" in capsys.readouterr().out


def test_the_doctor_judges_python_too_which_the_stack_does_not_need(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda _: [])
    monkeypatch.setattr(doctor, "missing_venv_package", lambda: "python3.11-venv")

    doctor.run({})
    assert capsys.readouterr().out == ""
    with pytest.raises(SetupError):
        doctor.run_all({})

    assert "cure: apt-get install python3.11-venv" in capsys.readouterr().out


def test_a_program_that_does_not_exist_counts_as_no_answer() -> None:
    assert doctor._output("no-such-program-anywhere") == ""
