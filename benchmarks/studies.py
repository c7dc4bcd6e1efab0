"""How much of a study's time and memory is not the model's own.

    python benchmarks/studies.py --runs 2000 --people 300 --steps 60 --workers 2

A study is swept by worker processes. It is stopped a few times (SIGSTOP), and meanwhile the same
cores do nothing but the kernel calls that its runs make, each process on a core of its own, on
inputs that were prepared beforehand and are at hand in its cache. So both meet the same machine,
whatever else it does. The calls are those of each run on its own, though a sweep settles a world
once for all styles in it. All of the sweep's time counts, from its start to the compacted table.

Exits 1 below the goals, which are ratios and megabytes, not seconds. For Linux: it reads /proc.
"""

import argparse
import json
import multiprocessing
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np

import sim.simulation
import sim.threads
from sim.core.settle import settle
from sim.core.state import State
from sim.core.step import advance
from sim.design import Plan, read_experiment, scenario_of, style_of
from sim.simulation import Simulation

RATIO = 0.85
"""Goal: throughput of the sweep, against the bare kernel calls."""

GROWTH = 50.0
"""Goal: memory that a sweep takes at most beyond what it takes at EARLY runs [MB]."""

EARLY = 1000
SAMPLE = 60  # runs whose calls a process repeats
BLOCK = 1.0  # seconds of kernel calls at a time
LOOK = 0.5  # seconds between two looks at the sweep
NAMES = ("history", "drive history", *(field.name for field in fields(State)))
OWN = ("levers", "offsets", "neighbours")  # arrays that runs differ in before they begin
GIVEN = {"settle": 5, "advance": 6}  # arguments of the kernels before their arrays

WORLDS = 2
EXPERIMENT = """
scenario = "default"
styles = {styles}
seeds = {seeds}
outcomes = ["value_created", "surplus", "profit", "active", "gini"]
vary = {{ "world.drift" = ["0.0 per month", "0.02 per month"] }}
fixed = {{ "population.people" = {people}, "time.steps" = {steps} }}
"""

Call = tuple[Callable[..., None], tuple[Any, ...]]


class Seen(NamedTuple):
    """A look at a sweep: runs done, memory of the coordinator and of all workers [MB]."""

    n_done: int
    coordinator: float
    workers: float


class Bare(NamedTuple):
    """The bare kernel calls: runs a second on all cores, processor time of a run [s]."""

    rate: float
    cpu: float


class Sweep(NamedTuple):
    """What was seen of a sweep.

    Seconds from its start to the compacted table, runs a second between its first and its last
    part, processor time of a run [s], looks at it, bytes a run before and after it is compacted.
    """

    seconds: float
    steady: float
    cpu: float
    looks: list[Seen]
    bytes_in_parts: float
    bytes_in_table: float


def calls_of(plan: Plan, index: int, scratch: list[Any]) -> list[Call]:
    """Returns the kernel calls of a run, with scratch in place of the arrays that they change."""
    calls: list[Call] = []

    def taped(kernel: Callable[..., Any]) -> Callable[..., Any]:
        def record(*arguments: Any) -> Any:
            first = GIVEN[kernel.__name__]
            last = first + len(NAMES)
            arrays = [
                array.copy() if name in OWN else scratch[k]
                for k, (name, array) in enumerate(zip(NAMES, arguments[first:last], strict=True))
            ]
            calls.append((kernel, (*arguments[:first], *arrays, *arguments[last:])))
            return kernel(*arguments)

        return record

    with (
        patch.object(sim.simulation, "settle", taped(settle)),
        patch.object(sim.threads, "advance", taped(advance)),
    ):
        simulation = begun(plan, index)
        simulation.advance()
    clear(scratch)
    for kernel, arguments in calls:
        kernel(*arguments)
    if scratch[0].tobytes() != simulation.history.tobytes():
        raise AssertionError(f"the kernel calls do not make the same run {index} again")
    return calls


def begun(plan: Plan, index: int) -> Simulation:
    """Returns a run before its first step, as if there were no other."""
    planned = plan.run(index)
    scenario, style = scenario_of(plan, planned), style_of(plan, planned)
    return Simulation(scenario, style, seed=plan.experiment.seed, rep=planned.rep)


def scratch_of(plan: Plan) -> list[Any]:
    """Returns arrays of the sizes of the plan's runs, in the order of the kernels."""
    simulation = begun(plan, 0)
    return [simulation.history, simulation.drive, *simulation.state.arrays()]


def clear(scratch: list[Any]) -> None:
    """Makes the arrays what they are before a run begins."""
    for array in scratch:
        array[...] = np.zeros((), array.dtype)
    scratch[NAMES.index("marks")][...] = -1


def bare(pipe: Connection, core: int, file: Path, first: int) -> None:
    """Repeats the kernel calls of a sample of runs whenever it is told to, until None comes."""
    os.sched_setaffinity(0, {core})
    plan = Plan(read_experiment(file))
    scratch = scratch_of(plan)
    runs = range(first, first + min(SAMPLE, len(plan)))
    tapes = [calls_of(plan, index % len(plan), scratch) for index in runs]
    pipe.send(None)
    while pipe.recv() is not None:
        wall, cpu, n_runs = 0.0, 0.0, 0
        while wall < BLOCK:
            for calls in tapes:
                clear(scratch)
                wall_began, cpu_began = time.perf_counter(), time.process_time()
                for kernel, arguments in calls:
                    kernel(*arguments)
                wall += time.perf_counter() - wall_began
                cpu += time.process_time() - cpu_began
            n_runs += len(tapes)
        pipe.send((n_runs / wall, cpu / n_runs))


@contextmanager
def bare_processes(file: Path, cores: list[int]) -> Iterator[Callable[[], Bare]]:
    """Yields what measures the bare kernel calls on all cores."""
    spawn = multiprocessing.get_context("spawn")
    pipes = []
    for n, core in enumerate(cores):
        ours, theirs = spawn.Pipe()
        arguments = (theirs, core, file, n * SAMPLE)
        spawn.Process(target=bare, args=arguments, daemon=True).start()
        pipes.append(ours)
    for pipe in pipes:
        pipe.recv()

    def measure() -> Bare:
        for pipe in pipes:
            pipe.send(True)
        rates, cpu = zip(*(pipe.recv() for pipe in pipes), strict=True)
        return Bare(sum(rates), statistics.mean(cpu))

    yield measure
    for pipe in pipes:
        pipe.send(None)


def look(process: int, folder: Path) -> Seen:
    """Returns how far a sweep is, and what all of its session takes."""
    names = (path.stem.split("-") for path in folder.glob("runs/[0-9]*.parquet"))
    n_done = sum(int(name[1]) - int(name[0]) for name in names)
    memory = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            about = (entry / "stat").read_text().rpartition(")")[2].split()
            pages = int((entry / "statm").read_text().split()[1])
        except (OSError, IndexError):  # it has ended
            continue
        if int(about[3]) == process:
            memory[int(entry.name)] = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    coordinator = memory.pop(process, 0.0)
    return Seen(n_done, coordinator, sum(memory.values()))


def size_of(folder: Path) -> int:
    """Returns the bytes of all runs of a study."""
    return sum(path.stat().st_size for path in folder.glob("**/[!.]*.parquet"))


def sweep(file: Path, n_runs: int, workers: int, rounds: int, pause: Callable[[], None]) -> Sweep:
    """Sweeps a study, stopped so many times for a pause."""
    folder, log = file.with_suffix(""), file.with_suffix(".log")
    command = ["-m", "sim", "sweep", str(file), "--out", str(folder), "--workers", str(workers)]
    looks: list[Seen] = []
    progress: list[tuple[float, int]] = []
    paused, n_pauses, bytes_in_parts = 0.0, 0, float("nan")
    cpu_before, began = cpu_of_children(), time.perf_counter()
    with log.open("w") as words:
        process = subprocess.Popen(
            [sys.executable, *command], stdout=words, stderr=words, start_new_session=True
        )
    try:
        while process.poll() is None:
            time.sleep(LOOK)
            seen = look(process.pid, folder)
            looks.append(seen)
            if seen.n_done:
                progress.append((time.perf_counter() - began - paused, seen.n_done))
            if n_pauses < rounds and seen.n_done >= (n_pauses + 1) * n_runs / (rounds + 1):
                n_pauses += 1
                since = time.perf_counter()
                os.killpg(process.pid, signal.SIGSTOP)
                bytes_in_parts = size_of(folder) / seen.n_done
                pause()
                os.killpg(process.pid, signal.SIGCONT)
                paused += time.perf_counter() - since
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    seconds = time.perf_counter() - began - paused
    if process.returncode != 0:
        raise SystemExit(f"the sweep ended with exit code {process.returncode}:\n{log.read_text()}")
    (first, some), (last, most) = progress[0], max(progress, key=lambda one: one[1])
    return Sweep(
        seconds,
        (most - some) / (last - first) if last > first else float("nan"),
        (cpu_of_children() - cpu_before) / n_runs,
        looks,
        bytes_in_parts,
        size_of(folder) / n_runs,
    )


def cpu_of_children() -> float:
    """Returns the processor time of all child processes, and theirs, that have ended [s]."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def report(found: Sweep, bare_calls: list[Bare], n_runs: int) -> bool:
    """Prints a table; returns whether the goals are reached."""
    rates = [one.rate for one in bare_calls]
    rate, kernels = n_runs / found.seconds, statistics.median(rates)
    cpu = statistics.median(one.cpu for one in bare_calls)
    early = [seen for seen in found.looks if seen.n_done <= EARLY]
    before = max(seen.coordinator + seen.workers for seen in early)
    growth = max(seen.coordinator + seen.workers for seen in found.looks) - before
    rows = [
        ("sweep, from start to table", f"{rate:.1f} runs/s"),
        ("sweep, first to last part", f"{found.steady:.1f} runs/s"),
        ("bare kernel calls", f"{kernels:.1f} runs/s ({min(rates):.1f} to {max(rates):.1f})"),
        ("sweep / bare", f"{rate / kernels:.3f} (goal: at least {RATIO})"),
        ("first to last part / bare", f"{found.steady / kernels:.3f}"),
        (
            "processor time, bare / sweep",
            f"{cpu / found.cpu:.3f} ({1000 * cpu:.2f} of {1000 * found.cpu:.2f} ms a run)",
        ),
    ]
    for name in ("coordinator", "workers"):
        first = max(getattr(seen, name) for seen in early)
        most = max(getattr(seen, name) for seen in found.looks)
        rows.append((f"memory of {name}", f"{first:.0f} MB to run {EARLY}, {most:.0f} MB in all"))
    rows += [
        (f"memory beyond run {EARLY}", f"{growth:.1f} MB (goal: at most {GROWTH:.0f} MB)"),
        ("store, in parts", f"{found.bytes_in_parts:.1f} bytes a run"),
        ("store, compacted", f"{found.bytes_in_table:.1f} bytes a run"),
    ]
    for name, value in rows:
        print(f"{name:30} {value}")
    return rate / kernels >= RATIO and growth <= GROWTH


def main() -> int:
    """Measures; returns the exit code."""
    n_cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=2000, help="runs of the study (2000)")
    parser.add_argument("--people", type=int, default=300, help="people of its worlds (300)")
    parser.add_argument("--steps", type=int, default=60, help="steps of a run (60)")
    parser.add_argument(
        "--styles", nargs="+", default=["commons", "directive"], help="its styles (two)"
    )
    parser.add_argument("--workers", type=int, default=n_cores, help="cores to use (all)")
    parser.add_argument(
        "--rounds", type=int, default=4, help="how often the sweep stops for the bare calls (4)"
    )
    asked = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))[: asked.workers]
    if len(cores) < asked.workers:
        parser.error(f"--workers must be at most {n_cores}, the cores there are")
    n_kinds = WORLDS * len(asked.styles)
    seeds = -(-asked.runs // n_kinds)
    n_runs = n_kinds * seeds
    text = EXPERIMENT.format(
        styles=json.dumps(asked.styles), seeds=seeds, people=asked.people, steps=asked.steps
    )
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "bench.toml"
        file.write_text(text)
        os.sched_setaffinity(0, set(cores))
        with bare_processes(file, cores) as measure:
            measured = [measure()]
            found = sweep(
                file, n_runs, asked.workers, asked.rounds, lambda: measured.append(measure())
            )
            measured.append(measure())
    return 0 if report(found, measured, n_runs) else 1


if __name__ == "__main__":
    sys.exit(main())
