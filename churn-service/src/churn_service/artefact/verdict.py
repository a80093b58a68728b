"""The written verdict of the gate: may this version follow that champion?"""

from hashlib import sha256
from pathlib import Path

import msgspec

from churn_service.artefact.errors import ArtefactError
from churn_service.artefact.files import replace_file
from churn_service.artefact.names import checked_name

_SUFFIX = ".json"
_NOT_JUDGED = "not judged: "


class Check(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that the gate looks at: what it found and what it asks for."""

    name: str
    passed: bool
    found: str
    limit: str
    value: float | None = None

    @property
    def judged(self) -> bool:
        """Tell whether the gate came so far; a check that it did not reach never passes."""
        return not self.found.startswith(_NOT_JUDGED)


def not_judged(name: str, reason: str) -> Check:
    """Return the row of a check that an earlier one left no room for."""
    return Check(name=name, passed=False, found=f"{_NOT_JUDGED}{reason}", limit="-")


class Verdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All checks of a version against the champion of that day, on the same rows."""

    version: str
    against: str
    at: str
    data_sha256: str
    rows: int
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Tell whether every check passed."""
        return all(check.passed for check in self.checks)

    @property
    def digest(self) -> str:
        """Return the sha256 of the verdict as written."""
        return sha256(encode_verdict(self)).hexdigest()

    def text(self) -> str:
        """Return the verdict in words, one line per check."""
        word = "passed" if self.passed else "FAILED"
        head = f"gate {word}: {self.version} against {self.against} on {self.rows:,} held-out rows"
        width = max((len(check.name) for check in self.checks), default=0)
        return "\n".join([head, *(_line(check, width) for check in self.checks)])

    def failures(self) -> str:
        """Name the failed checks and what was found."""
        failed = [check for check in self.checks if check.judged and not check.passed]
        return "; ".join(f"{c.name}: {c.found} (asked: {c.limit})" for c in failed)


def encode_verdict(verdict: Verdict) -> bytes:
    """Return the canonical bytes of a verdict."""
    return msgspec.json.encode(verdict, order="sorted")


def write_verdict(root: Path, name: str, verdict: Verdict) -> Path:
    """Keep a verdict beside its version, named by its own hash; it is never changed."""
    folder = _folder(root, name)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{checked_name(verdict.version, 'version')}.{verdict.digest[:12]}{_SUFFIX}"
    replace_file(path, encode_verdict(verdict))
    return path


def read_verdicts(root: Path, name: str, version: str) -> list[Verdict]:
    """Return the intact verdicts on a version, the oldest first.

    Raises:
        ArtefactError: When one was changed after it was written.
    """
    found = _folder(root, name).glob(f"{checked_name(version, 'version')}.*{_SUFFIX}")
    return sorted((_read(path) for path in found), key=lambda verdict: verdict.at)


def latest_verdict(root: Path, name: str, version: str, against: str) -> Verdict | None:
    """Return the newest verdict of a version against one champion, if there is any."""
    fitting = [v for v in read_verdicts(root, name, version) if v.against == against]
    return fitting[-1] if fitting else None


def _folder(root: Path, name: str) -> Path:
    return root / checked_name(name, "model name") / "verdicts"


def _read(path: Path) -> Verdict:
    data = path.read_bytes()
    if sha256(data).hexdigest()[:12] != path.name.split(".")[1]:
        raise ArtefactError(f"verdicts/{path.name}", "was changed after it was written")
    return msgspec.json.decode(data, type=Verdict)


def _line(check: Check, width: int) -> str:
    if not check.judged:
        return f"  -    {check.name:<{width}}  {check.found}"
    mark = "ok  " if check.passed else "FAIL"
    return f"  {mark} {check.name:<{width}}  {check.found} (asked: {check.limit})"
