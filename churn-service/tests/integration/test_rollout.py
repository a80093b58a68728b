"""Canary, shadow and named versions: who answers, and what is only counted."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from churn_contract.schema import CustomerSchema
from churn_service.artefact.aliases import write_alias
from churn_service.artefact.document import ModelDocument
from churn_service.artefact.promotions import Wish, promote
from churn_service.artefact.reference import SCORE, BinnedField, Reference
from churn_service.monitoring.shadow_scores import ShadowScores
from churn_service.rollout import bucket
from churn_service.shadow import MOST_ROWS, MOST_WAITING, ShadowScorer
from service_kit.metrics import Metrics

Record = dict[str, object]


@pytest.fixture
def newer(document: ModelDocument) -> ModelDocument:
    scorer = msgspec.structs.replace(document.scorer, intercept=0.3)
    return msgspec.structs.replace(document, scorer=scorer)


class Rollout:
    """A service with a champion and another version that no alias points at yet."""

    def __init__(self, publisher: Any, service: Any, old: str, new: str) -> None:
        self.publisher, self.service, self.old, self.new = publisher, service, old, new

    def point(self, alias: str, version: str) -> None:
        write_alias(self.publisher.root, "churn", alias, version, reason="test", actor="tester")
        self.service.registry.refresh()

    def canary(self, share: float) -> None:
        wish = Wish(version=self.new, actor="t", reason="test", share=share, force=True)
        promote(self.publisher.root, "churn", wish)
        self.service.registry.refresh()

    def version_of(self, body: Any, query: str = "") -> str:
        answer = self.service.client.post(f"/predict{query}", json=body)
        assert answer.status_code == 200, answer.data
        rows = answer.get_json() if isinstance(body, list) else [answer.get_json()]
        assert {row["model_version"] for row in rows} == {answer.headers["X-Model-Version"]}
        return str(answer.headers["X-Model-Version"])


@pytest.fixture
def rollout(
    publisher: Any, make_service: Callable[..., Any], document: ModelDocument, newer: ModelDocument
) -> Rollout:
    old = publisher.publish(document)
    new = publisher.publish(newer, promote=False)
    service = make_service(publisher.root)
    service.registry.refresh()
    return Rollout(publisher, service, old, new)


def test_a_customer_stays_on_one_version_and_the_share_is_kept(
    rollout: Rollout, customer: Record
) -> None:
    rollout.canary(0.3)
    ids = [f"customer-{number}" for number in range(300)]

    answered = [rollout.version_of({**customer, "customerid": name}) for name in ids]

    expected = [rollout.new if bucket(name) < 0.3 else rollout.old for name in ids]
    assert answered == expected
    assert 60 < answered.count(rollout.new) < 120
    assert rollout.version_of({**customer, "customerid": ids[0]}) == answered[0]


def test_one_body_is_answered_by_one_version(rollout: Rollout, customer: Record) -> None:
    rollout.canary(0.5)
    inside = next(f"a{number}" for number in range(99) if bucket(f"a{number}") < 0.5)
    outside = next(f"a{number}" for number in range(99) if bucket(f"a{number}") >= 0.5)
    rows = [{**customer, "customerid": name} for name in (inside, outside)]

    assert rollout.version_of(rows) == rollout.old
    assert rollout.version_of(rows[:1]) == rollout.new
    assert rollout.version_of({k: v for k, v in customer.items() if k != "customerid"}) == (
        rollout.old
    )


def test_a_canary_that_refuses_a_customer_leaves_him_to_the_champion(
    rollout: Rollout,
    customer: Record,
    schema: CustomerSchema,
    make_document: Callable[[CustomerSchema], ModelDocument],
) -> None:
    limits = {"tenure": {"highest": 0.5, "maximum": 0.5}}
    fields = tuple(
        msgspec.structs.replace(field, **limits.get(field.name, {})) for field in schema.fields
    )
    narrow = msgspec.structs.replace(schema, fields=fields)
    rollout.new = rollout.publisher.publish(make_document(narrow), promote=False)
    rollout.canary(0.999999)

    assert rollout.version_of({**customer, "tenure": 0.25}) == rollout.new
    assert rollout.version_of({**customer, "tenure": 7}) == rollout.old


def test_a_client_may_name_a_loaded_version(rollout: Rollout, customer: Record) -> None:
    rollout.point("challenger", rollout.new)

    assert rollout.version_of(customer, f"?model_version={rollout.new}") == rollout.new
    assert rollout.version_of(customer, "?model_version=challenger") == rollout.new
    assert rollout.version_of([customer], f"?model_version={rollout.old}") == rollout.old
    missing = rollout.service.client.post("/predict?model_version=shadow", json=customer)
    assert missing.status_code == 404
    assert missing.get_json()["type"] == "/problems/version-not-loaded"
    assert f"champion {rollout.old}, challenger {rollout.new}" in missing.get_json()["detail"]


def test_a_named_version_is_never_the_canary_instead(rollout: Rollout, customer: Record) -> None:
    rollout.canary(0.999999)

    assert rollout.version_of(customer) == rollout.new
    assert rollout.version_of(customer, "?model_version=champion") == rollout.old
    assert rollout.version_of(customer, "?model_version=canary") == rollout.new


def test_the_challenger_is_scored_in_shadow_and_never_returned(
    rollout: Rollout, customer: Record
) -> None:
    rollout.point("challenger", rollout.new)
    rollout.point("shadow", rollout.new)
    scorer = rollout.service.app.extensions["shadow"]

    assert rollout.version_of([customer] * 5) == rollout.old
    scorer.work_off()

    assert rollout.service.metric_lines("churn_shadow_rows_total{") == [
        f'churn_shadow_rows_total{{model_version="{rollout.new}"}} 5.0'
    ]
    lines = rollout.service.metric_lines("churn_shadow_disagreements_total{")
    assert f'{{kind="probability",model_version="{rollout.new}"}} 5.0' in "".join(lines)
    assert rollout.service.client.get("/health/ready").get_json()["champion"]["shadow"] == (
        rollout.new
    )


def test_the_scores_in_shadow_are_compared_with_those_of_training(
    rollout: Rollout, newer: ModelDocument, customer: Record
) -> None:
    score = BinnedField(field=SCORE, edges=(0.0, 0.5, 1.1), counts=(0, 70, 30, 0, 0))
    fields = tuple(
        BinnedField(field=field.name, edges=(0.0, 1.0), counts=(0, 9, 0, 0))
        if field.kind == "number"
        else BinnedField(
            field=field.name, levels=field.levels, counts=(9,) * (len(field.levels) + 2)
        )
        for field in newer.schema.features
    )
    known = msgspec.structs.replace(newer, reference=Reference(fields=fields, score=score))
    version = rollout.publisher.publish(known, promote=False)
    rollout.point("shadow", version)

    rollout.version_of([customer] * 100)
    rollout.service.app.extensions["shadow"].work_off()

    (line,) = rollout.service.metric_lines("churn_shadow_score_psi{")
    assert version in line
    assert float(line.split()[-1]) > 0.25


def test_the_scorer_works_in_a_thread_of_its_own(rollout: Rollout, customer: Record) -> None:
    rollout.point("challenger", rollout.new)
    scorer = rollout.service.app.extensions["shadow"]
    scorer.start()

    rollout.version_of(customer)

    scorer._waiting.join()
    assert rollout.service.metric_lines("churn_shadow_rows_total{")[0].endswith(" 1.0")


def test_without_a_shadow_nothing_is_kept(rollout: Rollout, customer: Record) -> None:
    rollout.version_of(customer)

    assert rollout.service.app.extensions["shadow"]._waiting.empty()


def test_a_full_queue_and_a_large_body_are_skipped_and_counted(rollout: Rollout) -> None:
    rollout.point("shadow", rollout.new)
    metrics = Metrics()
    scorer = ShadowScorer(rollout.service.registry.shadows, metrics, ShadowScores())
    answer: Any = (None, [])

    for _ in range(MOST_WAITING + 2):
        scorer.offer(*answer)
    scorer.offer(answer[0], [None] * (MOST_ROWS + 1))  # type: ignore[list-item]  # only counted

    text = metrics.render().decode()
    assert 'churn_shadow_skipped_total{reason="busy"} 2.0' in text
    assert 'churn_shadow_skipped_total{reason="too-large"} 1.0' in text


def test_a_shadow_that_refuses_or_breaks_is_counted(
    rollout: Rollout, customer: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    rollout.point("shadow", rollout.new)
    scorer = rollout.service.app.extensions["shadow"]
    (shadow,) = rollout.service.registry.shadows()
    rollout.version_of(customer)
    monkeypatch.setattr(shadow.validator, "decode", broken)

    scorer.work_off()

    assert rollout.service.metric_lines("churn_shadow_skipped_total{") == [
        'churn_shadow_skipped_total{reason="failed"} 1.0'
    ]


def broken(_body: bytes) -> Any:
    raise ZeroDivisionError


def test_a_damaged_challenger_is_told_and_the_champion_serves_on(
    rollout: Rollout, customer: Record
) -> None:
    write_alias(rollout.publisher.root, "churn", "challenger", rollout.new, reason="t", actor="t")
    (rollout.publisher.folder(rollout.new) / "model.json").write_text("{}")

    rollout.service.registry.refresh()
    rollout.service.registry.refresh()

    assert rollout.version_of(customer) == rollout.old
    (event,) = rollout.service.events("model.refused")
    assert (event["alias"], event["model_version"]) == ("challenger", rollout.new)
    assert rollout.service.client.get("/health/ready").status_code == 200
