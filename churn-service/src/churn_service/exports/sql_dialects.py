"""SQL dialects: how each says a type, a try at a number, a name."""

from dataclasses import dataclass

from churn_service.exports.exported import ExportError


@dataclass(frozen=True)
class Dialect:
    """One dialect.

    Attributes:
        name: As in `--dialect`.
        text: Type of texts.
        number: How a cell becomes a double or NULL; `{}` stands for the column.
        quote: What stands around names.
        literal: A double; `{}` stands for its digits. `1e0` is an exact decimal to some.
        fence: What keeps a subquery's columns computed once, at its end.
        tries: Whether a text that is no number becomes NULL; elsewhere it ends the query.
    """

    name: str
    text: str
    number: str
    quote: str = '"'
    literal: str = "{}"
    fence: str = ""
    tries: bool = False

    def column(self, name: str) -> str:
        """Return a column's name, quoted."""
        return self.quote + name.replace(self.quote, self.quote * 2) + self.quote

    def double(self, value: float) -> str:
        """Return a literal that is read as a double, not as a decimal."""
        text = repr(float(value))
        return self.literal.format(text if "e" in text else f"{text}e0")


_CUT = "CAST(NULLIF(TRIM(CAST({} AS %s)), '') AS %s)"
DIALECTS = {
    item.name: item
    for item in (
        Dialect("ansi", "VARCHAR(1000)", _CUT % ("VARCHAR(1000)", "DOUBLE PRECISION")),
        Dialect("duckdb", "VARCHAR", "TRY_CAST({} AS DOUBLE)", tries=True),
        Dialect(
            "postgres",
            "TEXT",
            _CUT % ("TEXT", "DOUBLE PRECISION"),
            literal="FLOAT8 '{}'",
            fence=" OFFSET 0",
        ),
        Dialect("spark", "STRING", "TRY_CAST({} AS DOUBLE)", "`", tries=True),
    )
}


def dialect_named(name: str) -> Dialect:
    """Return a dialect; ExportError names those there are."""
    if name not in DIALECTS:
        raise ExportError(f"there is no dialect {name!r}; there are: {', '.join(DIALECTS)}")
    return DIALECTS[name]


def string(value: str) -> str:
    """Return a literal of a text."""
    return "'" + value.replace("'", "''") + "'"
