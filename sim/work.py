"""What a worker does: a chunk of a study's runs, written as a part of its folder.

A run that raises is a row like any other, which says why, at which step and in which line; the
others go on. Only a receipt goes back to whoever handed the chunk out.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from statistics import fmean
from traceback import walk_tb
from typing import Any, NamedTuple

import numpy as np

from sim.design import Experiment, Plan, PlannedRun, read_experiment, scenario_of, style_of
from sim.errors import UserError
from sim.executors import alive
from sim.metrics import METRICS
from sim.reading import load
from sim.registry import PLUGIN, plug_in
from sim.simulation import EVENT_NAMES, Run, Simulation
from sim.study_store import StudyStore
from sim.styles import STYLES, Style

PILOTS = 6
"""Runs, all over the design, that tell how long one takes."""

PILOT_SECONDS = 0.25
"""What these may take before no more are tried."""

DATA = "data"
"""Where in a study's folder the files are that its experiment names."""

PLUGGED: dict[str, bytes] = {}
"""The users' own files that this process has taken in, as they were then."""


class Where(NamedTuple):
    """What a worker must know of a study: folder, digest, number of runs, the user's own files.

    `known` are folders of other studies, whose runs need not be done again; `wait` is whether the
    worker itself waits until a part is on the disk, as it must where others have another disk.
    """

    folder: str
    study: str
    n_runs: int
    plugins: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    wait: bool = True


class Failures(NamedTuple):
    """Failures that are alike: how many, and one of them."""

    n: int
    run: int
    error: str
    place: str


class Receipt(NamedTuple):
    """What comes back for a chunk; failures by what they have in common."""

    start: int
    stop: int
    n_reused: int
    failures: dict[str, Failures]

    @property
    def n_failed(self) -> int:
        """How many runs of the chunk failed."""
        return sum(failure.n for failure in self.failures.values())


class Ended(NamedTuple):
    """How a run ended: with its outcomes, or with an error at a step (if it began) and place."""

    seconds: float
    outcomes: Mapping[str, float] | None = None
    run: Run | None = None
    error: str | None = None
    step: int | None = None
    place: str | None = None
    alike: str = ""


def do_chunk(where: Where, start: int, stop: int) -> Receipt:
    """Does the runs start to stop - 1 of a study and writes their part."""
    store, plan = _opened(where)
    rows: list[tuple[PlannedRun, Ended]] = []
    failures: dict[str, Failures] = {}
    n_reused = 0
    known = _known(where.known, plan.experiment.outcome_columns)
    for index in range(start, stop):
        planned = plan.run(index)
        ended = known.get(planned.key)
        if ended is None:
            ended = attempt(plan, planned)
        else:
            n_reused += 1
        if ended.error is not None:
            n = failures[ended.alike].n if ended.alike in failures else 0
            failures[ended.alike] = Failures(n + 1, index, ended.error, ended.place or "")
        rows.append((planned, ended))
        alive()
    write(store, plan, start, stop, rows, wait=where.wait)
    return Receipt(start, stop, n_reused, failures)


def attempt(plan: Plan, planned: PlannedRun) -> Ended:
    """Does one run, and catches what it raises."""
    experiment = plan.experiment
    began = time.perf_counter()
    simulation = None
    try:
        simulation = start(plan, planned)
        simulation.advance()
        run = simulation.result(copy=False)
        found = outcomes(experiment, run)
    except MemoryError:  # the worker's, not the run's own failure: `sim.executors` tells
        raise
    except (Exception, SystemExit) as problem:  # a style or metric may call sys.exit
        name, place = type(problem).__name__, place_of(problem)
        return Ended(
            time.perf_counter() - began,
            error=f"{name}: {problem}",
            step=simulation.step if simulation else None,
            place=place,
            alike=f"{name} at {place}",
        )
    keeps = bool(experiment.series) or experiment.events
    return Ended(time.perf_counter() - began, found, run if keeps else None)


def start(plan: Plan, planned: PlannedRun) -> Simulation:
    """Returns a planned run before its first step; styles follow each other in a world."""
    style = style_of(plan, planned)
    if plan.n_styles == 1:
        return _settle(plan, planned, style)
    return _settled(plan, planned.point_id, planned.rep).under(style)


@lru_cache(maxsize=1)
def _settled(plan: Plan, point: int, rep: int) -> Simulation:
    """Returns a world before its first step, under no style as yet."""
    return _settle(plan, plan.run((rep * plan.n_points + point) * plan.n_styles), None)


def _settle(plan: Plan, planned: PlannedRun, style: Callable[[], Style] | None) -> Simulation:
    experiment = plan.experiment
    return Simulation(
        scenario_of(plan, planned),
        style,
        seed=experiment.seed,
        rep=planned.rep,
        events=experiment.events,
    )


def outcomes(experiment: Experiment, run: Run) -> dict[str, float]:
    """Returns the outcomes of a run by the names of their columns."""
    found = {name: METRICS[name](run) for name in experiment.outcomes}
    for company in experiment.competitors:
        view = run.of(company)
        found |= {f"{company}.{name}": METRICS[name](view) for name in experiment.outcomes}
    return found


def place_of(problem: BaseException) -> str:
    """Returns file and line at which something was raised: the user's own line if there is one."""
    places = [
        (frame.f_globals.get("__name__", ""), f"{Path(frame.f_code.co_filename).name}:{line}")
        for frame, line in walk_tb(problem.__traceback__)
    ]
    own = [place for module, place in places if module.startswith(PLUGIN)]
    return (own or [places[-1][1]])[-1]


def pilot(
    experiment: Experiment, plugins: Sequence[str] = (), share: int = 0, of: int = 1
) -> float:
    """Returns the seconds that a run takes, the mean of a few all over the design.

    The first one, which loads the code, does not count. Several workers may each try a share.
    """
    plug(plugins)
    plan = Plan(experiment)
    n_kinds = plan.n_points * plan.n_styles
    n = min(PILOTS, n_kinds)
    attempt(plan, plan.run(0))
    seconds: list[float] = []
    for k in range(share % n, n, of):
        seconds.append(attempt(plan, plan.run(k * n_kinds // n)).seconds)
        alive()
        if sum(seconds) > PILOT_SECONDS:
            break
    return fmean(seconds)


def load_code() -> None:
    """Has the core's machine code at hand, compiled if need be: nobody waits for it later."""
    Simulation(load("default", ["population.people=10", "time.steps=1"])).advance()


def plug(plugins: Sequence[str]) -> None:
    """Takes in the user's own files, once in a process unless they change."""
    contents = {file: Path(file).read_bytes() for file in plugins if Path(file).is_file()}
    _plug(tuple((file, contents.get(file)) for file in plugins))


@lru_cache(maxsize=1)
def _plug(files: tuple[tuple[str, bytes | None], ...]) -> None:
    """Takes files in, by their contents: what was edited since is another file."""
    for file, _ in files:
        plug_in(file, STYLES, METRICS)


@lru_cache(maxsize=1)
def _opened(where: Where) -> tuple[StudyStore, Plan]:
    """Returns a study's folder and its plan, with as many seeds as it has runs."""
    plug(where.plugins)
    store = StudyStore.open(where.folder)
    return store, plan_of(store)


def plan_of(store: StudyStore) -> Plan:
    """Returns the plan of all runs that a folder is for, from what the folder says alone."""
    for kind, known in (("style", STYLES), ("metric", METRICS)):
        for name in store.experiment["sources"][kind]:
            if name not in known:
                raise UserError(
                    f"{store.folder}: the study has a {kind} of its own, {name!r}: give its file, "
                    f"--plugin {name}.py"
                )
    experiment = read_experiment(store.experiment, folder=store.folder / DATA)
    return Plan.of_runs(experiment, store.n_runs)


@lru_cache(maxsize=1)
def _known(folders: tuple[str, ...], names: tuple[str, ...]) -> Mapping[str, Ended]:
    """Returns the runs of other studies that are done, by key; earlier folders first."""
    found: dict[str, Ended] = {}
    for folder in reversed(folders):
        for block in StudyStore.open(folder).blocks("runs", ["key", "status", "seconds", *names]):
            for row in block.to_pylist():
                if row["status"] == "done":
                    values = {name: row[name] for name in names}
                    found[row["key"]] = Ended(row["seconds"], values)
    return found


def write(
    store: StudyStore,
    plan: Plan,
    start: int,
    stop: int,
    rows: Sequence[tuple[PlannedRun, Ended]],
    *,
    wait: bool = True,
) -> None:
    """Writes the part of some runs; see `StudyStore.write`."""
    runs = [run for run in rows if run[1].run is not None]
    experiment = plan.experiment
    store.write(
        start,
        stop,
        _run_rows(store, plan, rows),
        _series_rows(experiment, runs) if experiment.series else None,
        _event_rows(runs) if experiment.events else None,
        wait=wait,
    )


def _run_rows(
    store: StudyStore, plan: Plan, rows: Sequence[tuple[PlannedRun, Ended]]
) -> dict[str, list[Any]]:
    """Returns a row a run."""
    seed: Any = plan.experiment.seed
    if store.schemas["runs"].field("seed").type == "string":
        seed = str(seed)
    columns: dict[str, list[Any]] = {
        "run": [planned.index for planned, _ in rows],
        "key": [planned.key for planned, _ in rows],
        "point_id": [planned.point_id for planned, _ in rows],
        "rep": [planned.rep for planned, _ in rows],
        "style": [planned.style for planned, _ in rows],
        "seed": [seed] * len(rows),
        "status": ["done" if ended.error is None else "failed" for _, ended in rows],
        "error": [ended.error for _, ended in rows],
        "step": [ended.step for _, ended in rows],
        "place": [ended.place for _, ended in rows],
        "seconds": [ended.seconds for _, ended in rows],
    }
    for name in plan.names:
        columns[name] = [planned.values.get(name) for planned, _ in rows]
    for name in plan.experiment.outcome_columns:
        columns[name] = [e.outcomes[name] if e.outcomes is not None else None for _, e in rows]
    return columns


def _series_rows(
    experiment: Experiment, rows: Sequence[tuple[PlannedRun, Ended]]
) -> dict[str, Any]:
    """Returns a row a run, recorded step and company."""
    names = [company.name for company in experiment.scenario.companies]
    columns: dict[str, list[Any]] = {
        name: [] for name in ("run", "key", "step", "company", *experiment.series)
    }
    for planned, ended in rows:
        run = ended.run
        assert run is not None
        n_rows = len(run.steps) * len(names)
        columns["run"] += [planned.index] * n_rows
        columns["key"] += [planned.key] * n_rows
        columns["step"] += np.repeat(run.steps, len(names)).tolist()
        columns["company"] += names * len(run.steps)
        for name in experiment.series:
            columns[name] += run.companies[name][run.steps].ravel().tolist()
    return columns


def _event_rows(rows: Sequence[tuple[PlannedRun, Ended]]) -> dict[str, Any]:
    """Returns a row an event; no company where an event has none."""
    columns: dict[str, list[Any]] = {
        name: [] for name in ("run", "step", "person", "company", "event", "value")
    }
    for planned, ended in rows:
        run = ended.run
        assert run is not None
        names = [company.name for company in run.scenario.companies]
        columns["run"] += [planned.index] * len(run.log)
        for name in ("step", "person", "value"):
            columns[name] += run.log[name].tolist()
        columns["company"] += [names[c] if c >= 0 else None for c in run.log["company"]]
        columns["event"] += [EVENT_NAMES[e] for e in run.log["event"]]
    return columns
