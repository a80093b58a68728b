"""The locust user that sends predictions at an arrival rate."""

import time
from dataclasses import dataclass, field
from itertools import cycle
from typing import ClassVar

import gevent
from locust import FastHttpUser, task

from churn_loadtests.arrivals import OpenLoop, Sample, due_times
from churn_loadtests.gate import Profile
from churn_loadtests.measurements import Measurements
from churn_loadtests.target import fault


@dataclass
class Plan:
    """Everything that is fixed before the first arrival.

    Attributes:
        profile: Rate, length and limits.
        bodies: Requests, used in turn.
        headers: Sent with each of them.
        seed: Decides the due times.
        measurements: Where the samples go.
    """

    profile: Profile
    bodies: list[str]
    headers: dict[str, str]
    seed: int
    due: tuple[float, ...] = field(init=False)
    measurements: Measurements = field(init=False)

    def __post_init__(self) -> None:
        profile = self.profile
        self.due = due_times(profile.rate, profile.seconds, kind=profile.arrivals, seed=self.seed)
        self.measurements = Measurements(len(self.due))


class PredictUser(FastHttpUser):
    """Send `POST /predict` at fixed due times, one greenlet per arrival, then end the run.

    Locust's statistics get two rows: `predict` from sending and `predict (scheduled)`
    from the due moment. One user is enough; the rate does not depend on their number.
    """

    plan: ClassVar[Plan]

    @classmethod
    def prepare(cls, plan: Plan, url: str) -> None:
        """Give the user its plan; to be called before locust makes one."""
        cls.plan = plan
        cls.host = url
        cls.concurrency = plan.profile.in_flight
        cls.network_timeout = cls.connection_timeout = plan.profile.timeout_seconds

    def on_start(self) -> None:
        """Take the bodies from the beginning."""
        self._bodies = cycle(self.plan.bodies)

    @task
    def run_plan(self) -> None:
        """Start every arrival when it is due, wait for the last answers, end the run."""
        profile = self.plan.profile
        loop = OpenLoop(
            send=self._predict,
            record=self._record,
            clock=time.perf_counter,
            sleep=gevent.sleep,
            spawn=gevent.spawn,
            in_flight_limit=profile.in_flight,
        )
        cpu, wall = time.process_time(), time.perf_counter()
        loop.run(self.plan.due)
        loop.drain(profile.timeout_seconds)
        elapsed = time.perf_counter() - wall
        self.plan.measurements.cpu_ratio = (time.process_time() - cpu) / elapsed
        self.client.client.close()
        self.environment.runner.quit()

    def _predict(self) -> str | None:
        headers = {"Content-Type": "application/json"} | self.plan.headers
        with self.client.post(
            "/predict",
            data=next(self._bodies),
            headers=headers,
            name="predict",
            catch_response=True,
        ) as response:
            error = fault(response.status_code, response.content)
            if error is not None:
                response.failure(error)
        return error

    def _record(self, sample: Sample) -> None:
        self.plan.measurements.samples.append(sample)
        scheduled = sample.scheduled or 0.0
        self.environment.events.request.fire(
            request_type="POST",
            name="predict (scheduled)",
            response_time=scheduled * 1000,
            response_length=0,
            exception=None if sample.error is None else RuntimeError(sample.error),
            context={},
        )
