"""Train again: on the table of before, on newer tables, on what campaigns taught."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from churn_contract.schema import CustomerSchema, Field, canonical_name
from churn_service.training.config import TrainConfig
from churn_service.training.errors import ConfigError, DataError
from churn_service.training.feedback import ATTRIBUTE, Lesson, Lessons, is_feedback, learn_from
from churn_service.training.inference import infer_schema
from churn_service.training.table import Table

WEIGHT = "stands for customers"
"""Name of the column that the rows' weights are put into."""

Cells = list[str]


@dataclass(frozen=True)
class Material:
    """What a retraining learns from: one table with weights, and where it came from.

    `table.sha256` is the data version: it covers every file and every row used.
    """

    table: Table
    config: TrainConfig
    sentences: tuple[str, ...]


def gather(data: Table, base: Table | None, config: TrainConfig, *, as_of: datetime) -> Material:
    """Put the rows of a base table and of newer data into one table.

    Args:
        data: An export of `marketing feedback`, or a newer table of customers.
        base: The table of before, whose columns and spellings rule; None for none.
        config: The training file.
        as_of: Windows that are still open then are left out of feedback.

    Raises:
        ConfigError: The training file names weights of its own.
        DataError: The two do not fit together, or no row is left.
    """
    if config.weight is not None:
        raise ConfigError("[data] weight: a retraining makes the weights itself; drop this line")
    if is_feedback(data):
        frame, newer, said = _from_feedback(data, base, config, as_of)
    else:
        frame = data if base is None else base
        newer = [[*cells, "1"] for cells in _in_order(data, frame)]
        said = [f"{len(newer):,} rows of new customers"]
    older = [[*cells, "1"] for cells in base.rows] if base is not None else []
    if not newer:
        raise DataError("no row of the new data can be used; " + "; ".join(said))
    said.append(f"{len(older):,} rows of the base table")
    table = _joined(frame, data, base, [*older, *newer])
    return Material(table, replace(config, weight=WEIGHT, repeated_ids=True), tuple(said))


def _from_feedback(
    data: Table, base: Table | None, config: TrainConfig, as_of: datetime
) -> tuple[Table, list[Cells], list[str]]:
    """Return the table whose columns rule, the weighted rows, and what was left out."""
    lessons = learn_from(data, as_of=as_of)
    frame = _without_base(data, config) if base is None else base
    newer = list(_lesson_rows(lessons, frame, config, spelled=base is not None))
    return frame, newer, lessons.sentences()


def _joined(frame: Table, data: Table, base: Table | None, rows: list[Cells]) -> Table:
    version = sha256()
    for table in (base, data):
        version.update(b"none\n" if table is None else f"{table.sha256}\n".encode())
    for cells in rows:
        version.update("\x1f".join(cells).encode() + b"\n")
    return replace(
        frame,
        header=(*frame.header, WEIGHT),
        rows=rows,
        lines=list(range(2, len(rows) + 2)),
        size=data.size + (base.size if base else 0),
        sha256=version.hexdigest(),
    )


def _without_base(data: Table, config: TrainConfig) -> Table:
    """Return an empty table with the columns that the feedback can fill."""
    names = [name.removeprefix(ATTRIBUTE) for name in data.names if name.startswith(ATTRIBUTE)]
    ends = [config.target] if config.id is None else [config.id, config.target]
    return replace(data, header=(*names, *ends), rows=[], lines=[])


def _in_order(data: Table, frame: Table) -> Iterator[Cells]:
    """Yield the rows of a table with the columns in the order of another."""
    missing = [raw for raw in frame.header if canonical_name(raw) not in data.names]
    if missing:
        raise DataError(f"the new table has no column {', '.join(missing)}, the base table has")
    places = [data.names.index(name) for name in frame.names]
    for cells in data.rows:
        yield [cells[place] for place in places]


def _lesson_rows(
    lessons: Lessons, frame: Table, config: TrainConfig, *, spelled: bool
) -> Iterator[Cells]:
    if not lessons.rows:
        return
    schema = infer_schema(frame, config, "base")[0] if spelled else None
    _refuse_unknown_features(lessons.rows[0], schema)
    cells_of = [_cell_of(name, config, schema) for name in frame.names]
    for lesson in lessons.rows:
        yield [*(cell_of(lesson) for cell_of in cells_of), repr(lesson.weight)]


def _refuse_unknown_features(lesson: Lesson, schema: CustomerSchema | None) -> None:
    features = schema.features if schema else ()
    missing = [field.raw or field.name for field in features if field.name not in lesson.attributes]
    if missing:
        raise DataError(
            f"the feedback has no attribute {', '.join(missing)}, the base table has; "
            f'import them into marketing-service, or set type = "ignore" in '
            f"[columns.{missing[0]}]"
        )


def _cell_of(
    name: str, config: TrainConfig, schema: CustomerSchema | None
) -> Callable[[Lesson], str]:
    """Return what fills one column of the frame from a lesson."""
    if config.id is not None and name == canonical_name(config.id):
        return lambda lesson: lesson.customer
    field = schema.find(name) if schema else None
    if name == canonical_name(config.target):
        stayed, churned = _outcome_words(config, field)
        return lambda lesson: churned if lesson.churned else stayed
    spellings = _spellings(field)
    return lambda lesson: spellings.get(value := lesson.attributes.get(name, ""), value)


def _outcome_words(config: TrainConfig, field: Field | None) -> tuple[str, str]:
    if field is None:
        return f"not {config.positive}", config.positive
    stayed, churned = field.raw_levels or field.levels
    return stayed, churned


def _spellings(field: Field | None) -> dict[str, str]:
    """Return how the base table spells canonical levels."""
    if field is None or not field.raw_levels:
        return {}
    return dict(zip(field.levels, field.raw_levels, strict=True))
