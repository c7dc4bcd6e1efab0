"""The patterns of pattern-oriented modelling, measured: in simulated worlds and in real logs."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.history import History, UnknownError, of_events, of_log, of_run
from sim.analysis.patterns import PATTERNS, Arm, Pattern
from sim.errors import UserError
from sim.reading import build
from sim.simulation import RunError, run
from sim.study import arms as check_styles
from sim.study import in_parallel, usable_cores

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sim.events import Log
    from sim.measures import FloatArray
    from sim.scenario import Scenario
    from sim.study import Progress
    from sim.styles import Style

LEVEL = 0.95


@dataclass(frozen=True)
class Finding:
    """One number of a pattern: its range, and what was measured.

    `mean` of `n` runs, whose 95 % t interval is [interval_low, interval_high]; NaN where less than
    two were measured. `verdict`: in range, below, above (the mean decides) or not measured, and
    then `reason` says why. `sure`: whether the interval lies on one side of each end of the range.
    """

    number: int
    pattern: str
    title: str
    what: str
    low: float
    high: float
    mean: float
    interval_low: float
    interval_high: float
    n: int
    verdict: str
    sure: bool
    reason: str
    use: str
    source: str


def patterns() -> list[Pattern]:
    """All patterns, by number."""
    return sorted(PATTERNS.values(), key=lambda pattern: pattern.number)


def measure(
    scenario: Scenario,
    style: str | type[Style] | None = None,
    *,
    seeds: int = 20,
    seed: int = 1,
    cores: int | None = None,
    progress: Progress | None = None,
) -> list[Finding]:
    """Measure all patterns in runs of a scenario, replicates 0, 1, ... under `seed`.

    Some patterns need experiments, worlds that differ in one thing; the same replicate has the
    same people and luck in all of them.
    """
    if isinstance(seeds, bool) or not isinstance(seeds, int) or seeds < 1:
        raise UserError(f"seeds must be a whole number of at least 1, but is {seeds!r}")
    check_styles(scenario, None if style is None else [style])
    base = Arm(scenario, style)

    def one(rep: int) -> list[tuple[float, ...] | str]:
        world = _history(base, seed, rep)
        return [_replicate(pattern, base, world, seed, rep) for pattern in patterns()]

    found: dict[int, list[tuple[float, ...] | str]] = {}
    for (rep,), row in in_parallel(one, [(rep,) for rep in range(seeds)], cores or usable_cores()):
        found[rep] = row
        if progress is not None:
            progress(len(found), seeds)
    rows = [found[rep] for rep in sorted(found)]
    return [
        finding
        for k, pattern in enumerate(patterns())
        for finding in _findings(pattern, [row[k] for row in rows])
    ]


def measure_history(history: History) -> list[Finding]:
    """Measure what can be known of one community, or of one run."""
    found: list[Finding] = []
    for pattern in patterns():
        try:
            if pattern.experiment:
                raise UnknownError(f"needs an experiment: {pattern.experiment}")
            found += _findings(pattern, [pattern(history)])
        except UnknownError as problem:
            found += _findings(pattern, [str(problem)])
    return found


def measure_log(log: Log) -> list[Finding]:
    """Measure what can be known of a real community: one, so there is no interval."""
    return measure_history(of_log(log))


def verdicts(findings: Iterable[Finding]) -> dict[int, str]:
    """The verdict on each pattern by number: in range (all its numbers), out or not measured."""
    of: dict[int, list[str]] = {}
    for finding in findings:
        of.setdefault(finding.number, []).append(finding.verdict)
    return {
        number: "not measured"
        if "not measured" in each
        else "in range"
        if set(each) == {"in range"}
        else "out of range"
        for number, each in of.items()
    }


def summary(findings: Sequence[Finding]) -> str:
    """How many patterns are in range, of those for calibration and for validation."""
    every = verdicts(findings)

    def count(verdict: str, use: str = "") -> int:
        numbers = {f.number for f in findings if use in ("", f.use)}
        return sum(every[number] == verdict for number in numbers)

    def share(use: str = "") -> str:
        measured = count("in range", use) + count("out of range", use)
        return f"{count('in range', use)} of {measured}"

    text = f"{share()} in range (cal: {share('cal')}; val: {share('val')})"
    left = count("not measured")
    return text + (f"; {left} not measured" if left else "")


def read_results(folder: Path) -> tuple[History, dict[str, str]]:
    """The history in a folder that `cocreate run --events --out` wrote, and where it comes from."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not (folder / "events.parquet").is_file():
        raise UserError(
            f"{folder}: there is no events.parquet; "
            "write one with: cocreate run SCENARIO --events --out FOLDER"
        )
    try:
        events, series, people = (
            pq.read_table(folder / f"{name}.parquet") for name in ("events", "series", "people")
        )
        about = {key.decode(): text.decode() for key, text in events.schema.metadata.items()}
        scenario = build(json.loads(about["cocreate.scenario"]), folder.name)
        table = {name: events[name].to_numpy() for name in events.column_names}
        steps = int(series["step"].to_numpy().max())
        history = of_events(table, steps, scenario.months)
        return replace(history, types=people["reciprocity"].to_numpy()), about
    except (pa.ArrowException, OSError, AttributeError, KeyError, ValueError) as problem:
        raise UserError(f"{folder}: these results cannot be read ({problem})") from None


def _replicate(
    pattern: Pattern, base: Arm, world: History, seed: int, rep: int
) -> tuple[float, ...] | str:
    """One replicate of a pattern, or why it cannot be known; `world` is the history of `base`."""
    try:
        arms = pattern.arms(base)
        return pattern(*(world if arm is base else _history(arm, seed, rep) for arm in arms))
    except UnknownError as problem:
        return str(problem)
    except RunError as problem:
        raise RunError(f"pattern {pattern.number}, {problem}") from problem


def _history(arm: Arm, seed: int, rep: int) -> History:
    try:
        return of_run(run(arm.scenario, arm.style, seed=seed, rep=rep, events=True))
    except RunError as problem:
        raise RunError(f"seed {seed}, replicate {rep}: {problem}") from problem


def _findings(pattern: Pattern, rows: Sequence[tuple[float, ...] | str]) -> Iterable[Finding]:
    """Sum up the replicates of one pattern, for each of its numbers."""
    reasons = [row for row in rows if isinstance(row, str)]
    for k, range_ in enumerate(pattern.ranges):
        values = np.array([row[k] for row in rows if not isinstance(row, str)])
        values = values[np.isfinite(values)]
        mean, low, high = _interval(values)
        inside = range_.low <= mean <= range_.high
        verdict = "in range" if inside else "below" if mean < range_.low else "above"
        ends = [end for end in (range_.low, range_.high) if low < end < high]
        yield Finding(
            number=pattern.number,
            pattern=pattern.name,
            title=pattern.title,
            what=range_.what,
            low=range_.low,
            high=range_.high,
            mean=mean,
            interval_low=low,
            interval_high=high,
            n=values.size,
            verdict=verdict if values.size else "not measured",
            sure=not ends and math.isfinite(low),
            reason="" if values.size else (reasons or ["too little happened"])[0],
            use=pattern.use,
            source=pattern.source,
        )


def _interval(values: FloatArray) -> tuple[float, float, float]:
    """Mean and Student's t interval, NaN of less than two values."""
    from scipy import stats

    if values.size < 2:
        return (float(values[0]) if values.size else math.nan), math.nan, math.nan
    mean = float(values.mean())
    error = float(values.std(ddof=1)) / math.sqrt(values.size)
    reach = float(stats.t.isf((1 - LEVEL) / 2, values.size - 1)) * error
    return mean, mean - reach, mean + reach
