"""Signed models: with a public key the service takes no version without its signature."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from churn_service import app
from churn_service.artefact import keys
from churn_service.artefact.document import ModelDocument
from churn_service.artefact.signature import SIGNATURE_FILE
from churn_service.artefact.signing import sign_version
from service_kit.settings import SettingsError

pytest.importorskip("cryptography")


@pytest.fixture
def private_key(tmp_path: Path) -> keys.PrivateKey:
    keys.write_key_pair(tmp_path / "release.key")
    return keys.read_private_key(tmp_path / "release.key")


@pytest.fixture
def served(
    publisher: Any,
    make_service: Callable[..., Any],
    document: ModelDocument,
    private_key: keys.PrivateKey,
    tmp_path: Path,
) -> Any:
    """A service that asks for signatures, with a signed champion."""
    sign_version(publisher.folder(publisher.publish(document)), private_key)
    service = make_service(publisher.root, model_public_key=tmp_path / "release.key.pub")
    service.registry.refresh()
    return service


@pytest.fixture
def newer(publisher: Any, document: ModelDocument) -> str:
    """Another version, not signed and not in charge."""
    scorer = msgspec.structs.replace(document.scorer, intercept=0.3)
    return str(publisher.publish(msgspec.structs.replace(document, scorer=scorer), promote=False))


def test_an_unsigned_version_leaves_the_old_champion_in_charge(
    served: Any, publisher: Any, newer: str, private_key: keys.PrivateKey
) -> None:
    old = served.registry.champion().version
    publisher.promote(newer)
    served.registry.refresh()

    report = served.client.get("/health/ready").get_json()
    assert report["champion"]["version"] == old
    assert "churn models sign" in report["champion"]["refused"]
    assert served.metric_lines("churn_model_refused_total{") == [
        'churn_model_refused_total{reason="signature"} 1.0'
    ]

    sign_version(publisher.folder(newer), private_key)
    served.registry.refresh()
    assert served.registry.champion().version == newer


def test_a_changed_signature_is_refused(
    served: Any, publisher: Any, newer: str, private_key: keys.PrivateKey
) -> None:
    old = served.registry.champion().version
    path = sign_version(publisher.folder(newer), private_key)
    path.write_bytes(path.read_bytes().replace(b'"sig":"M', b'"sig":"N'))
    publisher.promote(newer)
    served.registry.refresh()

    assert served.registry.champion().version == old
    assert "does not fit the public key" in served.registry.report()["refused"]


def test_a_promotion_over_http_asks_for_the_signature(
    served: Any, publisher: Any, newer: str, private_key: keys.PrivateKey
) -> None:
    change = {"version": newer, "reason": "test", "force": True}
    refused = served.client.put("/models/aliases/champion", json=change)
    signed = sign_version(publisher.folder(newer), private_key)
    taken = served.client.put("/models/aliases/champion", json=change)

    assert refused.status_code == 409
    assert SIGNATURE_FILE in refused.get_json()["detail"]
    assert (taken.status_code, signed.name) == (200, SIGNATURE_FILE)
    assert served.client.get(f"/models/{newer}").get_json()["signed"]


def test_a_key_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    environ = {"CHURN_MODEL_PUBLIC_KEY": str(tmp_path / "missing.pub")}

    with pytest.raises(SettingsError, match=r"CHURN_MODEL_PUBLIC_KEY: .*missing.pub cannot be re"):
        app.run(environ)


def test_a_key_without_the_extra_stops_the_start_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> object:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(keys, "import_module", missing)
    with pytest.raises(SettingsError, match=r"install churn-service with its extra: churn-serv"):
        app.run({"CHURN_MODEL_PUBLIC_KEY": str(tmp_path / "release.key.pub")})
