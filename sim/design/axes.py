"""The axes of a design, each a list of settings that is never written out: a plan crosses them.

A factor has one level after another, a sample points in ranges, a table its rows. `axis[i]` is
setting i, values by name.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from sim.design.levels import Range
from sim.design.samplers import FloatArray


class Axis(Protocol):
    """One axis of a design."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what it varies."""
        ...

    def __len__(self) -> int:
        """Returns the number of settings."""
        ...

    def __getitem__(self, i: int) -> dict[str, Any]:
        """Returns setting i."""
        ...


@dataclass(frozen=True)
class Factor:
    """One parameter and its levels."""

    name: str
    levels: Sequence[Any]

    @property
    def names(self) -> tuple[str, ...]:
        """Name of the parameter, alone."""
        return (self.name,)

    def __len__(self) -> int:
        """Returns the number of levels."""
        return len(self.levels)

    def __getitem__(self, i: int) -> dict[str, Any]:
        """Returns level i by the parameter's name."""
        return {self.name: self.levels[i]}


@dataclass(frozen=True, eq=False)
class Sample:
    """Points (point, range) that a method has placed."""

    ranges: tuple[Range, ...]
    points: FloatArray

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(r.name for r in self.ranges)

    def __len__(self) -> int:
        """Returns the number of points."""
        return len(self.points)

    def __getitem__(self, i: int) -> dict[str, Any]:
        """Returns point i as values by name."""
        return {r.name: r.value(x) for r, x in zip(self.ranges, self.points[i], strict=True)}

    def digest(self) -> str:
        """Returns a digest of the points: SciPy might place them elsewhere one day."""
        return hashlib.blake2b(self.points.astype("<f8").tobytes(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Table:
    """Points as their user lists them; a row may leave an option of styles open (None)."""

    names: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    styles: tuple[str, ...] = ()
    """The style of each row, where the table says so."""

    def __len__(self) -> int:
        """Returns the number of rows."""
        return len(self.rows)

    def __getitem__(self, i: int) -> dict[str, Any]:
        """Returns row i as values by name."""
        row = zip(self.names, self.rows[i], strict=True)
        return {name: value for name, value in row if value is not None}


def settings(axes: Sequence[Axis], point: int) -> dict[str, Any]:
    """Returns the values of a point: axes are crossed, and the last one turns fastest."""
    parts = []
    for axis in reversed(axes):
        point, i = divmod(point, len(axis))
        parts.append(axis[i])
    return {name: value for part in reversed(parts) for name, value in part.items()}


def probes(axes: Sequence[Axis], most: int) -> Iterator[int]:
    """Yields points to try: all up to `most`, else every setting and all pairs of extreme ones.

    Of an axis longer than `most` evenly spaced settings are tried. What is not varied at a time
    is at its first setting; at the end all are at their first, and all at their last.
    """
    lengths = [len(axis) for axis in axes]
    weights = [math.prod(lengths[k + 1 :]) for k in range(len(axes))]
    total = math.prod(lengths)
    if total <= most:
        yield from range(total)
        return
    tops = [weight * (length - 1) for weight, length in zip(weights, lengths, strict=True)]
    yield from {0, total - 1}
    for weight, length in zip(weights, lengths, strict=True):
        stride = -(-length // most)
        yield from range(weight * stride, weight * length, weight * stride)
    for k, top in enumerate(tops):
        yield from (top + other for other in tops[k + 1 :])
