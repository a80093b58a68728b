"""Command `marketing`: processes of the service, and a thin client of its API."""

import click

from marketing_service.cli.campaigns import campaigns
from marketing_service.cli.customers import customers
from marketing_service.cli.feedback import feedback
from marketing_service.cli.mistakes import Commands
from marketing_service.cli.outcomes import outcomes
from marketing_service.cli.processes import config, mailbox, migrate, web, worker
from marketing_service.cli.samples import sample_data, sample_outcomes, sample_panel

HELP = """Campaigns that send at most once and measure what they earned.

\b
  marketing customers import customers.csv --wait
  marketing campaigns plan spring.toml
  marketing campaigns launch spring-2027 --wait
  marketing campaigns report spring-2027

The address of the service is MARKETING_URL (default http://127.0.0.1:8080), its access
key comes from MARKETING_API_KEY or the file MARKETING_API_KEY_FILE.

\b
Exit codes: 0 done, 1 error, 2 wrong usage, 3 refused by a guard, 4 key refused,
5 finished with failed or unknown targets, 6 service not available.
"""


@click.group(cls=Commands, help=HELP, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Run one command."""


for _command in (
    campaigns,
    config,
    customers,
    feedback,
    mailbox,
    migrate,
    outcomes,
    sample_data,
    sample_outcomes,
    sample_panel,
    web,
    worker,
):
    main.add_command(_command)
