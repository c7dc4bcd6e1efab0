"""What a sweep would do and take, before it does it."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sim import work
from sim.design import Experiment, Plan, read_experiment
from sim.errors import UserError
from sim.executors import EXECUTORS, Options, cores
from sim.study_store import MANIFEST, StudyStore
from sim.study_store.manifest import CODE, told
from sim.sweeps.study import absolute

BYTES_A_RUN = 60
"""What a row takes without its values and outcomes: the key does not compress, the rest does."""


class Preview(NamedTuple):
    """What a sweep would do, and what that takes.

    `seconds` are those of the whole, `n_bytes` the size of its table without series and events;
    `origins` says where each value comes from that is no default.
    """

    folder: str
    n_runs: int
    n_points: int
    n_styles: int
    seeds: int
    missing: int
    executor: str
    workers: int
    seconds_per_run: float
    seconds: float
    n_bytes: int
    most_seeds: int | None
    origins: dict[str, str]
    notes: tuple[str, ...]

    def told(self) -> str:
        """Returns it in lines."""
        n = {"point": self.n_points, "style": self.n_styles, "seed": self.seeds}
        product = " x ".join(_counted(m, name) for name, m in n.items())
        if self.most_seeds:
            product += f", growing until precise to at most {self.most_seeds} seeds"
        cores = f"{_counted(self.workers, 'worker')}, 1 thread{' each' * (self.workers > 1)}"
        milliseconds = f"{1000 * self.seconds_per_run:.3g} ms a run"
        return "\n".join(
            [
                f"{_counted(self.n_runs, 'run')}: {product}",
                f"folder: {self.folder} ({self.missing} runs are missing there)",
                f"cores: {cores} ({self.executor})",
                f"time: about {_duration(self.seconds)}, {milliseconds}",
                f"size: about {_size(self.n_bytes)}",
                *self.notes,
                "where values come from; all others are defaults:",
                *(f"  {name}: {origin}" for name, origin in self.origins.items()),
            ]
        )


def preview(
    experiment: str | Path | Mapping[str, Any],
    folder: str | Path,
    *,
    sets: Iterable[str] = (),
    plugins: Iterable[str | Path] = (),
    executor: str = "processes",
    options: Options = Options(),  # noqa: B008 - it is frozen
) -> Preview:
    """Returns what a sweep would do; a few runs are tried here, and nothing is written."""
    files = absolute(plugins)
    work.plug(files)
    found = read_experiment(experiment, sets)
    plan = Plan(found)
    EXECUTORS[executor]
    done = _done(found, folder) if (Path(folder) / MANIFEST).exists() else 0
    missing = max(0, len(plan) - done)
    seconds = work.pilot(found, files)
    workers = options.workers or cores()
    return Preview(
        folder=str(folder),
        n_runs=len(plan),
        n_points=plan.n_points,
        n_styles=plan.n_styles,
        seeds=plan.seeds,
        missing=missing,
        executor=executor,
        workers=1 if executor == "serial" else workers,
        seconds_per_run=seconds,
        seconds=seconds * missing / (1 if executor == "serial" else workers),
        n_bytes=len(plan) * (BYTES_A_RUN + 8 * (len(plan.names) + len(found.outcome_columns))),
        most_seeds=found.precise.most if found.precise else None,
        origins=_leaves(found.origins),
        notes=found.notes,
    )


def _done(experiment: Experiment, folder: str | Path) -> int:
    """Returns how many runs of an experiment a folder has; UserError if it is another study's."""
    store = StudyStore.open(folder)
    resolved = json.loads(json.dumps(experiment.resolved()))
    if found := told(store.manifest, {**store.manifest, "experiment": resolved, "code": CODE}):
        raise UserError(f"{folder}: the results there are of another study\n{found}")
    return store.n_runs - store.status().missing


def _leaves(origins: Mapping[str, str]) -> dict[str, str]:
    """Returns the origins of values, without those of the tables and the items around them."""
    values = {name for name in origins if not name[-1].isdecimal()}
    above = {name[:k] for name in values for k, letter in enumerate(name) if letter == "."}
    return {name: origin for name, origin in origins.items() if name in values - above}


def _counted(n: int, thing: str) -> str:
    return f"{n} {thing}{'s' * (n != 1)}"


def _duration(seconds: float) -> str:
    """Returns a time in words, in the unit that suits it."""
    for unit, size in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def _size(n_bytes: float) -> str:
    """Returns a size in the unit that suits it."""
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if n_bytes >= size:
            return f"{n_bytes / size:.1f} {unit}"
    return f"{n_bytes / 1e3:.1f} kB"
