"""JavaScript: one ES module for Node.js and browsers, without any package."""

import json
from importlib import resources
from pathlib import Path

import msgspec

from churn_service.exports.exported import Exported
from churn_service.exports.python_module import tables_of

_TEMPLATE = "standalone.mjs.txt"


def write(model: Exported, target: Path) -> None:
    """Write the module."""
    packaged = resources.files("churn_service.exports") / _TEMPLATE
    content = msgspec.json.encode(tables_of(model), order="sorted").decode()
    # A string literal, since an object literal would give "__proto__" a meaning.
    literal = json.dumps(content).replace("<", "\\u003c")
    text = packaged.read_text(encoding="utf-8").replace("@VERSION@", model.version)
    target.write_text(text.replace("@MODEL@", literal), encoding="utf-8")
