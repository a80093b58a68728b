"""The compiled column scorers of the versions that are in use."""

import threading

from churn_service.artefact.document import ModelDocument
from churn_service.columnar.scorer import ColumnScorer

# Champion, canary and shadows, and the ones before a swap.
_MOST = 6


class ColumnScorers:
    """Compiles each version once, when its first columns come; safe from any thread."""

    def __init__(self) -> None:
        self._found: dict[str, ColumnScorer] = {}
        self._lock = threading.Lock()

    def of(self, version: str, document: ModelDocument) -> ColumnScorer:
        """Return the scorer of a version."""
        with self._lock:
            scorer = self._found.get(version)
            if scorer is None or scorer.document is not document:
                scorer = self._found[version] = ColumnScorer(document)
                while len(self._found) > _MOST:
                    del self._found[next(iter(self._found))]
            return scorer
