"""What a sweep would do and take, before it does it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sim import work
from sim.design import Experiment, Plan, read_experiment
from sim.errors import UserError
from sim.executors import EXECUTORS, Lost, Options, cores
from sim.study_store import MANIFEST, StudyStore
from sim.sweeps.study import absolute

BYTES_A_RUN = 60
"""What a row takes without its values and outcomes: the key does not compress, the rest does."""

PATIENCE = 20.0
"""Seconds that a run may take that is tried."""

SHOWN = 60
"""Letters of a value that are shown."""


class Preview(NamedTuple):
    """What a sweep would do, and what that takes.

    `seconds` are those of the whole, None if the runs that were tried did not end; `n_bytes` is
    the size of the table without series and events. `origins` says of each value that is no
    default what it is, and where it comes from.
    """

    folder: str
    n_runs: int
    n_points: int
    n_styles: int
    seeds: int
    missing: int
    competitors: int
    executor: str
    workers: int
    seconds_per_run: float | None
    seconds: float | None
    n_bytes: int
    most_seeds: int | None
    origins: dict[str, tuple[Any, str]]
    notes: tuple[str, ...]

    def told(self) -> str:
        """Returns it in lines."""
        product = [_counted(self.n_points, "point"), _counted(self.n_styles, "style")]
        if self.competitors:
            product[1] = _counted(self.competitors, "company", "companies") + " together"
        product.append(_counted(self.seeds, "seed"))
        planned = f"{_counted(self.n_runs, 'run')}: {' x '.join(product)}"
        if self.most_seeds:
            planned += f", growing until precise to at most {self.most_seeds} seeds"
        cores = f"{_counted(self.workers, 'worker')}, 1 thread{' each' * (self.workers > 1)}"
        return "\n".join(
            [
                planned,
                f"folder: {self.folder} ({self.missing} runs are missing there)",
                f"cores: {cores} ({self.executor})",
                f"time: {self._time()}",
                f"size: about {_size(self.n_bytes)}",
                *self.notes,
                "values and where they come from; all others are defaults:",
                *(
                    f"  {name} = {_short(value)} ({at})"
                    for name, (value, at) in self.origins.items()
                ),
            ]
        )

    def _time(self) -> str:
        if self.seconds_per_run is None or self.seconds is None:
            return f"not known: a run takes more than {PATIENCE:g} s, or more memory than there is"
        return f"about {_duration(self.seconds)}, {1000 * self.seconds_per_run:.3g} ms a run"


def preview(
    experiment: str | Path | Mapping[str, Any],
    folder: str | Path,
    *,
    sets: Iterable[str] = (),
    plugins: Iterable[str | Path] = (),
    executor: str = "processes",
    options: Options = Options(),  # noqa: B008 - it is frozen
) -> Preview:
    """Returns what a sweep would do; a few runs are tried, and nothing is written."""
    files = absolute(plugins)
    work.plug(files)
    found = read_experiment(experiment, sets)
    plan = Plan(found)
    EXECUTORS[executor]
    done = _done(found, folder) if (Path(folder) / MANIFEST).exists() else 0
    missing = max(0, len(plan) - done)
    seconds = tried(found, files)
    workers = 1 if executor == "serial" else options.workers or cores()
    return Preview(
        folder=str(folder),
        n_runs=len(plan),
        n_points=plan.n_points,
        n_styles=plan.n_styles,
        seeds=plan.seeds,
        missing=missing,
        competitors=len(found.competitors),
        executor=executor,
        workers=workers,
        seconds_per_run=seconds,
        seconds=None if seconds is None else seconds * missing / workers,
        n_bytes=len(plan) * (BYTES_A_RUN + 8 * (len(plan.names) + len(found.outcome_columns))),
        most_seeds=found.precise.most if found.precise else None,
        origins=_leaves(found),
        notes=found.notes,
    )


def tried(experiment: Experiment, plugins: tuple[str, ...] = ()) -> float | None:
    """Returns the seconds that a run takes, tried in a process of its own; None if none ends."""
    with EXECUTORS["processes"](Options(workers=1, memory=experiment.limits.memory)) as pool:
        try:
            found = pool.submit(work.pilot, experiment, plugins, timeout=PATIENCE).result()
        except Lost:
            return None
    return float(found)


def _done(experiment: Experiment, folder: str | Path) -> int:
    """Returns how many runs of an experiment a folder has; UserError if it is another study's."""
    store = StudyStore.open(folder)
    if found := store.unlike(experiment.resolved()):
        raise UserError(f"{folder}: the results there are of another study\n{found}")
    return store.n_runs - store.status().missing


def _leaves(experiment: Experiment) -> dict[str, tuple[Any, str]]:
    """Returns values and their origins, without those of the tables and the items around them."""
    origins, table = experiment.origins, experiment.resolved()
    values = {name for name in origins if not name[-1].isdecimal()}
    above = {name[:k] for name in values for k, letter in enumerate(name) if letter == "."}
    return {
        name: (_within(table, name), origins[name]) for name in origins if name in values - above
    }


def _within(table: Any, name: str) -> Any:
    """Returns what stands under a dotted name in tables, some of whose keys have dots, too."""
    if not isinstance(table, Mapping) or name in table:
        return table[name] if isinstance(table, Mapping) else None
    head, _, rest = name.partition(".")
    return _within(table.get(head), rest)


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def _counted(n: int, thing: str, things: str = "") -> str:
    return f"{n} {thing if n == 1 else things or thing + 's'}"


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
