"""The runs of a study as arrays: by setting, arm and replicate, and averaged over what is hidden.

The same replicate has the same seed in all arms and at all settings, so an average over settings
is taken inside each replicate, and replicates are what is counted. Where a sample stands for a
whole space, its points are counted instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sim.design import Experiment, Plan

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

Key = tuple[tuple[str, Any], ...]

OPTION = "style."
"""What the names of styles' options start with."""


@dataclass(frozen=True, eq=False)
class StudyRuns:
    """The runs of a study, of which some may have failed and some may be missing.

    `arms` are what is compared: styles, companies of a market, or values of what varies. A setting
    is what else varies, by name; `point_ids` (setting, arm) is the point of the plan, -1 where an
    arm is not planned.
    `units` (setting,) numbers what is independent in a sample: its points, or groups of them.
    """

    arms: tuple[str, ...]
    settings: tuple[dict[str, Any], ...]
    point_ids: IntArray
    units: IntArray | None
    seeds: int
    n_planned: int
    n_failed: int
    n_missing: int
    _shape: tuple[int, int, int]
    _market: bool
    _run: IntArray
    _done: BoolArray
    _table: Any

    def values(self, outcome: str) -> FloatArray:
        """One outcome (setting, arm, replicate); NaN where it is not known."""
        if not self._market:
            return self._placed(self._cube(outcome))
        return np.concatenate([self._cube(f"{arm}.{outcome}") for arm in self.arms], axis=1)

    def whole(self, outcome: str) -> FloatArray:
        """One outcome of all companies of a market together (setting, replicate)."""
        cube: FloatArray = self._cube(outcome)[:, 0]
        return cube

    def n_known(self, values: FloatArray) -> int:
        """In how many runs these values are known; in a market, those of all companies."""
        known = np.isfinite(values)
        return int((known.all(axis=1) if self._market else known).sum())

    def _cube(self, column: str) -> FloatArray:
        """A column of the table (point, style, replicate)."""
        filled = np.full(self._shape, np.nan)
        column_values = np.asarray(self._table[column].to_numpy(), dtype=np.float64)
        known = self._done & np.isfinite(column_values)
        filled.reshape(-1)[self._run[known]] = column_values[known]
        return filled.transpose(1, 2, 0)

    def _placed(self, cube: FloatArray) -> FloatArray:
        """The same by setting and arm, which differ where a table names the style of a point."""
        if cube.shape[:2] == self.point_ids.shape:
            return cube
        placed = np.full((*self.point_ids.shape, self.seeds), np.nan)
        planned = self.point_ids >= 0
        placed[planned] = cube[self.point_ids[planned], 0]
        return placed


def study_runs(experiment: Experiment, plan: Plan, table: Any) -> StudyRuns:
    """Returns the runs of a study; `table` has a row a run, in any order, as a study gives it."""
    run = np.asarray(table["run"].to_numpy(), dtype=np.int64)
    done: BoolArray = np.asarray(table["status"].to_numpy() == "done", dtype=np.bool_)
    a_replicate = plan.n_points * plan.n_styles
    seeds = max(plan.seeds, int(run.max(initial=-1)) // a_replicate + 1)
    labels = tuple(arm.label for arm in experiment.arms)
    arms = experiment.competitors or labels
    settings = tuple(plan.values(point) for point in range(plan.n_points))
    units = _units(experiment, plan.n_points)
    compared = experiment.figure.compared
    if compared in experiment.parameters:
        arms = tuple(map(str, dict.fromkeys(values[compared] for values in settings)))
        own = [str(values[compared]) for values in settings]
        keys = [_without(values, compared.__eq__) for values in settings]
        settings, point_ids = _shared(keys, own, arms)
        units = units if units is None else units[point_ids.max(axis=1)]
    elif plan.n_styles < len(labels):
        own = [plan.labels(point)[0] for point in range(plan.n_points)]
        drawn = experiment.figure.x, experiment.figure.lines, experiment.figure.columns
        keys = [
            _without(values, lambda name: name.startswith(OPTION) and name not in drawn)
            for values in settings
        ]
        if len(set(zip(keys, own, strict=True))) < len(keys):
            keys = [tuple(values.items()) for values in settings]
        settings, point_ids = _shared(keys, own, arms)
    else:
        point_ids = np.repeat(np.arange(plan.n_points)[:, None], len(arms), axis=1)
    return StudyRuns(
        arms=arms,
        settings=settings,
        point_ids=point_ids,
        units=units,
        seeds=seeds,
        n_planned=seeds * a_replicate,
        n_failed=int((~done).sum()),
        n_missing=seeds * a_replicate - len(run),
        _shape=(seeds, plan.n_points, plan.n_styles),
        _market=bool(experiment.competitors),
        _run=run,
        _done=done,
        _table=table,
    )


def by_replicate(
    values: FloatArray, planned: BoolArray, group: IntArray, n_groups: int
) -> FloatArray:
    """Averages (group, arm, replicate) over the settings of each group, where all are known.

    `values` is (setting, arm, replicate), `planned` (setting, arm) says what counts, `group`
    (setting,) where; a setting of group -1 is in none.
    """
    found = np.full((n_groups, *values.shape[1:]), np.nan)
    for k in range(n_groups):
        own = group == k
        total = np.where(planned[own, :, None], values[own], 0.0).sum(axis=0)
        count = planned[own].sum(axis=0)[:, None]
        np.divide(total, count, out=found[k], where=count > 0)
    return found


def by_unit(values: FloatArray, group: IntArray, n_groups: int, unit: IntArray) -> FloatArray:
    """Averages (group, arm, unit) over replicates and the settings of a unit in each group.

    A replicate counts at a setting if all arms have it; NaN where there is none, or where a unit
    has no setting in the group.
    """
    whole: BoolArray = np.all(np.isfinite(values), axis=1)
    replicates = whole.sum(axis=1)[:, None]
    totals = np.where(whole[:, None], values, 0.0).sum(axis=2)
    means = np.divide(totals, replicates, out=np.full(totals.shape, np.nan), where=replicates > 0)
    used = group >= 0
    shape = (n_groups, int(unit.max()) + 1, values.shape[1])
    sums, counts = np.zeros(shape), np.zeros(shape)
    np.add.at(sums, (group[used], unit[used]), means[used])
    np.add.at(counts, (group[used], unit[used]), 1.0)
    found: FloatArray = np.divide(sums, counts, out=np.full(shape, np.nan), where=counts > 0)
    return found.transpose(0, 2, 1)


def _shared(
    keys: Sequence[Key], own: Sequence[str], arms: Sequence[str]
) -> tuple[tuple[dict[str, Any], ...], IntArray]:
    """Returns the settings that points share, and the point of each arm (setting, arm).

    `keys` are the settings of the points, `own` their arms.
    """
    places = {key: n for n, key in enumerate(dict.fromkeys(keys))}
    point_ids = np.full((len(places), len(arms)), -1)
    for point, (key, arm) in enumerate(zip(keys, own, strict=True)):
        point_ids[places[key], arms.index(arm)] = point
    return tuple(dict(key) for key in places), point_ids


def _without(values: Mapping[str, Any], left_out: Callable[[str], bool]) -> Key:
    return tuple((name, value) for name, value in values.items() if not left_out(name))


def _units(experiment: Experiment, n_points: int) -> IntArray | None:
    """Returns which points of a sample are counted as one; it is the axis that turns fastest.

    Of a method whose points come in groups (Morris, Saltelli), the groups are independent.
    """
    sample = experiment.written.get("sample")
    if sample is None:
        return None
    size = len(experiment.axes[-1])
    together = max(1, size // int(sample["n"]))
    return np.arange(n_points, dtype=np.int64) % size // together
