"""What an import noticed about its file, in words for the person who sent it."""

from collections.abc import Iterator, Mapping
from typing import Final

from marketing_service.importing.columns import Columns
from marketing_service.importing.csv_source import UTF_8

MOST_NAMED: Final = 10
LONGEST_NAME: Final = 60

_ENCODINGS: Final = {"cp1252": "Windows-1252", "latin-1": "Latin-1"}


def notes_on(columns: Columns, encoding: str, counts: Mapping[str, int]) -> Iterator[str]:
    """Yield one sentence for each thing that may surprise.

    Args:
        columns: What the header was taken for.
        encoding: How the file was read.
        counts: What became of the rows.
    """
    if counts["no_address"]:
        yield f"Customers without a mail address, who will get no mail: {counts['no_address']:,}."
    if columns.outcome:
        yield (
            f"The column {columns.outcome[:LONGEST_NAME]} holds the outcome and was not imported:"
            " report outcomes with marketing outcomes import."
        )
    if columns.ignored:
        named = ", ".join(cell[:LONGEST_NAME] for cell in columns.ignored[:MOST_NAMED])
        more = len(columns.ignored) - MOST_NAMED
        yield f"These columns were left out: {named}{f' and {more} more' if more > 0 else ''}."
    if encoding != UTF_8:
        name = _ENCODINGS.get(encoding, encoding)
        yield f"The file is no UTF-8 and was read as {name}: check letters with accents."
