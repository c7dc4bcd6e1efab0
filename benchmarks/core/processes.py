"""What takes processes of its own: memory, and the time to a first result."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from benchmarks.core.race import ALL_ACTIVE, SEED, Scale, of_children, world
from benchmarks.core.rows import Row, at_most
from sim.executors import EXECUTORS, Options
from sim.scenario import Scenario
from sim.simulation import Simulation

TIES = ("offsets", "neighbours")
RSS_STEPS = 5
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
    with EXECUTORS["processes"](Options(workers=1, start="spawn")) as pool:  # a fork has our arrays
        peak = pool.submit(most_memory, scenario).result()
    yield Row(f"{at}: most memory of a process that does a run", (peak,), "MB")


def most_memory(scenario: Scenario) -> float:
    """Does some steps of a run with its result; returns the most this process ever took [MB]."""
    simulation = Simulation(scenario, seed=SEED)
    simulation.advance(RSS_STEPS)
    simulation.result()
    status = Path("/proc/self/status").read_text().split()  # of this process alone, unlike rusage
    return int(status[status.index("VmHWM:") + 1]) / 1024.0


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
