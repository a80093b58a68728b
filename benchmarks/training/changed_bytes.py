"""Whatever byte of an artefact is changed or cut off, loading refuses it."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.row import Row
from benchmarks.training.known_truth import draw_table
from churn_service.artefact.errors import ArtefactError
from churn_service.loading import load_predictor
from churn_service.training.config import parse_config
from churn_service.training.table import parse_table
from churn_service.training.trainer import train_model, write_trained

SPLINE = b'[model]\nfamilies = ["spline"]\n'
QUICK_PLACES = 40

Damage = Callable[[Path, int | None], Iterator[bytes]]


def rows(full: bool) -> Iterator[Row]:  # noqa: FBT001 - the interface of every part
    """Yield refusals of changed bytes and of truncations.

    `full` tries every byte and every length of every file; else 40 of each file.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = _version(Path(name))
        files = sorted(path for path in folder.iterdir() if path.is_file())
        places = None if full else QUICK_PLACES
        load_predictor(folder)  # untouched it is served
        changed = _refusals(files, _changed, places)
        cut = _refusals(files, _cut, places)
    what = f"an artefact of {len(files)} files"
    for said, found in (("a byte is changed", changed), ("the end is cut off", cut)):
        kept = len(found) - sum(found)
        name = f"{what}, {said}: served all the same, of {len(found):,}"
        yield Row(name, kept, "artefacts", "= 0", kept == 0)


def _refusals(files: Sequence[Path], damage: Damage, places: int | None) -> list[bool]:
    return [_refused(path, data) for path in files for data in damage(path, places)]


def _version(root: Path) -> Path:
    table = draw_table("additive", 800, seed=1)
    model = train_model(parse_table(table.csv()), parse_config(table.config + SPLINE), "churn")
    return write_trained(model, root).folder


def _changed(path: Path, places: int | None) -> Iterator[bytes]:
    """Yield the file with one byte changed to another one, at evenly spread places or all."""
    data, random = path.read_bytes(), np.random.default_rng(1)
    for place in _spread(len(data), places):
        other = bytearray(data)
        other[place] ^= int(random.integers(1, 256))
        yield bytes(other)


def _cut(path: Path, places: int | None) -> Iterator[bytes]:
    data = path.read_bytes()
    yield from (data[:length] for length in _spread(len(data), places))


def _spread(size: int, places: int | None) -> Sequence[int]:
    if places is None:
        return range(size)
    return sorted(set(np.linspace(0, size - 1, min(size, places)).astype(int).tolist()))


def _refused(path: Path, data: bytes) -> bool:
    """Load with the file replaced, put it back, and tell whether loading refused."""
    before = path.read_bytes()
    path.write_bytes(data)
    try:
        load_predictor(path.parent)
    except ArtefactError:
        return True
    finally:
        path.write_bytes(before)
    return False
