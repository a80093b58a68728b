"""The life cycle over HTTP: list, show, promote."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from churn_service.artefact import promotions
from churn_service.artefact.document import ModelDocument
from churn_service.artefact.promotion_log import read_promotions
from churn_service.artefact.verdict import Check, Verdict, write_verdict
from churn_service.artefact.writer import write_version


class Registry:
    """A running service, the champion and a version that waits."""

    def __init__(self, publisher: Any, service: Any, old: str, new: str) -> None:
        self.root: Path = publisher.root
        self.service, self.old, self.new = service, old, new

    def judge(self, *, passed: bool) -> None:
        check = Check(name="AUC", passed=passed, found="-0.010", limit="at least -0.003")
        verdict = Verdict(
            version=self.new, against=self.old, at="2030-01-01T00:00:00Z",
            data_sha256="d", rows=300, checks=(check,),
        )  # fmt: skip
        write_verdict(self.root, "churn", verdict)

    def put(self, alias: str = "champion", **change: object) -> Any:
        body = {"version": self.new, "reason": "better", **change}
        headers = {"X-Key-Owner": "ann"}
        return self.service.client.put(f"/models/aliases/{alias}", json=body, headers=headers)

    def get(self, path: str, **headers: str) -> Any:
        return self.service.client.get(path, headers=headers)


@pytest.fixture
def registry(publisher: Any, make_service: Callable[..., Any], document: ModelDocument) -> Registry:
    old = publisher.publish(document)
    scorer = msgspec.structs.replace(document.scorer, intercept=0.3)
    new = publisher.publish(msgspec.structs.replace(document, scorer=scorer), promote=False)
    service = make_service(publisher.root)
    service.registry.refresh()
    return Registry(publisher, service, old, new)


def test_versions_are_listed_with_what_points_at_them(registry: Registry) -> None:
    found = registry.get("/models").get_json()

    facts = {version["version"]: version for version in found["versions"]}
    assert found["name"] == "churn"
    assert facts[registry.old]["aliases"] == ["champion"]
    assert facts[registry.new]["aliases"] == []


@pytest.mark.parametrize("wanted", ["challenger", "0123456789ab", "..", "A"])
def test_what_is_not_there_is_404(registry: Registry, wanted: str) -> None:
    assert registry.get(f"/models/{wanted}").status_code == 404


def test_a_version_is_promoted_when_its_verdict_is_good_and_served_at_once(
    registry: Registry, customer: dict[str, object]
) -> None:
    registry.judge(passed=True)

    answer = registry.put()

    assert answer.status_code == 200
    assert answer.get_json() == {"alias": "champion", "version": registry.new, "share": None}
    served = registry.service.client.post("/predict", json=customer).get_json()
    assert served["model_version"] == registry.new
    line = read_promotions(registry.root, "churn")[-1]
    assert (line.actor, line.reason, line.previous) == ("ann", "better", registry.old)
    facts = registry.get(f"/models/{registry.new}").get_json()
    assert facts["verdicts"][0]["sha256"] == line.gate == facts["promotions"][-1]["gate"]


@pytest.mark.parametrize("passed", [None, False])
def test_a_failed_or_missing_gate_is_409_and_force_is_logged(
    registry: Registry, *, passed: bool | None
) -> None:
    if passed is not None:
        registry.judge(passed=passed)

    refused = registry.put()
    assert refused.status_code == 409
    assert refused.get_json()["type"] == "/problems/promotion-refused"
    words = "the gate has not compared" if passed is None else "the gate failed: AUC: -0.010"
    assert words in refused.get_json()["detail"]
    assert registry.service.registry.champion().version == registry.old

    assert registry.put(force=True).status_code == 200
    assert read_promotions(registry.root, "churn")[-1].forced


def test_the_version_before_is_put_back_without_a_gate(registry: Registry) -> None:
    registry.put(force=True)

    assert registry.put(version=registry.old, reason="worse").status_code == 200
    assert registry.service.registry.champion().version == registry.old


def test_a_canary_and_a_challenger_are_set(registry: Registry) -> None:
    assert registry.put("challenger").status_code == 200
    assert registry.put(share=0.1, force=True).get_json()["share"] == 0.1
    assert registry.service.registry.canary()[1] == 0.1
    assert registry.put(version="challenger", force=True).status_code == 200
    assert registry.service.registry.champion().version == registry.new


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b'{"version": "x"}', 400),
        (b'{"version": 5, "reason": "r"}', 400),
        (b'{"version": "x", "reason": "r", "who": "me"}', 400),
        (b'{"version": "0123456789ab", "reason": "r"}', 404),
    ],
)
def test_bodies_that_make_no_sense_are_refused(
    registry: Registry, body: bytes, status: int
) -> None:
    answer = registry.service.client.put("/models/aliases/champion", data=body)

    assert answer.status_code == status
    assert registry.service.registry.champion().version == registry.old


def test_an_unknown_alias_and_an_empty_reason_are_409(registry: Registry) -> None:
    assert registry.put("winner").status_code == 409
    assert registry.put(reason=" ", force=True).status_code == 409


def test_a_registry_that_cannot_be_written_is_503(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object) -> Any:
        raise OSError(30, os.strerror(30))

    monkeypatch.setattr(promotions, "locked", read_only)

    answer = registry.put(force=True)

    assert answer.status_code == 503
    assert answer.get_json()["detail"] == "Read-only file system; nothing was changed."


def test_the_report_is_text_or_a_page(
    registry: Registry, document: ModelDocument, publisher: Any
) -> None:
    missing = registry.get(f"/models/{registry.old}/report")
    other = msgspec.structs.replace(document, threshold=0.4)
    files = {"report.txt": b"six steps", "report.html": b"<h1>six steps</h1>"}
    version = write_version(registry.root, other, publisher.golden(other), files)

    text = registry.get(f"/models/{version}/report", Accept="text/plain")
    page = registry.get(f"/models/{version}/report", Accept="text/html,*/*;q=0.1")

    assert missing.status_code == 404
    assert registry.get(f"/models/{version}/report").data == page.data
    assert text.data == b"six steps"
    assert page.data == b"<h1>six steps</h1>"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
