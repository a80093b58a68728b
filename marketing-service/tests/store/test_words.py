import pytest

from marketing_service.campaign import CampaignStatus
from marketing_service.store import words


def test_a_word_and_its_number_are_two_sides_of_one_thing() -> None:
    for word in words.TARGET_STATES:
        assert words.TARGET_STATES.word(words.TARGET_STATES.code(word)) == word


def test_an_unknown_word_is_refused_with_the_allowed_ones() -> None:
    with pytest.raises(ValueError, match=r"'lost' is no arm; allowed are none, treated, control"):
        words.ARMS.code("lost")


def test_a_number_of_a_newer_release_is_refused() -> None:
    with pytest.raises(ValueError, match="99 is the number of no target state"):
        words.TARGET_STATES.word(99)


def test_codes_come_in_the_order_of_the_index_predicates() -> None:
    assert words.TARGET_STATES.codes("deferred", "queued") == (0, 5)


def test_words_can_be_asked_for_membership() -> None:
    assert "over_budget" in words.REASONS
    assert "bad luck" not in words.REASONS


def test_every_status_of_a_campaign_has_a_number() -> None:
    assert set(words.CAMPAIGN_STATUSES) == set(CampaignStatus)


def test_numbers_are_unique_within_each_idea() -> None:
    ideas = [
        words.ARMS, words.REASONS, words.TARGET_STATES, words.CAMPAIGN_STATUSES,
        words.JOB_STATES, words.IMPORT_STATES, words.OUTCOME_KINDS,
    ]  # fmt: skip
    for idea in ideas:
        assert len({idea.code(word) for word in idea}) == len(list(idea))
