"""The words of the states and the small integers that stand for them in the database.

Numbers once used are never given another meaning: rows of older releases hold them.
"""

from collections.abc import Iterator, Mapping
from typing import Final


class Words:
    """A fixed two-way table between words and small integers."""

    def __init__(self, idea: str, codes: Mapping[str, int]) -> None:
        self._idea = idea
        self._codes = dict(codes)
        self._words = {code: word for word, code in codes.items()}

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __contains__(self, word: object) -> bool:
        return word in self._codes

    def code(self, word: str) -> int:
        """Return the integer of a word.

        Raises:
            ValueError: the word is not in the table; the message lists those that are.
        """
        try:
            return self._codes[word]
        except KeyError:
            allowed = ", ".join(self._codes)
            raise ValueError(f"{word!r} is no {self._idea}; allowed are {allowed}.") from None

    def word(self, code: int) -> str:
        """Return the word of an integer that came from the database.

        Raises:
            ValueError: a newer release wrote a number that this one does not know.
        """
        try:
            return self._words[code]
        except KeyError:
            raise ValueError(f"{code} is the number of no {self._idea} of this release.") from None

    def codes(self, *words: str) -> tuple[int, ...]:
        """Return the integers of several words, ascending, as index predicates spell them."""
        return tuple(sorted(self.code(word) for word in words))


CAMPAIGN_STATUSES: Final = Words(
    "campaign status",
    {
        "draft": 0,
        "planning": 1,
        "planned": 2,
        "scheduled": 3,
        "held": 4,
        "running": 5,
        "paused": 6,
        "finished": 7,
        "finished_with_unknown": 8,
        "expired": 9,
        "cancelled": 10,
    },
)
TARGET_STATES: Final = Words(
    "target state",
    {
        "queued": 0,
        "leased": 1,
        "sending": 2,
        "sent": 3,
        "failed": 4,
        "deferred": 5,
        "unknown": 6,
        "cancelled": 7,
        "control": 10,
        "held_out": 11,
        "not_selected": 12,
        "ineligible": 13,
        "suppressed": 14,
        "capped": 15,
    },
)
ARMS: Final = Words("arm", {"none": 0, "treated": 1, "control": 2})
REASONS: Final = Words(
    "reason",
    {
        "targeted": 0,
        "control": 1,
        "holdout": 2,
        "explore": 3,
        "suppressed": 10,
        "no_consent": 11,
        "contact_cap": 12,
        "not_in_audience": 13,
        "no_score": 14,
        "ineligible": 15,
        "no_value": 16,
        "below_min_net": 17,
        "over_budget": 18,
        "over_capacity": 19,
        "over_contacts": 20,
        "over_liability": 21,
        "no_address": 22,
        "invalid_record": 23,
        "erased": 24,
        "expired": 25,
    },
)
JOB_STATES: Final = Words("job state", {"queued": 0, "running": 1, "done": 2, "failed": 3})
IMPORT_STATES: Final = Words("import state", {"queued": 0, "running": 1, "done": 2, "failed": 3})
OUTCOME_KINDS: Final = Words(
    "kind of outcome", {"churned": 0, "stayed": 1, "redeemed": 2, "revenue": 3}
)
