"""A study: what was asked, its runs, and what they say."""

import math
import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from sim import work
from sim.design import Experiment, Plan, PlannedRun
from sim.errors import UserError
from sim.simulation import Run
from sim.study_store import StudyStore

if TYPE_CHECKING:
    from sim.analysis.report import Report

UNLIKE = (
    "In the study {} was {!r}, here it is {!r}: a style or an outcome may draw at random by "
    "itself, or depend on the time"
)


class Failure(NamedTuple):
    """A run that failed: what it was, why, at which step, and where in the code."""

    run: int
    style: str
    values: dict[str, Any]
    seed: Any
    rep: int
    key: str
    error: str
    step: int | None
    place: str | None

    def told(self) -> str:
        """Returns all of it in a line."""
        values = "".join(f", {name} = {value!r}" for name, value in self.values.items())
        step = "" if self.step is None else f", step {self.step}"
        place = f" ({self.place})" if self.place else ""
        return (
            f"run {self.run} (key {self.key}): {self.style or 'market'}{values}, seed {self.seed}, "
            f"replicate {self.rep}{step}: {self.error}{place}"
        )


@dataclass(frozen=True)
class Study:
    """A study in its folder: finished, half finished, or being swept by others."""

    store: StudyStore
    plan: Plan
    plugins: tuple[str, ...] = ()

    @property
    def experiment(self) -> Experiment:
        """What was asked."""
        return self.plan.experiment

    def table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Returns a row for each run that is done or failed, ordered by run."""
        return self.store.table(columns)

    def failures(self) -> list[Failure]:
        """Returns the runs that failed."""
        names = list(self.plan.names)
        import pyarrow.compute as pc  # which takes long to load, and a sweep does not need

        columns = ["run", "style", "seed", "rep", "key", "status", "error", "step", "place"]
        found = []
        for block in self.store.blocks("runs", [*columns, *names]):
            for row in block.filter(pc.equal(block["status"], "failed")).to_pylist():
                values = {name: row.pop(name) for name in names}
                del row["status"]
                found.append(Failure(values=values, **row))
        return found

    def width(self) -> float:
        """Returns how wide the widest interval is that [precise] asks to be narrow."""
        from sim.analysis.precision import widest

        precise = self.experiment.precise
        assert precise is not None
        values = self.store.table([precise.outcome])[precise.outcome].to_numpy()
        shape = (self.plan.seeds, self.plan.n_points, self.plan.n_styles)
        one, other = (self.plan.labels(0).index(style) for style in precise.styles)
        by_run = values.reshape(shape)
        return widest(by_run[..., one] - by_run[..., other], least=precise.least)

    def report(self) -> "Report":
        """Returns what the study says: means, differences, sentences."""
        from sim.analysis.report import columns, report

        needed = columns(self.experiment, self.plan)
        return report(self.experiment, self.plan, self.table(needed))

    def planned(self, run: int) -> PlannedRun:
        """Returns what a run is."""
        try:
            return self.plan.run(run)
        except IndexError as problem:
            raise UserError(str(problem)) from None

    def again(self, run: int) -> str:
        """Returns the command that does one run again, from the present folder."""
        files = [os.path.relpath(file) for file in self.plugins]
        words = [str(self.store.folder), str(run), *(f"--plugin={file}" for file in files)]
        return f"cocreate repeat {shlex.join(words)}"

    def unlike(self, run: int, outcomes: Mapping[str, float]) -> str:
        """Returns how outcomes of a run differ from those that the study has; "" if not at all."""
        import pyarrow.compute as pc

        for block in self.store.blocks("runs", ["run", "status", "error", *outcomes]):
            for row in block.filter(pc.equal(block["run"], run)).to_pylist():
                if row["status"] == "failed":
                    return f"In the study this run failed: {row['error']}"
                for name, value in outcomes.items():
                    there = row[name]
                    if there != value and not (math.isnan(there) and math.isnan(value)):
                        return UNLIKE.format(name, there, value)
        return ""

    def repeat(self, run: int) -> tuple[Run, dict[str, float]]:
        """Does one run again, here; raises what it raises."""
        simulation = work.start(self.plan, self.planned(run))
        simulation.advance()
        result = simulation.result()
        return result, work.outcomes(self.experiment, result)


def open_study(folder: str | Path, plugins: Iterable[str | Path] = ()) -> Study:
    """Opens the folder of a study that was begun, with the user's own files it was begun with."""
    files = absolute(plugins)
    work.plug(files)
    store = StudyStore.open(folder)
    return Study(store, work.plan_of(store), files)


def absolute(plugins: Iterable[str | Path]) -> tuple[str, ...]:
    """Returns the paths of a user's own files, which workers start elsewhere from."""
    return tuple(str(Path(file).resolve()) for file in plugins)
