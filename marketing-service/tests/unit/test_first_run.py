from pathlib import Path

import pytest

from marketing_service.first_run import migrate
from marketing_service.settings import MigrateSettings
from marketing_service.simulator import write_sample_data


@pytest.fixture
def settings(tmp_path: Path) -> MigrateSettings:
    write_sample_data(tmp_path, customers=10, train_customers=100)
    return MigrateSettings(
        database_url=f"sqlite:///{tmp_path}/m.sqlite",
        spool_dir=tmp_path / "spool",
        demo_import=tmp_path / "customers.csv",
    )


def test_an_empty_database_gets_the_demo_import_once(settings: MigrateSettings) -> None:
    first = list(migrate(settings, clock=lambda: 1))
    second = list(migrate(settings, clock=lambda: 2))

    assert first[1].endswith("of customers.csv waits for the worker")
    assert second[1] == first[1]


def test_a_file_that_is_not_there_is_no_demo(settings: MigrateSettings) -> None:
    settings.demo_import.unlink()

    assert len(list(migrate(settings, clock=lambda: 1))) == 1
