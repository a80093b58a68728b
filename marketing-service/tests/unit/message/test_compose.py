from email import message_from_bytes, policy
from typing import Any

import pytest

from marketing_service.message.compose import CampaignMessage, Composer, check_message
from marketing_service.message.errors import MessageError
from marketing_service.store.claims import MarkedTarget, SendableCampaign

MESSAGE = {
    "subject": "{{ customer_id }}: {{ campaign }}",
    "text": "{{ customer.contract }} {{ offer.incentive_eur }}",
    "html": "<p>{{ customer.contract }}</p>",
    "from": "Shop <shop@example.test>",
    "reply_to": "help@example.test",
}


def compiled(**changes: Any) -> CampaignMessage:
    spec = {"message": MESSAGE | changes, "offers": [{"id": "o", "incentive_eur": 20, "x": None}]}
    return Composer(b"k" * 32, "example.test").compile(SendableCampaign(3, 9, "spring", spec))


def target(**changes: Any) -> MarkedTarget:
    known = MarkedTarget(1, 1, 0, "C-1", b"12345678", "ann@example.test", {"contract": "yearly"})
    return known._replace(**changes)


def test_a_mail_is_filled_from_customer_offer_and_campaign() -> None:
    message = compiled()
    mail = message_from_bytes(message.mail(target(), 0), policy=policy.default)
    body = mail.get_body(("plain",))
    assert mail["Subject"] == "C-1: spring"
    assert mail["Reply-To"] == "help@example.test"
    assert mail["Message-ID"] == message.message_id(b"12345678")
    assert body is not None
    assert body.get_content().strip() == "yearly 20"


def test_the_envelope_sender_is_the_bare_address() -> None:
    assert compiled().sender == "shop@example.test"


@pytest.mark.parametrize("attrs", [{}, {"contract": None}])
def test_an_empty_field_is_never_printed_but_an_error(attrs: dict[str, Any]) -> None:
    with pytest.raises(MessageError, match="contract"):
        compiled().mail(target(attrs=attrs), 0)


def test_a_target_without_offer_cannot_name_one() -> None:
    with pytest.raises(MessageError, match="incentive_eur"):
        compiled().mail(target(offer=None), 0)


def test_a_message_without_html_has_one_part() -> None:
    mail = message_from_bytes(compiled(html=None, reply_to=None).mail(target(), 0))
    assert mail.get_content_type() == "text/plain"


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"from": "nobody"}, "from"),
        ({"reply_to": "x\ny@z"}, "reply_to"),
        ({"text": "{{ 2 ** 9 }}"}, "text"),
        ({"subject": "{{"}, "subject"),
        ({"html": "{% set a = 1 %}"}, "html"),
    ],
)
def test_a_message_that_cannot_work_is_refused_by_part(change: dict[str, str], part: str) -> None:
    with pytest.raises(MessageError) as caught:
        check_message(MESSAGE | change)
    assert caught.value.part == part
