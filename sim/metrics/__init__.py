"""What counts: one outcome a file, each `metric(run) -> float`, called like the file.

An outcome is one number a run. Flows are means a month over the whole run; levels are means over
its last twelve months. An outcome that a run does not define (the recovery from a shock that
never came) is NaN. Every metric works on a whole run and on one company of it, `run.of("Alpha")`.
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import nan
from types import ModuleType
from typing import Any

import numpy as np

from sim.registry import Registry
from sim.scenario import YEAR
from sim.simulation import Run


@dataclass(frozen=True)
class Metric:
    """An outcome: what it is, in which unit, and whether more is better (1), worse (-1) or not."""

    name: str
    title: str
    unit: str
    better: int
    definition: str
    function: Callable[[Run], float]

    def __call__(self, run: Run) -> float:
        """Returns the outcome of a run."""
        return float(self.function(run))


def metric(title: str, unit: str, better: int) -> Callable[[Callable[[Run], float]], Metric]:
    """Declares the function of a metric's file as that metric; its docstring is the definition."""

    def declare(function: Callable[[Run], float]) -> Metric:
        definition = " ".join((function.__doc__ or "").split())
        return Metric(function.__name__, title, unit, better, definition, function)

    return declare


def _metric_in(module: ModuleType, name: str) -> Metric:
    found = getattr(module, name)
    if not isinstance(found, Metric):
        raise TypeError
    return found


METRICS: Registry[Metric] = Registry("metric", sys.modules[__name__], _metric_in)


def measure(run: Run, names: Iterable[str] | None = None) -> dict[str, float]:
    """Returns outcomes of a run by name; all of them unless names are given."""
    return {name: METRICS[name](run) for name in (METRICS if names is None else names)}


def flow(run: Run, name: str) -> float:
    """Returns the mean amount a month of a series over the whole run."""
    steps = run.every_step(name)[1:]
    return _mean(steps) / run.scenario.months


def level(run: Run, name: str, where: str = "") -> float:
    """Returns the mean of a series over the last twelve months of a run.

    With `where`, over those steps only in which that count is not 0; NaN if there are none.
    """
    year = YEAR.steps(run.scenario.time.step)
    steps = run.every_step(name)[1:][-year:]
    if where:
        steps = steps[run.every_step(where)[1:][-year:] > 0]
    return _mean(steps)


def _mean(steps: Any) -> float:
    """Returns the mean of a few numbers, NaN of none: in a tenth of the time of their `mean()`."""
    return float(np.add.reduce(steps)) / len(steps) if len(steps) else nan
