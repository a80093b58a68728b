import pytest

from gateway_keys.errors import UsageError
from gateway_keys.names import check_names


@pytest.mark.parametrize("owner", ["", "Ann", "a|b", "a b", "-a", "a" * 65, "a\r\nX-Key-Id: k"])
def test_an_owner_that_could_break_a_header_is_refused(owner: str) -> None:
    with pytest.raises(UsageError, match="an owner has"):
        check_names("batch", owner)


@pytest.mark.parametrize("name", ["", "a" * 65, "a\nb", "ä"])
def test_a_name_that_could_break_a_list_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="a name has"):
        check_names(name, "ann")
