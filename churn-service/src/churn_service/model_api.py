"""Routes of the life cycle: what the registry holds, and which version is in charge."""

from pathlib import Path
from typing import Any

import msgspec
from flask import Flask, Response, request

from churn_service.alias_changes import AliasChanges, caller
from churn_service.artefact.errors import ArtefactError
from churn_service.artefact.listing import find_version
from churn_service.artefact.overview import describe_version, describe_versions
from churn_service.artefact.promotions import Wish
from churn_service.artefact.reader import read_artefact
from churn_service.envelopes.json import MEDIA_TYPE
from churn_service.errors import UnreadableBodyError, VersionNotFoundError

_REPORTS = {"text/html": "report.html", "text/plain": "report.txt"}
# A report is one file: it loads nothing and runs nothing.
_REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class AliasChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a promotion."""

    version: str
    reason: str
    force: bool = False
    share: float | None = None


class LifecycleRoutes:
    """List versions, show one, and point aliases at them.

    Args:
        root: The registry folder.
        name: Name of the model, a folder in it.
        changes: Points aliases at versions.
    """

    def __init__(self, root: Path, name: str, changes: AliasChanges) -> None:
        self._root = root
        self._name = name
        self._changes = changes

    def versions(self) -> Response:
        """Answer with the facts of every version, the oldest first."""
        return _json({"name": self._name, "versions": describe_versions(self._root, self._name)})

    def version(self, wanted: str) -> Response:
        """Answer with the facts, verdicts and promotions of a version or alias."""
        return _json(describe_version(self._root, self._name, self._folder(wanted)))

    def report(self, wanted: str) -> Response:
        """Answer with the report of the training, as a page where there is one."""
        contents = read_artefact(self._folder(wanted)).contents
        offered = [kind for kind, file in _REPORTS.items() if file in contents]
        kind = request.accept_mimetypes.best_match(offered, default=offered[0] if offered else "")
        if not kind:
            raise VersionNotFoundError("This version was written without a report.")
        response = Response(contents[_REPORTS[kind]], content_type=f"{kind}; charset=utf-8")
        response.headers["Content-Security-Policy"] = _REPORT_POLICY
        return response

    def point(self, alias: str) -> Response:
        """Point an alias at a version; this process serves it with the answer."""
        change = _change(request.get_data(cache=False))
        wish = Wish(
            version=self._folder(change.version).name,
            actor=caller(),
            reason=change.reason,
            alias=alias,
            force=change.force,
            share=change.share,
        )
        self._changes.promote(wish)
        return _json({"alias": alias, "version": wish.version, "share": wish.share})

    def register(self, app: Flask) -> None:
        """Add the routes to an app."""
        app.add_url_rule("/models", view_func=self.versions)
        app.add_url_rule("/models/<wanted>", view_func=self.version)
        app.add_url_rule("/models/<wanted>/report", view_func=self.report)
        app.add_url_rule("/models/aliases/<alias>", view_func=self.point, methods=["PUT"])

    def _folder(self, wanted: str) -> Path:
        try:
            return find_version(self._root, self._name, wanted)
        except ArtefactError as error:
            raise VersionNotFoundError(f"There is no version {wanted!r}.") from error


def _change(body: bytes) -> AliasChange:
    try:
        return msgspec.json.decode(body, type=AliasChange)
    except (ValueError, RecursionError) as error:
        raise UnreadableBodyError(
            f'Send JSON such as {{"version": "...", "reason": "..."}}: {error}.'
        ) from error


def _json(facts: Any) -> Response:
    return Response(msgspec.json.encode(facts), content_type=MEDIA_TYPE)
