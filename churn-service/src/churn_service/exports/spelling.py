"""The spellings of a level that tables have."""

from churn_contract.cells import spellings
from churn_contract.schema import Field

_TRUTHS = ("true", "false", "1", "0", "t", "f", "yes", "no", "y", "n", "1.0", "0.0")


def usual_spellings(field: Field) -> dict[str, str]:
    """Return the level of each spelling of tables, the usual ones first.

    A form's many words for yes are left out. Runtimes try one after the other, so the
    file's own come first, then what a database makes of a boolean.
    """
    known = spellings(field)
    order = (*field.raw_levels, *_TRUTHS[:2], *field.levels, *_TRUTHS)
    return {text: known[text] for text in order if text in known}
