"""Every way this tool refuses, with its exit code.

KeysError
 |- UsageError           2  the arguments cannot mean anything
 |- RefusedError         3  understood, but not allowed or not true
 `- NotConfirmedError    6  stored, but a running gateway did not confirm
"""

from typing import ClassVar


class KeysError(Exception):
    """Something went wrong; the message names cause and cure."""

    exit_code: ClassVar[int] = 1


class UsageError(KeysError):
    """The arguments are malformed, unknown or contradict each other."""

    exit_code = 2


class RefusedError(KeysError):
    """The request is clear, but the store's state or a rule forbids it."""

    exit_code = 3


class NotConfirmedError(KeysError):
    """The change is stored, but a running gateway did not confirm it."""

    exit_code = 6
