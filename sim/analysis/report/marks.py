"""The marks of a study's figure."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.analysis.report.axes import Level, binned, grouped, levels_of, scale_of
from sim.analysis.report.places import averages
from sim.analysis.report.runs import FloatArray, StudyRuns
from sim.analysis.report.summaries import LEVEL, summary

if TYPE_CHECKING:
    from sim.design import Experiment


@dataclass(frozen=True)
class Mark:
    """One mark of the figure: a mean, or a difference from the baseline, with its interval."""

    outcome: str
    column: Level
    line: Level
    x: Level
    n: int
    mean: float
    low: float
    high: float


class Marks:
    """Gathers the marks of a figure, outcome by outcome."""

    def __init__(self, experiment: Experiment, runs: StudyRuns, who: str):
        figure = self.figure = experiment.figure
        self.runs, self.who = runs, who
        used = (figure.x, figure.lines, figure.columns)
        self.names = [name for name in used if name not in ("", who)]
        settings: Sequence[dict[str, Any]] = runs.settings
        self.base = runs.arms.index(figure.baseline)
        differ = figure.show == "differences"
        self.arms = [arm for arm in runs.arms if not (differ and arm == figure.baseline)]
        if figure.x == who:
            self.x = scale_of(who, "", str, self.arms)
        else:
            parameter = experiment.parameters[figure.x]
            levels = levels_of(settings, figure.x)
            self.x = scale_of(figure.x, parameter.about.unit, parameter.kind, levels)
            if figure.x in experiment.written.get("sample", {}).get("ranges", {}):
                self.x, bins = binned(self.x, settings)
                pairs = zip(settings, bins, strict=True)
                settings = [setting | {figure.x: level} for setting, level in pairs]
        self.group, self.values = grouped(settings, self.names)
        self.lines, self.columns = (
            tuple(self.arms) if name == who else levels_of(settings, name) or ("",)
            for name in (figure.lines, figure.columns)
        )
        n_marks = len(self.values) * len(self.arms) * len(figure.outcomes)
        self.n_comparisons = n_marks if differ else 1
        self.found: list[Mark] = []

    def add(self, outcome: str, values: FloatArray) -> None:
        """Adds the marks of one outcome (setting, arm, replicate)."""
        planned = self.runs.point_ids >= 0
        gathered = averages(values, planned, self.group, len(self.values), self.runs.units)
        if self.figure.show == "differences":
            gathered = gathered - gathered[:, self.base, None]
        what = summary(gathered, 1 - (1 - LEVEL) / self.n_comparisons)
        for place, arm in itertools.product(range(len(self.values)), self.arms):
            at = place, self.runs.arms.index(arm)
            if what.n[at]:
                levels = {"": "", self.who: arm, **self.values[place]}
                self.found.append(
                    Mark(
                        outcome,
                        levels[self.figure.columns],
                        levels[self.figure.lines],
                        levels[self.figure.x],
                        int(what.n[at]),
                        *(float(numbers[at]) for numbers in (what.mean, what.low, what.high)),
                    )
                )
