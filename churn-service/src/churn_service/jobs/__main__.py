"""Run one job in this process: python -m churn_service.jobs JOB; settings from CHURN_*."""

import os
import sys

from churn_service.jobs.process import run

if __name__ == "__main__":
    sys.exit(run(sys.argv[1], os.environ))
