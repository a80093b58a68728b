"""Names for runtimes that take letters, digits and underscores only."""

import re
from collections.abc import Sequence

from churn_contract.schema import Field


def identifiers(features: Sequence[Field]) -> tuple[str, ...]:
    """Return one name per field: the canonical one, other characters made `_`, none twice."""
    names: dict[str, Field] = {}
    for field in features:
        name = re.sub(r"[^a-z0-9_]", "_", field.name)
        name = name if name[0].isalpha() else f"f_{name}"
        while name in names:
            name += "_"
        names[name] = field
    return tuple(names)
