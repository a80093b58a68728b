import pytest
import requests
from click.testing import CliRunner

from marketing_service.cli import main

PROBLEM = {
    "type": "/problems/invalid-campaign",
    "title": "The campaign file has errors",
    "status": 422,
    "detail": "2 errors",
    "errors": [
        {"pointer": "/value/margin_rate", "field": "", "code": "x", "detail": "must be 0..1"},
        {"pointer": "", "field": "budget", "code": "x", "detail": "unknown key"},
    ],
}


@pytest.mark.parametrize(
    ("status", "code"), [(401, 4), (403, 4), (404, 1), (409, 3), (422, 1), (429, 6), (503, 6)]
)
def test_a_refusal_ends_with_the_exit_code_that_scripts_know(run, service, status, code) -> None:
    service.on("GET /v1/campaigns", {**PROBLEM, "status": status}, status=status)

    done = run("campaigns", "list")

    assert done.exit_code == code
    assert f"The campaign file has errors ({status})" in done.output


def test_every_bad_field_of_a_problem_is_shown(run, service) -> None:
    service.on("GET /v1/campaigns", PROBLEM, status=422)

    shown = run("campaigns", "list").output

    assert "/value/margin_rate: must be 0..1" in shown
    assert "budget: unknown key" in shown


def test_a_long_list_of_errors_is_cut_and_counted(run, service) -> None:
    service.on("GET /v1/campaigns", {**PROBLEM, "errors": PROBLEM["errors"] * 20}, status=422)

    assert "and 20 more" in run("campaigns", "list").output


def test_an_answer_of_something_else_is_no_trace(run, service) -> None:
    service.on("GET /v1/campaigns", "<html>hello</html>")
    assert "is it this service?" in run("campaigns", "list").output

    service.on("GET /v1/campaigns", "<html>gone</html>", status=502)
    assert "answered 502" in run("campaigns", "list").output


def test_a_service_that_is_not_there_is_named_with_the_setting(run, service) -> None:
    service.fault = requests.ConnectionError("refused")

    done = run("campaigns", "list")

    assert done.exit_code == 6
    assert "MARKETING_URL" in done.output


def test_the_key_goes_with_every_request(run, service) -> None:
    service.on("GET /v1/campaigns", {"campaigns": []})

    run("campaigns", "list")

    assert service.requests[0].headers["X-API-Key"] == "chk_key"


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETING_API_KEY_FILE", "/does/not/exist")

    done = CliRunner().invoke(main, ["campaigns", "list"])

    assert done.exit_code == 2
    assert "MARKETING_API_KEY_FILE" in done.output


def test_without_settings_the_service_is_looked_for_on_loopback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MARKETING_URL", "http://127.0.0.1:1")

    done = CliRunner().invoke(main, ["campaigns", "list"])

    assert done.exit_code == 6
    assert "http://127.0.0.1:1 does not answer" in done.output
