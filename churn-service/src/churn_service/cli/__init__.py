"""The command `churn`: train, evaluate, predict, look at models, serve."""

import click

from churn_service.cli.exits import ChurnGroup
from churn_service.cli.export import export_model
from churn_service.cli.guard import watch_models
from churn_service.cli.import_model import import_model
from churn_service.cli.lifecycle import (
    collect_models,
    promote_model,
    retire_model,
    roll_back_model,
)
from churn_service.cli.look import show_findings
from churn_service.cli.models import (
    compare_models,
    list_models,
    models,
    show_model,
    verify_model,
)
from churn_service.cli.performance import performance
from churn_service.cli.retrain import retrain
from churn_service.cli.score import predict
from churn_service.cli.serve import config, serve
from churn_service.cli.signatures import make_key, sign_model
from churn_service.cli.train import evaluate, train
from churn_service.cli.watch import drift


@click.group(cls=ChurnGroup)
@click.version_option(package_name="churn-service")
def main() -> None:
    """Train a churn model from a table of customers, and serve it.

    \b
    churn findings --data customers.csv --config train.toml
    churn train --data customers.csv --config train.toml
    churn predict --data customers.csv --output scores.csv
    churn serve

    Exit codes: 0 done, 1 data cannot be used, 2 usage, training file or
    settings are wrong, 3 refused by a check of the model.
    """  # noqa: D301 - click's mark against rewrapping


for _command in (
    config,
    drift,
    evaluate,
    export_model,
    import_model,
    models,
    performance,
    predict,
    retrain,
    serve,
    show_findings,
    train,
):
    main.add_command(_command)

for _command in (
    collect_models,
    compare_models,
    list_models,
    make_key,
    promote_model,
    retire_model,
    roll_back_model,
    show_model,
    sign_model,
    verify_model,
    watch_models,
):
    models.add_command(_command)
