"""What one process tells: the core against plain agents, against C, and against itself."""

import importlib.util
import math
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.core.race import (
    ALL_ACTIVE,
    KINDS,
    MOST_STEPS,
    SEED,
    Fleet,
    Others,
    Scale,
    enough,
    filling,
    race,
    ratios,
    seconds,
    world,
)
from benchmarks.core.rows import Goal, Row, at_least, at_most, so
from sim.executors import cores
from sim.scenario import Scenario

TWINS = Path(__file__).parents[2] / "tests" / "benchmarks"
AGENTS_BLOCK = 1.0  # seconds
AGENTS_ROUNDS = 3
BY_CLOCK = 4  # times as many rounds where the clock counts, which more disturbs

TUNED = {1_000: 80.0, 10_000: 120.0, 100_000: 130.0}
USUAL = dict.fromkeys(TUNED, 200.0)
MODELS: tuple[tuple[str, str, bool, dict[int, float]], ...] = (
    ("tuned agents", "Ecosystem", True, TUNED),
    ("tuned agents, plain numbers", "Ecosystem", False, {}),
    ("usual agents", "UsualEcosystem", True, USUAL),
    ("usual agents, plain numbers", "UsualEcosystem", False, {}),
)
"""Plain agents: words, class, whether they give the core's bits, goals by people.

Those with plain numbers take Python's own exponentials and draws, which are faster and other luck.
Goals are for agents that agree with the core, in worlds where all are members of one company.
"""

IN_C = {1_000: 1.05, 10_000: 1.05, 100_000: 1.05, 1_000_000: 1.10}
EIGHT_COMPANIES = {100_000: 2.5}
TWO_THREADS = {100_000: 1.8}


@cache
def twin(name: str) -> Any:
    """Returns a module of tests/benchmarks."""
    spec = importlib.util.spec_from_file_location(name, TWINS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def worlds(sizes: tuple[int, ...]) -> Iterator[tuple[str, int, bool, Scenario]]:
    """Yields worlds: in words, their people, whether all are active in one company, the world."""
    for n_people, kind, n_companies in product(sizes, KINDS, (1, 8)):
        words = f"{n_people:,} people, {kind}, {companies(n_companies)}"
        judged = kind == ALL_ACTIVE and n_companies == 1
        yield words, n_people, judged, world(n_people, kind, n_companies)


def companies(n: int) -> str:
    """Returns a number of companies in words."""
    return f"{n} companies" if n > 1 else "1 company"


def goal_of(kind: Callable[[float], Goal], bounds: dict[int, float], n_people: int) -> Goal | None:
    """Returns the goal at a number of people, if there is one."""
    return kind(bounds[n_people]) if n_people in bounds else None


def mesa(scale: Scale) -> Iterator[Row]:
    """Yields the time of plain Mesa agents for a step of a run, against the core's.

    Of the same run, and each over as many steps in a row as it takes to time them: so both have at
    hand what they had at hand the step before. Garbage is not collected meanwhile, and what
    either takes to begin with does not count.
    """
    alike = True
    for words, n_people, judged, scenario in worlds(tuple(n for n in scale.sizes if n in TUNED)):
        sizes = filling(scale.block, scenario)
        for name, model_class, exact, bounds in MODELS:
            model = getattr(twin("mesa_agents"), model_class)(scenario, seed=SEED, exact=exact)
            each = seconds(model.step, time.process_time)
            steps = min(MOST_STEPS, enough(AGENTS_BLOCK, each))
            fleet = Fleet(scenario, *sizes)
            fleet.skip(1)
            blocks = (fleet.advance, partial(repeat, model.step, steps))
            ours, theirs = race(blocks, AGENTS_ROUNDS)
            n_ours = fleet.steps * len(fleet.runs)
            times = tuple(ratio * n_ours / steps for ratio in ratios(theirs, ours))
            goal = goal_of(at_least, bounds, n_people) if judged else None
            yield Row(f"{words}: {name}", times, goal=goal)
            if exact:
                last = min(fleet.runs[0].step, model.t) + 1
                history = fleet.runs[0].history[:last]
                alike &= model.history[:last].tobytes() == history.tobytes()
            vars(model).clear()  # Mesa keeps every model for ever, and it its people
    yield so("agents without plain numbers give the bits of the core", alike)


def repeat(function: Callable[[], object], times: int) -> None:
    """Calls a function again and again."""
    for _ in range(times):
        function()


def in_c(scale: Scale) -> Iterator[Row]:
    """Yields the core's time for a person and step, and against the same rules in C."""
    c = twin("c_twin")
    if c.COMPILER is None:
        yield Row("the core in C", (), skipped="there is no gcc")
        return

    alike = True
    for words, n_people, judged, scenario in worlds(scale.sizes):
        sizes = filling(scale.block, scenario)
        in_numba, in_gcc = Fleet(scenario, *sizes), Fleet(scenario, *sizes)
        ours, theirs = race((in_numba.advance, c.c_core()(in_gcc.advance)), scale.rounds)
        goal = goal_of(at_most, IN_C, n_people) if judged else None
        yield Row(f"{words}: core", tuple(map(in_numba.a_person_and_step, ours)), "ns")
        yield Row(f"{words}: core / C", ratios(ours, theirs), goal=goal)
        alike &= in_numba.fingerprint() == in_gcc.fingerprint()
    yield so("the core and C have the same fingerprints", alike)


def threads(scale: Scale) -> Iterator[Row]:
    """Yields the time of one thread against that of two, in one world.

    And what the machine's cores are worth: two worlds one after the other, against both at once.
    """
    n_people = scale.large
    words = f"{n_people:,} people: 1 thread / 2 threads"
    if cores() < 2:
        yield Row(words, (), skipped="there is one core only")
        return

    scenario = world(n_people, ALL_ACTIVE)
    sizes = filling(scale.block, scenario)
    one, two, left, right = (Fleet(scenario, *sizes, threads=n) for n in (1, 2, 1, 1))

    def both() -> None:
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(right.advance)
            left.advance()
            other.result()

    with Others() as others:
        blocks = (one.advance, two.advance, both)
        alone, together, at_once = race(blocks, BY_CLOCK * scale.rounds, time.perf_counter)
    yield Row(words, ratios(alone, together), goal=goal_of(at_least, TWO_THREADS, n_people))
    worth = tuple(2.0 * ratio for ratio in ratios(alone, at_once))
    yield Row(f"{n_people:,} people: two worlds, one after the other / at once", worth)
    yield so(
        "one and two threads have the same fingerprint", one.fingerprint() == two.fingerprint()
    )
    yield others.row()


def people(scale: Scale) -> Iterator[Row]:
    """Yields how the time of a step grows with people."""
    sizes = scale.sizes[1:] if len(scale.sizes) > 2 else scale.sizes
    scenarios = [world(n_people, ALL_ACTIVE) for n_people in sizes]
    fleets = [Fleet(scenario, *filling(scale.block, scenario)) for scenario in scenarios]
    blocks = [fleet.advance for fleet in fleets]
    each = [
        [fleet.a_person_and_step(one) for one in measured]
        for fleet, measured in zip(fleets, race(blocks, scale.rounds), strict=True)
    ]
    for n_people, measured in zip(sizes, each, strict=True):
        yield Row(f"{n_people:,} people: a person and step", tuple(measured), "ns")
    logarithms = math.log(sizes[-1]) / math.log(sizes[0])
    growth = tuple(ratio / logarithms for ratio in ratios(each[-1], each[0]))
    label = f"growth from {sizes[0]:,} to {sizes[-1]:,} / that of people x log(people)"
    yield Row(label, growth, goal=at_most(1.0))


def growth(scale: Scale) -> Iterator[Row]:
    """Yields how the time of a step grows with companies, problems and ties."""
    n_people = scale.large
    of_companies = {companies(n): world(n_people, ALL_ACTIVE, n) for n in (1, 2, 4, 8)}
    eight = goal_of(at_most, EIGHT_COMPANIES, n_people)
    yield from against_the_first(of_companies, scale, {companies(8): eight})
    for name, key, values in (
        ("problems", "world.problems", (24, 6, 96)),
        ("ties a person", "ties.degree", (8, 2, 32)),
    ):
        varied = {f"{n} {name}": world(n_people, ALL_ACTIVE, 1, f"{key}={n}") for n in values}
        yield from against_the_first(varied, scale, {})


def against_the_first(
    scenarios: dict[str, Scenario], scale: Scale, goals: dict[str, Goal | None]
) -> Iterator[Row]:
    """Yields the time of steps in some worlds against that in the first of them."""
    first, *others = scenarios
    sizes = filling(scale.block, scenarios[first])
    fleets = [Fleet(scenario, *sizes) for scenario in scenarios.values()]
    base, *measured = race([fleet.advance for fleet in fleets], scale.rounds)
    n_people = scenarios[first].population.people
    for name, times in zip(others, measured, strict=True):
        yield Row(
            f"{n_people:,} people: {name} / {first}", ratios(times, base), goal=goals.get(name)
        )
