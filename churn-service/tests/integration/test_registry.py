"""The registry: follow the alias, swap in one step, refuse what is not intact."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from churn_contract.schema import CustomerSchema
from churn_service.artefact.aliases import alias_path
from churn_service.artefact.document import ModelDocument
from churn_service.registry import AliasWatcher

MakeService = Callable[..., Any]


@pytest.fixture
def newer(document: ModelDocument) -> ModelDocument:
    scorer = msgspec.structs.replace(document.scorer, intercept=0.3)
    return msgspec.structs.replace(document, scorer=scorer)


@pytest.fixture
def served(publisher: Any, make_service: MakeService, document: ModelDocument) -> Any:
    publisher.publish(document)
    service = make_service(publisher.root)
    service.registry.refresh()
    return service


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def test_a_promoted_version_is_swapped_in(
    served: Any, publisher: Any, newer: ModelDocument, customer: dict[str, object]
) -> None:
    old = served.client.post("/predict", json=customer).get_json()
    version = publisher.publish(newer)
    served.registry.refresh()
    new = served.client.post("/predict", json=customer).get_json()
    assert (new["model_version"], old["model_version"] == version) == (version, False)
    assert new["churn_probability"] > old["churn_probability"]
    (info,) = served.metric_lines("churn_model_info")
    assert version in info
    assert [event["model_version"] for event in served.events("model.loaded")] == [
        old["model_version"],
        version,
    ]


@pytest.mark.parametrize("file", ["model.json", "golden.jsonl", "manifest.json"])
def test_a_changed_byte_is_refused_and_told(
    publisher: Any, make_service: MakeService, document: ModelDocument, file: str
) -> None:
    version = publisher.publish(document)
    damage(publisher.folder(version) / file)
    service = make_service(publisher.root)
    service.registry.refresh()
    ready = service.client.get("/health/ready")
    assert ready.status_code == 503
    assert file in ready.get_json()["checks"]["model"]
    assert version in ready.get_json()["checks"]["model"]
    (line,) = service.metric_lines("churn_model_refused_total{")
    assert line.endswith(" 1.0")
    assert file.split(".", maxsplit=1)[0] in line


def test_files_other_than_those_the_alias_was_set_for_are_refused(
    publisher: Any, make_service: MakeService, document: ModelDocument
) -> None:
    version = publisher.publish(document)
    path = alias_path(publisher.root, "churn", "champion")
    path.write_bytes(msgspec.json.encode({"version": version, "sha256": "0" * 64}))
    service = make_service(publisher.root)
    service.registry.refresh()
    assert "sha256 differs" in service.client.get("/health/ready").get_json()["checks"]["model"]


def test_a_swap_in_the_middle_of_a_request_does_not_change_its_answer(
    served: Any, publisher: Any, newer: ModelDocument, customer: dict[str, object]
) -> None:
    old = served.registry.champion().version
    publisher.publish(newer)
    swapped = served.registry.champion().validator.decode

    def swap_then_decode(body: bytes) -> Any:
        served.registry.refresh()
        return swapped(body)

    served.registry.champion().validator.decode = swap_then_decode
    answer = served.client.post("/predict", json=customer)
    assert served.registry.champion().version != old
    assert answer.headers["X-Model-Version"] == answer.get_json()["model_version"] == old


def test_a_refused_version_keeps_the_old_one_in_charge(
    served: Any, publisher: Any, newer: ModelDocument, customer: dict[str, object]
) -> None:
    old = served.registry.champion().version
    version = publisher.publish(newer)
    damage(publisher.folder(version) / "model.json")
    served.registry.refresh()
    served.registry.refresh()
    answer = served.client.post("/predict", json=customer)
    assert (answer.status_code, answer.get_json()["model_version"]) == (200, old)
    report = served.client.get("/health/ready").get_json()
    assert report["status"] == "ready"
    assert version in report["champion"]["refused"]
    assert len(served.events("model.refused")) == 1
    assert served.metric_lines("churn_model_refused_total{") == [
        'churn_model_refused_total{reason="model"} 1.0'
    ]


def test_a_repaired_version_is_taken_at_the_next_look(
    served: Any, publisher: Any, newer: ModelDocument
) -> None:
    version = publisher.publish(newer)
    damage(publisher.folder(version) / "model.json")
    served.registry.refresh()
    damage(publisher.folder(version) / "model.json")
    served.registry.refresh()
    assert served.registry.champion().version == version
    assert "refused" not in served.client.get("/health/ready").get_json()["champion"]


def test_a_torn_alias_keeps_the_old_version(served: Any, publisher: Any) -> None:
    alias_path(publisher.root, "churn", "champion").write_bytes(b'{"version": "0123')
    served.registry.refresh()
    assert served.client.get("/ping").status_code == 200
    assert 'reason="alias"' in served.metric_lines("churn_model_refused_total{")[0]


def test_a_vanished_alias_keeps_the_old_version(served: Any, publisher: Any) -> None:
    alias_path(publisher.root, "churn", "champion").unlink()
    served.registry.refresh()
    assert served.client.get("/ping").status_code == 200


def test_a_version_that_crashes_the_loader_is_refused(
    served: Any, publisher: Any, newer: ModelDocument
) -> None:
    def explode(_folder: Path, _sha256: str) -> Any:
        raise MemoryError

    publisher.publish(newer)
    served.registry._load = explode
    served.registry.refresh()
    assert served.client.get("/ping").status_code == 200
    assert served.events("model.refused")[0]["detail"] == "loading failed with MemoryError"


def test_an_unlisted_file_counts_as_other(
    publisher: Any, make_service: MakeService, document: ModelDocument
) -> None:
    version = publisher.publish(document)
    (publisher.folder(version) / "evil.pkl").write_bytes(b"x")
    service = make_service(publisher.root)
    service.registry.refresh()
    assert 'reason="other"' in service.metric_lines("churn_model_refused_total{")[0]


@pytest.fixture
def watching(served: Any) -> Iterator[threading.Event]:
    looked = threading.Event()

    def look() -> None:
        served.registry.refresh()
        looked.set()

    watcher = AliasWatcher(look, 0.01)
    watcher.start()
    yield looked
    watcher.stop()


def test_the_watcher_follows_the_alias_by_itself(
    served: Any, publisher: Any, newer: ModelDocument, watching: threading.Event
) -> None:
    version = publisher.publish(newer)
    for _ in range(500):
        watching.clear()
        assert watching.wait(timeout=10)
        if served.registry.champion().version == version:
            break
    assert served.registry.champion().version == version


def test_every_answer_of_a_swap_has_one_version(
    served: Any, publisher: Any, newer: ModelDocument, customer: dict[str, object],
    watching: threading.Event,
) -> None:  # fmt: skip
    old = served.registry.champion().version
    new = publisher.publish(newer, promote=False)
    seen = set()
    for turn in range(10):
        publisher.promote(new if turn % 2 else old)
        watching.clear()
        assert watching.wait(timeout=10)
        answer = served.client.post("/predict", json=[customer] * 20)
        versions = {item["model_version"] for item in answer.get_json()}
        assert versions == {answer.headers["X-Model-Version"]}
        seen |= versions
    assert seen == {old, new}


def test_odd_values_are_counted_by_field(
    publisher: Any,
    make_service: MakeService,
    make_document: Callable[[CustomerSchema], ModelDocument],
    schema: CustomerSchema,
    customer: dict[str, object],
) -> None:
    from_demo = {
        "totalcharges": {"nullable": True, "blank": None},
        "contract": {"unknown": "other"},
    }
    fields = tuple(
        msgspec.structs.replace(field, **from_demo.get(field.name, {})) for field in schema.fields
    )
    lenient = msgspec.structs.replace(schema, fields=fields)
    publisher.publish(make_document(lenient))
    service = make_service(publisher.root)
    service.registry.refresh()
    odd = customer | {"totalcharges": None, "contract": "weekly"}
    assert service.client.post("/predict", json=[odd, odd, customer]).status_code == 200
    assert service.metric_lines("churn_missing_total{") == [
        'churn_missing_total{field="totalcharges"} 2.0'
    ]
    assert service.metric_lines("churn_unseen_level_total{") == [
        'churn_unseen_level_total{field="contract"} 2.0'
    ]
