"""Many runs: styles compared under common random numbers, in parallel."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from traceback import extract_tb
from typing import TypeVar

import numpy as np

from sim.analysis.comparison import Comparison, Outcome
from sim.errors import UserError
from sim.metrics import METRICS
from sim.reading import load
from sim.scenario import Scenario
from sim.simulation import Run, RunError, run
from sim.styles import STYLES, Style

AnyStyle = str | type[Style] | Callable[[], Style]
Progress = Callable[[int, int], None]
J = TypeVar("J", bound=tuple[int, ...])
R = TypeVar("R")


def compare(
    world: str | Path | Scenario,
    styles: Sequence[AnyStyle] | None = None,
    *,
    seeds: int = 40,
    seed: int = 1,
    outcomes: Sequence[str] | None = None,
    baseline: str | None = None,
    paired: bool = True,
    cores: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Returns the outcomes of several styles in one world, `seeds` runs each.

    Paired, run r of every style is replicate r: the same world and people (common random
    numbers). Otherwise every run has draws of its own: run r of style k is replicate
    r * styles + k. `outcomes` are names of metrics, by default all; `baseline` is only checked
    to be one of the styles. Where every company of the world has a style of its own, `styles`
    must be left out: each run has all companies in it, and they are what is compared.
    Interrupted by Ctrl-C, the result holds the runs that every style has finished.
    `progress(done, planned)` is called as runs end.
    """
    scenario = world if isinstance(world, Scenario) else load(world)
    _positive("seeds", seeds)
    _positive("cores", cores if cores is not None else 1)
    names = list(METRICS) if outcomes is None else list(outcomes)
    metrics = [METRICS[name] for name in names]
    if styles is not None:
        refuse_styles(scenario)
    market = has_own_styles(scenario)
    paired = paired or market
    chosen = [] if market else _chosen(styles)
    arms = [company.name for company in scenario.companies] if market else _names(chosen)
    if baseline is not None and baseline not in arms:
        raise UserError(
            f"The baseline must be one of what is compared ({', '.join(arms)}), but is {baseline!r}"
        )

    def outcomes_of(result: Run) -> list[list[float]]:
        views = [result.of(c) for c in range(len(arms))] if market else [result]
        return [[metric(view) for metric in metrics] for view in views]

    def one(rep: int, arm: int) -> list[list[float]]:
        draw = rep if paired else rep * len(arms) + arm
        style = None if market else chosen[arm]
        try:
            return outcomes_of(run(scenario, style, seed=seed, rep=draw))
        except UserError:
            raise
        except Exception as problem:
            which = scenario.title if market else arms[arm]
            raise RunError(f"{which}, seed {seed}, replicate {draw}: {told(problem)}") from problem

    jobs = [(rep, arm) for rep in range(seeds) for arm in range(1 if market else len(arms))]
    values = np.full((len(names), len(arms), seeds), np.nan)
    ended = np.zeros((seeds, len(arms)), bool)
    interrupted = False
    try:
        for n, (job, found) in enumerate(in_parallel(one, jobs, cores or usable_cores()), start=1):
            rep, arm = job
            for k, row in enumerate(found):
                values[:, arm + k, rep] = row
                ended[rep, arm + k] = True
            if progress is not None:
                progress(n, len(jobs))
    except KeyboardInterrupt:
        interrupted = True
        if not ended.all(axis=1).any():
            raise
    whole = np.flatnonzero(ended.all(axis=1))
    return Comparison(
        scenario=scenario.title,
        arms=tuple(arms),
        seeds=tuple((seed, int(rep)) for rep in whole),
        paired=paired,
        outcomes={name: values[k][:, whole] for k, name in enumerate(names)},
        about={m.name: Outcome(m.name, m.title, m.unit, m.better) for m in metrics},
        interrupted=interrupted,
    )


def told(problem: BaseException) -> str:
    """Returns what stopped a run, and where if it was code that failed."""
    if isinstance(problem, RunError):
        return str(problem)
    place = extract_tb(problem.__traceback__)[-1]
    return f"{type(problem).__name__}: {problem} ({place.filename}, line {place.lineno})"


def constant_styles() -> list[str]:
    """Returns the names of the styles that never move: the landmarks of the policy space."""
    return [name for name, style in STYLES.items() if style.decide is Style.decide]


def has_own_styles(scenario: Scenario) -> bool:
    """Returns whether every company has a style of its own."""
    return all(company.style for company in scenario.companies)


def refuse_styles(scenario: Scenario) -> None:
    """Raises a UserError where no company is left that a style could be given to."""
    if has_own_styles(scenario):
        raise UserError(
            f"Every company of {scenario.title!r} has a style of its own: leave the styles out"
        )


def usable_cores() -> int:
    """Returns the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_parallel(function: Callable[..., R], jobs: Sequence[J], cores: int) -> Iterator[tuple[J, R]]:
    """Yields each job with function(*job), as they end, never more than `cores` at a time.

    Threads do it: the core runs outside Python's lock, so they are as fast as processes, need no
    guard in scripts and notebooks, and take functions of any kind. The first job runs alone, for
    it may have to compile the core.
    """
    yield jobs[0], function(*jobs[0])
    with ThreadPoolExecutor(cores) as pool:
        waiting = iter(jobs[1:])
        running: dict[Future[R], J] = {}
        try:
            while True:
                while len(running) < 2 * cores and (job := next(waiting, None)) is not None:
                    running[pool.submit(function, *job)] = job
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _chosen(styles: Sequence[AnyStyle] | None) -> list[AnyStyle]:
    """Returns the styles to compare; a UserError for what is none."""
    if isinstance(styles, str):
        raise UserError(f"The styles must be a list, such as [{styles!r}], but are a text")
    chosen = list(constant_styles() if styles is None else styles)
    for style in chosen:
        if isinstance(style, str):
            STYLES[style]
        elif not callable(style):
            raise UserError(f"A style must be a name, a class or a function, but is {style!r}")
    return chosen


def _names(styles: Sequence[AnyStyle]) -> list[str]:
    """Returns the names of styles; a UserError unless there are some, each once."""
    names = [
        style if isinstance(style, str) else getattr(style, "__name__", type(style).__name__)
        for style in styles
    ]
    if not names or len(set(names)) < len(names):
        raise UserError(f"A comparison needs one or more styles, each once, but got: {names}")
    return names


def _positive(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise UserError(f"{name} must be a whole number of at least 1, but is {value!r}")
