"""The columns that the training file names: ids, weight, time, horizon, value."""

from collections import Counter

from churn_contract.schema import Field, canonical_name
from churn_service.training.config import TrainConfig
from churn_service.training.content import is_number
from churn_service.training.dates import is_dates
from churn_service.training.errors import ConfigError, DataError
from churn_service.training.table import Table, most_common


def special_columns(table: Table, config: TrainConfig) -> dict[str, Field]:
    """Return the fields of named columns that are no features, by canonical name."""
    fields = {}
    ignored = (*config.more_ids, config.weight, config.time, config.horizon)
    for given in filter(None, (config.id, *ignored)):
        name = canonical_name(given)
        raw = table.header[table.names.index(name)]
        fields[name] = Field(
            name=name,
            raw="" if raw == name else raw,
            kind="text",
            role="id" if given == config.id else "ignored",
        )
    return fields


def check_ids(table: Table, config: TrainConfig) -> None:
    """Refuse empty ids and ids, or combinations of them, that name two rows.

    Raises:
        DataError: Naming the first lines.
    """
    given = [name for name in (config.id, *config.more_ids) if name]
    if not given:
        return
    columns = [_cells(table, name) for name in given]
    for name, cells in zip(given, columns, strict=True):
        if "" in cells:
            line = table.lines[cells.index("")]
            raise DataError(f"line {line}: the id {name} is empty", rule="id-empty")
    if not config.repeated_ids:
        _refuse_repeated(table, ", ".join(given), list(zip(*columns, strict=True)))


def check_times(table: Table, config: TrainConfig) -> None:
    """Refuse a time column that holds no dates."""
    if config.time is None:
        return
    cells = _cells(table, config.time)
    if not is_dates(Counter(cells)):
        raise DataError(
            f"[data] time: column {config.time} must hold dates such as 2024-12-31, "
            f"it holds {most_common(cells, 3)}"
        )


def horizon_of(table: Table, config: TrainConfig) -> int | None:
    """Return the days that the outcome looks ahead, from the file or its column.

    Raises:
        ConfigError: Column and `horizon_days` differ.
        DataError: The column is not one whole number of days in every row.
    """
    if config.horizon is None:
        return config.horizon_days
    cells = set(_cells(table, config.horizon))
    cell = cells.pop()
    if cells or not is_number(cell) or not 1 <= float(cell) <= 3660 or float(cell) % 1:
        raise DataError(
            f"[data] horizon: column {config.horizon} must hold the same number of days "
            "(1 to 3660) in every row; train one model per horizon"
        )
    days = int(float(cell))
    if config.horizon_days not in {None, days}:
        raise ConfigError(
            f"[data] horizon_days is {config.horizon_days}, column {config.horizon} says {days}"
        )
    return days


def _cells(table: Table, name: str) -> list[str]:
    return table.column(table.names.index(canonical_name(name)))


def _refuse_repeated(table: Table, name: str, keys: list[tuple[str, ...]]) -> None:
    repeated = [key for key, times in Counter(keys).items() if times > 1]
    if not repeated:
        return
    lines = [str(table.lines[row]) for row, key in enumerate(keys) if key == repeated[0]]
    raise DataError(
        f"column {name}: {len(repeated)} ids stand in more than one row, the first "
        f"in lines {', '.join(lines[:5])}; keep one row per customer, or write "
        "repeated_ids = true under [data] when customers come again at other times",
        rule="id-repeated",
    )
