"""Sweeps: all runs of an experiment, into the folder of a study, whatever interrupts them."""

import json
import logging
import os
import shlex
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from sim import work
from sim.core.state import COMPANY
from sim.design import FREE, Experiment, Plan, PlannedRun, read_experiment
from sim.dispatch import dispatch, sigterm_raises
from sim.errors import UserError
from sim.executors import EXECUTORS, Lost, Options, Pool, cores
from sim.files import write_whole
from sim.simulation import Run, RunError
from sim.study_store import MANIFEST, StudyStore
from sim.study_store.manifest import CODE, told

if TYPE_CHECKING:
    from sim.analysis.report import Report

Progress = Callable[[int, int], None]

CHUNK_SECONDS = 2.0
"""What a chunk takes: so long that handing it out and writing it cost little."""

PIECES = 8
"""Chunks for each worker at least, so that all are busy to the end."""

BYTES_A_RUN = 60
"""What a row takes without its values and outcomes: the key does not compress, the rest does."""

TYPES = {int: "int64", float: "float64", str: "string"}
KINDS = {"i": "int64", "f": "float64"}
logger = logging.getLogger("sim")


class Failure(NamedTuple):
    """A run that failed: what it was, why, at which step, and where in the code."""

    run: int
    style: str
    values: dict[str, Any]
    seed: Any
    rep: int
    key: str
    error: str
    step: int | None
    place: str | None

    def told(self) -> str:
        """Returns all of it in a line."""
        values = "".join(f", {name} = {value!r}" for name, value in self.values.items())
        step = "" if self.step is None else f", step {self.step}"
        place = f" ({self.place})" if self.place else ""
        return (
            f"run {self.run} (key {self.key}): {self.style or 'market'}{values}, seed {self.seed}, "
            f"replicate {self.rep}{step}: {self.error}{place}"
        )


@dataclass(frozen=True)
class Study:
    """A study in its folder: finished, half finished, or being swept by others."""

    store: StudyStore
    plan: Plan
    plugins: tuple[str, ...] = ()

    @property
    def experiment(self) -> Experiment:
        """What was asked."""
        return self.plan.experiment

    def table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Returns a row for each run that is done or failed, ordered by run."""
        return self.store.table(columns)

    def failures(self) -> list[Failure]:
        """Returns the runs that failed."""
        names = list(self.plan.names)
        columns = ["run", "style", "seed", "rep", "key", "status", "error", "step", "place"]
        found = []
        for block in self.store.blocks("runs", [*columns, *names]):
            for row in block.filter(pc.equal(block["status"], "failed")).to_pylist():
                values = {name: row.pop(name) for name in names}
                del row["status"]
                found.append(Failure(values=values, **row))
        return found

    def width(self) -> float:
        """Returns how wide the widest interval is that [precise] asks to be narrow."""
        from sim.analysis.precision import widest

        precise = self.experiment.precise
        assert precise is not None
        values = self.store.table([precise.outcome])[precise.outcome].to_numpy()
        shape = (self.plan.seeds, self.plan.n_points, self.plan.n_styles)
        one, other = (self.plan.labels(0).index(style) for style in precise.styles)
        by_run = values.reshape(shape)
        return widest(by_run[..., one] - by_run[..., other])

    def report(self) -> "Report":
        """Returns what the study says: means, differences, sentences."""
        from sim.analysis.report import columns, report

        needed = columns(self.experiment, self.plan)
        return report(self.experiment, self.plan, self.table(needed))

    def planned(self, run: int) -> PlannedRun:
        """Returns what a run is."""
        try:
            return self.plan.run(run)
        except IndexError as problem:
            raise UserError(str(problem)) from None

    def again(self, run: int) -> str:
        """Returns the command that does one run again, from the present folder."""
        files = [os.path.relpath(file) for file in self.plugins]
        words = [str(self.store.folder), str(run), *(f"--plugin={file}" for file in files)]
        return f"cocreate repeat {shlex.join(words)}"

    def repeat(self, run: int) -> tuple[Run, dict[str, float]]:
        """Does one run again, here; raises what it raises."""
        simulation = work.start(self.plan, self.planned(run))
        simulation.advance()
        result = simulation.result()
        return result, work.outcomes(self.experiment, result)


def open_study(folder: str | Path, plugins: Iterable[str | Path] = ()) -> Study:
    """Opens the folder of a study that was begun, with the user's own files it was begun with."""
    files = _absolute(plugins)
    work.plug(files)
    store = StudyStore.open(folder)
    return Study(store, work.plan_of(store), files)


@sigterm_raises()
def sweep(
    experiment: str | Path | Mapping[str, Any],
    folder: str | Path | None = None,
    *,
    sets: Iterable[str] = (),
    plugins: Iterable[str | Path] = (),
    executor: str = "processes",
    options: Options = Options(),  # noqa: B008 - it is frozen
    shard: tuple[int, int] = (1, 1),
    reuse: Iterable[str | Path] = (),
    retry: bool = False,
    progress: Progress | None = None,
) -> Study:
    """Does all runs of an experiment that are not done yet, and returns the study.

    The folder is by default results/ and the name of the experiment's file. Whatever stops this,
    the same call goes on where it was. `shard` (i, n) does the i-th of n shares of the study, for
    as many processes that share the folder. `reuse` names folders of other studies whose runs are
    taken where they are the same; `retry` does failed runs again. `progress(done, planned)` is
    called as chunks end. RunError if several runs fail alike.
    """
    files = _absolute(plugins)
    work.plug(files)
    found = read_experiment(experiment, sets)
    where = _folder(experiment, folder)
    if found.precise and shard != (1, 1):
        raise UserError("A study that grows until it is [precise] cannot be done in shards")
    known = _known(found, reuse)
    options = replace(options, memory=options.memory or found.limits.memory)
    with EXECUTORS[executor](options) as pool:
        store = _open(found, where, pool, shard[1], files)
        if found.limits.time and not pool.keeps_time_limit:
            logger.warning("cocreate: the executor %r keeps no time limit", executor)
        log = _Log(store, executor, pool, shard)
        try:
            while True:
                study = Study(store, _plan(found, store), files)
                _run(study, pool, known, shard, retry, log, progress)
                if found.precise is None or not (grown := _larger(study)):
                    break
                store = _create(found, where, n_runs=grown)
                retry = False
            log.done = True
        finally:
            log.write(store)
    store.compact()
    return study


@dataclass
class _Log:
    """What a sweep has done so far, for its note in the folder."""

    store: StudyStore
    executor: str
    pool: Pool
    shard: tuple[int, int]
    n_runs: int = 0
    n_reused: int = 0
    n_failed: int = 0
    began: float = field(default_factory=time.monotonic)
    done: bool = False

    def write(self, store: StudyStore) -> None:
        """Leaves the note, if anything was done."""
        seconds = time.monotonic() - self.began
        if self.n_runs:
            store.note(
                {
                    "executor": self.executor,
                    "workers": self.pool.workers,
                    "shard": f"{self.shard[0]}/{self.shard[1]}",
                    "runs": self.n_runs,
                    "reused": self.n_reused,
                    "failed": self.n_failed,
                    "seconds": round(seconds, 3),
                    "seconds_per_run": round(seconds / self.n_runs, 6),
                    "ended_early": not self.done,
                }
            )


def _run(
    study: Study,
    pool: Pool,
    known: tuple[str, ...],
    shard: tuple[int, int],
    retry: bool,
    log: _Log,
    progress: Progress | None,
) -> None:
    """Does the runs of a study that are missing in this shard."""
    store, limits = study.store, study.experiment.limits
    missing = store.missing()
    own, of = shard
    failed = [failure.run for failure in study.failures()] if retry else []
    failed = [run for run in failed if run // store.chunk % of == own - 1]
    if failed:
        store.unfold()
    planned = sum(stop - start for start, stop in chunks(missing, store.chunk, shard)) + len(failed)
    pieces = chain(chunks(missing, store.chunk, shard), ((run, run + 1) for run in failed))
    done = 0
    alike: Counter[str] = Counter()

    def count(n_runs: int, failures: Mapping[str, work.Failures], n_reused: int = 0) -> None:
        nonlocal done
        done += n_runs
        log.n_runs += n_runs
        log.n_reused += n_reused
        for kind, failure in failures.items():
            log.n_failed += failure.n
            alike[kind] += failure.n
            if alike[kind] >= limits.failures:
                raise RunError(
                    f"Stopped, for {alike[kind]} runs failed alike: {failure.error}"
                    + (f" ({failure.place})" if failure.place else "")
                    + f"\nTo see one: {study.again(failure.run)}\n"
                    f"If it shall go on nevertheless: --set limits.failures=1000000"
                )
        if progress is not None:
            progress(done, planned)

    def give_up(run: int, reason: Lost) -> None:
        error = f"{type(reason).__name__}: {reason}"
        ended = work.Ended(float("nan"), error=error)
        work.write(store, study.plan, run, run + 1, [(study.plan.run(run), ended)])
        count(1, {type(reason).__name__: work.Failures(1, run, error, "")})

    where = work.Where(
        str(store.folder.resolve()), store.digest, store.n_runs, study.plugins, known
    )
    dispatch(
        pool,
        partial(work.do_chunk, where),
        pieces,
        lambda receipt: count(receipt.stop - receipt.start, receipt.failures, receipt.n_reused),
        give_up=give_up,
        per_run_seconds=limits.time,
    )


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
    files = _absolute(plugins)
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


def chunks(
    missing: Iterable[range], size: int, shard: tuple[int, int] = (1, 1)
) -> Iterator[tuple[int, int]]:
    """Yields the missing runs in chunks of a study: one of every n for shard (i, n).

    Which one turns round, or a shard might get the same points of the design again and again.
    """
    own, of = shard
    for runs in missing:
        for number in range(runs.start // size, -(-runs.stop // size)):
            if (number + number // of) % of == own - 1:
                yield max(runs.start, number * size), min(runs.stop, (number + 1) * size)


def chunk_size(seconds_per_run: float, n_runs: int, n_workers: int) -> int:
    """Returns how many runs a worker does at a time."""
    long_enough = round(CHUNK_SECONDS / max(seconds_per_run, 1e-6))
    return max(1, min(long_enough, -(-n_runs // (PIECES * n_workers))))


def _plan(experiment: Experiment, store: StudyStore) -> Plan:
    """Returns the plan of all runs of a study, with the limits that are asked for now."""
    a_seed = len(Plan(experiment.with_seeds(1)))
    return Plan(experiment.with_seeds(store.n_runs // a_seed))


def _open(
    experiment: Experiment, folder: Path, pool: Pool, shards: int, plugins: tuple[str, ...]
) -> StudyStore:
    """Returns the folder of a study; how long its runs take is tried where it is new."""
    n_runs = len(Plan(experiment))
    if (folder / MANIFEST).exists():
        there = StudyStore.open(folder).n_runs
        return _create(experiment, folder, max(n_runs, there) if experiment.precise else n_runs)
    try:
        seconds = pool.submit(
            work.pilot, experiment, plugins, timeout=experiment.limits.time
        ).result()
        chunk = chunk_size(seconds, n_runs, pool.workers * shards)
    except Lost:  # some run takes too long or too much: it will be found
        chunk = 1
    return _create(experiment, folder, n_runs, chunk)


def _create(experiment: Experiment, folder: Path, n_runs: int, chunk: int = 1) -> StudyStore:
    kinds = {column.name: KINDS[column.kind] for column in COMPANY}
    store = StudyStore.create(
        folder,
        experiment.resolved(),
        n_runs=n_runs,
        chunk=chunk,
        outcomes=experiment.outcome_columns,
        varied={name: TYPES[kind] for name, kind in Plan(experiment).columns.items()},
        series={name: kinds[name] for name in experiment.series},
        events=experiment.events,
        free=FREE,
    )
    for name, path in experiment.files.items():
        (folder / work.DATA).mkdir(exist_ok=True)
        write_whole(folder / work.DATA / name, path.read_bytes())
    return store


def _known(experiment: Experiment, folders: Iterable[str | Path]) -> tuple[str, ...]:
    """Returns the folders whose runs may be taken; a UserError where they are not comparable."""
    found = []
    for folder in folders:
        other = StudyStore.open(folder)
        lost = set(experiment.outcome_columns).difference(other.manifest["outcomes"])
        there = other.experiment["sources"]["metric"]
        changed = [n for n, d in experiment.sources["metric"].items() if there.get(n) != d]
        if experiment.series or experiment.events:
            why = "only outcomes are taken, and this study keeps series or events"
        elif other.manifest["code"] != CODE:
            why = "it was done by other code"
        elif lost:
            why = f"it does not have the outcome {sorted(lost)[0]!r}"
        elif changed:
            why = f"its outcome {changed[0]!r} is measured in another way"
        else:
            found.append(str(Path(folder).resolve()))
            continue
        raise UserError(f"{folder}: its runs cannot be reused: {why}")
    return tuple(found)


def _larger(study: Study) -> int:
    """Returns how many runs a study needs to become more precise, or 0 if it is over."""
    precise = study.experiment.precise
    assert precise is not None
    seeds = study.plan.seeds
    if study.store.missing() or seeds >= precise.most or study.width() <= precise.width:
        return 0
    return len(study.plan) // seeds * min(precise.most, seeds + precise.block)


def _folder(experiment: str | Path | Mapping[str, Any], folder: str | Path | None) -> Path:
    if folder is not None:
        return Path(folder)
    if isinstance(experiment, Mapping):
        raise UserError("A study that is no file needs a folder: sim.sweep(experiment, folder)")
    return Path("results") / Path(experiment).stem


def _absolute(plugins: Iterable[str | Path]) -> tuple[str, ...]:
    return tuple(str(Path(file).resolve()) for file in plugins)
