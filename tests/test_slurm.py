"""Scripts for SLURM, read by bash itself; tests/verification has a real cluster."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import rich.style  # noqa: F401  # draws a random number when it is imported, and only then

from sim.cli import call
from sim.design import read_experiment
from sim.errors import UserError
from sim.slurm import Queue, Tasks, divided, job_script

EXPERIMENT = """
scenario = "default"
styles = ["commons"]
seeds = 7
outcomes = ["cost"]

[fixed]
population.people = 60
time.steps = 3
"""
COCREATE = """#!/bin/bash
echo "$$"
printf '%s\\0' "$@"
"""
ODD = "Łódź – a b'\"$(touch oh)`touch no`;\\%j #x"
TASKS = Tasks(n=7, work=9.6, minutes=30)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """The project's folder, in which the script is printed and submitted."""
    folder = tmp_path / "project"
    (folder / "results").mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def study():
    """An experiment, with changes."""

    def read(*sets):
        return read_experiment({"scenario": "default", "styles": ["commons"], "seeds": 3}, sets)

    return read


@pytest.fixture
def script(study):
    """The script of a study."""

    def write(file="x.toml", folder="results/x", queue=None, **more):
        return job_script(study(), file, folder, TASKS, queue or Queue(), **more)

    return write


@pytest.fixture
def submitted(tmp_path):
    """Runs a script as a task of an array, with a `cocreate` that tells how it was called."""
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "cocreate").write_text(COCREATE)
    (commands / "cocreate").chmod(0o755)

    def submit(text, task="3"):
        job = tmp_path / "job.sh"
        job.write_text(text)
        environment = {"PATH": f"{commands}:{os.environ['PATH']}"}
        if task:
            environment["SLURM_ARRAY_TASK_ID"] = task
        bash = subprocess.Popen(
            ["bash", job], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        out, err = bash.communicate(timeout=90)
        return bash, out.decode(), err.decode()

    return submit


def options(text):
    """What sbatch reads of a script: the lines before the first command."""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            return found
        if line.startswith("#SBATCH "):
            name, _, value = line.removeprefix("#SBATCH --").partition("=")
            found[name] = value
    raise AssertionError("the script has no command")


def test_script__calls_the_sweep_of_its_task(script, submitted):
    text = script(sets=["seeds=5", "world.tools_reach=0.5"], plugins=[Path("own.py")])
    bash, out, err = submitted(text)
    pid, _, said = out.partition("\n")
    assert bash.returncode == 0, err
    assert said.split("\0")[:-1] == [
        *("sweep", "x.toml", "--out", "results/x"),
        *("--set", "seeds=5", "--set", "world.tools_reach=0.5"),
        *("--plugin", "own.py"),
        *("--shard", "3/7"),
    ]
    assert int(pid) == bash.pid  # it takes the place of bash, so that a signal reaches it


def test_script__takes_names_as_they_are(script, submitted, here):
    settings = [f"title={ODD}", 'x="a\n#SBATCH --array=1-9999\nb"']
    text = script(f"{ODD}.toml", f"results/{ODD}", sets=settings, plugins=[f"-{ODD}.py"])
    bash, out, err = submitted(text)
    assert bash.returncode == 0, err
    assert out.partition("\n")[2].split("\0")[:-1] == [
        *("sweep", f"{ODD}.toml", "--out", f"results/{ODD}"),
        *("--set", settings[0], "--set", settings[1]),
        *("--plugin", f"./-{ODD}.py"),
        *("--shard", "3/7"),
    ]
    assert [path.name for path in here.iterdir()] == ["results"]
    assert options(text)["array"] == "1-7"
    assert options(text)["job-name"] == "__d____a_b____touch_oh__touch_no____j__x"


def test_script__is_for_sbatch_alone(script, submitted):
    bash, out, err = submitted(script(), task="")
    assert bash.returncode != 0
    assert "submit this with sbatch" in err
    assert out == ""


def test_options__are_what_a_study_needs(script):
    found = options(script(queue=Queue("short,long", "lab-7", "4GB")))
    assert found == {
        "job-name": "x",
        "array": "1-7",
        "cpus-per-task": "1",
        "mem": "3815M",
        "time": "30",
        "partition": "short,long",
        "account": "lab-7",
        "requeue": "",
        "signal": "B:TERM@60",
        "open-mode": "append",
        "output": "results/x-%A_%a.log",
    }
    assert not {"partition", "account"} & {*options(script())}


def test_memory__has_room_for_what_a_run_may_take(study):
    asked = {
        limit: options(job_script(study(*limit), "x.toml", "x", TASKS))["mem"]
        for limit in [(), ('limits.memory="6 GB"',)]
    }
    assert asked == {(): "1908M", ('limits.memory="6 GB"',): "6676M"}


def test_paths__are_from_the_present_folder(script, here, tmp_path):
    text = script(f"{here}/x.toml", f"{here}/results/x", plugins=[here / "own.py"])
    assert str(here) not in text
    assert options(text)["output"] == "results/x-%A_%a.log"
    away = script(folder=f"{tmp_path}/x")
    assert f"--out {tmp_path}/x" in away
    assert options(away)["output"] == f"{tmp_path}/x-%A_%a.log"


@pytest.mark.parametrize("folder", ["x", "not_there/x", "results/a b/x", "results/%j/x"])
def test_log__is_where_there_is_a_folder_for_it(script, here, folder):
    for name in ("a b", "%j"):
        (here / "results" / name).mkdir()
    assert options(script(folder=folder))["output"] == "x-%A_%a.log"


@pytest.mark.parametrize(
    ("n_runs", "seconds", "asked", "expected"),
    [
        (1, 0.005, {}, Tasks(1, 0.005 / 60, 30)),
        (6000, 1.0, {}, Tasks(10, 10.0, 30)),
        (6001, 1.0, {}, Tasks(11, 6001 / 660, 30)),
        (3, 3600.0, {}, Tasks(3, 60.0, 180)),
        (10**6, 60.0, {}, Tasks(1000, 1000.0, 1440)),
        (6000, 1.0, {"minutes": 6}, Tasks(50, 2.0, 6)),
        (6000, 1.0, {"minutes": 240}, Tasks(10, 10.0, 240)),
        (6000, 1.0, {"tasks": 2}, Tasks(2, 50.0, 150)),
        (6000, 1.0, {"tasks": 2, "minutes": 60}, Tasks(2, 50.0, 60)),
    ],
)
def test_divided__gives_each_task_ten_minutes(n_runs, seconds, asked, expected):
    assert divided(n_runs, seconds, **asked) == expected


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"seconds": 0.0}, "seconds per run must be a number above 0, but is 0.0"),
        ({"seconds": float("nan")}, "seconds per run"),
        ({"seconds": float("inf")}, "seconds per run"),
        ({"tasks": 0}, "tasks must be 1 to 1000 for 5,000 runs, but is 0"),
        ({"tasks": 1001}, "tasks must be 1 to 1000"),
        ({"n_runs": 8, "tasks": 9}, "tasks must be 1 to 8 for 8 runs"),
        ({"minutes": 4}, "minutes must be at least 5, but is 4"),
    ],
)
def test_divided__refuses_what_cannot_be(asked, message):
    with pytest.raises(UserError, match=message):
        divided(**({"n_runs": 5000, "seconds": 1.0} | asked))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"queue": {"partition": "a b"}}, "partition must be a name that SLURM knows"),
        ({"queue": {"account": "a\n#SBATCH --x"}}, "account must be a name"),
        ({"queue": {"memory": "2"}}, 'memory must be a number with its unit, such as "2GB"'),
        ({"queue": {"memory": "0GB"}}, "memory must be"),
        ({"file": "a\nb.toml"}, "control characters"),
        ({"folder": "a\tb"}, "control characters"),
    ],
)
def test_mistakes__are_told(script, change, message):
    with pytest.raises(UserError, match=message):
        script(**(change | {"queue": Queue(**change.get("queue", {}))}))


def test_study_that_grows__is_one_job():
    precise = {"outcome": "cost", "width": 1.0, "styles": ["commons", "directive"]}
    styles = ["commons", "directive"]
    growing = read_experiment({"scenario": "default", "styles": styles, "precise": precise})
    with pytest.raises(UserError, match=r"--wrap 'cocreate sweep x\.toml'"):
        job_script(growing, "x.toml", "results/x", TASKS)


@pytest.mark.parametrize(
    ("tasks", "told"),
    [
        (
            Tasks(1, 0.1, 30),
            "1 task of about a minute or less on one core, with 30 minutes of time",
        ),
        (TASKS, "7 tasks of about 10 minutes on one core, with 30 minutes of time"),
        (Tasks(1000, 2880.0, 1440), "of about 48 hours on one core, with 24 hours of time; submit"),
        (Tasks(1000, 2880.0, 1440), "submit the script about 2 times"),
    ],
)
def test_tasks__are_told(tasks, told):
    assert told in tasks.told()


def test_command__prints_the_script_alone(here, submitted, capfdbinary):
    (here / f"{ODD}.toml").write_text(EXPERIMENT)
    assert call(["slurm", f"{ODD}.toml", "--tasks", "2", "--set", "seeds=5"]) == 0
    out, err = capfdbinary.readouterr()
    text = out.decode()
    assert re.fullmatch(rb"cocreate: 5 runs of about \S+ s: 2 tasks of .*\n", err), err
    assert options(text)["array"] == "1-2"
    bash, said, wrong = submitted(text, task="2")
    assert bash.returncode == 0, wrong
    assert said.partition("\n")[2].split("\0")[:-1] == [
        *("sweep", f"{ODD}.toml", "--out", f"results/{ODD}", "--set", "seeds=5", "--shard", "2/2")
    ]
    assert [*(here / "results").iterdir()] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["y.toml"], "y.toml"),
        (["x.toml", "--set", "styles=['comons']"], "did you mean 'commons'"),
        (["x.toml", "--tasks", "8"], "tasks must be 1 to 7"),
        (["x.toml", "--tasks", "1.5"], "'1.5' is no whole number"),
        (["x.toml", "--seconds-per-run", "0"], "seconds per run must be"),
        (["x.toml", "--memory", "2 apples"], "memory must be"),
    ],
)
def test_command__prints_nothing_after_a_mistake(here, capfd, words, message):
    (here / "x.toml").write_text(EXPERIMENT)
    assert call(["slurm", *words]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert message in err
