"""A small study to be swept in processes of its own, and another one to be swept in this one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import rich.style  # noqa: F401  # draws a random number when it is imported, and only then

import sim
from sim import work
from sim.cli import call

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(Path(__file__).parent)
    from sweep_bench import Answer, Bench, Results, a_bench

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


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A folder with the study; nothing that was started outlives the test."""
    with a_bench(tmp_path, *written(tmp_path)) as found:
        yield found


def written(folder: Path) -> tuple[str, ...]:
    """Writes the study into a folder; returns what names it there."""
    (folder / "study.toml").write_text(STUDY)
    (folder / "drowsy.py").write_text(DROWSY)
    return "study.toml", "--plugin", "drowsy.py"


@pytest.fixture
def cocreate(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Answer]]:
    """Runs a command in this process, in the study's folder; plug-ins are forgotten after it."""
    monkeypatch.chdir(bench.folder)

    def run(*words: object) -> Answer:
        capsys.readouterr()
        code = call([str(word) for word in words])
        return Answer(code, *capsys.readouterr())

    with plugins_forgotten():
        yield run


@contextmanager
def plugins_forgotten() -> Iterator[None]:
    """Forgets the styles that are plugged in meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sim.STYLES, "_members", dict(sim.STYLES))
        yield
    work._plug.cache_clear()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The results of the study when one process does it from its beginning to its end."""
    folder = tmp_path_factory.mktemp("undisturbed")
    study, _, plugin = written(folder)
    with plugins_forgotten():
        done = sim.sweep(
            folder / study, folder / "out", plugins=[folder / plugin], executor="serial"
        )
    return Results(done.store)


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
