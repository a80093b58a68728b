"""Names of fields that no schema knows, made fit for a header."""

from collections.abc import Iterable
from urllib.parse import quote

from churn_contract.schema import CustomerSchema

IGNORED_FIELDS = "X-Ignored-Fields"
_MOST_NAMES, _LONGEST_NAME = 20, 64


def ignored_names(names: Iterable[str], schema: CustomerSchema) -> tuple[str, ...]:
    """Return the strangers among names: sorted, quoted, cut, twenty at most."""
    strangers = sorted({name for name in names if schema.find(name) is None})
    return tuple(quote(name[:_LONGEST_NAME], safe="") for name in strangers[:_MOST_NAMES])
