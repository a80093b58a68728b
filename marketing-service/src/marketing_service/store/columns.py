"""Column types that both databases store in the same way."""

from typing import Any

import msgspec
from sqlalchemy import JSON, BigInteger, Dialect, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from marketing_service.canonical import canonical_json

BIG_ID = BigInteger().with_variant(Integer(), "sqlite")
"""An ascending row number; SQLite only counts up a column that is spelled INTEGER."""

MILLISECONDS = BigInteger()
"""An instant: milliseconds since 1970 in UTC."""

ATTRIBUTES = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""Customer fields by canonical name; queried inside, so binary JSON where there is one."""


class CanonicalJson(TypeDecorator[Any]):
    """JSON kept as canonical text, so that digests over it never change.

    PostgreSQL's own JSON types rewrite numbers and the order of keys.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Encode a value on its way to the database."""
        del dialect
        return None if value is None else canonical_json(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Decode a text that comes from the database."""
        del dialect
        return None if value is None else msgspec.json.decode(value)
