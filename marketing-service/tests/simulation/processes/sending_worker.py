"""A worker process that only sends; killed, frozen and restarted by the tests.

Arguments: database address, SMTP port. It ends when no campaign is running any more.
"""

import io
import sys
import time

from marketing_service.message.compose import Composer
from marketing_service.messengers.smtp import SmtpMessenger, SmtpOptions
from marketing_service.outbox.heart import Heart
from marketing_service.outbox.membership import Membership, Patience
from marketing_service.outbox.progress import SenderLimits
from marketing_service.outbox.sender import Sender
from marketing_service.store.claims import sendable_campaigns
from marketing_service.store.engine import Database
from service_kit.logs import EventLog


def main(url: str, smtp_port: int) -> None:
    database, log = Database(url), EventLog("worker", "0", io.StringIO())
    membership = Membership(
        database,
        "worker",
        clock=lambda: time.time_ns() // 1_000_000,
        monotonic=time.monotonic,
        patience=Patience(dead_seconds=0.6, settle_seconds=1.6),
    )
    sender = Sender(
        database,
        membership,
        SmtpMessenger(SmtpOptions(host="127.0.0.1", port=smtp_port, reply_seconds=0.5)),
        Composer(b"k" * 32, "example.test"),
        clock=lambda: time.time_ns() // 1_000_000,
        monotonic=time.monotonic,
        limits=SenderLimits(window=8, claim=100, watch_seconds=0.1, idle_seconds=0.05),
        log=log,
    )
    heart = Heart(membership, log, interval_seconds=0.1)
    heart.start()
    while is_anything_running(database):
        time.sleep(sender.step().wait_seconds)
    heart.stop()
    sender.close()


def is_anything_running(database: Database) -> bool:
    with database.read() as conn:
        return bool(sendable_campaigns(conn))


main(sys.argv[1], int(sys.argv[2]))
