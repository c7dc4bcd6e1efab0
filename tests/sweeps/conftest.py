"""A small study, the command that sweeps it, and what must be so however it was swept."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import rich.style  # noqa: F401  # draws a random number when it is imported, and only then

import sim
from sim import work
from sim.cli import call
from sim.study_store import StudyStore

ROOT = Path(__file__).parents[2]
STUDY = """
scenario = "default"
styles = ["drowsy", "commons"]
seed = 42
seeds = 4
outcomes = ["surplus", "profit", "active"]
series = ["active"]
events = true

[vary]
"population.people" = [40, 60]
"world.trust_critical" = [0.0, 1.0]

[fixed]
"population.founders" = 0.4
"effort.effort_cost" = -2.0
"time.steps" = 12
"""
N_RUNS = 32
DROWSY = '''
import os
import time

from sim import Levers, Style


class Drowsy(Style):
    """Takes its time, which changes no result."""

    levers = Levers(control=0.2)

    def decide(self, report):
        time.sleep(float(os.environ.get("DROWSY", 0)))
        return self.levers
'''


@dataclass(frozen=True)
class Answer:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def end(self) -> str:
        """The last line of what it said; what a complete study says stands before."""
        return self.out.splitlines()[-1]


@dataclass
class Bench:
    """A folder with the study, and commands that work on it, each in a session of its own."""

    folder: Path
    started: list["subprocess.Popen[str]"] = field(default_factory=list)

    def start(self, *words: object, drowsy: float = 0.0, **environment: str) -> subprocess.Popen:
        """Starts `cocreate` with these words; a run may be made to take longer."""
        own = self.environment(drowsy)
        return self.popen([sys.executable, "-m", "sim", *words], **own, **environment)

    def environment(self, drowsy: float = 0.0) -> dict[str, str]:
        """Returns what a process needs to know."""
        return {"PYTHONPATH": str(ROOT), "DROWSY": str(drowsy)}

    def popen(self, words: list[object], **environment: str) -> subprocess.Popen:
        """Starts any program."""
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

    def sweep(self, *words: object, **how: object) -> subprocess.Popen:
        """Starts the sweep of the study into out/, in two processes unless words say otherwise."""
        usual = ["--out", "out"] if "--out" not in words else []
        if "--executor" not in words:
            usual += ["--workers", 2]
        return self.start("sweep", "study.toml", "--plugin", "drowsy.py", *usual, *words, **how)

    def answer(self, process: subprocess.Popen, seconds: float = 120.0) -> Answer:
        """Waits until a command ends."""
        out, err = process.communicate(timeout=seconds)
        return Answer(process.returncode, out, err)

    def store(self, out: str = "out") -> StudyStore:
        """Opens a study's folder."""
        return StudyStore.open(self.folder / out)

    def done(self, out: str = "out") -> int:
        """Returns how many runs are done, which is none before there is a folder."""
        there = (self.folder / out / "manifest.json").exists()
        return self.store(out).status().done if there else 0

    def wait_until_done(self, n_runs: int, process: subprocess.Popen, out: str = "out") -> None:
        """Waits until so many runs are done, while a process goes on."""
        end = time.monotonic() + 120
        while self.done(out) < n_runs:
            if process.poll() is not None:
                pytest.fail(f"ended too soon: {self.answer(process)}")
            assert time.monotonic() < end
            time.sleep(0.01)

    def left_over(self, process: subprocess.Popen) -> list[int]:
        """Returns the processes of a command that still run, once they had a moment to end."""
        end = time.monotonic() + 5
        while (found := group(process.pid)) and time.monotonic() < end:
            time.sleep(0.02)
        return found

    def workers(self, process: subprocess.Popen) -> list[int]:
        """Returns the processes that a command has started."""
        return [one for one in group(process.pid) if one != process.pid]

    def notes(self, out: str = "out") -> list[dict]:
        """Returns what sweeps left as notes."""
        return [json.loads(path.read_text()) for path in (self.folder / out / "sweeps").iterdir()]


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


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A folder with the study; nothing that was started outlives the test."""
    found = new_bench(tmp_path)
    yield found
    for process in found.started:
        if group(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def new_bench(folder: Path) -> Bench:
    """Writes the study into a folder."""
    (folder / "study.toml").write_text(STUDY)
    (folder / "drowsy.py").write_text(DROWSY)
    return Bench(folder)


@pytest.fixture
def cocreate(bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs a command in this process, in the study's folder; plug-ins are forgotten after it."""
    monkeypatch.chdir(bench.folder)
    with plugins_forgotten():

        def run(*words: object) -> Answer:
            capsys.readouterr()
            code = call([str(word) for word in words])
            return Answer(code, *capsys.readouterr())

        yield run


@contextmanager
def plugins_forgotten() -> Iterator[None]:
    """Forgets the styles that are plugged in meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sim.STYLES, "_members", dict(sim.STYLES))
        yield
    work._plug.cache_clear()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> "Results":
    """The results of the study when one process does it from its beginning to its end."""
    found = new_bench(tmp_path_factory.mktemp("undisturbed"))
    with plugins_forgotten():
        sim.sweep(
            found.folder / "study.toml",
            found.folder / "out",
            plugins=[found.folder / "drowsy.py"],
            executor="serial",
        )
    return Results(found.store())


@dataclass
class Results:
    """All that a study leaves; two are compared but for the time that runs took."""

    store: StudyStore

    def frame(self, kind: str = "runs") -> pd.DataFrame:
        """Returns runs, series or events."""
        return pd.concat([block.to_pandas() for block in self.store.blocks(kind)])

    def check(self, out: StudyStore) -> None:
        """Checks that a study is finished, each run of it once, and equal to this one."""
        status = out.status()
        assert (status.planned, status.done, status.missing) == (N_RUNS, N_RUNS, 0)
        assert (out.folder / "table.parquet").is_file()
        assert not list((out.folder / "runs").iterdir())
        assert not (out.folder / "torn").exists()
        other = Results(out)
        table = other.frame()
        assert table["run"].tolist() == [*range(N_RUNS)]
        assert table["key"].nunique() == N_RUNS
        for kind in ("runs", "series", "events"):
            one, two = (
                frame.drop(columns="seconds", errors="ignore").reset_index(drop=True)
                for frame in (self.frame(kind), other.frame(kind))
            )
            assert len(one)
            pd.testing.assert_frame_equal(one, two, check_exact=True)


# Sweeps in this process

SMALL = """
scenario = "default"
styles = ["commons", "directive"]
seeds = 3
outcomes = ["surplus", "active"]

[fixed]
"population.people" = 60
"population.founders" = 0.4
"effort.effort_cost" = -2.0
"time.steps" = 12

[vary]
"world.trust_critical" = [0.0, 1.0]
"""


class Stopped(Exception):  # noqa: N818 - it is no error
    """What stops a sweep in these tests."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a study in it; what is plugged in is forgotten after the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sim.STYLES, "_members", dict(sim.STYLES))
    monkeypatch.setattr(sim.METRICS, "_members", dict(sim.METRICS))
    (tmp_path / "study.toml").write_text(SMALL)
    return tmp_path


@pytest.fixture
def study(folder: Path) -> Callable[..., None]:
    """Writes the study with some words replaced, a head before its tables, a tail after them."""

    def write(replaced: dict[str, str] | None = None, *, head: str = "", tail: str = "") -> None:
        text = SMALL
        for old, new in (replaced or {}).items():
            assert old in text
            text = text.replace(old, new)
        (folder / "study.toml").write_text(f"{head}\n{text}{tail}")

    return write


@pytest.fixture
def serially(folder: Path) -> Callable[..., Any]:
    """Sweeps in this process; it may be stopped after so many runs, and then gives None."""

    def sweep(
        experiment: Any = "study.toml",
        folder: str | None = "out",
        stop_after: float = float("inf"),
        **options: Any,
    ) -> Any:
        def progress(done: int, planned: int) -> None:
            if done >= stop_after:
                raise Stopped

        with suppress(Stopped):
            return sim.sweep(experiment, folder, executor="serial", progress=progress, **options)

    return sweep


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the runs that are done for a study; those that are only tried do not count."""
    keys: list[str] = []
    inside: list[bool] = []
    do_chunk, attempt = work.do_chunk, work.attempt

    def chunk(*arguments: Any) -> work.Receipt:
        inside.append(True)
        try:
            return do_chunk(*arguments)
        finally:
            inside.pop()

    def one(plan: Any, planned: Any) -> work.Ended:
        if inside:
            keys.append(planned.key)
        return attempt(plan, planned)

    monkeypatch.setattr(work, "do_chunk", chunk)
    monkeypatch.setattr(work, "attempt", one)
    return keys


@pytest.fixture
def files_of() -> Callable[[str], dict[Path, bytes]]:
    """Returns the files of a folder and what is in them."""
    return lambda name: {p: p.read_bytes() for p in Path(name).rglob("*") if p.is_file()}
