"""Studies: sweeps of many runs, how far they are, what came out."""

import json as jsons
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

import sim
from sim.cli._common import (
    Flag,
    Json,
    Out,
    Plugin,
    Set,
    Whole,
    app,
    complain,
    plug,
    say_json,
    terminal,
)
from sim.errors import UserError

if TYPE_CHECKING:
    from sim.analysis.report import Report
    from sim.sweeps import Study

TERMINATED = 143
Reuse = Annotated[
    list[Path] | None,
    Parameter(negative="", help="Folder of another study: its runs are taken where equal."),
]


@app.command
def sweep(
    experiment: str,
    /,
    *,
    out: Annotated[Path | None, Parameter(help="Folder of the study.")] = None,
    executor: str = "processes",
    workers: Whole | None = None,
    start: str = "auto",
    address: str = "",
    shard: str = "1/1",
    reuse: Reuse = None,
    retry: Annotated[bool, Flag] = False,
    dry_run: Annotated[bool, Flag] = False,
    set: Set = None,
    plugin: Plugin = None,
    json: Json = False,
) -> int:
    """Do all runs of an experiment; given again, go on where it was.

    Example: `cocreate sweep shift_1_platform --set seeds=4`

    Parameters
    ----------
    experiment
        A shipped experiment by name, or a TOML file. Results go to results/ and its name.
    executor
        Where to run: serial, processes, dask or mpi.
    workers
        Runs at a time; by default as many as the cores that may be used.
    start
        How processes are started: fork, spawn, or auto: forked where that is safe.
    address
        A Dask scheduler's address, or one of the queues slurm, pbs, sge, lsf.
    shard
        2/5 does the second of five shares of the study, in as many jobs with one folder.
    retry
        Do failed runs again.
    dry_run
        Say how many runs there are, how long they take and how much room; a few are tried.
    """
    from sim.dispatch import Terminated
    from sim.executors import Options
    from sim.progress import shown
    from sim.sweeps import preview
    from sim.sweeps.folder import usual

    options = Options(workers=workers, start=start, address=address)
    plugins = plugin or []
    folder = out or usual(experiment)
    if dry_run:
        facts = preview(
            experiment, folder, sets=set or (), plugins=plugins, executor=executor, options=options
        )
        say_json(facts._asdict()) if json else print(facts.told())
        return 0
    try:
        with shown("Sweeping", "runs") as report:
            study = sim.sweep(
                experiment,
                folder,
                sets=set or (),
                plugins=plugins,
                executor=executor,
                options=options,
                shard=read_shard(shard),
                reuse=reuse or (),
                retry=retry,
                progress=report,
            )
        return tell(study, json)
    except KeyboardInterrupt as stop:
        terminated = isinstance(stop, Terminated)
        return complain(
            f"{'terminated' if terminated else 'interrupted'}; {how_far(folder)}",
            TERMINATED if terminated else 130,
        )


def tell(study: "Study", json: bool) -> int:
    """Prints what a study says, writes it down if it is complete, and returns the exit code."""
    status = study.store.status()
    failures = study.failures() if status.failed else []
    folder = study.store.folder
    whole = status.done and not status.missing
    found, files = write_report(study, folder) if whole else (None, [])
    if json:
        facts = vars(status) | {"folder": str(folder), "files": [str(file) for file in files]}
        say_json(facts | {"failures": [failure._asdict() for failure in failures]})
    else:
        if found is not None:
            tell_report(found, files)
        failed_too = f", {status.failed} failed" if status.failed else ""
        print(f"{status.done} of {status.planned} runs are done{failed_too}: {folder}")
    if failures:
        complain("\n".join(failed(study, failures)), 1)
    return int(bool(failures))


def failed(study: "Study", failures: list[Any]) -> list[str]:
    """Returns what failed, in a few lines, and the command that repeats the first of it."""
    shown = [failure.told() for failure in failures[:5]]
    if len(failures) > len(shown):
        shown.append(f"and {len(failures) - len(shown)} more")
    again = f"to repeat the first: {study.again(failures[0].run)}"
    n = f"{len(failures)} run{'s' * (len(failures) != 1)}"
    return [f"{n} failed:", *shown, again]


def how_far(folder: Path) -> str:
    """Returns how far a study is, in words."""
    from sim.study_store import StudyStore

    try:
        status = StudyStore.open(folder).status()
    except UserError:
        return "nothing was written"
    done = status.done + status.failed
    return f"{done} of {status.planned} runs are done and kept; the same command goes on"


def read_shard(shard: str) -> tuple[int, int]:
    """Returns the two numbers of 2/5."""
    own, _, of = shard.partition("/")
    if not (own.isdecimal() and of.isdecimal() and 1 <= int(own) <= int(of)):
        raise UserError(f"--shard must be one of so many, such as 2/5, but is {shard!r}")
    return int(own), int(of)


@app.command
def status(folder: Path, /, *, json: Json = False) -> None:
    """Say how far a study is: planned, done, failed and missing runs, rate and time left.

    Example: `cocreate status results/shift_1_platform`

    Parameters
    ----------
    folder
        Folder of a study, finished or not; it may be under way anywhere.
    """
    from sim.study_store import StudyStore

    store = StudyStore.open(folder)
    found = store.status()
    if json:
        missing = [[runs.start, runs.stop] for runs in store.unfinished()]
        say_json(vars(found) | {"missing_runs": missing})
        return
    for name in ("planned", "done", "failed", "missing"):
        print(f"{name}: {getattr(found, name)}")
    if found.missing:
        ranges = [f"{runs.start}-{runs.stop - 1}" for runs in store.unfinished()]
        shown = ", ".join(ranges[:8]) + (f" and {len(ranges) - 8} more" if len(ranges) > 8 else "")
        print(f"missing runs: {shown}")
        rate = "not known yet" if found.rate is None else f"{found.rate:.3g} runs/s"
        print(f"rate: {rate if found.rate != 0 else 'no run has ended lately'}")
        left = found.seconds_left
        print(f"time left: {'not known' if left is None else f'{left:.0f} s'}")


@app.command
def diff(one: Path, other: Path, /, *, json: Json = False) -> int:
    """Compare the results in two places, run by run: exit 0 if they are equal, 1 if not.

    Example: `cocreate diff results/shift_1_platform results/again`

    Parameters
    ----------
    one
        Folder of a study or of other results, or a Parquet file.
    other
        What it is compared with. How long runs took is not compared.
    """
    from sim.study_store.comparing import differences, read

    found = differences(read(one), read(other))
    if json:
        say_json({"equal": not found, "differences": found})
    else:
        print(*(found or ["equal"]), sep="\n")
    return int(bool(found))


@app.command
def repeat(folder: Path, run: Whole, /, *, plugin: Plugin = None, json: Json = False) -> int:
    """Do one run of a study again, here: it ends, or fails, as it did.

    Example: `cocreate repeat results/shift_1_platform 17`

    Parameters
    ----------
    folder
        Folder of the study.
    run
        Number of the run, from 0.
    """
    from sim.listings import print_outcomes
    from sim.work import place_of

    study = sim.open_study(folder, plugin or ())
    planned = study.planned(run)
    facts = {"run": run, **planned._asdict(), "seed": study.experiment.seed}
    del facts["index"]
    if not json:
        print(*(f"{name}: {value}" for name, value in facts.items()), sep="\n", flush=True)
    try:
        result, outcomes = study.repeat(run)
    except Exception as problem:  # a style's or a metric's own, of any kind
        if os.environ.get("COCREATE_TRACEBACK"):
            raise
        failure = f"{type(problem).__name__}: {problem} ({place_of(problem)})"
        return complain(f"{failure}\nCOCREATE_TRACEBACK=1 shows the way", 1)
    facts |= {"fingerprint": result.fingerprint(), "outcomes": outcomes}
    if json:
        say_json(facts)
    else:
        console = terminal()
        print_outcomes({n: outcomes[n] for n in study.experiment.outcomes}, sim.METRICS, console)
        print(f"fingerprint: {result.fingerprint()}")
    if unlike := study.unlike(run, outcomes):
        return complain(unlike, 1)
    return 0


@app.command
def slurm(
    experiment: str,
    /,
    *,
    out: Annotated[Path | None, Parameter(help="Folder of the study.")] = None,
    tasks: Whole | None = None,
    minutes: Whole | None = None,
    partition: str = "",
    account: str = "",
    memory: str = "",
    seconds_per_run: float | None = None,
    set: Set = None,
    plugin: Plugin = None,
) -> None:
    """Print a script that does a study as an array of jobs on a SLURM cluster.

    Example: `cocreate slurm styles_by_world > job.sh`

    Parameters
    ----------
    experiment
        A shipped experiment by name, or a TOML file. Results go to results/ and its name.
    tasks
        Tasks of the array, at most 1000; by default so many that each has ten minutes of work.
    minutes
        Time limit of a task; by default three times its work, half an hour at least.
    partition
        Where SLURM shall run it.
    account
        What SLURM shall charge for it.
    memory
        Memory of a task, such as 4GB; by default 2GB, or more if the experiment has a limit.
    seconds_per_run
        What a run takes; by default some are tried here.
    """
    from sim.design import Plan, read_experiment
    from sim.slurm import Queue, divided, job_script
    from sim.sweeps.folder import usual
    from sim.sweeps.forecast import tried
    from sim.sweeps.study import absolute

    plug(plugin)
    queue = Queue(partition, account, memory)
    study = read_experiment(experiment, set or ())
    n_runs = len(Plan(study))
    seconds = seconds_per_run
    if seconds is None and (seconds := tried(study, absolute(plugin or ()))) is None:
        raise UserError("no run ended soon: say --seconds-per-run")
    array = divided(n_runs, seconds, tasks, minutes)
    folder = out or usual(experiment)
    text = job_script(
        study, experiment, str(folder), array, queue, sets=set or (), plugins=plugin or ()
    )
    sys.stdout.buffer.write(os.fsencode(text))  # names as they came, whatever the locale
    complain(f"{n_runs:,} runs of about {seconds:.2g} s: {array.told()}", 0)


@app.command
def sensitivity(
    folder: Path,
    /,
    *,
    outcome: Annotated[list[str] | None, Parameter(negative="")] = None,
    style: Annotated[list[str] | None, Parameter(negative="")] = None,
    out: Out = None,
    plugin: Plugin = None,
    json: Json = False,
) -> None:
    """Say which of the things that a study sampled matter to its outcomes, and how sure that is.

    Example: `cocreate sensitivity results/what_matters --outcome surplus`

    Parameters
    ----------
    folder
        Folder of a finished study whose [sample] has method = "saltelli" or "morris".
    outcome
        An outcome, as often as wanted; by default the usual ten.
    style
        A style of the study, as often as wanted; by default the first one.
    """
    from sim.analysis.comparison import json_safe
    from sim.analysis.sensitivity import sensitivity as analysed
    from sim.files import new_folder
    from sim.plots import save
    from sim.plots.sensitivity import sensitivity as draw
    from sim.store import write_text
    from sim.terminal import print_sensitivity

    study = sim.open_study(folder, plugin or ())
    files: list[Path] = []
    with new_folder(out) as place:
        found = analysed(study.experiment, study.plan, study.table(), outcome, style)
        facts = {"sensitivity": [one.to_dict() for one in found]}
        if place:
            text = jsons.dumps(json_safe(facts), indent=1)
            files.append(write_text(place / "sensitivity.json", text))
            cases = {str((one.style, one.at)): (one.style, one.at) for one in found}.values()
            for n, case in enumerate(cases):
                figure = draw([one for one in found if (one.style, one.at) == case])
                name = f"sensitivity_{n}.png" if len(cases) > 1 else "sensitivity.png"
                files.append(save(figure, place / name))
    if json:
        say_json(facts | {"files": [str(file) for file in files]})
        return
    print_sensitivity(found, terminal())
    for file in files:
        print(f"written: {file}")


@app.command
def report(
    folder: Path,
    /,
    *,
    out: Annotated[
        Path | None, Parameter(help="Folder to write into; by default the study's.")
    ] = None,
    plugin: Plugin = None,
    json: Json = False,
) -> None:
    """Say what came out of a study, finished or not; write summary.csv and figure.png.

    Example: `cocreate report results/shift_1_platform`

    Parameters
    ----------
    folder
        The folder of a study.
    """
    study = sim.open_study(folder, plugin or ())
    found, files = write_report(study, out or folder)
    if json:
        say_json(found.to_dict() | {"files": [str(file) for file in files]})
    else:
        tell_report(found, files)


def write_report(study: "Study", folder: Path) -> tuple["Report", list[Path]]:
    """Writes summary and figure of a study into a folder; returns what it says, and the files."""
    from sim.files import write_whole
    from sim.plots import save
    from sim.plots.study import study as draw

    found = study.report()
    folder.mkdir(parents=True, exist_ok=True)
    summary = write_whole(folder / "summary.csv", found.to_csv().encode())
    figure = save(draw(found), folder / "figure.png")
    return found, [summary, figure]


def tell_report(found: "Report", files: list[Path]) -> None:
    """Prints what a study says, and where it is written."""
    from sim.terminal import print_study

    print_study(found, terminal())
    for file in files:
        print(f"written: {file}")
