"""What locust runs: reads the settings, prepares the user, judges the run at its end."""

import os
import sys

from locust import events
from locust.env import Environment

from churn_loadtests.gate import BudgetsError, judge, load_profile, packaged_budgets, report
from churn_loadtests.settings import Settings, SettingsError, read_settings
from churn_loadtests.target import TargetError, fetch_schema, headers, request_bodies
from churn_loadtests.users import Plan, PredictUser

__all__ = ["PredictUser"]

UNUSABLE = 2


def prepare(environment: Environment, **_: object) -> None:
    """Build the plan of the run; end with exit code 2 when there is nothing to run."""
    try:
        settings = read_settings(os.environ)
        PredictUser.prepare(_plan(settings), settings.url)
        environment.host = settings.url  # --host would go around the check of the address
    except (SettingsError, BudgetsError, TargetError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(UNUSABLE)


def decide(environment: Environment, **_: object) -> None:
    """Turn the verdicts into the exit code: 1 when a budget broke or the run is void."""
    verdicts = judge(PredictUser.plan.measurements.figures(), PredictUser.plan.profile)
    environment.process_exit_code = 0 if all(each.kept for each in verdicts) else 1


def tell(**_: object) -> None:
    """Print the verdicts below locust's own tables."""
    plan = PredictUser.plan
    verdicts = judge(plan.measurements.figures(), plan.profile)
    sys.stdout.write(
        f"predict (scheduled): {len(plan.due)} arrivals due in {plan.profile.seconds:g} s "
        f"({plan.profile.arrivals}, seed {plan.seed}) at {PredictUser.host}\n"
        f"{report(verdicts)}\n"
    )


def _plan(settings: Settings) -> Plan:
    profile = load_profile(settings.profile, packaged_budgets())
    profile = profile.changed(settings.rate, settings.seconds)
    schema = fetch_schema(settings.url, settings.api_key)
    bodies = request_bodies(schema, settings.seed, round(profile.rate * profile.seconds) or 1)
    return Plan(profile, bodies, headers(settings.api_key), settings.seed)


for hook, listener in ((events.init, prepare), (events.quitting, decide), (events.quit, tell)):
    hook.add_listener(listener)  # type: ignore[no-untyped-call]  # locust's hooks have no types
