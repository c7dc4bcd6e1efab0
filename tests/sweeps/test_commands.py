"""The commands of studies, as their users meet them."""

import json
import os
import subprocess
import sys
from concurrent.futures import Future
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

import sim
from sim.cli import call
from sim.executors import EXECUTORS, TimedOut
from sim.study_store import StudyStore, manifest
from sim.sweeps import forecast

ROOT = Path(__file__).parents[2]
LATE = """
from sim import Levers, Style


class Late(Style):
    levers = Levers(sharing=0.5)

    def decide(self, report):
        if report.step == 17 and report.uniform(0) > {above}:
            raise ValueError("no way on")
        return self.levers
"""
LATE_LINE = 10
MISSPELT = """
from sim import metric


@metric("misspelt", "share", better=1)
def misspelt(run):
    '''Returns nothing, for it fails.'''
    return run.actve
"""
SWEEP = ("sweep", "study.toml", "--out", "out", "--executor", "serial")


@pytest.fixture
def cocreate(folder, capsys):
    """Runs a command in this process."""

    def run(*words):
        capsys.readouterr()
        code = call([str(word) for word in words])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return SimpleNamespace(code=code, out=out, err=err, json=lambda: json.loads(out))

    return run


def in_a_process(*words, before=(), **environment):
    """Runs a command in a process of its own."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("SLURM_")}
    done = subprocess.run(
        [*before, sys.executable, "-m", "sim", *map(str, words)],
        env={**inherited, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return SimpleNamespace(code=done.returncode, out=done.stdout, err=done.stderr)


def refused(answer, *needles):
    """Checks that a user's mistake costs exit code 2 and some words on standard error."""
    assert answer.code == 2, answer.err
    assert answer.out == ""
    assert all(line.startswith("cocreate: ") for line in answer.err.splitlines())
    for needle in needles:
        assert needle in answer.err


# Sweeping


def test_sweep__says_how_many_runs_are_done(cocreate):
    answer = cocreate(*SWEEP)
    assert answer.code == 0, answer.err
    assert "12 of 12 runs are done" in answer.out
    again = cocreate(*SWEEP)
    assert (again.code, again.out) == (0, answer.out)


def test_sweep__prints_json(cocreate):
    answer = cocreate(*SWEEP, "--json")
    facts = answer.json()
    assert answer.code == 0
    assert facts.items() >= {"planned": 12, "done": 12, "failed": 0, "missing": 0}.items()
    assert facts["folder"] == "out"
    assert facts["failures"] == []
    assert all(Path(file).is_file() for file in facts["files"])


def test_sweep__without_a_folder_writes_into_results(cocreate):
    assert cocreate("sweep", "study.toml", "--executor", "serial").code == 0
    assert Path("results/study/table.parquet").is_file()


def test_q13_sweep_of_another_study__is_refused(cocreate, study, files_of):
    cocreate(*SWEEP)
    before = files_of("out")
    study({'"time.steps" = 12': '"time.steps" = 13'})
    refused(cocreate(*SWEEP), "out: the results there are of another study", "there 12, here 13")
    assert files_of("out") == before
    Path("mine").mkdir()
    Path("mine/thesis.txt").touch()
    refused(cocreate(*SWEEP[:3], "mine", *SWEEP[4:]), "mine: there is something else", "thesis.txt")


def test_q15_changed_by_set__is_refused_and_undone_goes_on(cocreate, files_of, serially):
    serially(stop_after=4)
    before = files_of("out")
    refused(
        cocreate(*SWEEP, "--set", "world.tolerance=0.3"),
        "world.tolerance: there 0.15, here 0.3",
        "nothing was run",
    )
    assert files_of("out") == before
    assert cocreate(*SWEEP).code == 0


def test_more_seeds_by_set__add_their_runs(cocreate):
    cocreate(*SWEEP)
    assert "20 of 20 runs are done" in cocreate(*SWEEP, "--set", "seeds=5").out
    refused(cocreate(*SWEEP), "the study there has 20 runs, more than these 12")


def test_reuse__is_said_in_the_note(cocreate, study):
    cocreate(*SWEEP)
    study({"[0.0, 1.0]": "[0.0, 0.5, 1.0]"})
    words = ("sweep", "study.toml", "--out", "more", "--executor", "serial", "--reuse", "out")
    assert cocreate(*words).code == 0
    (note,) = Path("more/sweeps").iterdir()
    facts = json.loads(note.read_text())
    assert (facts["runs"], facts["reused"]) == (18, 12)
    refused(cocreate(*words[:-1], "elsewhere"), "elsewhere: no study is here")


MISTAKES = {
    "no such experiment": (("sweep", "styles_by_wrld"), "styles_by_world"),
    "no such file": (("sweep", "nowhere.toml"), "there is no such experiment file"),
    "a wrong value": ((*SWEEP, "--set", "population.people=-1"), "population.people"),
    "a wrong key": ((*SWEEP, "--set", "wrold.tolerance=0.3"), "is no parameter"),
    "a wrong executor": ((*SWEEP[:-1], "seril"), "'serial'"),
    "no worker": ((*SWEEP, "--workers", "0"), "workers must be at least 1"),
    "half a worker": ((*SWEEP, "--workers", "1.5"), "1.5"),
    "a wrong start": ((*SWEEP[:-1], "processes", "--start", "spwan"), "spawn"),
    "no shard": ((*SWEEP, "--shard", "3/2"), "'3/2'"),
    "a shard of none": ((*SWEEP, "--shard", "0/2"), "'0/2'"),
    "no plug-in": ((*SWEEP, "--plugin", "gone.py"), "gone.py: there is no such plug-in file"),
    "an unknown option": ((*SWEEP, "--worker", "2"), "--worker"),
    "dry with a wrong executor": (("sweep", "study.toml", "--dry-run", "--executor", "x"), "'x'"),
    "a status of nothing": (("status", "nowhere"), "nowhere: no study is here"),
    "a difference to nothing": (("diff", "nowhere", "nowhere"), "nowhere: there are no results"),
    "a repeat of nothing": (("repeat", "nowhere", "1"), "nowhere: no study is here"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake__costs_a_clear_line(cocreate, mistake):
    words, needle = MISTAKES[mistake]
    refused(cocreate(*words), needle)
    assert not Path("out").exists()


# What a sweep would do


def test_q23_dry_run__says_the_number_of_runs_and_writes_nothing(cocreate, folder):
    before = sorted(folder.iterdir())
    answer = cocreate(*SWEEP, "--dry-run")
    assert answer.code == 0
    assert answer.out.startswith("12 runs: 2 points x 2 styles x 3 seeds\n")
    assert "folder: out (12 runs are missing there)" in answer.out
    assert "\n  seeds = 3 (study.toml)\n" in answer.out
    assert sorted(folder.iterdir()) == before
    facts = cocreate(*SWEEP, "--dry-run", "--json", "--set", "seeds=2").json()
    assert (facts["n_runs"], facts["missing"]) == (8, 8)
    assert facts["origins"]["seeds"] == [2, "--set"]
    assert facts["seconds"] == pytest.approx(8 * facts["seconds_per_run"])


def test_dry_run__says_what_is_missing_and_refuses_what_the_sweep_would(cocreate, serially):
    serially(stop_after=6)
    assert 0 < cocreate(*SWEEP, "--dry-run", "--json").json()["missing"] <= 6
    refused(cocreate(*SWEEP, "--dry-run", "--set", "seed=2"), "another study", "there 1, here 2")


def test_q29_cores__are_those_that_were_given(folder):
    words = ("sweep", "study.toml", "--dry-run")
    answer = in_a_process(*words, before=("taskset", "-c", "0"))
    assert "cores: 1 worker, 1 thread (processes)" in answer.out
    answer = in_a_process(*words, SLURM_CPUS_PER_TASK="2", SLURM_JOB_CPUS_PER_NODE="24(x2)")
    assert answer.code == 0, answer.err
    n_cores = min(2, len(os.sched_getaffinity(0)))
    assert f"cores: {n_cores} worker" in answer.out
    answer = in_a_process(*words, "--workers", "7", before=("taskset", "-c", "0"))
    assert "cores: 7 workers, 1 thread each (processes)" in answer.out


# Failures


@pytest.fixture
def late(study):
    """A study of 20 steps and one style that fails at step 17 in one replicate of four."""

    def write(above):
        Path("plugins").mkdir(exist_ok=True)
        Path("plugins/late.py").write_text(LATE.format(above=above))
        study(
            {
                '"commons", "directive"': '"commons", "late"',
                "seeds = 3": "seeds = 4",
                '"time.steps" = 12': '"time.steps" = 20\n"time.review" = 1',
                "[0.0, 1.0]": "[0.5]",
            }
        )

    return write


def test_q30_a_failing_run__is_named_with_all_that_repeats_it(cocreate, late):
    late(0.8)
    answer = cocreate(*SWEEP, "--plugin", "plugins/late.py")
    assert answer.code == 1, answer.err
    table = StudyStore.open("out").table().to_pylist()
    (row,) = [row for row in table if row["status"] == "failed"]
    assert len(table) == 8
    assert all(r["surplus"] is not None for r in table if r is not row)
    assert (row["error"], row["step"]) == ("ValueError: no way on", 17)
    assert row["place"] == f"late.py:{LATE_LINE}"
    for needle in (
        "1 run failed:",
        f"run {row['run']} (key {row['key']}): late, world.trust_critical = 0.5, seed 1, "
        f"replicate {row['rep']}, step 17: ValueError: no way on (late.py:{LATE_LINE})",
    ):
        assert needle in answer.err
    (told,) = [line for line in answer.err.splitlines() if "cocreate repeat" in line]
    command = told[told.index("cocreate repeat") :].split()
    again = cocreate(*command[1:])
    assert again.code == 1
    assert "ValueError: no way on" in again.err
    assert "late.py" in again.err
    assert str(LATE_LINE) in again.err
    for name in ("seed: 1", f"rep: {row['rep']}", "world.trust_critical", row["key"]):
        assert name in again.out
    facts = cocreate(*SWEEP, "--plugin", "plugins/late.py", "--json").json()
    (failure,) = facts["failures"]
    assert failure["run"] == row["run"]
    assert failure["values"] == {"world.trust_critical": 0.5}


def test_q30_a_failing_run__fails_alike_from_another_process(cocreate, late):
    late(0.8)
    answer = cocreate(*SWEEP, "--plugin", "plugins/late.py")
    (told,) = [line for line in answer.err.splitlines() if "cocreate repeat" in line]
    again = in_a_process(*told[told.index("cocreate repeat") :].split()[1:])
    assert again.code == 1
    assert "ValueError: no way on" in again.err
    assert f"(late.py:{LATE_LINE})" in again.err


def test_q30_failures_that_are_alike__stop_the_sweep(cocreate, study):
    Path("misspelt.py").write_text(MISSPELT)
    study({'"active"]': '"misspelt"]', "seeds = 3": "seeds = 30"})
    answer = cocreate(*SWEEP, "--plugin", "misspelt.py")
    assert answer.code == 1
    assert "actve" in answer.err
    assert "misspelt.py:8" in answer.err
    status = StudyStore.open("out").status()
    assert 5 <= status.failed < 60
    assert status.done == 0
    (told,) = [line for line in answer.err.splitlines() if "cocreate repeat" in line]
    again = cocreate(*told[told.index("cocreate repeat") :].split()[1:])
    assert again.code == 1
    assert "actve" in again.err
    assert "misspelt.py" in again.err


def test_q30_the_way_on__that_the_message_names_is_one(cocreate, study):
    Path("misspelt.py").write_text(MISSPELT)
    study({'"active"]': '"misspelt"]'})
    words = (*SWEEP, "--plugin", "misspelt.py")
    said = cocreate(*words).err
    (line,) = [line for line in said.splitlines() if "--set " in line]
    answer = cocreate(*words, "--set", line.split("--set ")[1])
    assert answer.code == 1
    assert StudyStore.open("out").status().failed == 12


def test_q30_a_users_wrong_name__fails_alike_with_its_place(cocreate, study):
    Path("misspelt.py").write_text(MISSPELT.replace("run.actve", 'run["actve"].mean()'))
    study({'"active"]': '"misspelt"]'})
    cocreate(*SWEEP, "--plugin", "misspelt.py")
    again = cocreate("repeat", "out", "0", "--plugin", "misspelt.py")
    assert again.code == 1
    assert "No series is called 'actve'; did you mean 'active'? (misspelt.py:8)" in again.err


def test_retry__does_failed_runs_again(cocreate, study):
    Path("misspelt.py").write_text(
        MISSPELT.replace(
            "return run.actve", 'from pathlib import Path; return float(Path("there").read_text())'
        )
    )
    study({'"active"]': '"misspelt"]', "seeds = 3": "seeds = 1"})
    words = (*SWEEP, "--plugin", "misspelt.py")
    assert cocreate(*words).code == 1
    assert cocreate(*words).code == 1
    Path("there").write_text("0.25")
    assert cocreate(*words).code == 1
    answer = cocreate(*words, "--retry")
    assert (answer.code, answer.err) == (0, "")
    assert StudyStore.open("out").table()["misspelt"].to_pylist() == [0.25] * 4


def test_plug_ins__that_are_not_given_are_asked_for(cocreate, late, monkeypatch):
    monkeypatch.setattr(sim.STYLES, "_members", dict(sim.STYLES))
    late(0.8)
    cocreate(*SWEEP, "--plugin", "plugins/late.py")
    del sim.STYLES._members["late"]  # as in another process
    refused(
        cocreate("repeat", "out", "0"),
        "out: the study has a style of its own, 'late': give its file, --plugin late.py",
    )
    assert cocreate("status", "out").code == 0
    assert cocreate("repeat", "out", "0", "--plugin", "plugins/late.py").code == 0


# How far a study is


def test_q14_status__lists_planned_done_failed_and_missing(cocreate, serially):
    serially(stop_after=4)
    facts = cocreate("status", "out", "--json").json()
    assert facts["planned"] == facts["done"] + facts["failed"] + facts["missing"] == 12
    assert facts["failed"] == 0
    assert sum(stop - start for start, stop in facts["missing_runs"]) == facts["missing"] > 0
    answer = cocreate("status", "out")
    assert answer.code == 0
    for name in ("planned", "done", "failed", "missing"):
        assert f"{name}: {facts[name]}\n" in answer.out
    assert "missing runs: " in answer.out
    serially()
    facts = cocreate("status", "out", "--json").json()
    assert (facts["done"], facts["missing"], facts["missing_runs"]) == (12, 0, [])


# One run again


def test_r3_repeat__gives_what_the_table_has(cocreate):
    cocreate(*SWEEP)
    row = StudyStore.open("out").table().to_pylist()[7]
    facts = cocreate("repeat", "out", "7", "--json").json()
    assert facts["outcomes"] == {name: row[name] for name in ("surplus", "active")}
    for name in ("run", "key", "style", "rep", "seed", "point_id"):
        assert facts[name] == row[name]
    printed = cocreate("repeat", "out", "7")
    assert f"fingerprint: {facts['fingerprint']}\n" in printed.out
    scenario = sim.open_study("out").plan.scenario(row["point_id"])
    alone = sim.run(scenario, row["style"], seed=row["seed"], rep=row["rep"])
    assert alone.fingerprint() == facts["fingerprint"]
    refused(cocreate("repeat", "out", "12"), "run 12 is not one of the runs 0 to 11")


UNRULY = """
from itertools import count

from sim import metric

calls = count(0.5)


@metric("unruly", "1", better=0)
def unruly(run):
    '''Counts how often it is asked.'''
    return next(calls)
"""


def test_repeat__tells_an_outcome_that_is_not_the_runs_own(cocreate, study):
    Path("unruly.py").write_text(UNRULY)
    study({'"active"': '"unruly"'})
    cocreate(*SWEEP, "--plugin", "unruly.py")
    answer = cocreate("repeat", "out", "3", "--plugin", "unruly.py")
    assert answer.code == 1
    assert "In the study unruly was" in answer.err
    assert "surplus" not in answer.err


@pytest.mark.parametrize(
    "words",
    [
        ("--executor", "serial", "--workers", "2"),
        ("--executor", "processes", "--address", "tcp://127.0.0.1:1"),
        ("--executor", "serial", "--start", "fork"),
    ],
)
def test_options__that_mean_nothing_to_an_executor_are_refused(cocreate, words):
    said = f"cocreate: {words[2]} means nothing to the executor {words[1]!r}: leave it out"
    refused(cocreate("sweep", "study.toml", "--out", "out", *words), said)
    assert not Path("out").exists()


def test_dry_run__of_a_world_that_is_too_large_ends(cocreate, monkeypatch):
    def never(function, *arguments, timeout):
        assert timeout == forecast.PATIENCE
        future = Future()
        future.set_exception(TimedOut("too long"))
        return future

    monkeypatch.setitem(
        EXECUTORS._members, "processes", lambda _: nullcontext(SimpleNamespace(submit=never))
    )
    answer = cocreate(*SWEEP, "--dry-run")
    assert answer.code == 0
    assert "time: not known: a run takes more than" in answer.out


# Two studies


def test_diff__of_equal_studies_is_0_and_of_others_1(cocreate):
    cocreate(*SWEEP)
    cocreate("sweep", "study.toml", "--out", "b", "--executor", "serial")
    answer = cocreate("diff", "out", "b")
    assert (answer.code, answer.out) == (0, "equal\n")
    cocreate("sweep", "study.toml", "--out", "c", "--executor", "serial", "--set", "seed=2")
    answer = cocreate("diff", "out", "c")
    assert answer.code == 1
    assert "row 0: seed is 1 and 2" in answer.out
    assert "surplus is " in answer.out
    cocreate("sweep", "study.toml", "--out", "d", "--executor", "serial", "--set", "seeds=4")
    answer = cocreate("diff", "out", "d")
    assert answer.code == 1
    assert "only the second has 4 rows, from row 12 on" in answer.out


def test_diff__compares_runs_of_run_and_compare_too(cocreate):
    for name in ("a", "b"):
        cocreate("run", "default", "--set", "population.people=60", "--out", name)
    assert cocreate("diff", "a", "b").code == 0
    assert cocreate("diff", "a/series.parquet", "b").code == 0


def test_q15_another_code__is_refused(cocreate, serially, monkeypatch):
    serially(stop_after=4)
    monkeypatch.setitem(manifest.CODE, "core", "0123456789abcdef")
    refused(cocreate(*SWEEP), "code.core: there", 'here "0123456789abcdef"')
