"""Where styles are set beside each other in a study: at points, or over several taken together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.report.axes import grouped
from sim.analysis.report.runs import (
    BoolArray,
    FloatArray,
    IntArray,
    StudyRuns,
    by_replicate,
    by_unit,
)

if TYPE_CHECKING:
    from sim.design import Experiment

MOST_POINTS = 400
"""Above so many points a study is reported by the settings that its figure shows."""
MOST_SAMPLED = 60
"""Above so many points a sample is reported as a whole."""


@dataclass(frozen=True, eq=False)
class Places:
    """Where styles are set beside each other: points, or groups of settings taken together."""

    group: IntArray
    values: list[dict[str, Any]]
    point_ids: IntArray
    unit: IntArray | None

    @cached_property
    def planned(self) -> BoolArray:
        """Which arms are run at each place (place, arm)."""
        found = np.zeros((len(self.values), self.point_ids.shape[1]), bool)
        np.logical_or.at(found, self.group[self.group >= 0], (self.point_ids >= 0)[self.group >= 0])
        return found

    @property
    def are_points(self) -> bool:
        """Whether each place is a point of the plan, and no more."""
        return len(self.group) == len(self.values)

    def point_id(self, place: int, arm: int) -> int | None:
        """The point of the plan, unless several are taken together."""
        return int(self.point_ids[place, arm]) if self.are_points else None

    def gathered(self, values: FloatArray) -> FloatArray:
        """One outcome (place, arm, run or point) from values (setting, arm, replicate)."""
        return averages(values, self.point_ids >= 0, self.group, len(self.values), self.unit)


def places_of(experiment: Experiment, runs: StudyRuns, who: str) -> Places:
    """Returns where styles are compared: each point, unless there are too many."""
    n = len(runs.settings)
    sampled = experiment.written.get("sample", {}).get("ranges", {})
    if n <= (MOST_SAMPLED if sampled else MOST_POINTS):
        return Places(np.arange(n), list(runs.settings), runs.point_ids, None)
    figure = experiment.figure
    shown = [name for name in (figure.columns, figure.lines, figure.x) if name not in ("", who)]
    varied = [name for axis in experiment.axes for name in axis.names if name != who]
    names = [name for name in varied if name not in sampled] if sampled else shown
    return Places(*grouped(runs.settings, names), runs.point_ids, runs.units)


def averages(
    values: FloatArray, planned: BoolArray, group: IntArray, n_groups: int, unit: IntArray | None
) -> FloatArray:
    """Returns averages (group, arm, replicate), or (group, arm, unit) where units are counted."""
    if unit is None:
        return by_replicate(values, planned, group, n_groups)
    return by_unit(values, group, n_groups, unit)
