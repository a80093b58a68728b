"""Every phase of SMTP, broken on purpose by a server that follows a script."""

import smtplib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from marketing_service.messengers.protocol import Lookup, Message, SendState
from marketing_service.messengers.smtp import (
    SmtpConfigError,
    SmtpMessenger,
    SmtpOptions,
    dot_stuffed,
)

LOST = ""
"""A reply that is no reply: the server closes the connection instead."""
SILENT = "silent"
"""A reply that never comes while the connection stays open."""


class ScriptedServer:
    """Answers each SMTP step as told; what is not told goes well."""

    def __init__(self) -> None:
        self.replies: dict[str, list[str]] = {}
        self.extensions: list[str] = []
        self.bodies: list[bytes] = []
        self.commands: list[str] = []
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        if self._socket.fileno() < 0:
            return
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self._open:
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rwb") as stream:
                if self._answer(stream, "GREETING", "220 scripted"):
                    self._serve(stream)
        except OSError:
            return

    def _serve(self, stream: Any) -> None:
        while line := stream.readline():
            step = line.decode().strip().upper().partition(" ")[0].partition(":")[0]
            self.commands.append(line.decode().strip())
            if not self._answer(stream, step, self._good(step)):
                return
            if step == "DATA" and self.commands[-1] == "DATA" and self._accepted_data:
                self._read_body(stream)
                if not self._answer(stream, "DOT", "250 stored"):
                    return

    def _good(self, step: str) -> str:
        if step == "EHLO":
            lines = ["scripted", *self.extensions]
            return "\r\n".join(
                f"250{' ' if number == len(lines) - 1 else '-'}{text}"
                for number, text in enumerate(lines)
            )
        return "354 go on" if step == "DATA" else "250 fine"

    def _answer(self, stream: Any, step: str, good: str) -> bool:
        script = self.replies.get(step, [])
        reply = script.pop(0) if script else good
        self._accepted_data = reply.startswith("354")
        if reply == SILENT:
            stream.readline()
            return False
        if reply != LOST:
            stream.write(reply.encode() + b"\r\n")
            stream.flush()
        return reply != LOST

    def _read_body(self, stream: Any) -> None:
        body = b""
        while (line := stream.readline()) not in {b".\r\n", b""}:
            body += line
        if line:
            self.bodies.append(body)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.close()


@pytest.fixture
def messenger(server: ScriptedServer) -> Iterator[SmtpMessenger]:
    messenger = SmtpMessenger(options(server))
    yield messenger
    messenger.close()


def options(server: ScriptedServer, **changes: Any) -> SmtpOptions:
    given = {"connect_seconds": 2.0, "command_seconds": 2.0, "reply_seconds": 2.0}
    return SmtpOptions(host="127.0.0.1", port=server.port, **(given | changes))


def message(recipient: str = "ann@example.test", **changes: Any) -> Message:
    given: dict[str, Any] = {
        "message_id": "<c1.a@example.test>",
        "sender": "shop@example.test",
        "recipient": recipient,
        "content": b"Subject: s\r\n\r\nbody\r\n",
        "not_after": float("inf"),
    }
    return Message(**(given | changes))


def states(messenger: SmtpMessenger, *messages: Message) -> list[SendState]:
    return [result.state for result in messenger.send(messages)]


def test_a_message_is_sent_once_the_server_answered_the_last_dot(
    server: ScriptedServer, messenger: SmtpMessenger
) -> None:
    (result,) = messenger.send([message()])
    assert (result.state, result.code) == (SendState.SENT, 250)
    assert server.bodies == [b"Subject: s\r\n\r\nbody\r\n"]


def test_one_connection_serves_many_messages(
    server: ScriptedServer, messenger: SmtpMessenger
) -> None:
    assert states(messenger, *[message()] * 5) == [SendState.SENT] * 5
    assert server.connections == 1


def test_a_connection_is_renewed_after_its_share(server: ScriptedServer) -> None:
    messenger = SmtpMessenger(options(server, per_connection=2))
    assert states(messenger, *[message()] * 5) == [SendState.SENT] * 5
    messenger.close()
    assert server.connections == 3


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "DOT"])
@pytest.mark.parametrize(
    ("reply", "state"), [("450 later", SendState.DEFERRED), ("550 never", SendState.FAILED)]
)
def test_a_refusal_is_judged_by_its_code_and_the_next_message_goes_through(
    server: ScriptedServer, messenger: SmtpMessenger, step: str, reply: str, state: SendState
) -> None:
    server.replies = {step: [reply]}
    first, second = messenger.send([message(), message()])
    assert (first.state, first.code) == (state, int(reply[:3]))
    assert first.detail is not None
    assert "ann@" not in first.detail
    assert second.state is SendState.SENT
    assert "RSET" in [command.upper() for command in server.commands]
    assert server.connections == 1


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_connection_lost_before_the_last_dot_defers(
    server: ScriptedServer, messenger: SmtpMessenger, step: str
) -> None:
    server.replies = {step: [LOST]}
    assert states(messenger, message(), message()) == [SendState.DEFERRED, SendState.SENT]


def test_a_lost_answer_to_the_last_dot_leaves_the_message_unknown(
    server: ScriptedServer, messenger: SmtpMessenger
) -> None:
    server.replies = {"DOT": [LOST]}
    assert states(messenger, message(), message()) == [SendState.UNKNOWN, SendState.SENT]


@pytest.mark.parametrize("reply", ["nonsense", "354 more?", "299"])
def test_an_answer_to_the_last_dot_that_says_nothing_certain(
    server: ScriptedServer, messenger: SmtpMessenger, reply: str
) -> None:
    server.replies = {"DOT": [reply]}
    expected = SendState.SENT if reply == "299" else SendState.UNKNOWN
    assert states(messenger, message()) == [expected]


def test_silence_after_the_last_dot_leaves_the_message_unknown(server: ScriptedServer) -> None:
    messenger = SmtpMessenger(options(server, reply_seconds=0.05))
    server.replies = {"DOT": [SILENT]}
    assert states(messenger, message()) == [SendState.UNKNOWN]


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_silence_before_the_last_dot_defers(server: ScriptedServer, step: str) -> None:
    messenger = SmtpMessenger(options(server, command_seconds=0.05))
    server.replies = {step: [SILENT]}
    assert states(messenger, message()) == [SendState.DEFERRED]


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DOT"])
def test_a_421_defers_and_opens_a_new_connection(
    server: ScriptedServer, messenger: SmtpMessenger, step: str
) -> None:
    server.replies = {step: ["421 closing"]}
    assert states(messenger, message(), message()) == [SendState.DEFERRED, SendState.SENT]
    assert server.connections == 2


def test_a_reset_that_breaks_costs_only_the_connection(
    server: ScriptedServer, messenger: SmtpMessenger
) -> None:
    server.replies = {"RCPT": ["550 no"], "RSET": [LOST]}
    assert states(messenger, message(), message()) == [SendState.FAILED, SendState.SENT]
    assert server.connections == 2


@pytest.mark.parametrize("reply", ["554 go away", LOST])
def test_a_bad_greeting_blames_the_channel_and_spares_the_rest(
    server: ScriptedServer, messenger: SmtpMessenger, reply: str
) -> None:
    server.replies = {"GREETING": [reply]}
    assert states(messenger, *[message()] * 3) == [SendState.CHANNEL_DOWN] * 3
    assert server.connections == 1
    assert states(messenger, message()) == [SendState.SENT]


def test_a_refused_hello_blames_the_channel(
    server: ScriptedServer, messenger: SmtpMessenger
) -> None:
    server.replies = {"EHLO": ["550 no"], "HELO": ["550 no"]}
    assert states(messenger, message()) == [SendState.CHANNEL_DOWN]


def test_no_server_at_all_blames_the_channel(server: ScriptedServer) -> None:
    messenger = SmtpMessenger(options(server))
    server.close()
    (result,) = messenger.send([message()])
    assert result.state is SendState.CHANNEL_DOWN
    assert result.detail is not None
    assert "cannot be used (ConnectionRefusedError)" in result.detail
    assert not messenger.check().is_up


def test_a_kept_connection_that_the_server_closed_is_replaced_without_loss(
    server: ScriptedServer, messenger: SmtpMessenger
) -> None:
    assert states(messenger, message()) == [SendState.SENT]
    server.replies = {"MAIL": [LOST]}
    assert states(messenger, message()) == [SendState.SENT]
    assert len(server.bodies) == 2


def test_a_second_break_after_the_replacement_defers(
    server: ScriptedServer, messenger: SmtpMessenger
) -> None:
    assert states(messenger, message()) == [SendState.SENT]
    server.replies = {"MAIL": [LOST, LOST]}
    assert states(messenger, message()) == [SendState.DEFERRED]


def test_an_attempt_that_is_too_old_never_starts(
    server: ScriptedServer, messenger: SmtpMessenger
) -> None:
    assert states(messenger, message(not_after=0.0)) == [SendState.DEFERRED]
    assert server.connections == 0


def test_the_last_dot_is_not_sent_when_time_ran_out_meanwhile(server: ScriptedServer) -> None:
    times = iter([0.0, 0.0, 0.0, 0.0, 0.0, 5.0])
    messenger = SmtpMessenger(options(server), monotonic=lambda: next(times))
    (result,) = messenger.send([message(not_after=4.0)])
    assert result.state is SendState.DEFERRED
    assert server.bodies == []


def test_foreign_letters_need_a_server_that_takes_them(messenger: SmtpMessenger) -> None:
    (result,) = messenger.send([message("zoë@example.test")])
    assert result.state is SendState.FAILED
    assert result.detail == "The mail server cannot take addresses with such letters."
    assert states(messenger, message()) == [SendState.SENT]


def test_foreign_letters_are_announced_to_a_server_that_takes_them(
    server: ScriptedServer, messenger: SmtpMessenger
) -> None:
    server.extensions = ["SMTPUTF8", "8BITMIME"]
    assert states(messenger, message("zoë@example.test")) == [SendState.SENT]
    assert any("SMTPUTF8" in command for command in server.commands)
    assert "rcpt TO:<zoë@example.test>" in server.commands


def test_a_check_tells_that_the_server_answers(
    server: ScriptedServer, messenger: SmtpMessenger
) -> None:
    assert messenger.check().is_up
    server.replies = {"NOOP": ["421 closing"]}
    assert not messenger.check().is_up


def test_an_encrypted_hello_follows_when_encryption_began(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[bool] = []
    monkeypatch.setattr(smtplib.SMTP, "starttls", lambda _, context: begun.append(bool(context)))
    server.extensions = ["STARTTLS"]
    messenger = SmtpMessenger(options(server, allow_real=True))
    assert states(messenger, message()) == [SendState.SENT]
    messenger.close()
    assert begun == [True]
    assert [command[:4].lower() for command in server.commands[:2]] == ["ehlo", "ehlo"]


def test_smtp_cannot_be_asked_what_arrived(messenger: SmtpMessenger) -> None:
    assert messenger.lookup("<c1.a@example.test>") is Lookup.UNSUPPORTED


def test_closing_is_safe_when_the_server_is_gone(
    server: ScriptedServer, messenger: SmtpMessenger
) -> None:
    messenger.send([message()])
    server.replies = {"QUIT": [LOST]}
    messenger.close()
    messenger.close()


@pytest.mark.parametrize("host", ["smtp.example.com", "10.1.2.3"])
def test_a_host_that_may_be_real_is_refused_with_the_allowed_ones(host: str) -> None:
    with pytest.raises(SmtpConfigError, match=r"may be a real mail server.*mailbox"):
        SmtpOptions(host=host, port=25)
    assert SmtpOptions(host=host, port=25, allow_real=True).host == host


@pytest.mark.parametrize(
    ("content", "wire"),
    [
        (b"a\r\n", b"a\r\n"),
        (b"a", b"a\r\n"),
        (b".a\r\n", b"..a\r\n"),
        (b"a\r\n.\r\n..\r\n", b"a\r\n..\r\n...\r\n"),
        (b"", b"\r\n"),
    ],
)
def test_leading_dots_are_doubled_and_a_line_end_added(content: bytes, wire: bytes) -> None:
    assert dot_stuffed(content) == wire


def test_a_mail_with_dots_arrives_as_it_was(
    server: ScriptedServer, messenger: SmtpMessenger
) -> None:
    messenger.send([message(content=b"\r\n.\r\nx\r\n")])
    assert server.bodies == [b"\r\n..\r\nx\r\n"]


def test_encryption_is_begun_where_a_real_server_offers_it(server: ScriptedServer) -> None:
    server.extensions = ["STARTTLS"]
    server.replies = {"STARTTLS": ["454 not now"]}
    messenger = SmtpMessenger(options(server, allow_real=True))
    assert states(messenger, message()) == [SendState.CHANNEL_DOWN]
    assert "STARTTLS" in server.commands
