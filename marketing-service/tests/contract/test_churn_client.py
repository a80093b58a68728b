import json
from collections.abc import Callable
from typing import Any

import pytest

from marketing_service.churn_client import (
    ChurnClient,
    ChurnRefusedError,
    ModelChangedError,
)

Records = list[dict[str, object]]
Connect = Callable[[Any], ChurnClient]


def test_the_live_model_is_the_champion(churn: Any, connect: Connect) -> None:
    model = connect(churn).live_model()
    assert model.schema == churn.schema
    assert (model.schema_digest, model.model_version) == (churn.schema.digest, churn.version)


def test_a_page_of_a_thousand_customers_is_scored(
    churn: Any, connect: Connect, records: Records
) -> None:
    scored = connect(churn).predict(records, churn.schema.id)
    assert len(scored.probabilities) == 1_000
    assert all(p is not None and 0 < p < 1 for p in scored.probabilities)
    assert (scored.refusals, scored.pin.model_version) == ({}, churn.version)


def test_scores_do_not_depend_on_the_page(churn: Any, connect: Connect, records: Records) -> None:
    client = connect(churn)
    whole = client.predict(records[:40], churn.schema.id).probabilities
    halves = [client.predict(part, churn.schema.id) for part in (records[:20], records[20:40])]
    assert whole == halves[0].probabilities + halves[1].probabilities


def test_customers_that_the_service_refuses_are_named(
    churn: Any, connect: Connect, records: Records
) -> None:
    bad = [dict(record) for record in records[:5]]
    bad[1]["tenure"] = -1_000
    bad[3]["contract"] = "weekly"
    scored = connect(churn).predict(bad, churn.schema.id)
    assert scored.refusals == {1: "tenure: out-of-range", 3: "contract: unknown-level"}
    assert [p is None for p in scored.probabilities] == [False, True, False, True, False]


def test_more_refused_customers_than_one_answer_names_are_all_found(
    churn: Any, connect: Connect, records: Records
) -> None:
    bad = [record | {"tenure": -1} if index % 2 else record for index, record in enumerate(records)]
    scored = connect(churn).predict(bad, churn.schema.id)
    assert sorted(scored.refusals) == list(range(1, 1_000, 2))


def test_a_promotion_between_two_pages_is_noticed(
    churn: Any, connect: Connect, records: Records
) -> None:
    client = connect(churn)
    pin = client.predict(records[:5], churn.schema.id).pin
    churn.promote(intercept=0.4)
    with pytest.raises(ModelChangedError, match="model version"):
        client.predict(records[5:10], churn.schema.id, pin)


def test_without_a_model_the_cure_is_named(empty_churn: Any, connect: Connect) -> None:
    with pytest.raises(ChurnRefusedError, match="Train a model"):
        connect(empty_churn).live_model()


def spoiled(change: Callable[[list[Any]], list[Any]]) -> Callable[[bytes], bytes]:
    return lambda body: json.dumps(change(json.loads(body))).encode()


@pytest.mark.parametrize(
    ("rewrite", "words"),
    [
        (lambda body: body[:-1], "no complete list"),
        (spoiled(lambda rows: rows[:-1]), "19 predictions for 20"),
        (spoiled(lambda rows: rows[::-1]), "another order"),
        (
            spoiled(lambda rows: [rows[0] | {"model_version": "x"}, *rows[1:]]),
            "two model versions",
        ),
    ],
    ids=["truncated", "short", "reordered", "mixed versions"],
)
def test_spoiled_pages_are_refused(
    churn: Any, connect: Connect, records: Records, rewrite: Callable[[bytes], bytes], words: str
) -> None:
    churn.adapter.rewrite = rewrite
    with pytest.raises(ChurnRefusedError, match=words):
        connect(churn).predict(records[:20], churn.schema.id)


def test_every_call_says_who_asks_and_how_long_it_waits(
    churn: Any, connect: Connect, records: Records
) -> None:
    connect(churn).predict(records[:2], churn.schema.id)
    sent = churn.adapter.seen[0].headers
    assert sent["X-API-Key"] == "chk_live_x"
    assert 0 < int(sent["X-Request-Deadline-Ms"]) <= 5_000
    assert {"traceparent", "Idempotency-Key"} <= set(sent)
