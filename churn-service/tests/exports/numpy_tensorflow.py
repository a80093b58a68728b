"""The operations of TensorFlow that an export uses, in NumPy: the same sums without 1.5 GB.

The real library scores all Telco customers in `python -m benchmarks.serving --only exports`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

float64, string, int32 = np.float64, object, np.int32
abs = np.abs  # noqa: A001 - the library's name
exp, fill, minimum, maximum, stack, tile, where, zeros = (
    np.exp, np.full, np.minimum, np.maximum, np.stack, np.tile, np.where, np.zeros,
)  # fmt: skip
math = SimpleNamespace(is_nan=np.isnan)


class Module:
    """Holds what is saved."""


class TensorSpec:
    """The kind of an input."""

    def __init__(self, size: list[int | None], kind: object, name: str) -> None:
        assert size == [None]
        assert kind in {np.float64, object}
        self.name = name


class _Function:
    def __init__(self, plain: Callable[..., Any]) -> None:
        self._plain = plain

    def __call__(self, **inputs: Any) -> Any:
        return self._plain(**inputs)

    def get_concrete_function(self, **specs: TensorSpec) -> list[str]:
        assert all(spec.name == name for name, spec in specs.items())
        return list(specs)


def _save(module: Module, path: str, signatures: dict[str, list[str]]) -> None:
    """Write what a saved folder has, the file that differs each time included."""
    assert isinstance(module, Module)
    Path(path).mkdir()
    (Path(path) / "saved_model.pb").write_text(" ".join(signatures["serving_default"]))
    (Path(path) / "fingerprint.pb").write_bytes(b"other each time")


saved_model = SimpleNamespace(save=_save)


def constant(values: object, kind: Any = None) -> Any:
    return np.array(values, kind)[()]  # a plain number where there is one


def function(plain: Callable[..., Any]) -> _Function:
    return _Function(plain)


def shape(values: Any) -> tuple[int, ...]:
    return tuple(values.shape)


def searchsorted(sorted_: Any, values: Any, side: str) -> Any:
    return np.searchsorted(sorted_, values, side=side)  # type: ignore[call-overload]  # a plain word


def gather(table: Any, places: Any, batch_dims: int = 0) -> Any:
    """Look up by place; unlike NumPy the library refuses places from behind."""
    assert np.min(places, initial=0) >= 0
    return np.take_along_axis(table, places, axis=1) if batch_dims else table[places]


def gather_nd(table: Any, places: Any) -> Any:
    return table[tuple(np.moveaxis(places, -1, 0))]


def clip_by_value(values: Any, low: int, high: int) -> Any:
    return np.clip(values, low, high)


def reduce_all(values: Any, axis: int) -> Any:
    return np.all(values, axis=axis)


class _Table:
    def __init__(self, pairs: dict[str, int], default: int) -> None:
        self._pairs, self._default = pairs, default

    def lookup(self, texts: Sequence[str]) -> Any:
        return np.array([self._pairs.get(text, self._default) for text in texts], np.int32)


def _pairs(keys: list[str], values: list[int], *_: object) -> dict[str, int]:
    return dict(zip(keys, values, strict=True))


lookup = SimpleNamespace(KeyValueTensorInitializer=_pairs, StaticHashTable=_Table)
