"""Things that take turns in being timed, and the worlds in which they are."""

import gc
import math
import os
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.core.rows import Row
from sim.reading import change, load
from sim.scenario import Scenario
from sim.simulation import Simulation

Block = Callable[[], object]
Clock = Callable[[], float]

SEED = 1
STEPS = 2000  # of a world: more than are taken in any race
MOST_STEPS = 50  # of a run, in one block
TRIAL = 3  # steps that tell how long one takes

ALL_ACTIVE, DEFAULT_MIX = "all active", "default mix"
KINDS = {
    ALL_ACTIVE: (
        "population.founders=1",
        "turnover.leave=0 per month",
        "turnover.leave_early=0 per month",
        "money.seed_money=1e6",
    ),
    DEFAULT_MIX: ("money.seed_money=1e6",),
}
"""What differs from the default world. In none does a company go broke, and lose its members."""


@dataclass(frozen=True)
class Scale:
    """How large, how long and how often: people, rounds, seconds of a block, runs of a study."""

    sizes: tuple[int, ...]
    rounds: int
    block: float
    runs: int

    @property
    def large(self) -> int:
        """People of the world in which things are compared that have no size of their own."""
        return min(100_000, self.sizes[-1])


FULL = Scale((1_000, 10_000, 100_000, 1_000_000), rounds=9, block=0.25, runs=2_000)
QUICK = Scale((1_000, 10_000), rounds=3, block=0.2, runs=100)


def world(n_people: int, kind: str, n_companies: int = 1, *changes: str) -> Scenario:
    """Returns a world of so many people and companies, all under the style of the default one."""
    size = (f"population.people={n_people}", f"time.steps={STEPS}")
    scenario = load("default", (*KINDS[kind], *size, *changes))
    companies: Any = [{"name": f"company {n}"} for n in range(n_companies)]
    return change(scenario, companies=companies)


class Fleet:
    """Runs of one world that advance alike, so many that they take long enough to be timed."""

    def __init__(self, scenario: Scenario, steps: int, n_runs: int, **options: Any) -> None:
        first = Simulation(scenario, seed=SEED, **options)
        self.steps = steps
        self.runs = [first, *(first.under(None) for _ in range(n_runs - 1))]

    def advance(self) -> None:
        """Takes the next steps of all runs."""
        for run in self.runs:
            run.advance(self.steps)
            if run.done or not run.state.companies["open"].all():
                raise AssertionError("a run was over, or a company broke, while it was timed")

    def skip(self, steps: int) -> None:
        """Takes steps that are not timed."""
        for run in self.runs:
            run.advance(steps)

    def fingerprint(self) -> str:
        """Returns the fingerprint of what each run has recorded."""
        return self.runs[0].result().fingerprint()

    def a_person_and_step(self, seconds: float) -> float:
        """Returns what the seconds of a block come to for a person and step [ns]."""
        n_people = len(self.runs[0].state.people)
        return 1e9 * seconds / (len(self.runs) * self.steps * n_people)


def pace(scenario: Scenario) -> float:
    """Returns the seconds that the core takes for a step of a world, more or less."""
    trial = Simulation(scenario, seed=SEED)
    trial.advance(1)
    return seconds(lambda: trial.advance(TRIAL), time.process_time) / TRIAL


def enough(block: float, each: float) -> int:
    """Returns how many of what takes so long fill a block."""
    return max(1, math.ceil(block / each))


def filling(block: float, scenario: Scenario) -> tuple[int, int]:
    """Returns how many steps of how many runs of a world fill a block."""
    step = pace(scenario)
    steps = min(MOST_STEPS, enough(block, step))
    return steps, enough(block, step * steps)


def race(
    blocks: Sequence[Block], rounds: int, clock: Clock = time.process_time
) -> list[tuple[float, ...]]:
    """Returns the seconds that each block took, round by round: they take turns, A B A B.

    All are warmed up before. Python collects no garbage meanwhile, which would cost those most who
    have many objects.
    """
    for block in blocks:
        block()
    gc.collect()
    gc.disable()
    try:
        measured = [[seconds(block, clock) for block in blocks] for _ in range(rounds)]
    finally:
        gc.enable()
    return list(zip(*measured, strict=True))


def seconds(block: Block, clock: Clock) -> float:
    """Returns the seconds that a block takes."""
    began = clock()
    block()
    return clock() - began


def ratios(over: Sequence[float], under: Sequence[float]) -> tuple[float, ...]:
    """Returns how many times as much the one is as the other, round by round."""
    return tuple(a / b for a, b in zip(over, under, strict=True))


def of_children() -> float:
    """Returns the processor time of all child processes, and theirs, that have ended [s]."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Others:
    """What other processes take of the machine meanwhile, which spoils what goes by the clock."""

    def __enter__(self) -> Self:
        self._clock, self._others = time.perf_counter(), self._seconds()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._others = self._seconds() - self._others
        self._clock = time.perf_counter() - self._clock

    def row(self) -> Row:
        """Returns a row that tells it."""
        share = 100.0 * self._others / self._clock / (os.cpu_count() or 1)
        return Row("other processes took of the cores meanwhile", (max(0.0, share),), "%")

    @staticmethod
    def _seconds() -> float:
        """Returns the seconds that the cores were not idle, and not at this process's work."""
        user, nice, system, _, _, *interrupts = map(
            int, Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
        )
        busy = (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")
        return busy - time.process_time() - of_children()
