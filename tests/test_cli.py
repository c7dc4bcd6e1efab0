"""The command line, as a first-time user meets it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import rich.style  # noqa: F401  # draws a random number when it is imported, and only then

import sim
from sim.cli import call
from sim.core.jit import cache_folder
from sim.reading import as_table, build, load

ROOT = Path(__file__).parents[1]
TINY = """
title = "Łódź – 協働"

[population]
people = 60
founders = 0.4

[time]
steps = 12

[world]
ring = 200
pool = 6

[search]
expert_sample = 10

[[companies]]
name = "Łódź – 協働"
"""
STYLE = """
from sim import Levers, Style


class {name}(Style):
    levers = Levers(control=0.2)

    def decide(self, report):
        {body}
"""
METRIC = """
from sim import metric


@metric("title of {name}", "share", better=1)
def {name}(run):
    '''Returns what the test wants.'''
    {body}
"""


@dataclass
class Answer:
    code: int
    out: str
    err: str

    def json(self):
        return json.loads(self.out)


@pytest.fixture
def cocreate(capsys):
    """Runs a command in this process."""

    def run(*words):
        capsys.readouterr()
        code = call([str(word) for word in words])
        return Answer(code, *capsys.readouterr())

    return run


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder to work in, with a world; plug-ins are forgotten after the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sim.STYLES, "_members", dict(sim.STYLES))
    monkeypatch.setattr(sim.METRICS, "_members", dict(sim.METRICS))
    Path("tiny.toml").write_text(TINY, "utf-8")
    Path("plain.toml").write_text(TINY.replace("Łódź – 協働", "plain"), "utf-8")
    return tmp_path


def start(*words, **environment):
    """Starts a command in a process of its own."""
    inherited = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": None, **environment}
    return subprocess.Popen(
        [sys.executable, "-m", "sim", *map(str, words)],
        env={name: value for name, value in inherited.items() if value is not None},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def answer(process):
    out, err = process.communicate(timeout=120)
    return Answer(process.returncode, out.decode(), err.decode())


def refused(result, *needles):
    """Checks that a mistake costs clear lines on standard error and nothing else."""
    assert result.code == 2
    assert result.out == ""
    lines = result.err.splitlines()
    assert lines
    assert all(line.startswith("cocreate: ") for line in lines), result.err
    for needle in needles:
        assert needle in result.err
    return lines


def fingerprint(result):
    assert result.code == 0, result.err
    return result.json()["fingerprint"]


# One run


def test_run__twice_gives_one_fingerprint_and_seed_0_is_a_seed_of_its_own(cocreate):
    words = ("run", "tiny.toml", "--style", "commons", "--json")
    found = {seed: cocreate(*words, "--seed", seed).json() for seed in (0, 1, 42)}
    again = {seed: cocreate(*words, "--seed", seed).json() for seed in found}
    assert again == found
    assert len({facts["fingerprint"] for facts in found.values()}) == 3
    assert [facts["seed"] for facts in found.values()] == [0, 1, 42]
    printed = cocreate(*words[:-1])
    assert f"fingerprint: {found[1]['fingerprint']}\n" in printed.out
    assert "scenario: Łódź – 協働\n" in printed.out
    assert "value created" in printed.out


def test_run__is_the_run_of_the_api(cocreate):
    words = ("run", "tiny.toml", "--style", "steward", "--seed", 3, "--replicate", 2, "--json")
    run = sim.run(load("tiny.toml"), "steward", seed=3, rep=2)
    facts = cocreate(*words).json()
    assert facts["fingerprint"] == run.fingerprint()
    assert (facts["styles"], facts["replicate"], facts["steps"]) == (["steward"], 2, 12)
    for name, value in sim.measure(run).items():
        assert facts["outcomes"][name] == (value if value == value else None)


def test_run__takes_a_file_with_a_byte_order_mark_and_other_line_ends(cocreate):
    windows = "\ufeff" + TINY.replace("\n", "\r\n")
    Path("windows.toml").write_bytes(windows.encode())
    assert fingerprint(cocreate("run", "windows.toml", "--json")) == fingerprint(
        cocreate("run", "tiny.toml", "--json")
    )


@pytest.mark.parametrize("every", [1, 2, 5, 100])
def test_q11_run__writes_the_rows_that_python_has(cocreate, every):
    result = cocreate("run", "tiny.toml", "--set", f"time.every={every}", "--out", "out")
    assert result.code == 0
    run = sim.run(load("tiny.toml", [f"time.every={every}"]))
    rows = pq.read_table("out/series.parquet")
    assert rows["step"].to_pylist() == run.steps.tolist()
    assert rows["step"].to_pylist()[-1] == 12
    for name in ("active", "created", "trust"):
        assert rows[name].to_pylist() == run[name].tolist()


def test_run__keeps_events_on_request_and_names_its_files(cocreate):
    result = cocreate("run", "tiny.toml", "--events", "--out", "new/out", "--json")
    files = ["new/out/series.parquet", "new/out/people.parquet", "new/out/events.parquet"]
    assert result.json()["files"] == files
    assert all(Path(file).is_file() for file in files)
    assert [path.name for path in Path("new").iterdir()] == ["out"]


def test_run__keeps_people_over_time_on_request(cocreate):
    words = ("run", "tiny.toml", "--style", "commons", "--people-every", 5)
    facts = cocreate(*words, "--fields", "trust, effort", "--out", "out", "--json").json()
    assert facts["files"][2:] == ["out/people_by_step.parquet"]
    rows = pq.read_table("out/people_by_step.parquet")
    assert rows.column_names == ["step", "person", "trust", "effort"]
    simulation = sim.Simulation(load("tiny.toml"), "commons")
    for number, step in enumerate((0, 5, 10, 12)):
        simulation.advance(step - simulation.step)
        part = rows.slice(60 * number, 60)
        assert part["step"].to_pylist() == [step] * 60
        for name in ("trust", "effort"):
            assert part[name].to_pylist() == simulation.state.people[name].tolist()
    assert len(rows) == 4 * 60
    assert facts["fingerprint"] == simulation.result().fingerprint()
    assert cocreate(*words, "--out", "usual").code == 0
    assert "effort" in pq.read_schema("usual/people_by_step.parquet").names


def test_run__gives_the_same_numbers_with_any_threads_and_by_itself_takes_many_for_many_people(
    cocreate, monkeypatch
):
    asked, words = [], ("run", "tiny.toml", "--json")

    class Watched(sim.Simulation):
        def __init__(self, *arguments, threads, **options):
            asked.append(threads)
            super().__init__(*arguments, threads=threads, **options)

    monkeypatch.setattr(sim, "Simulation", Watched)
    monkeypatch.setattr("sim.study.usable_cores", lambda: 3)
    few = fingerprint(cocreate(*words))
    assert fingerprint(cocreate(*words, "--threads", 2)) == few
    monkeypatch.setattr("sim.cli.runs.BIG", 60)
    assert fingerprint(cocreate(*words)) == few
    assert asked == [1, 2, 3]


# What a user may get wrong

MISTAKES = {
    "a misspelt key": ("[population]\npeople = 60", "[population]\npeple = 60", "'people'"),
    "a NaN": ("founders = 0.4", "founders = nan", "founders must lie in [0, 1], but is nan"),
    "an infinity": ("founders = 0.4", "founders = inf", "founders must lie in [0, 1], but is inf"),
    "out of range": ("founders = 0.4", "founders = -0.1", "must lie in [0, 1], but is -0.1"),
    "a text for a number": ("steps = 12", 'steps = "12"', "steps must be a whole number"),
    "a fraction for a count": ("people = 60", "people = 60.5", "people must be a whole number"),
    "an unknown style": ("[time]", 'style = "comons"\n[time]', "style"),
    "code for a number": ("steps = 12", "steps = \"__import__('os').system('x')\"", "time.steps"),
    "a huge number": ("people = 60", "people = 99999999999999999999", "people must lie in"),
    "a list for a table": ("[time]", "[[time]]", "time must be a table"),
    "no TOML": ("[time]", "[time", "line"),
    "a number for a table": (
        "[population]",
        "origin = 3\n[population]",
        "origin must be a table, but is 3",
    ),
    "no name": ('name = "Łódź – 協働"', 'name = ""', "companies.0.name must not be empty"),
    "a text for an option": (
        "[[companies]]",
        "[[companies]]\nstyle = 'adaptive'\noptions = {pace = 'x'}",
        "companies.0.options must be a table of numbers",
    ),
    "a NaN for an option": (
        "[[companies]]",
        "[[companies]]\nstyle = 'adaptive'\noptions = {pace = nan}",
        "companies.0.options.pace",
    ),
    "an unknown series": ("[time]", "[stop]\noutcome = 'actve'\nabove = 1\n[time]", "'active'"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("command", ["run", "compare", "check", "cite"])
def test_q22_mistake_in_a_file__costs_one_line_and_writes_nothing(
    cocreate, folder, command, mistake
):
    right, wrong, needle = MISTAKES[mistake]
    assert right in TINY
    Path("tiny.toml").write_text(TINY.replace(right, wrong), "utf-8")
    before = sorted(folder.iterdir())
    out = ["--out", "out"] if command in ("run", "compare") else []
    assert len(refused(cocreate(command, "tiny.toml", *out), "tiny.toml: ", needle)) == 1
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("content", "needle"),
    [
        (b"", "the key title is missing"),
        (b'title = "\xe9"', "byte 9 is not UTF-8"),
        (b"\x00", "not TOML"),
        (b"\x93NUMPY\x01\x00", "byte 0 is not UTF-8"),
        (b"PAR1\x15\x04\x15", "not TOML"),
    ],
)
def test_q40_file_that_is_no_scenario__costs_one_line(cocreate, content, needle):
    Path("bad.toml").write_bytes(content)
    assert len(refused(cocreate("run", "bad.toml"), "bad.toml: ", needle)) == 1


def test_mistakes__are_told_all_at_once_a_line_each(cocreate):
    Path("bad.toml").write_text('title = "t"\nstyl = 1\n[time]\nsteps = "x"\nevry = 2', "utf-8")
    assert len(refused(cocreate("check", "bad.toml"), "styl", "time.steps", "evry")) == 3
    Path("worse.toml").touch()
    assert len(refused(cocreate("check", "bad.toml", "tiny.toml", "worse.toml"), "worse.toml")) == 4


@pytest.mark.parametrize(
    ("words", "needle"),
    [
        (["rnu"], "No command is called 'rnu'; did you mean 'run'"),
        ([""], "No command is called ''"),
        (["--sed", "3"], "Unknown option: --sed"),
        (["run"], "SCENARIO"),
        (["run", "opensource"], "did you mean 'open_source'"),
        (["run", "none.toml"], "none.toml: there is no such scenario file"),
        (["run", "tiny.toml", "--sed", "3"], "Did you mean --seed"),
        (["run", "tiny.toml", "--style", "comons"], "did you mean 'commons'"),
        (["run", "tiny.toml", "--style", "none.py"], "none.py: there is no such plug-in file"),
        (["run", "tiny.toml", "--seed", "1.5"], "'1.5' is no whole number"),
        (["run", "tiny.toml", "--seed", "1e3"], "'1e3' is no whole number"),
        (["run", "tiny.toml", "--seed", "nan"], "'nan' is no whole number"),
        (["run", "tiny.toml", "--seed", "-1"], "seed must be a whole number of at least 0"),
        (["run", "tiny.toml", "--replicate", "-1"], "at least 0, but is -1"),
        (["run", "tiny.toml", "--threads", "0"], "threads must be a whole number of at least 1"),
        (["run", "tiny.toml", "--fields", "trust"], "give both"),
        (["run", "tiny.toml", "more"], "more"),
        (["run", "tiny.toml", "--set", "people"], "--set people: must be KEY=VALUE"),
        (["run", "tiny.toml", "--set", "time.revew=3"], "did you mean 'review'"),
        (["run", "tiny.toml", "--set", "population.founders=nan"], "must lie in [0, 1]"),
        (["run", "tiny.toml", "--set", "population.founders='0.5'"], "must be a number"),
        (["run", "mixed_market", "--style", "commons"], "leave the styles out"),
        (["run", "tiny.toml", "--out", "tiny.toml"], "tiny.toml: cannot be a folder"),
        (["run", "tiny.toml", "--out", "tiny.toml/x"], "tiny.toml/x: cannot be a folder"),
        (["run", "tiny.toml", "--out", "."], "there are results already"),
        (["compare", "tiny.toml", "commons", "--seeds", "0"], "seeds must be a whole number"),
        (["compare", "tiny.toml", "commons", "--seeds", "-3"], "seeds must be a whole number"),
        (["compare", "tiny.toml", "commons", "--seeds", "2.5"], "'2.5' is no whole number"),
        (["compare", "tiny.toml", "commons", "--seed", "-3"], "seed must be a whole number"),
        (["compare", "tiny.toml", "commons", "--cores", "0"], "cores must be a whole number"),
        (["compare", "tiny.toml", "commons", "--cores", "-1"], "cores must be a whole number"),
        (["compare", "tiny.toml", "commons", "commons"], "each once"),
        (["compare", "tiny.toml", "commons", "comons"], "did you mean 'commons'"),
        (["compare", "tiny.toml", "commons", "--baseline", "steward"], "must be one of commons"),
        (["compare", "tiny.toml", "commons", "--outcomes", "trst"], "did you mean 'trust'"),
        (["compare", "tiny.toml", "commons", "--x", "cots"], "did you mean 'cost'"),
        (["compare", "mixed_market", "commons"], "leave the styles out"),
        (["check"], "name a scenario to check"),
        (["list", "stiles"], "did you mean 'styles'"),
        (["new", "style", "My-Way"], "small letters"),
        (["new", "style", "../way"], "small letters"),
        (["new", "style", "commons"], "There is a style called 'commons' already"),
        (["new", "stile", "my_way"], "did you mean 'style'"),
        (["anchor", "none.csv"], "none.csv"),
        (["anchor", "."], "cannot be read"),
        (["anchor", "tiny.toml"], "tiny.toml"),
        (["cite", "opensource"], "did you mean 'open_source'"),
    ],
)
def test_q22_mistake_on_the_command_line__costs_one_line_and_writes_nothing(
    cocreate, folder, words, needle
):
    before = sorted(folder.rglob("*"))
    assert len(refused(cocreate(*words), needle)) == 1
    if words[0] in ("run", "compare") and "--out" not in words:
        assert len(refused(cocreate(*words, "--out", "out/deep"), needle)) == 1
        before = [*before, folder / "out"] if (folder / "out").exists() else before
    assert sorted(folder.rglob("*")) == sorted(before)
    assert tomllib.loads(Path("tiny.toml").read_text("utf-8"))["time"] == {"steps": 12}


@pytest.mark.parametrize(
    ("words", "needle"),
    [
        (["--people-every", "3"], "name a folder for it with --out"),
        (["--people-every", "3", "--fields", "trsut", "--out", "out"], "did you mean 'trust'"),
        (["--people-every", "0", "--out", "out"], "but every is 0"),
    ],
)
def test_mistake_in_what_to_record__costs_one_line_and_writes_nothing(cocreate, words, needle):
    assert len(refused(cocreate("run", "tiny.toml", *words), needle)) == 1
    assert not Path("out").exists()


def test_new__never_overwrites(cocreate):
    assert cocreate("new", "scenario", "my_world").code == 0
    text = Path("my_world.toml").read_text()
    refused(cocreate("new", "scenario", "my_world"), "my_world.toml: is there already")
    assert Path("my_world.toml").read_text() == text


def test_results__are_never_doubled_or_replaced(cocreate):
    assert cocreate("run", "tiny.toml", "--out", "out").code == 0
    before = {path: path.read_bytes() for path in Path("out").iterdir()}
    for command in ("run", "compare"):
        refused(cocreate(command, "tiny.toml", "--out", "out"), "out: there are results already")
    assert {path: path.read_bytes() for path in Path("out").iterdir()} == before


# A user's own files


@pytest.mark.parametrize(
    ("text", "needle"),
    [
        ("raise RuntimeError('boo')", "mine.py: RuntimeError: boo"),
        ("def (", "mine.py: SyntaxError"),
        ("", "mine.py: defines no style"),
        ("class Mine: pass", "mine.py: defines no style"),
        (STYLE.format(name="Other", body="pass"), "mine.py: defines no style"),
        ("import no_such_module", "mine.py: ModuleNotFoundError"),
    ],
)
@pytest.mark.parametrize("option", ["--style", "--plugin"])
def test_plug_in__that_defines_nothing_is_refused(cocreate, folder, text, needle, option):
    Path("mine.py").write_text(text)
    before = sorted(folder.iterdir())
    refused(cocreate("run", "tiny.toml", option, "mine.py", "--out", "out"), needle)
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("body", "needle"),
    [
        ("return 42", "must answer with Levers, not 42"),
        ("return Levers(control=3)", "sets control to 3"),
        ("return Levers(control=float('nan'))", "sets control to nan"),
        ("if report.step == 8: raise KeyError('trst')\n        return self.levers", "'trst'"),
    ],
)
@pytest.mark.parametrize("command", [["run", "tiny.toml", "--style"], ["compare", "tiny.toml"]])
def test_style_that_fails__is_named_with_exit_1_and_no_traceback(
    cocreate, folder, command, body, needle
):
    Path("mine.py").write_text(STYLE.format(name="Mine", body=body))
    before = sorted(folder.iterdir())
    result = cocreate(*command, "mine.py", "--out", "out")
    assert (result.code, result.out) == (1, "")
    assert needle in result.err
    assert "Traceback" not in result.err
    if "trst" in needle:
        assert "mine.py, line 9" in result.err
    if command[0] == "compare":
        assert "mine, seed 1, replicate 0: " in result.err
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    "body", ["raise KeyError('nope')", "return 'text'", "return 1 / 0", "raise SystemExit(0)"]
)
def test_metric_that_fails__is_told_and_the_run_is_kept(cocreate, body):
    Path("mine.py").write_text(METRIC.format(name="mine", body=body))
    result = cocreate("run", "tiny.toml", "--plugin", "mine.py", "--out", "out")
    assert (result.code, result.out) == (1, "")
    assert re.match(r"cocreate: \w+(Error|Exit): .* \(.*, line \d+\)\n", result.err)
    assert "COCREATE_TRACEBACK=1" in result.err
    assert Path("out/series.parquet").is_file()


def test_traceback__is_shown_on_request(cocreate, monkeypatch):
    Path("mine.py").write_text(METRIC.format(name="mine", body="return 1 / 0"))
    monkeypatch.setenv("COCREATE_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        cocreate("run", "tiny.toml", "--plugin", "mine.py")


def test_plug_ins__count_like_shipped_ones(cocreate):
    Path("mine.py").write_text(STYLE.format(name="Mine", body="return self.levers"))
    Path("half.py").write_text(METRIC.format(name="half", body="return 0.5"))
    plug = ("--plugin", "mine.py", "--plugin", "half.py")
    facts = cocreate("compare", "tiny.toml", "commons", "mine", "--seeds", 2, *plug, "--json")
    assert facts.json()["arms"] == ["commons", "mine"]
    assert facts.json()["outcomes"]["half"]["values"] == [[0.5, 0.5], [0.5, 0.5]]
    assert "half" in cocreate("list", "metrics", "--plugin", "half.py", "--json").json()


# What a world holds


def test_q22_check__prints_every_effective_value_with_its_origin(cocreate):
    set_ = ("--set", "population.skill=0.5", "--set", "motives={fun = 1}")
    rows = cocreate("check", "tiny.toml", *set_, "--json").json()["tiny.toml"]
    values = {row["key"]: row for row in rows}
    assert len(values) == len(rows)
    table = as_table(load("tiny.toml", [set_[1], set_[3]]))
    expected = {"title", "about", "source", "style", "motives.fun"}
    expected |= {f"{name}.{key}" for name, part in table.items() if isinstance(part, dict)
                 for key in part}  # fmt: skip
    expected |= {f"companies.0.{key}" for key in table["companies"][0]}
    assert set(values) == expected
    origins = {key: values[key]["origin"] for key in ("title", "population.people")}
    assert set(origins.values()) == {"tiny.toml"}
    assert values["companies.0.name"]["origin"] == "tiny.toml"
    for key in ("population.skill", "motives.fun"):
        assert values[key]["origin"] == "--set"
    for key in ("population.volunteers", "companies.0.style", "style", "gate.stale"):
        assert values[key]["origin"] == "default"
    assert all(row["meaning"] and row["unit"] for row in rows)


def test_check__prints_a_scenario_that_is_the_same_world(cocreate):
    for name in ("tiny.toml", "mixed_market", "open_source"):
        printed = tomllib.loads(cocreate("check", name).out)
        assert build(printed, "printed") == build(as_table(load(name)) | {"origin": {}}, name)


def test_q20_check__shows_what_a_rate_comes_to_in_a_step(cocreate):
    rate = ("--set", "turnover.leave=0.5 per week")
    for step, share in (("1 day", 0.068937), ("1 week", 0.393469)):
        rows = cocreate("check", "tiny.toml", *rate, "--set", f"time.step={step}", "--json").json()
        (row,) = [row for row in rows["tiny.toml"] if row["key"] == "turnover.leave"]
        assert row["per_step"] == pytest.approx(share, abs=5e-7)


# Comparisons


def test_compare__writes_a_row_a_run_and_says_what_it_says_in_json(cocreate):
    words = ("compare", "plain.toml", "commons", "steward", "contest", "--seeds", 3)
    result = cocreate(*words, "--seed", 0, "--baseline", "steward", "--out", "out", "--json")
    assert result.code == 0, result.err
    facts = result.json()
    assert facts["files"] == [f"out/{name}" for name in
                              ("runs.parquet", "comparison.json", "comparison.png")]  # fmt: skip
    assert json.loads(Path("out/comparison.json").read_text()) == {
        name: value for name, value in facts.items() if name != "files"
    }
    assert facts["paired"] is True
    assert {effect["baseline"] for effect in facts["effects"]} == {"steward"}
    assert {effect["method"] for effect in facts["effects"]} == {"paired t"}
    assert facts["real_community"] == []
    rows = pq.read_table("out/runs.parquet").to_pylist()
    assert [(row["style"], row["seed"], row["rep"]) for row in rows] == [
        (style, 0, rep) for style in ("commons", "steward", "contest") for rep in range(3)
    ]
    assert Path("out/comparison.png").read_bytes()[:4] == b"\x89PNG"
    printed = cocreate(*words, "--outcomes", "trust,gini")
    assert printed.code == 0
    assert "n = 3 runs a style, paired t" in printed.out
    assert "Trust" in printed.out
    assert "Quality" not in printed.out


def test_q01_compare__has_the_run_that_run_repeats(cocreate):
    for seed in (42, 0):
        out = f"out{seed}"
        words = ("plain.toml", "--seed", seed)
        compared = cocreate("compare", *words, "commons", "steward", "--seeds", 8, "--out", out)
        assert compared.code == 0
        rows = pq.read_table(f"{out}/runs.parquet").to_pylist()
        (row,) = [row for row in rows if (row["style"], row["rep"]) == ("steward", 7)]
        alone = cocreate("run", *words, "--style", "steward", "--replicate", 7, "--json").json()
        for name, value in alone["outcomes"].items():
            assert row[name] == value or (value is None and row[name] != row[name])
        assert {row["seed"] for row in rows} == {seed}
    first, second = (pq.read_table(f"out{seed}/runs.parquet") for seed in (42, 0))
    assert first["value_created"].to_pylist() != second["value_created"].to_pylist()


@pytest.mark.parametrize(
    ("words", "n_runs", "needle"),
    [
        (["commons", "steward", "--seeds", "1"], 1, "one run of each style tells no difference"),
        (["commons", "--seeds", "2"], 2, "Nothing can be ranked"),
        (["commons", "steward", "--seeds", "2", "--cores", "999"], 2, "n = 2 is small"),
    ],
)
def test_compare__says_what_it_cannot_know(cocreate, words, n_runs, needle):
    result = cocreate("compare", "tiny.toml", *words)
    assert result.code == 0
    assert needle in " ".join(result.out.split())
    assert cocreate("compare", "tiny.toml", *words, "--json").json()["n_runs"] == n_runs


def test_compare__prints_the_real_community_beside_an_anchored_world(cocreate):
    words = ("compare", "maker_platform", "commons", "--seeds", 2, "--set", "time.steps=24")
    printed = cocreate(*words)
    assert "The real community (klipper.csv.gz" in printed.out
    rows = {row["pattern"]: row for row in cocreate(*words, "--json").json()["real_community"]}
    assert rows["gini"]["real"] == 0.9021
    assert rows["gini"]["verdict"] in ("match", "too low", "too high")
    assert rows["retention_12"]["half_width"] == 0.06


def interrupting(after):
    """Progress that is interrupted by the user after so many steps."""

    @contextmanager
    def shown(what, unit):
        def report(done, planned):
            if done == after:
                raise KeyboardInterrupt

        yield report

    return shown


def test_interrupt__keeps_what_is_finished_and_exits_with_130(cocreate, monkeypatch):
    monkeypatch.setattr("sim.progress.shown", interrupting(after=7))
    words = ("compare", "plain.toml", "commons", "steward", "--seeds", 10, "--cores", 1)
    result = cocreate(*words, "--out", "out")
    assert (result.code, result.err) == (130, "")
    assert "Interrupted: these are a part of the runs that were planned." in result.out
    assert len(pq.read_table("out/runs.parquet")) == 6
    assert json.loads(Path("out/comparison.json").read_text())["interrupted"] is True


@pytest.mark.parametrize("command", [["run"], ["compare", "--seeds", "5", "--cores", "1"]])
def test_interrupt__before_anything_is_finished_leaves_nothing(
    cocreate, folder, monkeypatch, command
):
    after = 4 if command == ["run"] else 1
    monkeypatch.setattr("sim.progress.shown", interrupting(after))
    before = sorted(folder.iterdir())
    result = cocreate(*command, "tiny.toml", "--out", "out")
    assert (result.code, result.out) == (130, "")
    assert result.err == "cocreate: interrupted; nothing was written\n"
    assert sorted(folder.iterdir()) == before


def test_interrupt__of_the_real_community_does_not_cost_the_comparison(cocreate, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.calibration.simulated_patterns", interrupted)
    words = ("compare", "open_source", "commons", "--seeds", 2, "--set", "time.steps=3")
    result = cocreate(*words, "--out", "out")
    assert result.code == 0
    assert result.err == "cocreate: interrupted; the real community is left out\n"
    assert len(pq.read_table("out/runs.parquet")) == 2


def wait_for(process, holds):
    """Waits until something holds while a process runs."""
    for _ in range(900):
        if holds():
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    raise AssertionError("never came true")


def recording_for_long(out):
    """Starts a run that records its people, and waits until it does."""
    process = start(
        "run", "tiny.toml", "--people-every", 1, "--fields", "made", "--out", out,
        "--set", "time.steps=1000000", "--set", "population.people=2000",
    )  # fmt: skip
    wait_for(process, lambda: any(path.stat().st_size > 1e5 for path in Path(out).glob(".*")))
    return process


def test_interrupt__leaves_the_people_until_then():
    process = recording_for_long("out")
    process.send_signal(signal.SIGINT)
    stopped = answer(process)
    assert (stopped.code, stopped.out) == (130, "")
    file = Path("out/people_by_step.parquet")
    assert stopped.err == f"cocreate: interrupted; the people until then are in {file}\n"
    assert list(Path("out").iterdir()) == [file]
    rows = pq.read_table(file)
    n_steps, rest = divmod(len(rows), 2000)
    assert (n_steps > 1, rest) == (True, 0)
    assert rows["step"].to_numpy().tolist() == [s for s in range(n_steps) for _ in range(2000)]


def test_kill__leaves_no_file_that_looks_whole():
    process = recording_for_long("out")
    process.kill()
    assert answer(process).code == -signal.SIGKILL
    assert [path.name[0] for path in Path("out").iterdir()] == ["."]


def test_interrupt__by_ctrl_c_is_one_line():
    style = STYLE.format(name="Mine", body="return Path('begun').touch() or self.levers")
    Path("mine.py").write_text(f"from pathlib import Path\n{style}")
    process = start(
        "run", "tiny.toml", "--plugin", "mine.py", "--style", "mine", "--set", "time.steps=1000000"
    )
    wait_for(process, Path("begun").exists)
    process.send_signal(signal.SIGINT)
    result = answer(process)
    assert (result.code, result.out) == (130, "")
    assert result.err == "cocreate: interrupted; nothing was written\n"


# Logs


IDS = ("1582218195625938945", "1582218195625938944", "", "NA", "null", "None", "007", "7")


def test_q25_anchor__tells_ids_apart_and_reports_events_without_one(cocreate):
    rows = "".join(f"{name},2024-01-0{day},authored\n" for day, name in enumerate(IDS, start=1))
    Path("log.csv").write_text(f"contributor,date,kind\n{rows}")
    events = [{"contributor": name, "date": f"2024-01-0{day}", "kind": "authored"}
              for day, name in enumerate(IDS, start=1)]  # fmt: skip
    Path("log.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in events))
    for log in ("log.csv", "log.jsonl"):
        facts = cocreate("anchor", log, "--json").json()
        assert facts["patterns"]["people"] == 7
        assert facts["notes"] == ["1 events left out of all patterns: no contributor."]
        printed = cocreate("anchor", log).out
        assert printed.startswith("# 1 events left out of all patterns: no contributor.\n")
        assert tomllib.loads(printed)["origin"]["real"]["people"] == 7


def test_q40_anchor__reads_any_line_ends_and_a_byte_order_mark(cocreate):
    text = "contributor,date,kind\n" + "".join(
        f"Łódź {k % 5},2024-0{1 + k % 9}-11,authored\n" for k in range(40)
    )
    Path("plain.csv").write_text(text, "utf-8")
    Path("windows.csv").write_bytes(("\ufeff" + text.replace("\n", "\r\n")).encode())
    facts = [cocreate("anchor", f"{name}.csv", "--json").json() for name in ("plain", "windows")]
    assert facts[0]["patterns"] == facts[1]["patterns"]
    assert facts[0]["patterns"]["people"] == 5
    Path("latin.csv").write_bytes(b"contributor,date,kind\n\xe9,2024-01-01,authored\n")
    refused(cocreate("anchor", "latin.csv"), "latin.csv, line 2", "0xE9 at position 22")


# Lists, sources, help


def test_welcome__names_commands_that_exist(cocreate):
    result = cocreate()
    assert result.code == 0
    for line in result.out.splitlines():
        if line.startswith("  cocreate"):
            assert cocreate(line.split()[1], "--help").code == 0


def test_version__is_that_of_the_package(cocreate):
    assert cocreate("--version").out == f"{sim.__version__}\n"


def test_list__knows_every_kind(cocreate):
    kinds = cocreate("list", "--json").json()
    assert set(kinds) == {
        "styles", "scenarios", "experiments", "motives", "metrics", "plots", "classics", "patterns",
        "events", "series",
    }  # fmt: skip
    for kind, names in kinds.items():
        members = cocreate("list", kind, "--json").json()
        assert list(members) == names
        assert all(members.values())
        printed = cocreate("list", kind).out
        assert all(name in printed for name in names)


def test_cite__prints_sources_with_years(cocreate):
    model = cocreate("cite").out.splitlines()
    assert "Hong & Page 2004" in model
    assert model == sorted(model)
    assert cocreate("cite", "open_source").out.splitlines()[:-1] == model


def test_output__takes_names_as_they_are(cocreate):
    Path("tiny.toml").write_text(TINY.replace("Łódź – 協働", "[bold]:smile: 100%[/]"), "utf-8")
    assert "scenario: [bold]:smile: 100%[/]\n" in cocreate("run", "tiny.toml").out
    assert 'name = "[bold]:smile: 100%[/]"' in cocreate("check", "tiny.toml").out


@pytest.mark.parametrize("width", [20, 40, 200])
def test_output__keeps_fingerprints_and_paths_whole_in_any_width(cocreate, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    deep = "/".join(["a_long_name_of_a_folder"] * 4)
    lines = cocreate("run", "tiny.toml", "--out", deep).out.splitlines()
    assert f"written: {deep}/series.parquet" in lines
    (line,) = [line for line in lines if line.startswith("fingerprint")]
    assert len(line.split()[1]) == 64


# Processes


def test_pipe__that_is_closed_ends_quietly():
    """A reader such as head has enough; no traceback, exit 0, printed by Python or by rich."""
    running = [
        start(*words, PYTHONUNBUFFERED=unbuffered)
        for words in (("cite",), ("check", "tiny.toml"), ("list", "series", "--json"))
        for unbuffered in (None, "1")
    ]
    for process in running:
        process.stdout.close()
    for process in running:
        assert process.stderr.read() == b""
        process.stderr.close()
        assert process.wait() == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_output__that_cannot_be_written_is_one_line_and_exit_1():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "sim", "cite"],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "cocreate: the output: No space left on device\n"


def test_q02_run__does_not_depend_on_hash_order():
    words = ("run", "tiny.toml", "--seed", 42, "--events", "--json")
    running = [start(*words, PYTHONHASHSEED=seed) for seed in ("0", "1", "2", "random")]
    assert len({fingerprint(answer(process)) for process in running}) == 1


def test_q40_run__does_not_depend_on_the_locale(cocreate):
    words = ("run", "tiny.toml", "--seed", 42, "--events", "--json", "--out")
    plain = {"PYTHONUTF8": None, "PYTHONIOENCODING": None}
    locales = {
        "c": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        "utf": {"LC_ALL": "C.UTF-8"},
        "comma": {"LC_ALL": "de_DE.UTF-8"},
    }
    running = {
        name: start(*words, f"out-{name}", **plain | locale) for name, locale in locales.items()
    }
    expected = cocreate("run", "tiny.toml", "--seed", 42, "--events", "--json").json()
    for name, process in running.items():
        facts = answer(process).json()
        assert facts["fingerprint"] == expected["fingerprint"]
        assert facts["scenario"] == "Łódź – 協働"
        table = pq.read_table(f"out-{name}/series.parquet")
        assert set(table["company"].to_pylist()) == {"Łódź – 協働"}
        world = json.loads(table.schema.metadata[b"cocreate.scenario"])
        assert build(world, name) == load("tiny.toml")


def test_q40_names__that_a_terminal_cannot_show_are_spelled():
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": None}
    running = [
        start(*words, **plain)
        for words in (
            ("run", "tiny.toml"),
            ("compare", "tiny.toml", "commons", "steward", "--seeds", "2"),
            ("check", "tiny.toml"),
            ("run", "tiny.toml", "--style", "Łódź"),
        )
    ]
    answers = [answer(process) for process in running]
    assert [result.code for result in answers] == [0, 0, 0, 2]
    assert all("Traceback" not in result.err for result in answers)
    assert all(r"\u0141\xf3d\u017a" in result.out for result in answers[:3])


def test_q41_compare__draws_without_a_display():
    words = ("compare", "plain.toml", "commons", "steward", "--seeds", "2", "--out")
    running = {
        out: start(*words, out, DISPLAY=None, WAYLAND_DISPLAY=None, MPLBACKEND=backend)
        for out, backend in (("plain", None), ("tk", "TkAgg"))
    }
    for out, process in running.items():
        result = answer(process)
        assert (result.code, result.err) == (0, "")
        assert Path(out, "comparison.png").stat().st_size > 10_000


def test_q34_read_only_package__runs_with_one_notice_at_most(cocreate, folder):
    """Tests may run as root, who can write anywhere: what cannot be written lies below a file."""
    expected = cocreate("run", "tiny.toml", "--json").json()["fingerprint"]
    package = folder / "site" / "sim"
    shutil.copytree(
        Path(sim.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(ROOT / "scenarios", package / "_scenarios")
    for path in (*package.rglob("*"), package):
        path.chmod(0o555 if path.is_dir() else 0o444)
    file = folder / "file"
    file.touch()
    temporary = folder / "temporary"
    own = temporary / (f"cocreate-{os.getuid()}" if hasattr(os, "getuid") else "cocreate")
    own.mkdir(parents=True, mode=0o700)
    if cache_folder() is not None:  # so that nothing is compiled anew
        shutil.copytree(cache_folder(), own / cache_folder().name)
    common = {
        "PYTHONPATH": str(package.parent),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(file / "home"),
        "XDG_CACHE_HOME": None,
        "TMPDIR": str(temporary),
    }
    try:
        for variable in (None, str(file / "cache")):
            running = [
                start(*words, **common, COCREATE_CACHE_DIR=variable)
                for words in (("--version",), ("run", "tiny.toml", "--json"))
            ]
            version, run = [answer(process) for process in running]
            assert (version.code, version.err) == (0, "")
            assert fingerprint(run) == expected
            assert run.err.count("\n") <= 1
            assert not run.err or run.err.startswith("cocreate: machine code is kept in ")
    finally:
        for path in (package, *package.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)


def test_q10_processes__share_a_cache_that_is_damaged(cocreate, folder):
    expected = cocreate("run", "tiny.toml", "--json").json()["fingerprint"]
    if cache_folder() is None:
        pytest.skip("machine code cannot be kept here")
    place = folder / "cache" / "cocreate"
    place.mkdir(parents=True, mode=0o700)
    shutil.copytree(cache_folder(), place / cache_folder().name)
    # The smallest kernel, so that compiling it anew takes a moment only.
    small = min(place.rglob("*.bin"), key=lambda path: path.stat().st_size)
    whole = small.read_bytes()
    small.write_bytes(os.urandom(len(whole)))
    variable = {"COCREATE_CACHE_DIR": str(place.parent)}
    running = [start("run", "tiny.toml", "--json", **variable) for _ in range(4)]
    answers = [answer(process) for process in running]
    assert {fingerprint(result) for result in answers} == {expected}
    assert all(result.err == "" for result in answers)
    assert len(small.read_bytes()) > len(whole) / 2
    assert not [path for path in place.rglob("*") if path.name.startswith(".")]


# What files can do (Q37)


class Bomb:
    """Makes a file when it is unpickled."""

    def __reduce__(self):
        return (Path.touch, (Path("SENTINEL").resolve(),))


@pytest.mark.parametrize(
    "suffix", [".toml", ".csv", ".csv.gz", ".jsonl", ".parquet", ".pkl", ".npy"]
)
@pytest.mark.parametrize("form", ["pickle", "numpy", "parquet"])
def test_q37_no_file__is_ever_executed(cocreate, suffix, form):
    import pickle

    import numpy as np
    import pyarrow as pa

    Path("results").mkdir()
    file = Path(f"results/series{suffix}")
    if form == "pickle":
        file.write_bytes(pickle.dumps(Bomb()))
    elif form == "numpy":
        with file.open("wb") as stream:
            np.save(stream, np.array([Bomb()], object), allow_pickle=True)
    else:
        table = pa.table({"a": [1]}).replace_schema_metadata({"pandas": pickle.dumps(Bomb())})
        pq.write_table(table, file)
    ties = f'title = "t"\n[ties]\nkind = "file"\nfile = {json.dumps(str(file))}'
    Path("ties.toml").write_text(ties)
    for words in (
        ("check", file),
        ("run", file),
        ("compare", file),
        ("anchor", file),
        ("check", "ties.toml"),
        ("run", "ties.toml"),
        ("run", "tiny.toml", "--out", "results"),
    ):
        refused(cocreate(*words))
    assert not Path("SENTINEL").exists()


CODE = "__import__('os').system('touch SENTINEL')"


@pytest.mark.parametrize(
    "text",
    [
        f'[population]\npeople = "{CODE}"',
        f'[turnover]\nleave = "{CODE}"',
        f'[time]\nstep = "{CODE}"',
        f'[ties]\nkind = "{CODE}"',
        f'[ties]\nkind = "file"\nfile = "{CODE}"',
        f'[motives]\nfun = "{CODE}"',
        f'[stop]\noutcome = "{CODE}"\nabove = 1.0',
        f'[[companies]]\nstyle = "{CODE}"',
        '[[companies]]\nstyle = "./evil.py"',
        '[[companies]]\nstyle = "evil"',
        '[[companies]]\nstyle = "evil.py"',
        '[[events]]\nat = 3\nkind = "new_style"\nstyle = "evil.py"',
        f'[[events]]\nat = 3\nkind = "{CODE}"',
        f"[[companies]]\nstyle = 'adaptive'\noptions = {{pace = \"{CODE}\"}}",
    ],
)
def test_q37_text_in_a_scenario__is_never_executed(cocreate, text):
    Path("evil.py").write_text("from pathlib import Path\nPath('SENTINEL').touch()\n")
    Path("bad.toml").write_text(f'title = "{CODE}"\n{text}')
    for command in ("check", "run", "compare"):
        refused(cocreate(command, "bad.toml"), "bad.toml: ")
    assert not Path("SENTINEL").exists()
