"""The spellings of a level that tables have."""

from churn_contract.cells import spellings
from churn_contract.schema import Field

_TRUTHS = ("0", "0.0", "1", "1.0", "f", "false", "n", "no", "t", "true", "y", "yes")


def usual_spellings(field: Field) -> dict[str, str]:
    """Return the level of each spelling of tables; a form's many words for yes are left out."""
    own = {*field.levels, *field.raw_levels, *_TRUTHS}
    return {text: level for text, level in spellings(field).items() if text in own}
