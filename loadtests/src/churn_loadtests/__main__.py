"""`python -m churn_loadtests`: one headless run; more arguments go to locust."""

import sys
from importlib import resources

from locust.main import main as run_locust


def main() -> None:
    """Run locust without its pages on our locust file; it ends the process."""
    locustfile = str(resources.files("churn_loadtests") / "locustfile.py")
    ours = ["-f", locustfile, "--headless", "--only-summary", "--loglevel", "WARNING"]
    sys.argv = ["churn_loadtests", *ours, *sys.argv[1:]]
    run_locust()  # type: ignore[no-untyped-call]  # locust's main has no types


if __name__ == "__main__":
    main()
