"""The page at /model: who answers, who waits, and the forms that change it."""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from churn_service.artefact import promotions
from churn_service.artefact.aliases import CHALLENGER, SHADOW
from churn_service.artefact.document import ModelDocument
from churn_service.artefact.promotion_log import read_promotions
from churn_service.artefact.promotions import Wish, promote
from churn_service.artefact.verdict import Check, Verdict, not_judged, write_verdict
from churn_service.artefact.writer import write_version
from churn_service.monitoring.matured import ScoredOutcome, matured_performance
from churn_service.monitoring.saved import SavedPerformance, save_performance, today
from churn_service.web import model, model_roles

OURS = {"Sec-Fetch-Site": "same-origin", "X-Key-Owner": "ann"}


class Stand:
    """A service with a champion and a challenger, and a browser on its page."""

    def __init__(self, root: Path, service: Any, old: str, new: str) -> None:
        self.root, self.service, self.old, self.new = root, service, old, new

    def judge(self, *, passed: bool = True) -> None:
        check = Check(name="AUC", passed=passed, found="-0.010", limit="at least -0.003")
        verdict = Verdict(
            version=self.new, against=self.old, at="2030-01-01T00:00:00Z",
            data_sha256="d", rows=1300, checks=(check,),
        )  # fmt: skip
        write_verdict(self.root, "churn", verdict)

    def page(self, **headers: str) -> str:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.service.client.get("/model", headers=names)
        assert answer.status_code == 200
        return str(answer.text).replace("&nbsp;", " ").replace("\u00a0", " ")

    def promote(self, headers: dict[str, str] | None = None, **fields: str) -> Any:
        form = {"version": self.new, "reason": "two quiet weeks", **fields}
        return self.service.client.post("/model/promote", data=form, headers=headers or OURS)

    def roll_back(self, **fields: str) -> Any:
        form = {"champion": self.new, "canary": "", "reason": "worse", **fields}
        return self.service.client.post("/model/roll-back", data=form, headers=OURS)

    @property
    def champion(self) -> str:
        return str(self.service.registry.champion().version)


def other(document: ModelDocument, intercept: float) -> ModelDocument:
    scorer = msgspec.structs.replace(document.scorer, intercept=intercept)
    return msgspec.structs.replace(document, scorer=scorer)


@pytest.fixture
def stand(publisher: Any, make_service: Callable[..., Any], document: ModelDocument) -> Stand:
    old = publisher.publish(document)
    new = publisher.publish(other(document, 0.3), promote=False)
    wish = Wish(version=new, actor="ann", reason="retrained", alias=CHALLENGER)
    promote(publisher.root, "churn", wish)
    service = make_service(publisher.root)
    service.registry.refresh()
    return Stand(publisher.root, service, old, new)


def test_the_verdict_is_shown_before_the_button(stand: Stand) -> None:
    stand.judge()
    page = stand.page()
    assert page.index("The gate lets it pass") < page.index(f"Promote {stand.new}</button>")
    assert "on 1,300 held-out customers" in page
    assert f"churn models promote {stand.new} --reason" in page
    assert "<script" not in page


def test_the_challenger_is_promoted_and_the_page_says_who_did_it(stand: Stand) -> None:
    stand.judge()
    answer = stand.promote()
    assert (answer.status_code, answer.headers["Location"]) == (303, "/model#roles")
    assert stand.champion == stand.new
    page = stand.page()
    assert "two quiet weeks" in page
    assert "<td>ann</td>" in page
    assert f"Put {stand.old} back</button>" in page
    assert "Put the challenger in charge" not in page


@pytest.mark.parametrize("passed", [None, False])
def test_without_a_good_verdict_there_is_no_button_and_no_way_around(
    stand: Stand, *, passed: bool | None
) -> None:
    if passed is not None:
        stand.judge(passed=passed)
    page = stand.page()
    assert "<form" not in page
    assert ("The gate refuses it" if passed is False else "cannot be promoted yet") in page
    refused = stand.promote()
    assert refused.status_code == 409
    assert "text/html" in refused.content_type
    assert stand.champion == stand.old


def test_a_damaged_verdict_is_told(stand: Stand) -> None:
    stand.judge()
    (file,) = (stand.root / "churn" / "verdicts").iterdir()
    file.write_bytes(file.read_bytes().replace(b"1300", b"9999"))
    assert "its verdict cannot be used" in stand.page()


def test_a_canary_is_started_watched_and_ended(stand: Stand) -> None:
    stand.judge()
    assert stand.promote(share="0.1").status_code == 303
    page = stand.page()
    assert "answers all others, and lists of customers" in page
    assert "answers 10 % of the customers who are asked about one at a time" in page
    assert "End the canary</button>" in page
    ended = stand.roll_back(champion=stand.old, canary=stand.new)
    assert ended.status_code == 303
    assert stand.service.registry.canary() is None
    assert stand.roll_back(champion=stand.old, canary=stand.new).status_code == 409
    assert stand.champion == stand.old


def test_a_rollback_is_logged_and_a_second_click_goes_no_further(stand: Stand) -> None:
    stand.judge()
    stand.promote()
    assert stand.roll_back().status_code == 303
    assert stand.champion == stand.old
    again = stand.roll_back()
    assert again.status_code == 409
    assert "the champion has changed meanwhile" in again.text
    line = read_promotions(stand.root, "churn")[-1]
    assert (line.actor, line.reason, line.rollback) == ("ann", "worse", True)
    assert "(rolled back)" in stand.page()


def test_nothing_is_done_without_a_reason_or_a_sensible_share(stand: Stand) -> None:
    stand.judge()
    assert stand.promote(reason=" ").status_code == 409
    assert stand.promote(share="half").status_code == 400
    assert stand.promote(share="7").status_code == 409
    assert stand.promote(version="..").status_code == 409
    stand.promote()
    assert stand.roll_back(reason="").status_code == 409
    assert stand.champion == stand.new


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "http://localhost"}, 303),
        ({"Origin": "http://localhost:81"}, 403),
        ({"Origin": "null"}, 403),
        ({"X-Key-Owner": "ann"}, 403),
    ],
)
def test_only_forms_of_this_site_change_anything(
    stand: Stand, headers: dict[str, str], status: int
) -> None:
    stand.judge()
    answer = stand.promote(headers)
    assert answer.status_code == status
    assert stand.champion == (stand.new if status == 303 else stand.old)
    assert stand.service.client.post("/model/roll-back", data={}).status_code == 403


@pytest.mark.parametrize("path", ["promote", "roll-back"])
def test_a_browser_that_signed_in_on_the_way_lands_on_the_page(stand: Stand, path: str) -> None:
    answer = stand.service.client.get(f"/model/{path}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/model#roles")


def test_a_key_that_may_only_read_sees_no_form(stand: Stand) -> None:
    stand.judge()
    page = stand.page(X_Key_Scopes="predict models:read")
    assert "<form" not in page
    assert "needs the scope models:write" in page
    assert "<form" in stand.page(X_Key_Scopes="models:read models:write")


def test_a_read_only_registry_offers_the_command_instead(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object) -> Any:
        raise OSError(30, os.strerror(30))

    stand.judge()
    monkeypatch.setattr(model, "may_write", lambda *_: False)
    page = stand.page()
    assert "<form" not in page
    assert "CHURN_MODELS_ACCESS=rw" in page
    monkeypatch.setattr(promotions, "locked", read_only)
    assert stand.promote().status_code == 503


def test_the_rights_of_the_folder_decide_whether_it_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "churn").mkdir()
    assert model_roles.may_write(tmp_path, "churn")
    assert not model_roles.may_write(tmp_path, "other")


def test_shadow_scores_are_counted_on_the_page(
    stand: Stand, publisher: Any, document: ModelDocument, customer: dict[str, object]
) -> None:
    third = publisher.publish(other(document, 3.0), promote=False)
    promote(stand.root, "churn", Wish(version=third, actor="a", reason="look", alias=SHADOW))
    stand.service.registry.refresh()
    assert stand.page().count("nobody scored in shadow yet") == 2
    stand.service.client.post("/predict", json=[customer] * 4)
    stand.service.app.extensions["shadow"].work_off()
    page = stand.page()
    assert "is only watched; scored 4 customers in shadow: 100 % moved by more than 5" in page


def test_versions_lead_to_their_reports(
    stand: Stand, publisher: Any, document: ModelDocument
) -> None:
    assert "How it was trained" not in stand.page()
    told = other(document, 2.0)
    files = {"report.html": b"<h1>told</h1>"}
    version = write_version(stand.root, told, publisher.golden(told), files)
    assert stand.page().count(f'href="/models/{version}/report"') == 1
    publisher.promote(version)
    stand.service.registry.refresh()
    assert "How it was trained" in stand.page()


def test_what_an_offer_did_is_no_fault_of_the_model(stand: Stand) -> None:
    outcomes = [
        ScoredOutcome(0.5, date(2019, 1, 1), group == "none" and bool(index % 2), group)
        for group in ("none", "discount")
        for index in range(80)
    ]
    save(stand, outcomes, today())
    page = stand.page()
    assert "As many left as promised, in each of 1 cohort." in page
    assert "<td>fewer left than promised</td>" in page


def test_a_refused_version_is_named(stand: Stand) -> None:
    stand.judge()
    stand.promote()
    (stand.root / "churn" / stand.old / "model.json").write_bytes(b"{}")
    alias = stand.root / "churn" / "aliases" / "champion"
    alias.write_bytes(b"torn")
    stand.service.registry.refresh()
    page = stand.page()
    assert "Another version was refused" in page
    assert "Who answers" not in page


@pytest.mark.parametrize(
    ("day", "words"), [(date(2020, 1, 31), "This is old"), (None, "as promised")]
)
def test_kept_promises_are_shown_with_their_day(stand: Stand, day: date | None, words: str) -> None:
    assert "no outcomes were measured" in stand.page()
    as_of = day or today()
    outcomes = [ScoredOutcome(0.5, date(2019, 1, 1), bool(index % 2)) for index in range(40)]
    save(stand, outcomes, as_of)
    page = stand.page()
    assert words in page
    assert f"As of {as_of}" in page
    assert "As many left as promised, in each of 1 cohort." in page
    assert "1 row could not be measured" in page


def save(stand: Stand, outcomes: list[ScoredOutcome], as_of: date) -> None:
    """Save a measurement of the champion, as `churn performance --save` does."""
    found = matured_performance(outcomes, as_of=as_of, horizon_days=30)
    saved = SavedPerformance(
        model_version=stand.old, as_of=as_of, horizon_days=30, data_sha256="d",
        cohorts=found.cohorts, not_matured=1, unknown=0,
    )  # fmt: skip
    save_performance(stand.root, "churn", saved)


def test_checks_that_the_gate_did_not_reach_are_no_failures(stand: Stand) -> None:
    few = Check(name="rows", passed=False, found="150 rows", limit="at least 200 rows")
    verdict = Verdict(
        version=stand.new, against=stand.old, at="2030-01-01T00:00:00Z", data_sha256="d", rows=150,
        checks=(few, not_judged("AUC", "too few rows")),
    )  # fmt: skip
    write_verdict(stand.root, "churn", verdict)

    page = stand.page()

    assert "<td>not judged</td><td>not judged: too few rows</td>" in page
    assert page.count('<strong class="field-error">failed</strong>') == 1
