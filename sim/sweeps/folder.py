"""The folder of a study: made for an experiment, or found to be for the same one."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

from sim import work
from sim.core.state import COMPANY
from sim.design import FREE, Experiment, Plan
from sim.errors import UserError
from sim.executors import Lost, Pool
from sim.files import write_whole
from sim.study_store import MANIFEST, StudyStore
from sim.study_store.manifest import CODE
from sim.sweeps.chunking import chunk_size

TYPES = {int: "int64", float: "float64", str: "string"}
KINDS = {"i": "int64", "f": "float64"}


def usual(experiment: str | Path | Mapping[str, Any]) -> Path:
    """Returns the folder of a study for which none is named."""
    if isinstance(experiment, Mapping):
        raise UserError("A study that is no file needs a folder: sim.sweep(experiment, folder)")
    return Path("results") / Path(experiment).stem


def open_folder(
    experiment: Experiment, folder: Path, pool: Pool, shards: int, plugins: tuple[str, ...]
) -> StudyStore:
    """Returns the folder of a study; how long its runs take is tried where it is new."""
    n_runs = len(Plan(experiment))
    if (folder / MANIFEST).exists():
        there = StudyStore.open(folder).n_runs
        return create(experiment, folder, max(n_runs, there) if experiment.precise else n_runs)
    n = min(pool.workers, n_runs, work.PILOTS)
    limit = experiment.limits.time
    pilots = [pool.submit(work.pilot, experiment, plugins, k, n, timeout=limit) for k in range(n)]
    try:
        seconds = fmean(pilot.result() for pilot in pilots)
        chunk = chunk_size(seconds, n_runs, pool.workers * shards)
    except Lost:  # some run takes too long or too much: it will be found
        chunk = 1
    return create(experiment, folder, n_runs, chunk)


def create(experiment: Experiment, folder: Path, n_runs: int, chunk: int = 1) -> StudyStore:
    """Returns the folder for so many runs of an experiment; see `StudyStore.create`."""
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


def reusable(experiment: Experiment, folders: Iterable[str | Path]) -> tuple[str, ...]:
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
