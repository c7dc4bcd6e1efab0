"""Published models on the core's own pieces, one file each, named after the paper.

A classic simulates the cells of a published table, once a run, and holds the table as data. Its
parameters are the fields of a dataclass; one that spans a table's rows or columns is a tuple.
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.registry import Registry

FloatArray = npt.NDArray[np.float64]


class Cell(NamedTuple):
    """One cell of a published table: a point of a line in a panel of its figure."""

    panel: str
    line: str
    x: float


class Published(NamedTuple):
    """What a cell should hold: a value, and how far a simulated mean may lie from it.

    `kind`: published, independent (another implementation) or closed form.
    """

    value: float
    tolerance: float
    kind: str = "published"


Found = Mapping[Cell, FloatArray]
"""The cells that were simulated, each with one value a run, (run,)."""


@dataclass(frozen=True)
class Claim:
    """What the paper says of signs and orders: the mean of `excess` is above 0, strictly.

    `excess` takes what was found and returns one value a run, (run,).
    """

    says: str
    excess: Callable[[Found], FloatArray]


@dataclass(frozen=True)
class Classic(ABC):
    """A published model. A subclass adds its parameters as fields with the published defaults."""

    title: ClassVar[str]
    source: ClassVar[str]
    x: ClassVar[str]
    """What runs along the figure, with its unit."""
    y: ClassVar[str]
    """What the cells hold, with its unit."""
    runs: ClassVar[int]
    """Runs at full size."""
    quick: ClassVar[int]
    """Runs that show in a minute whether something is wrong."""

    @abstractmethod
    def simulate(self, seed: int, rep: int) -> dict[Cell, float]:
        """Returns all cells of one run, replicate `rep` under `seed`."""

    @abstractmethod
    def published(self) -> dict[Cell, Published]:
        """Returns the table, as far as it was published for these parameters."""

    def claims(self) -> tuple[Claim, ...]:
        """Returns the strict signs and orders that hold for these parameters."""
        return ()


def _class_in(module: ModuleType, name: str) -> type[Classic]:
    """Returns the classic that a file defines: a class called like the file, in CamelCase."""
    classic = getattr(module, "".join(part.capitalize() for part in name.split("_")))
    if not issubclass(classic, Classic):
        raise TypeError
    return classic  # type: ignore[no-any-return]


CLASSICS: Registry[type[Classic]] = Registry("classic", sys.modules[__name__], _class_in)
