"""A real SLURM on this machine: arrays, time limits and requeues, of scripts that we print."""

import importlib
import json
import os
import re
import shlex
import sys
import tempfile
from pathlib import Path

import pytest

from sim.study_store import StudyStore

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
SETUP = "needs SLURM: apt-get install --no-install-recommends slurmctld slurmd slurm-client munge"
EXPERIMENT = """
scenario = "default"
styles = ["commons", "directive"]
seeds = {seeds}
outcomes = ["value_created", "cost", "pause"]

[fixed]
population.people = 60
time.steps = 12

[vary]
world.tools_reach = [0.2, 0.5, 0.8]
"""
PAUSE = '''
import os
import time

from sim import metric


@metric("a pause", "1", better=0)
def pause(run):
    """Nothing, after half a second, if a cluster does it."""
    time.sleep(0.5 if "SLURM_JOB_ID" in os.environ else 0.0)
    return float(len(run.steps))
'''
N_TASKS = 3

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def slurm():
    """The cluster on which all tests are done."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(HERE)
        harness = importlib.import_module("slurm_cluster")
    if lost := harness.missing():
        pytest.skip(f"no {', '.join(lost)} here; {SETUP}")
    with tempfile.TemporaryDirectory(prefix="slurm-") as folder, harness.cluster(folder) as here:
        commands = Path(folder) / "bin"
        commands.mkdir()
        words = shlex.join([sys.executable, "-m", "sim"])
        text = f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {words} "$@"\n'
        (commands / "cocreate").write_text(text)
        (commands / "cocreate").chmod(0o755)
        here.environment["PATH"] = f"{commands}{os.pathsep}{here.environment['PATH']}"
        here.wait_for = harness.wait_for
        yield here


class Project:
    """A folder with an experiment, and what is done there."""

    def __init__(self, slurm, folder, seeds):
        self.slurm, self.folder = slurm, folder
        self.study = folder / "results" / "x"
        self.study.parent.mkdir()
        (folder / "x.toml").write_text(EXPERIMENT.format(seeds=seeds))
        (folder / "pause.py").write_text(PAUSE)
        self.n_runs = 6 * seeds
        words = ("slurm", "x.toml", "--plugin", "pause.py", "--tasks", N_TASKS, "--minutes", 5)
        (folder / "job.sh").write_text(self.cocreate(*words))

    def cocreate(self, *words):
        return self.slurm.call("cocreate", *words, cwd=self.folder)

    def submit(self, *options):
        return self.slurm.submit("job.sh", *options, cwd=self.folder)

    def status(self):
        return json.loads(self.cocreate("status", "results/x", "--json"))

    def wait_for_parts(self, n):
        """Waits until the study has begun and is far from done."""
        found = (self.study / "runs").glob
        self.slurm.wait_for(lambda: len([*found("*.parquet")]) >= n, "parts", seconds=60)
        assert self.status()["missing"] > self.n_runs / 3

    def check_is_done(self):
        """Checks that the study is all done, and equal to one that nothing disturbed."""
        status = self.status()
        assert (status["planned"], status["done"]) == (self.n_runs, self.n_runs)
        undisturbed = ("--out", "serial", "--executor", "serial", "--plugin", "pause.py")
        self.cocreate("sweep", "x.toml", *undisturbed)
        mine, other = (
            StudyStore.open(folder).table().drop_columns(["seconds"])
            for folder in (self.study, self.folder / "serial")
        )
        assert mine["run"].to_pylist() == list(range(self.n_runs))
        assert mine.equals(other)
        notes = [json.loads(note.read_text()) for note in (self.study / "sweeps").iterdir()]
        assert sum(note["runs"] for note in notes) <= self.n_runs  # none was done twice

    def logs(self):
        return sorted(log.name for log in self.study.parent.glob("*.log"))


@pytest.fixture
def project(slurm, tmp_path):
    return lambda seeds: Project(slurm, tmp_path, seeds)


def all_ended(state, code):
    return {str(task): (state, code) for task in range(1, N_TASKS + 1)}


def test_array__does_a_study_as_one_process_does(slurm, project):
    here = project(seeds=8)
    job = here.submit()
    told = slurm.call("scontrol", "show", "job", f"{job}_1")
    for expected in ("JobName=x", "TimeLimit=00:05:00", "Requeue=1", "CPUs/Task=1"):
        assert expected in told
    assert slurm.wait(job) == all_ended("COMPLETED", 0)
    assert here.logs() == [f"x-{job}_{task}.log" for task in range(1, N_TASKS + 1)]
    here.check_is_done()


def test_time_limit__leaves_a_study_that_the_same_script_ends(slurm, project):
    here = project(seeds=72)  # 72 seconds for each task
    job = here.submit("--time=1", "--signal=B:TERM@1")  # which comes up to half a minute early
    next_job = here.submit(f"--dependency=afterany:{job}")
    ended = slurm.wait(job)
    assert {code for _, code in ended.values()} == {143}
    assert {state for state, _ in ended.values()} <= {"FAILED", "TIMEOUT"}
    for task in ended:
        log = (here.study.parent / f"x-{job}_{task}.log").read_text()
        assert re.search(r"terminated; \d+ of 432 runs are done and kept", log), log
    status = here.status()
    assert 0 < status["done"] < here.n_runs
    assert status["done"] + status["missing"] == here.n_runs
    assert slurm.wait(next_job) == all_ended("COMPLETED", 0)
    here.check_is_done()


def test_requeue__goes_on_where_the_task_was(slurm, project):
    here = project(seeds=24)
    job = here.submit()
    here.wait_for_parts(3)
    slurm.call("scontrol", "requeue", f"{job}_1")
    slurm.wait_for(lambda: slurm.tasks(job)["1"][0] == "PENDING", "the requeue", seconds=60)
    slurm.call("scontrol", "update", f"JobId={job}_1", "StartTime=now")  # not in two minutes
    assert slurm.wait(job) == all_ended("COMPLETED", 0)
    assert "Restarts=1" in slurm.call("scontrol", "show", "job", f"{job}_1")
    log = (here.study.parent / f"x-{job}_1.log").read_text()
    assert "DUE TO JOB REQUEUE" in log
    here.check_is_done()
