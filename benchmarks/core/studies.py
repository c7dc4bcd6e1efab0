"""A study on two cores, against one, its bare kernels, and Mesa's batches of plain agents."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import patch

import sim
import sim.core.draws
import sim.simulation
import sim.sweeps
import sim.threads
import sim.ties
from benchmarks.core.alone import twin
from benchmarks.core.contest import command, contest
from benchmarks.core.race import FULL, SEED, Others, Scale, of_children, ratios
from benchmarks.core.rows import Row, at_least, at_most
from sim.executors import EXECUTORS, Options, cores
from sim.reading import load
from sim.scenario import Scenario
from sim.simulation import Simulation

STUDY = {"population.people": 1_000, "time.steps": 100}
STYLES = ("directive", "contest", "toolkit", "foundation", "commons", "steward")
"""The ways of managing that a study compares, as those of experiments do: in the same worlds."""

KERNELS = (
    (sim.ties, "small_world"),
    (sim.core.draws, "join"),
    (sim.simulation, "settle"),
    (sim.threads, "advance"),
)
"""All that a run of the study calls, by where it is called."""

BATCH = 1  # worlds in which plain agents do the runs of all styles, in each round
FEWER = 4  # times fewer runs tell what the kernels take on one core
BY_CLOCK = 4  # sweeps on each number of cores a round, as more disturbs the clock


def studies(scale: Scale) -> Iterator[Row]:
    """Yields the time of a study on two cores, against one, the bare kernels, and batch_run.

    The kernels' time is what the same runs spend in them, each on its own, on as many cores, though
    a study settles a world once for all styles; on one core and on two it tells what these are
    worth. Plain agents do a few of the runs, which tell how long each takes.
    """
    n_cores = min(2, cores())
    seeds = -(-scale.runs // len(STYLES))
    n_runs = seeds * len(STYLES)
    study = f"{n_runs:,} runs of 1,000 people x 100 steps"
    full = scale.runs >= FULL.runs
    sweeps = [command(swept, seeds, n_cores), command(swept, seeds, 1)]
    beside = [
        command(bare, seeds, n_cores),
        command(bare, seeds // FEWER, 1),
        command(batch, "tuned"),
        command(batch, "usual"),
    ]
    rounds = []
    swept("1", "1")  # keeps all machine code at hand for the others
    with Others() as others:
        for _ in range(scale.rounds):
            once = contest(beside)
            rounds += [contest(sweeps) + once for _ in range(BY_CLOCK)]
    several, one, bare_several, bare_one, tuned, usual = zip(*rounds, strict=True)
    processor = [used / n_runs for _, used in one]
    kernels = [used for _, used in bare_several]
    yield Row(f"{study}: a run on 1 core", tuple(1e3 * each for each in processor), "ms")
    words = "study: 1 core / 2 cores"
    if n_cores < 2:
        yield Row(words, (), skipped="there is one core only")
    else:
        speedup = ratios([wall for wall, _ in one], [wall for wall, _ in several])
        yield Row(words, speedup, goal=at_least(1.9) if full else None)
        share = seeds / (seeds // FEWER)
        worth = ratios([n_cores * share * used for _, used in bare_one], kernels)
        yield Row("bare kernel calls: 1 core / 2 cores", worth)
    slower = ratios([wall for wall, _ in several], [used / n_cores for used in kernels])
    yield Row(
        f"study / bare kernel calls, on {n_cores} cores",
        slower,
        goal=at_most(1.15) if full else None,
    )
    work = ratios([used for _, used in several], kernels)
    yield Row("study / bare kernel calls, processor time", work)
    yield Row(
        "mesa.batch_run over tuned agents / study, a run on 1 core",
        ratios([each for _, each in tuned], processor),
        goal=at_least(100.0) if full else None,
    )
    words = "mesa.batch_run over usual agents / study, a run on 1 core"
    yield Row(words, ratios([each for _, each in usual], processor))
    yield others.row()


def swept(seeds: str, workers: str) -> float:
    """Sweeps a study from its start to its table; returns the processor time it took [s]."""
    experiment = {
        "scenario": "default",
        "styles": STYLES,
        "seed": SEED,
        "seeds": int(seeds),
        "outcomes": ["value_created", "surplus", "profit", "active", "gini"],
        "fixed": STUDY,
    }
    used = time.process_time()
    with tempfile.TemporaryDirectory() as place:
        sim.sweeps.sweep(experiment, Path(place) / "study", options=Options(workers=int(workers)))
    return time.process_time() + of_children() - used


def bare(seeds: str, workers: str) -> float:
    """Does the runs of the study on some cores; returns what their kernels took [s]."""
    n = int(workers)
    with EXECUTORS["processes"](Options(workers=n)) as pool:
        shares = [pool.submit(in_kernels, range(k, int(seeds), n)) for k in range(n)]
        return sum(share.result() for share in shares)


def in_kernels(reps: range) -> float:
    """Does runs of the study, of all styles; returns what they spend in the kernels [s]."""
    spent = 0.0

    def timed(kernel: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            nonlocal spent
            used = time.thread_time()
            answer = kernel(*arguments)
            spent += time.thread_time() - used
            return answer

        return call

    scenario = of_study()
    Simulation(scenario, seed=SEED).advance()  # fetches the machine code
    with ExitStack() as patches:
        for module, name in KERNELS:
            kernel = getattr(module, name)
            patches.enter_context(patch.object(module, name, timed(kernel)))
        for rep, style in product(reps, STYLES):
            Simulation(scenario, style, seed=SEED, rep=rep).advance()
    return spent


def of_study() -> Scenario:
    """Returns the world of the study."""
    return load("default", [f"{key}={value}" for key, value in STUDY.items()])


def batch(kind: str) -> float:
    """Does runs as plain agents in Mesa's batches, some of each style; returns what each took [s].

    Tuned agents collect one outcome, as Mesa's batches want it.
    """
    import mesa  # here alone: who runs a study has not loaded it, and forks the sooner

    agents = twin("mesa_agents")

    class Collecting(agents.Ecosystem):  # type: ignore[misc, name-defined]
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            active = {"active": lambda model: sum(firm.active for firm in model.firms)}
            self.datacollector = mesa.DataCollector(model_reporters=active)

        def step(self) -> None:
            super().step()
            self.datacollector.collect(self)

    used = time.process_time()
    mesa.batch_run(
        agents.UsualEcosystem if kind == "usual" else Collecting,
        {"scenario": of_study(), "style": STYLES, "seed": SEED, "rep": range(BATCH)},
        max_steps=STUDY["time.steps"],
        display_progress=False,
    )
    return (time.process_time() - used) / (BATCH * len(STYLES))
