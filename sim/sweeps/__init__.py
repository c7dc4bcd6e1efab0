"""Sweeps: all runs of an experiment, into the folder of a study, whatever interrupts them."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from sim import work
from sim.design import Plan, read_experiment
from sim.dispatch import dispatch, sigterm_raises
from sim.errors import UserError
from sim.executors import EXECUTORS, Lost, Options, Pool
from sim.simulation import RunError
from sim.study_store.manifest import commit, versions
from sim.sweeps.chunking import chunk_size, chunks, tapered
from sim.sweeps.folder import create, open_folder, reusable, usual
from sim.sweeps.forecast import Preview, preview
from sim.sweeps.study import Failure, Study, absolute, open_study

__all__ = [
    "Failure",
    "Preview",
    "Study",
    "chunk_size",
    "chunks",
    "open_study",
    "preview",
    "sweep",
]

Progress = Callable[[int, int], None]

logger = logging.getLogger("sim")


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
    for name, given in {"sets": sets, "plugins": plugins, "reuse": reuse}.items():
        if isinstance(given, str | Path):
            raise UserError(f"{name} must be a list, such as [{str(given)!r}], but is {given!r}")
    if not (
        len(shard) == 2 and all(isinstance(n, int) for n in shard) and 1 <= shard[0] <= shard[1]
    ):
        raise UserError(f"shard must be one of so many, such as (2, 5), but is {shard!r}")
    files = absolute(plugins)
    work.plug(files)
    asked = read_experiment(experiment, sets)
    where = usual(experiment) if folder is None else Path(folder)
    if asked.precise and shard != (1, 1):
        raise UserError("A study that grows until it is [precise] cannot be done in shards")
    known = reusable(asked, reuse)
    options = replace(options, memory=options.memory or asked.limits.memory)
    if files and executor == "processes" and options.start == "auto":
        options = replace(options, start="spawn")  # the user's own code finds a process like new
    if executor == "processes":
        with ThreadPoolExecutor(1) as other:  # which is gone before there are forks
            other.submit(commit)  # which takes a while and is kept, like the versions
            other.submit(versions)
            work.load_code()  # once, and not in every worker
    with EXECUTORS[executor](options) as pool:
        store = open_folder(asked, where, pool, shard[1], files)
        if asked.limits.time and not pool.keeps_time_limit:
            logger.warning("cocreate: the executor %r keeps no time limit", executor)
        count = _Count(progress)
        try:
            while True:
                study = Study(store, Plan.of_runs(asked, store.n_runs), files)
                _do(study, pool, known, shard, retry, count)
                if not (grown := _larger(study)):
                    break
                store, retry = create(asked, where, n_runs=grown), False
            count.complete = True
        finally:
            if count.n_runs:
                about = {"executor": executor, "workers": pool.workers}
                store.note(about | {"shard": "{}/{}".format(*shard)} | count.summary())
    store.compact()
    return study


def _do(
    study: Study,
    pool: Pool,
    known: tuple[str, ...],
    shard: tuple[int, int],
    retry: bool,
    count: "_Count",
) -> None:
    """Does the runs of a study that are missing in a shard, and its failed ones if wanted."""
    store, limits = study.store, study.experiment.limits
    missing = store.missing()
    own, of = shard
    failed = [failure.run for failure in study.failures()] if retry else []
    failed = [run for run in failed if run // store.chunk % of == own - 1]
    if failed:
        store.unfold()
    planned = sum(stop - start for start, stop in chunks(missing, store.chunk, shard))
    count.begin(study, planned + len(failed))

    def give_up(run: int, reason: Lost) -> None:
        kind = type(reason).__name__
        error = f"{kind}: {reason}"
        ended = work.Ended(float("nan"), error=error)
        work.write(store, study.plan, run, run + 1, [(study.plan.run(run), ended)])
        count(work.Receipt(run, run + 1, 0, {kind: work.Failures(1, run, error, "")}))

    def receive(receipt: work.Receipt) -> None:
        if pool.here:  # while workers go on: they would wait for the disk and for each other
            store.wait_for(receipt.start, receipt.stop, receipt.n_failed)
        count(receipt)

    folder = str(store.folder.resolve())
    where = work.Where(folder, store.digest, store.n_runs, study.plugins, known, wait=not pool.here)
    pieces = chain(chunks(missing, store.chunk, shard), ((run, run + 1) for run in failed))
    dispatch(
        pool,
        partial(work.do_chunk, where),
        tapered(pieces, pool.workers, study.plan.n_styles),
        receive,
        give_up=give_up,
        per_run_seconds=limits.time,
    )


def _larger(study: Study) -> int:
    """Returns how many runs a study needs to become more precise, or 0 if it is over."""
    precise, seeds = study.experiment.precise, study.plan.seeds
    if precise is None or study.store.missing() or (width := study.width()) <= precise.width:
        return 0
    if seeds >= precise.most:
        said = "cocreate: not as precise as asked: after %d seeds the interval of %s is %.3g wide"
        logger.warning(said, seeds, precise.outcome, width)
        return 0
    return len(study.plan) // seeds * min(precise.most, seeds + precise.block)


@dataclass
class _Count:
    """What a sweep has done so far; it raises a RunError if several runs have failed alike."""

    progress: Progress | None
    n_runs: int = 0
    n_reused: int = 0
    n_failed: int = 0
    complete: bool = False
    began: float = field(default_factory=time.monotonic)
    alike: Counter[str] = field(default_factory=Counter)

    def begin(self, study: Study, planned: int) -> None:
        """Starts to count so many runs of a study."""
        self.study, self.planned, self.done = study, planned, 0

    def __call__(self, receipt: work.Receipt) -> None:
        """Counts what a receipt says."""
        n_runs = receipt.stop - receipt.start
        self.done += n_runs
        self.n_runs += n_runs
        self.n_reused += receipt.n_reused
        for kind, failure in receipt.failures.items():
            self.n_failed += failure.n
            self.alike[kind] += failure.n
            if self.alike[kind] >= self.study.experiment.limits.failures:
                place = f" ({failure.place})" if failure.place else ""
                raise RunError(
                    f"Stopped, for {self.alike[kind]} runs failed alike: {failure.error}{place}\n"
                    f"To see one: {self.study.again(failure.run)}\n"
                    "If it shall go on nevertheless: --set limits.failures=1000000"
                )
        if self.progress is not None:
            self.progress(self.done, self.planned)

    def summary(self) -> dict[str, Any]:
        """Returns it for the note in the study's folder."""
        seconds = time.monotonic() - self.began
        return {
            "runs": self.n_runs,
            "reused": self.n_reused,
            "failed": self.n_failed,
            "seconds": round(seconds, 3),
            "seconds_per_run": round(seconds / self.n_runs, 6),
            "ended_early": not self.complete,
        }
