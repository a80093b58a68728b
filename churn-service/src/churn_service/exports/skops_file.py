"""skops: the estimator in the format of skops, which names the types it needs."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from skops.io import dumps  # type: ignore[import-untyped]  # ships no types

from churn_service.exports.exported import Exported
from churn_service.exports.pickled import estimator_of

TRUSTED = "churn_service.exports.estimator.ChurnEstimator"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_SCHEMA, _ID = "schema.json", "__id__"


def write(model: Exported, target: Path) -> None:
    """Write the estimator, the same bytes each time.

    skops writes the time, and addresses of memory as ids; both are replaced.
    """
    with zipfile.ZipFile(io.BytesIO(dumps(estimator_of(model)))) as made:
        contents = {name: made.read(name) for name in sorted(made.namelist())}
    contents[_SCHEMA] = _renumbered(contents[_SCHEMA])
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)


def _renumbered(schema: bytes) -> bytes:
    numbers: dict[int, int] = {}

    def number(node: dict[str, Any]) -> dict[str, Any]:
        if _ID in node:
            node[_ID] = numbers.setdefault(node[_ID], 1 + len(numbers))
        return node

    return json.dumps(json.loads(schema, object_hook=number), indent=2).encode()
