"""A whole sending stack in one process: real database, fake clock, fake channel."""

import io
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from marketing_service.message.compose import Composer
from marketing_service.messengers.protocol import (
    ChannelHealth,
    Lookup,
    Message,
    SendResult,
    SendState,
)
from marketing_service.outbox.membership import Membership, Patience
from marketing_service.outbox.progress import Progress, SenderLimits
from marketing_service.outbox.sender import Sender
from marketing_service.store.engine import Database
from service_kit.logs import EventLog

SENT = SendResult(SendState.SENT, 250)


class World:
    """What several senders share: two clocks and what arrived at customers."""

    def __init__(self) -> None:
        self.wall_ms = 1_700_000_000_000
        self.seconds = 1_000.0
        self.arrived: Counter[tuple[str, str]] = Counter()

    def pass_time(self, seconds: float) -> None:
        self.seconds += seconds
        self.wall_ms += int(seconds * 1_000)


class Crash(BaseException):
    """The process is gone; nothing after this line runs."""


class FakeMessenger:
    """Delivers into the world; `plan` may change what happens to the next messages."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.plan: Callable[[Message], SendResult] = self.deliver
        self.is_closed = False

    def deliver(self, message: Message) -> SendResult:
        self.world.arrived[message.message_id, message.recipient] += 1
        return SENT

    def check(self) -> ChannelHealth:
        return ChannelHealth(is_up=True)

    def send(self, batch: Sequence[Message]) -> Sequence[SendResult]:
        return [self.plan(message) for message in batch]

    def lookup(self, message_id: str) -> Lookup:
        found = any(known == message_id for known, _ in self.world.arrived)
        return Lookup.DELIVERED if found else Lookup.ABSENT

    def close(self) -> None:
        self.is_closed = True


class Worker:
    """One worker process: a sender whose heart beats with each step."""

    def __init__(self, world: World, database: Database, limits: SenderLimits) -> None:
        self.world = world
        self.messenger = FakeMessenger(world)
        self.log = io.StringIO()
        self.membership = Membership(
            database,
            "worker",
            clock=lambda: world.wall_ms,
            monotonic=lambda: world.seconds,
            patience=Patience(dead_seconds=4, settle_seconds=20),
        )
        self.sender = Sender(
            database,
            self.membership,
            self.messenger,
            Composer(b"k" * 32, "example.test"),
            clock=lambda: world.wall_ms,
            monotonic=lambda: world.seconds,
            limits=limits,
            log=EventLog("worker", "0", self.log),
        )

    def step(self) -> Progress:
        progress = self.sender.step()
        self.membership.beat()
        return progress

    def run(self, steps: int = 200) -> list[Progress]:
        """Step and wait as a worker's loop does, until nothing is left to do."""
        done = []
        for _ in range(steps):
            done.append(self.step())
            self.world.pass_time(done[-1].wait_seconds or 0.01)
            if done[-1].finished:
                break
        return done


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def start(world: World) -> Callable[..., Worker]:
    """Start a worker on a database; `window` and other limits may be given."""

    def build(database: Database, **limits: Any) -> Worker:
        return Worker(world, database, SenderLimits(**({"window": 4, "claim": 10} | limits)))

    return build
