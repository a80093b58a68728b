from flask.testing import FlaskClient

from marketing_service.mailbox.ledger import Ledger, NewMail


def store(ledger: Ledger, number: int, campaign: int | None = 3) -> None:
    ledger.store(NewMail(f"<m{number}>", campaign, "shop@a", f"ann{number}@a", "s", b"raw"))


def test_a_message_is_looked_up_by_its_id(client: FlaskClient, ledger: Ledger) -> None:
    store(ledger, 1)
    answer = client.get("/mailbox/api/messages", query_string={"message_id": "<m1>"}).json
    assert answer == {
        "message_id": "<m1>",
        "status": "delivered",
        "deliveries": [{"recipient": "ann1@a", "received": 1}],
    }


def test_a_message_that_never_came_is_absent(client: FlaskClient) -> None:
    answer = client.get("/mailbox/api/messages?message_id=x").json
    assert answer == {"message_id": "x", "status": "absent", "deliveries": []}


def test_mails_are_listed_with_filters(client: FlaskClient, ledger: Ledger) -> None:
    for number in (1, 2, 3):
        store(ledger, number, campaign=number)
    listed = client.get("/mailbox/api/messages?limit=2").json
    assert listed is not None
    assert [mail["message_id"] for mail in listed["messages"]] == ["<m3>", "<m2>"]
    chosen = client.get("/mailbox/api/messages?campaign=1&address=ann").json
    assert chosen is not None
    assert [mail["recipient"] for mail in chosen["messages"]] == ["ann1@a"]


def test_counts_tell_campaigns_and_repetitions(client: FlaskClient, ledger: Ledger) -> None:
    for number in (1, 1, 2):
        store(ledger, number)
    store(ledger, 4, campaign=None)
    everything = client.get("/mailbox/api/count").json
    assert everything == {
        "messages": 3,
        "repeated": 1,
        "campaigns": [
            {"campaign": 3, "messages": 2, "repeated": 1},
            {"campaign": None, "messages": 1, "repeated": 0},
        ],
    }
    one = client.get("/mailbox/api/count?campaign=3").json
    assert one is not None
    assert (one["messages"], one["repeated"]) == (2, 1)


def test_the_mailbox_is_ready_only_while_smtp_answers(client: FlaskClient) -> None:
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert "The SMTP port 1 does not answer" in answer.text


def test_numbers_beyond_every_mail_are_no_failure(client: FlaskClient, ledger: Ledger) -> None:
    store(ledger, 1)
    for query in ("campaign", "before"):
        assert client.get(f"/mailbox/api/messages?{query}={'9' * 20}").status_code == 404
    for limit in ("9" * 20, "-" + "9" * 20):
        assert client.get(f"/mailbox/api/messages?limit={limit}").status_code == 200
