import inspect

import pytest

from marketing_service import errors
from service_kit.problems import ServiceError

OURS = [
    item
    for _, item in inspect.getmembers(errors, inspect.isclass)
    if issubclass(item, ServiceError) and item is not ServiceError
]


@pytest.mark.parametrize("error", OURS, ids=lambda error: error.__name__)
def test_every_error_has_a_status_a_type_and_a_title(error: type[ServiceError]) -> None:
    assert 400 <= error.status < 600
    assert error.type == error.type.lower()
    assert error.type != "internal-error"
    assert error.title
    assert error.__name__ in (errors.__doc__ or "")


def test_types_are_not_shared() -> None:
    assert len({error.type for error in OURS}) == len(OURS)
