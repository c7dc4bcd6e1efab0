"""A study as an array of jobs for SLURM: a script that anyone can read, change and submit.

Each task of the array does one shard of the study, so the tasks know nothing of each other, and
nothing has to run where the script was submitted. What a task was stopped at is done when the
script is submitted again.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from shlex import quote

from sim.design import Experiment
from sim.design.limits import BYTES
from sim.errors import UserError

WORK = 10.0  # minutes that a task shall hold, so that starting it costs next to nothing
MOST_TASKS = 1000  # what SLURM allows unless it is told otherwise (MaxArraySize)
LEAST_MINUTES = 5  # a shorter limit is over before its warning comes
USUAL_MINUTES = (30, 24 * 60)  # the time limit if none is given: at least, at most
SLACK = 3  # times the estimate, as machines and runs differ
WARNING = 60  # seconds before its limit at which a task is told to end
BASE_MEMORY = 10**9  # bytes of the sweep and its worker before the first run
RUN_MEMORY = 10**9  # bytes besides, unless the experiment has a limit
SPLIT = " \\\n    "  # between the options of a command, in a script


@dataclass(frozen=True)
class Tasks:
    """How a study is divided: `work` is the estimate for a task [minutes], `minutes` its limit."""

    n: int
    work: float
    minutes: int

    def told(self) -> str:
        """Returns it in words."""
        told = f"{self.n} tasks" if self.n > 1 else "1 task"
        told += f" of about {_span(self.work)} on one core, with {_span(self.minutes)} of time"
        if self.work > self.minutes:
            told += f"; submit the script about {ceil(self.work / self.minutes)} times"
        return told


@dataclass(frozen=True)
class Queue:
    """What SLURM is asked for besides; the cluster's own defaults where it is left out.

    `memory` is that of a task, such as "2GB".
    """

    partition: str = ""
    account: str = ""
    memory: str = ""

    def __post_init__(self) -> None:
        for name in ("partition", "account"):
            value = getattr(self, name)
            if not re.fullmatch(r"[\w.,@+-]*", value):
                raise UserError(f"{name} must be a name that SLURM knows, but is {value!r}")


def divided(
    n_runs: int, seconds: float, tasks: int | None = None, minutes: int | None = None
) -> Tasks:
    """Returns how runs of so many seconds each are divided into tasks of about ten minutes.

    `tasks` and `minutes` (the time limit of each) are chosen unless they are given.
    """
    if not 0 < seconds < float("inf"):
        raise UserError(f"seconds per run must be a number above 0, but is {seconds}")
    if tasks is not None and not 1 <= tasks <= min(MOST_TASKS, n_runs):
        limit = min(MOST_TASKS, n_runs)
        raise UserError(f"tasks must be 1 to {limit} for {n_runs:,} runs, but is {tasks}")
    if minutes is not None and minutes < LEAST_MINUTES:
        raise UserError(f"minutes must be at least {LEAST_MINUTES}, but is {minutes}")
    total = n_runs * seconds / 60
    share = WORK if minutes is None else min(WORK, minutes / SLACK)
    n = tasks or max(1, min(ceil(total / share), MOST_TASKS, n_runs))
    work = total / n
    least, most = USUAL_MINUTES
    return Tasks(n, work, minutes or min(max(least, ceil(SLACK * work)), most))


def job_script(
    experiment: Experiment,
    file: str,
    folder: str,
    tasks: Tasks,
    queue: Queue = Queue(),
    *,
    sets: Iterable[str] = (),
    plugins: Iterable[str | Path] = (),
) -> str:
    """Returns the script of an array of jobs, for `sbatch`.

    `file` is the experiment's, `folder` the study's; both, and `plugins`, as the command `sweep`
    takes them. Paths in the present folder are written from there, where the script is submitted.
    `exec` makes SLURM's signals reach the sweep. A UserError for what cannot be such an array.
    """
    if experiment.precise:
        raise UserError(
            "A study that grows until it is [precise] cannot be done in shares; do it in one job: "
            f"sbatch --cpus-per-task=8 --wrap {quote(f'cocreate sweep {quote(file)}')}"
        )
    file, folder = _from_here(file), _from_here(folder)
    name = re.sub(r"[^\w.+-]", "_", Path(folder).name, flags=re.ASCII)
    words = [
        f"exec cocreate sweep {quote(file)}",
        f"--out {quote(folder)}",
        *(f"--set {quote(setting)}" for setting in sets),
        *(f"--plugin {quote(_from_here(plugin))}" for plugin in plugins),
        f'--shard "${{SLURM_ARRAY_TASK_ID:?submit this with sbatch}}/{tasks.n}"',
    ]
    asked = {
        "job-name": name,
        "array": f"1-{tasks.n}",
        "cpus-per-task": 1,
        "mem": f"{ceil(_memory(queue.memory, experiment) / 2**20)}M",
        "time": tasks.minutes,
        "partition": queue.partition,
        "account": queue.account,
        "requeue": None,
        "signal": f"B:TERM@{WARNING}",
        "open-mode": "append",
        "output": f"{_log_folder(folder)}{name}-%A_%a.log",
    }
    return f"""\
#!/bin/bash
# {quote(file)} as {tasks.told()}.
#
# Submit it from this project's folder, where `cocreate` can be called:
#     sbatch job.sh
# Whatever ends a task, finished runs are kept: submit it again to do what is missing. A study
# that takes longer than the time limit is best submitted again at once, to start after the first:
#     sbatch --dependency=afterany:NUMBER job.sh
# See how far it is, at any time and from any machine that sees the folder:
#     cocreate status {quote(folder)}

{_options(asked)}

# To activate an environment in each task, do it here:
# source .venv/bin/activate

{SPLIT.join(words)}
"""


def _options(asked: dict[str, object]) -> str:
    """Returns the lines that sbatch reads; None is an option without a value, "" is none."""
    told = [name if v is None else f"{name}={v}" for name, v in asked.items() if v != ""]
    return "\n".join(f"#SBATCH --{option}" for option in told)


def _from_here(path: str | Path) -> str:
    """Returns a path from the present folder, if it lies in it, and never one like an option."""
    if any(ord(letter) < 32 for letter in str(path)):
        raise UserError(f"{str(path)!r}: a name with control characters cannot be in a script")
    path = Path(path)
    here = Path.cwd()
    if path.is_absolute() and path.is_relative_to(here):
        path = path.relative_to(here)
    return f"./{path}" if str(path).startswith("-") else str(path)


def _log_folder(folder: str) -> str:
    """Returns where logs go, with a slash: beside the study if SLURM can write there, else here.

    SLURM does not make folders, and a job whose log has no place fails without a word.
    """
    parent = Path(folder).parent
    plain = re.fullmatch(r"[\w./+-]+", str(parent), flags=re.ASCII)
    return f"{parent}/" if plain and parent.is_dir() and parent != Path() else ""


def _memory(given: str, experiment: Experiment) -> float:
    """Returns the memory of a task [bytes]."""
    if not given:
        return BASE_MEMORY + (experiment.limits.memory or RUN_MEMORY)
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([MG]B)\s*", given)
    if not found or not float(found[1]):
        raise UserError(f'memory must be a number with its unit, such as "2GB", but is {given!r}')
    return float(found[1]) * BYTES[found[2]]


def _span(minutes: float) -> str:
    """Returns a span of time in words."""
    if minutes < 1.5:
        return "a minute or less"
    return f"{minutes:.0f} minutes" if minutes < 120 else f"{minutes / 60:.0f} hours"
