"""Commands that sweep a study, in sessions of their own, and what must be so however it went."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from sim.files import UNFINISHED
from sim.study_store import StudyStore

ROOT = Path(__file__).parents[2]
MPIEXEC = shutil.which("mpiexec", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
ALONE = ("unshare", "--mount", "--map-root-user", "sh", "-c")
SMALL_DISK = """
mount -t tmpfs -o size=8m none small || exit 99
head -c $((8 * 1024 * 1024 - $0 * 1024)) /dev/zero >small/ballast
"$@"
echo "exit $?"
rm small/ballast
"$@"
echo "exit $?"
cp -r small/out out
"""


@dataclass(frozen=True)
class Answer:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def end(self) -> str:
        """The last line of what it said; what a complete study says stands before."""
        return self.out.splitlines()[-1] if self.out else ""

    @property
    def complaints(self) -> list[str]:
        """What it said on standard error besides how far it was."""
        return [line for line in self.err.splitlines() if not line.startswith("Sweeping: ")]


@dataclass
class Bench:
    """A folder, and commands that sweep a study into out/ in it."""

    folder: Path
    study: tuple[str, ...]
    started: list["subprocess.Popen[str]"] = field(default_factory=list)

    def words(self, *more: object, out: str = "out") -> list[object]:
        """Returns the command that sweeps the study."""
        return ["sweep", *self.study, "--out", out, *more]

    def environment(self, drowsy: float = 0.0) -> dict[str, str]:
        """Returns what a process needs to know; a drowsy style may be made to take longer."""
        return {"PYTHONPATH": str(ROOT), "DROWSY": str(drowsy)}

    def sweep(self, *more: object, drowsy: float = 0.0) -> "subprocess.Popen[str]":
        """Starts the sweep."""
        words = [sys.executable, "-m", "sim", *self.words(*more)]
        return self.start(words, **self.environment(drowsy))

    def start(self, words: Iterable[object], **environment: str) -> "subprocess.Popen[str]":
        """Starts a program in a session of its own."""
        process = subprocess.Popen(
            [str(word) for word in words],
            cwd=self.folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def mpi(self, n: int) -> "subprocess.Popen[str]":
        """Starts the sweep in an MPI job of n processes."""
        # The launcher's own options: more processes than cores, and messages by memory alone.
        launch = [MPIEXEC, "--oversubscribe", "--allow-run-as-root", "-n", n, sys.executable]
        words = ["-m", "mpi4py.futures", "-m", "sim", *self.words("--executor", "mpi")]
        environment = {"OMPI_MCA_btl": "self,sm", "TMPDIR": "/tmp"}  # sockets need short names
        return self.start([*launch, *words], **self.environment(), **environment)

    def on_a_small_disk(self, kilobytes: int, *more: object) -> "subprocess.Popen[str]":
        """Starts the sweep with so much room, then again with more; skips where that cannot be.

        It is a real file system in a name space of its own. What is in it ends up in out/.
        """
        small = self.folder / "small"
        small.mkdir()
        try:
            mount = [*ALONE, 'mount -t tmpfs none "$0"', str(small)]
            subprocess.run(mount, check=True, capture_output=True, timeout=90)
        except (OSError, subprocess.SubprocessError):
            pytest.skip("no tmpfs can be mounted here")
        command = [sys.executable, "-m", "sim", *self.words(*more, out="small/out")]
        return self.start([*ALONE, SMALL_DISK, kilobytes, *command], **self.environment())

    def answer(self, process: "subprocess.Popen[str]", seconds: float = 300.0) -> Answer:
        """Waits until a command ends."""
        out, err = process.communicate(timeout=seconds)
        return Answer(process.returncode, out, err)

    def store(self, out: str = "out") -> StudyStore:
        """Opens the study's folder."""
        return StudyStore.open(self.folder / out)

    def done(self) -> int:
        """Returns how many runs are done, which is none before there is a folder."""
        there = (self.folder / "out" / "manifest.json").exists()
        return self.store().status().done if there else 0

    def seconds(self) -> dict[int, float]:
        """Returns what each run took that is done: another time if it is done again."""
        table = self.store().table(["run", "seconds"]).to_pydict()
        return dict(zip(table["run"], table["seconds"], strict=True))

    def notes(self) -> list[dict]:
        """Returns what sweeps left as notes."""
        return [json.loads(path.read_text()) for path in (self.folder / "out/sweeps").iterdir()]

    def wait_until_done(self, n_runs: int, process: "subprocess.Popen[str]") -> None:
        """Waits until so many runs are done, while a sweep goes on."""
        wait_until(lambda: self.done() >= n_runs or process.poll() is not None)
        if process.poll() is not None:
            pytest.fail(f"ended too soon: {self.answer(process)}")

    def workers(self, process: "subprocess.Popen[str]") -> list[int]:
        """Returns the processes that a sweep has started."""
        return [one for one in group(process.pid) if one != process.pid]

    def left_over(self, process: "subprocess.Popen[str]") -> list[int]:
        """Returns the processes of a command that still run, once they had a moment to end."""
        end = time.monotonic() + 5  # later they might end by themselves
        while (found := group(process.pid)) and time.monotonic() < end:
            time.sleep(0.02)
        return found

    def close(self) -> None:
        """Ends whatever was started."""
        for process in self.started:
            if group(process.pid):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@contextmanager
def a_bench(folder: Path, *study: str) -> Iterator[Bench]:
    """Gives a bench; nothing that is started there outlives it."""
    bench = Bench(folder, study)
    try:
        yield bench
    finally:
        bench.close()


@dataclass
class Results:
    """All that a study leaves; two are compared but for the time that runs took."""

    store: StudyStore

    def frame(self, kind: str = "runs") -> pd.DataFrame:
        """Returns runs, series or events."""
        return pd.concat([block.to_pandas() for block in self.store.blocks(kind)])

    def check(self, out: StudyStore) -> None:
        """Checks that a study is finished, each run of it once, and equal to this one."""
        n_runs = self.store.n_runs
        status = out.status()
        assert (status.planned, status.done, status.missing) == (n_runs, n_runs, 0)
        assert (out.folder / "table.parquet").is_file()
        # What a worker was writing when it was killed stays for an hour, hidden: it may be alive.
        assert all(path.suffix == UNFINISHED for path in (out.folder / "runs").iterdir())
        assert not (out.folder / "torn").exists()
        other = Results(out)
        table = other.frame()
        assert table["run"].tolist() == [*range(n_runs)]
        assert table["key"].nunique() == n_runs
        for kind in self.store.schemas:
            one, two = (
                frame.drop(columns="seconds", errors="ignore").reset_index(drop=True)
                for frame in (self.frame(kind), other.frame(kind))
            )
            assert len(one)
            pd.testing.assert_frame_equal(one, two, check_exact=True)


def group(leader: int) -> list[int]:
    """Returns the processes of a group that still run."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            state, _, of = (process / "stat").read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(of) == leader and state != "Z":
            found.append(int(process.name))
    return found


def wait_until(holds: Callable[[], object], seconds: float = 600.0) -> None:
    """Waits until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)
