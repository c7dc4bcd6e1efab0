"""What takes processes of its own: memory, studies, and the time to a first result."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import mesa

import sim
import sim.core.draws
import sim.simulation
import sim.threads
import sim.ties
from benchmarks.core.alone import twin
from benchmarks.core.race import (
    ALL_ACTIVE,
    FULL,
    SEED,
    Others,
    Scale,
    of_children,
    ratios,
    world,
)
from benchmarks.core.rows import Row, at_least, at_most
from sim.executors import EXECUTORS, Options, cores
from sim.reading import load
from sim.scenario import Scenario
from sim.simulation import Simulation

TIES = ("offsets", "neighbours")
RSS_STEPS = 5
STUDY = {"population.people": 1_000, "time.steps": 100}
KERNELS = (
    (sim.ties, "small_world"),
    (sim.core.draws, "join"),
    (sim.simulation, "settle"),
    (sim.threads, "advance"),
)
"""All that a run of the study calls, by where it is called."""

BATCH = 4  # runs of plain agents, in each round
FIRST_RESULT = [sys.executable, "-m", "sim", "run", "default", "--seed", "1"]


def memory(scale: Scale) -> Iterator[Row]:
    """Yields the bytes of the arrays with a row for each person, and the most that a run takes."""
    n_people = scale.sizes[-1]
    scenario = world(n_people, ALL_ACTIVE)
    state = Simulation(scenario, seed=SEED).state
    arrays = {field.name: getattr(state, field.name) for field in fields(state)}
    ties = sum(arrays.pop(name).nbytes for name in TIES)
    each = sum(array.nbytes for array in arrays.values() if len(array) == n_people)
    at = f"{n_people:,} people"
    yield Row(f"{at}: a person", (each / n_people,), "bytes", at_most(160.0))
    yield Row(f"{at}: a person's 8 ties", (ties / n_people,), "bytes", at_most(40.0))
    with EXECUTORS["processes"](Options(workers=1)) as pool:
        peak = pool.submit(most_memory, scenario).result()
    yield Row(f"{at}: most memory of a process that does a run", (peak,), "MB")


def most_memory(scenario: Scenario) -> float:
    """Does some steps of a run with its result; returns the most this process ever took [MB]."""
    simulation = Simulation(scenario, seed=SEED)
    simulation.advance(RSS_STEPS)
    simulation.result()
    status = Path("/proc/self/status").read_text().split()  # of this process alone, unlike rusage
    return int(status[status.index("VmHWM:") + 1]) / 1024.0


class Spent(NamedTuple):
    """Seconds by the clock, and of the processors."""

    wall: float
    processor: float


def studies(scale: Scale) -> Iterator[Row]:
    """Yields the time of a study on two cores, against one, the bare kernels, and batch_run.

    The kernels' time is what the same runs spend in them, on as many cores. Plain agents do a few
    of the runs, which tell how long each takes.
    """
    n_cores = min(2, cores())
    study = f"{scale.runs:,} runs of 1,000 people x 100 steps"
    full = scale.runs >= FULL.runs
    one, several, kernels, tuned, usual = [], [], [], [], []
    with Others() as others:
        for _ in range(max(1, scale.rounds // 3)):
            several.append(swept(scale.runs, n_cores))
            kernels.append(bare(scale.runs, n_cores))
            one.append(swept(scale.runs, 1))
            tuned.append(batch(usual=False) / BATCH)
            usual.append(batch(usual=True) / BATCH)
    processor = [spent.processor / scale.runs for spent in one]
    times = [spent.wall for spent in several]
    yield Row(f"{study}: a run on 1 core", tuple(1e3 * each for each in processor), "ms")
    words = "study: 1 core / 2 cores"
    if n_cores < 2:
        yield Row(words, (), skipped="there is one core only")
    else:
        speedup = ratios([spent.wall for spent in one], times)
        yield Row(words, speedup, goal=at_least(1.9) if full else None)
    slower = ratios(times, [spent.wall for spent in kernels])
    yield Row(
        f"study / bare kernel calls, on {n_cores} cores",
        slower,
        goal=at_most(1.15) if full else None,
    )
    work = ratios([s.processor for s in several], [s.processor for s in kernels])
    yield Row("study / bare kernel calls, processor time", work)
    yield Row(
        "mesa.batch_run over tuned agents / study, a run on 1 core",
        ratios(tuned, processor),
        goal=at_least(100.0) if full else None,
    )
    words = "mesa.batch_run over usual agents / study, a run on 1 core"
    yield Row(words, ratios(usual, processor))
    yield others.row()


def swept(n_runs: int, workers: int) -> Spent:
    """Sweeps a study from its start to its table; returns what that took."""
    experiment = {
        "scenario": "default",
        "styles": [load("default").style],
        "seed": SEED,
        "seeds": n_runs,
        "outcomes": ["value_created", "surplus", "profit", "active", "gini"],
        "fixed": STUDY,
    }
    with tempfile.TemporaryDirectory() as place:
        began, used = time.perf_counter(), time.process_time() + of_children()
        sim.sweep(experiment, Path(place) / "study", options=Options(workers=workers))
        return Spent(time.perf_counter() - began, time.process_time() + of_children() - used)


def bare(n_runs: int, workers: int) -> Spent:
    """Does the runs of the study on some cores; returns what their kernels took, on average."""
    with EXECUTORS["processes"](Options(workers=workers)) as pool:
        shares = [pool.submit(in_kernels, range(n, n_runs, workers)) for n in range(workers)]
        spent = [share.result() for share in shares]
    wall, processor = zip(*spent, strict=True)
    return Spent(sum(wall) / workers, sum(processor))


def in_kernels(reps: range) -> Spent:
    """Does runs of the study; returns the seconds that they spend in the kernels."""
    wall, processor = 0.0, 0.0

    def timed(kernel: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            nonlocal wall, processor
            began, used = time.perf_counter(), time.thread_time()
            answer = kernel(*arguments)
            wall += time.perf_counter() - began
            processor += time.thread_time() - used
            return answer

        return call

    scenario = of_study()
    Simulation(scenario, seed=SEED).advance()  # fetches the machine code
    with ExitStack() as patches:
        for module, name in KERNELS:
            kernel = getattr(module, name)
            patches.enter_context(patch.object(module, name, timed(kernel)))
        for rep in reps:
            Simulation(scenario, seed=SEED, rep=rep).advance()
    return Spent(wall, processor)


def of_study() -> Scenario:
    """Returns the world of the study."""
    return load("default", [f"{key}={value}" for key, value in STUDY.items()])


def batch(usual: bool) -> float:
    """Does a few runs of the study as plain agents in Mesa's batches; returns the seconds [s]."""
    agents = twin("mesa_agents")

    class Collecting(agents.Ecosystem):  # type: ignore[misc, name-defined]
        """Tuned agents that collect one outcome, as Mesa's batches want it."""

        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            active = {"active": lambda model: sum(firm.active for firm in model.firms)}
            self.datacollector = mesa.DataCollector(model_reporters=active)

        def step(self) -> None:
            super().step()
            self.datacollector.collect(self)

    used = time.process_time()
    mesa.batch_run(
        agents.UsualEcosystem if usual else Collecting,
        {"scenario": of_study(), "seed": SEED, "rep": range(BATCH)},
        max_steps=STUDY["time.steps"],
        display_progress=False,
    )
    return time.process_time() - used


def start(scale: Scale) -> Iterator[Row]:
    """Yields the processor time of a new process until it has printed the outcomes of a run."""
    cold, warm = [], []
    for _ in range(max(1, scale.rounds // 3)):
        with tempfile.TemporaryDirectory() as cache:
            cold.append(processor_time(FIRST_RESULT, cache))
            warm.append(processor_time(FIRST_RESULT, cache))
    command = "cocreate run default"
    yield Row(f"{command}: nothing compiled yet", tuple(cold), "s", at_most(8.0))
    yield Row(f"{command}: machine code at hand", tuple(warm), "s", at_most(1.5))


def processor_time(command: list[str], cache: str) -> float:
    """Returns the processor time of a command and its children, with a cache of its own [s]."""
    used = of_children()
    environment = {**os.environ, "COCREATE_CACHE_DIR": cache}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return of_children() - used
