"""Registry: serve the champion, follow its alias, never swap in a version that fails."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from churn_contract.headers import RETRY_AFTER
from churn_service.artefact.aliases import CHALLENGER, CHAMPION, SHADOW, Alias, read_alias
from churn_service.artefact.errors import ArtefactError
from churn_service.artefact.overview import created_at, metrics_of
from churn_service.artefact.reader import Artefact
from churn_service.errors import NoModelError, VersionNotLoadedError
from churn_service.predictor import Predictor
from service_kit.logs import EventLog
from service_kit.metrics import Metrics

# Labels must be bounded; a refusal for any other file counts as "other".
_REASONS = {
    "aliases/champion": "alias",
    "aliases/challenger": "alias",
    "aliases/shadow": "alias",
    "manifest.json": "manifest",
    "model.json": "model",
    "golden.jsonl": "golden",
    "model.sig": "signature",
}

CANARY = "canary"
BESIDE = (CANARY, CHALLENGER, SHADOW)

Load = Callable[[Path, str], tuple[Predictor, Artefact]]


@dataclass(frozen=True)
class LoadedModel:
    """One version in memory and what is known about its making."""

    alias: Alias
    predictor: Predictor
    metrics: object
    created: str

    def facts(self) -> dict[str, object]:
        """Describe the version for its users; JSON-ready."""
        document = self.predictor.document
        return {
            "name": document.name,
            "version": self.alias.version,
            "sha256": self.alias.sha256,
            "created": self.created,
            "schema_digest": document.schema_digest,
            "threshold": document.threshold,
            "horizon_days": document.horizon_days,
            "training": document.training,
            "metrics": self.metrics,
        }


class ModelRegistry:
    """Hold one reference to the champion; `refresh` replaces it in one step.

    Beside it stand the canary, the challenger and the shadow, where aliases name them.

    Args:
        root: The registry folder.
        name: Name of the model, a folder in it.
        load: Reads a version's folder, whose manifest has the given sha256; replays
            its golden rows; raises ArtefactError when the version must not be served.
        log: Gets `model.loaded` and `model.refused`.
        metrics: Gets `churn_model_info` and `churn_model_refused_total`.
    """

    def __init__(
        self, root: Path, name: str, *, load: Load, log: EventLog, metrics: Metrics
    ) -> None:
        self._root = root
        self._name = name
        self._load = load
        self._log = log
        self._info = metrics.gauge(
            "churn_model_info", "1 for the model being served.", ["version", "schema_digest"]
        )
        self._refused_total = metrics.counter(
            "churn_model_refused_total", "Versions that were not put in charge.", ["reason"]
        )
        self._champion: LoadedModel | None = None
        self._refusal = ""
        self._beside: dict[str, LoadedModel] = {}
        self._looked_at: Alias | None = None
        self._refused_last: dict[str, tuple[Alias | None, str]] = {}
        self._refreshing = threading.Lock()

    def champion(self) -> Predictor:
        """Return the predictor in charge; NoModelError while there is none."""
        return self._loaded().predictor

    def facts(self) -> dict[str, object]:
        """Describe the champion for its users; NoModelError while there is none."""
        return self._loaded().facts()

    def current(self) -> Predictor | None:
        """Return the predictor in charge, or None while there is none."""
        return self._champion.predictor if self._champion else None

    def alone(self) -> Predictor | None:
        """Return the predictor in charge when no version stands beside it, else None."""
        champion = self._champion
        return None if champion is None or self._beside else champion.predictor

    def loaded(self, wanted: str) -> Predictor:
        """Return the loaded predictor of a version or alias.

        Raises:
            VersionNotLoadedError: Naming what is loaded.
        """
        models = {CHAMPION: self._loaded(), **self._beside}
        for alias, model in models.items():
            if wanted in {alias, model.alias.version}:
                return model.predictor
        there = ", ".join(f"{alias} {model.alias.version}" for alias, model in models.items())
        raise VersionNotLoadedError(f"{wanted!r} is not loaded here; loaded: {there}.")

    def versions(self) -> tuple[str, ...]:
        """Return the versions that may be named, the one in charge first, each once."""
        models = (self._loaded(), *self._beside.values())
        return tuple(dict.fromkeys(model.alias.version for model in models))

    def canary(self) -> tuple[Predictor, float] | None:
        """Return the canary and its share of the customers, None when there is none."""
        champion, canary = self._champion, self._beside.get(CANARY)
        if champion is None or canary is None or champion.alias.canary is None:
            return None
        return canary.predictor, champion.alias.canary.share

    def shadows(self) -> tuple[Predictor, ...]:
        """Return the versions to score in shadow: challenger and shadow, each once."""
        champion = self._champion.alias.version if self._champion else None
        found = {
            model.alias.version: model.predictor
            for role, model in self._beside.items()
            if role != CANARY and model.alias.version != champion
        }
        return tuple(found.values())

    def check(self) -> str | None:
        """Tell why nothing can be scored, or None when it can."""
        return None if self._champion else self._refusal or "the model is still being loaded"

    def report(self) -> dict[str, str]:
        """Tell the version in charge and why a newer one was refused, if one was."""
        champion = self._champion
        fact = {"refused": self._refusal} if self._refusal else {}
        if champion is None:
            return fact
        beside = {role: model.alias.version for role, model in self._beside.items()}
        return {
            "version": champion.alias.version,
            "sha256": champion.alias.sha256,
            **beside,
            **fact,
        }

    def refresh(self) -> None:
        """Look at the alias and swap when it points at another version that is good.

        A refused version is tried again at the next look: its files may get repaired.
        """
        with self._refreshing:
            self._guarded(CHAMPION, self._follow)
            self._beside = {
                role: model
                for role in BESIDE
                if (model := self._guarded(role, partial(self._stand_by, role)))
            }

    def _guarded(self, role: str, look: Callable[[], LoadedModel | None]) -> LoadedModel | None:
        """Do one look; whatever a version does, what is served stays as it is."""
        try:
            found = look()
        except ArtefactError as error:
            self._refuse(role, _REASONS.get(error.file, "other"), str(error))
        except Exception as error:  # noqa: BLE001 - whatever a version does, the old one stays
            self._refuse(role, "other", f"loading failed with {type(error).__name__}")
        else:
            self._refused_last.pop(role, None)
            return found
        return None

    def _loaded(self) -> LoadedModel:
        if self._champion is None:
            raise NoModelError(self._refusal or "It is still being loaded.", headers=_SOON)
        return self._champion

    def _follow(self) -> None:
        self._looked_at = None
        self._looked_at = alias = read_alias(self._root, self._name, CHAMPION)
        if alias is None:
            self._refusal = f"there is no champion of {self._name!r} yet; train or promote one"
            return
        if self._champion is None or alias != self._champion.alias:
            self._swap(self._read(alias))
        self._refusal = ""

    def _stand_by(self, role: str) -> LoadedModel | None:
        self._looked_at = None
        self._looked_at = alias = self._target(role)
        if alias is None:
            return None
        there = [model for model in self._beside.values() if model.alias == alias]
        return there[0] if there else self._read(alias)

    def _target(self, role: str) -> Alias | None:
        if role != CANARY:
            return read_alias(self._root, self._name, role)
        canary = self._champion.alias.canary if self._champion else None
        return Alias(canary.version, canary.sha256) if canary else None

    def _read(self, alias: Alias) -> LoadedModel:
        folder = self._root / self._name / alias.version
        predictor, artefact = self._load(folder, alias.sha256)
        return LoadedModel(alias, predictor, metrics_of(artefact), created_at(folder))

    def _swap(self, model: LoadedModel) -> None:
        previous, self._champion = self._champion, model
        self._info.clear()
        self._info.labels(model.alias.version, model.predictor.schema.digest).set(1)
        self._log.event(
            "model.loaded",
            model_version=model.alias.version,
            previous=previous.alias.version if previous else None,
        )

    def _refuse(self, role: str, reason: str, detail: str) -> None:
        alias = self._looked_at
        if role == CHAMPION:
            self._refusal = f"{alias.version}: {detail}" if alias else detail
        if self._refused_last.get(role) == (alias, detail):
            return  # the same refusal, a second later
        self._refused_last[role] = (alias, detail)
        self._refused_total.labels(reason).inc()
        self._log.event(
            "model.refused",
            level="error",
            model_version=alias.version if alias else None,
            alias=role,
            reason=reason,
            detail=detail,
        )


class AliasWatcher:
    """Calls `refresh` of a registry at a fixed pace, in a thread of its own."""

    def __init__(self, refresh: Callable[[], None], interval_seconds: float) -> None:
        self._refresh = refresh
        self._interval_seconds = interval_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alias-watcher", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; returns when the thread has ended."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._interval_seconds):
            self._refresh()


_SOON = {RETRY_AFTER: "1"}
