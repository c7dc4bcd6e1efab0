"""Many runs: styles compared under common random numbers, in parallel."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from sim.errors import UserError
from sim.metrics import METRICS, Metric
from sim.reading import load
from sim.scenario import Scenario
from sim.simulation import Run, RunError, run
from sim.styles import STYLES, Style, constant_styles

if TYPE_CHECKING:
    from sim.analysis.comparison import Comparison

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
    outcomes: Sequence[str | Metric] | None = None,
    paired: bool = True,
    cores: int | None = None,
    progress: Progress | None = None,
) -> "Comparison":
    """Returns the outcomes of several styles in one world, `seeds` runs each.

    Paired, run r of every style is replicate r: the same world and people (common random
    numbers). Otherwise every run has draws of its own: run r of style k is replicate
    r * styles + k. `outcomes` are metrics or their names, by default all. Where every company of
    the world has a style of its own, `styles` must be left out: each run has all companies in it,
    and they are what is compared. Interrupted by Ctrl-C, the result holds the runs that every
    style has finished. `progress(done, planned)` is called as runs end.
    """
    from sim.analysis.comparison import Comparison, Outcome

    scenario = world if isinstance(world, Scenario) else load(world)
    _positive("seeds", seeds)
    _positive("cores", cores if cores is not None else 1)
    metrics = [
        outcome if isinstance(outcome, Metric) else METRICS[outcome]
        for outcome in (METRICS if outcomes is None else outcomes)
    ]
    names = arms(scenario, styles)
    market = is_market(scenario)
    paired = paired or market
    chosen = [] if market else list(constant_styles() if styles is None else styles)

    def outcomes_of(result: Run) -> list[list[float]]:
        views = [result.of(c) for c in range(len(names))] if market else [result]
        return [[metric(view) for metric in metrics] for view in views]

    def one(rep: int, arm: int) -> list[list[float]]:
        draw = rep if paired else rep * len(names) + arm
        style = None if market else chosen[arm]
        try:
            return outcomes_of(run(scenario, style, seed=seed, rep=draw))
        except UserError:
            raise
        except Exception as problem:
            which = scenario.title if market else names[arm]
            raise RunError(f"{which}, seed {seed}, replicate {draw}: {told(problem)}") from problem

    jobs = [(rep, arm) for rep in range(seeds) for arm in range(1 if market else len(names))]
    values = np.full((len(metrics), len(names), seeds), np.nan)
    ended = np.zeros((seeds, len(names)), bool)
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
        arms=tuple(names),
        seeds=tuple((seed, int(rep)) for rep in whole),
        paired=paired,
        outcomes={m.name: values[k][:, whole] for k, m in enumerate(metrics)},
        about={m.name: Outcome(m.name, m.title, m.unit, m.better) for m in metrics},
        interrupted=interrupted,
    )


def told(problem: BaseException) -> str:
    """Returns what stopped a run, and where if it was code that failed."""
    if isinstance(problem, RunError):
        return str(problem)
    place = extract_tb(problem.__traceback__)[-1]
    return f"{type(problem).__name__}: {problem} ({place.filename}, line {place.lineno})"


def is_market(scenario: Scenario) -> bool:
    """Returns whether every company has a style of its own, so that companies are compared."""
    return all(company.style for company in scenario.companies)


def arms(scenario: Scenario, styles: Sequence[AnyStyle] | None = None) -> list[str]:
    """Returns the names of what is compared; a UserError for what cannot be."""
    if is_market(scenario):
        if styles is not None:
            raise UserError(
                f"Every company of {scenario.title!r} has a style of its own: leave the styles out"
            )
        return [company.name for company in scenario.companies]
    if isinstance(styles, str):
        raise UserError(f"The styles must be a list, such as [{styles!r}], but are a text")
    names = []
    for style in constant_styles() if styles is None else styles:
        if isinstance(style, str):
            STYLES[style]
        elif not callable(style):
            raise UserError(f"A style must be a name, a class or a function, but is {style!r}")
        plain = getattr(style, "__name__", type(style).__name__)
        names.append(style if isinstance(style, str) else plain)
    if not names or len(set(names)) < len(names):
        raise UserError(f"A comparison needs one or more styles, each once, but got: {names}")
    return names


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
                done = wait(running, return_when=FIRST_COMPLETED).done
                for future in [one for one in running if one in done]:  # a set has no order
                    yield running.pop(future), future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _positive(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise UserError(f"{name} must be a whole number of at least 1, but is {value!r}")
