"""What the docs say works: every command is documented, and every block of code runs (Q35)."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import rich.style  # noqa: F401  # draws a random number when it is imported, and only then

import sim
from sim.cli import app, call
from sim.design import KEYS, Plan, read_experiment
from sim.reference import KINDS

ROOT = Path(__file__).parents[1]
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NAMES = [path.relative_to(ROOT).as_posix() for path in DOCS]
COMMANDS = [name for name in app if not name.startswith("-")]
LONG = ("honesty",)  # minutes: its example runs with the slow tests
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in; plug-ins are forgotten after the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sim.STYLES, "_members", dict(sim.STYLES))
    monkeypatch.setattr(sim.METRICS, "_members", dict(sim.METRICS))
    return tmp_path


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """Small finished studies under the names that the commands' examples use."""
    folder = tmp_path_factory.mktemp("studies")
    tiny = {"population.people": 60, "time.steps": 12}
    kept = {"scenario": "default", "outcomes": ["surplus"], "fixed": tiny}
    grid = kept | {"styles": ["steward"], "seeds": 3, "vary": {"lever.tools": [0.1, 0.5, 0.9]}}
    ranges = {"lever.tools": [0, 1], "lever.vision": [0, 1]}
    sample = {"method": "saltelli", "n": 8, "ranges": ranges}
    asked = {
        "shift_1_platform": grid | {"seeds": 6},
        "again": grid | {"seeds": 6},
        "what_matters": kept | {"styles": ["steward"], "seeds": 2, "sample": sample},
    }
    for name, experiment in asked.items():
        sim.sweep(experiment, folder / name, executor="serial")
    return folder


def help_of(name, capsys):
    assert call([name, "--help"]) == 0
    return capsys.readouterr().out


def example_of(name, capsys):
    (example,) = re.findall(r"Example: (cocreate .*)", help_of(name, capsys))
    return shlex.split(example)


@pytest.mark.parametrize("name", COMMANDS)
def test_command__explains_itself_with_an_example(name, capsys):
    assert example_of(name, capsys)[:2] == ["cocreate", name]
    text = help_of(name, capsys)
    options = re.findall(r"^│ +\*? +(?:-\S+|[A-Z]+)(.*)│$", text, re.MULTILINE)
    assert all(said.strip() for said in options), text


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow) if name in LONG else name
        for name in COMMANDS
        if name not in ("compare", "anchor", "lab")  # hours, needs a log, runs until Ctrl-C
    ],
)
def test_example__runs(name, capsys, folder, studies):
    words = example_of(name, capsys)
    if name == "check":
        call(["new", "scenario", "my_world"])
    if any(word.startswith("results/") for word in words):
        (folder / "results").symlink_to(studies)
    if ">" in words:
        words = words[: words.index(">")]
    assert call(words[1:]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("name", COMMANDS)
def test_command__stands_in_readme_or_docs(name):
    said = "".join(path.read_text("utf-8") for path in DOCS)
    assert f"cocreate {name}" in said


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "new"])
def test_command__that_a_machine_may_read_prints_json(name, capsys):
    assert ("--json" in help_of(name, capsys)) == (name not in ("cite", "slurm"))


@pytest.mark.parametrize("name", NAMES)
def test_links__lead_somewhere(name):
    path = ROOT / name
    text = BLOCK.sub("", path.read_text("utf-8"))
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if not target.startswith("http"):
            assert (path.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("name", NAMES)
def test_q35_code__of_the_docs_runs_in_order(name, folder, capsys):
    blocks = BLOCK.findall((ROOT / name).read_text("utf-8"))
    assert {kind for kind, _ in blocks} <= {"python", "sh", ""}
    names = {"__name__": "__main__"}
    for kind, text in blocks:
        if kind == "python":
            exec(compile(text, name, "exec"), names)  # noqa: S102  # our own docs
        elif kind == "sh":
            for line in text.splitlines():
                words = shlex.split(line, comments=True)
                if words and words[0] != "make" and words[:2] != ["cocreate", "lab"]:
                    assert words[0] == "cocreate", line
                    assert call(words[1:]) == 0, capsys.readouterr().err


def test_studies__show_an_experiment_and_all_its_keys():
    text = (ROOT / "docs" / "studies.md").read_text("utf-8")
    (shown,) = [block for _, block in BLOCK.findall(text) if block.startswith("question")]
    plan = Plan(read_experiment(tomllib.loads(shown)))
    assert (len(plan), plan.n_points, plan.n_styles) == (60 * 15 * 3, 15, 3)
    table = text.partition("| key |")[2].partition("\n\n")[0]
    told = {
        key for row in table.splitlines() for key in re.findall(r"`\[?(\w+)", row.split("|")[1])
    }
    assert told >= set(KEYS)


@pytest.mark.parametrize("name", NAMES)
def test_docs__name_only_what_exists(name):
    text = (ROOT / name).read_text("utf-8")
    for command, kind in re.findall(r"(?:^|`)cocreate ([a-z]+)(?: ([a-z]+))?", text, re.MULTILINE):
        assert command in COMMANDS, command
        assert command != "list" or kind in KINDS, kind
    for path in re.findall(r"`((?:sim|scenarios|docs|experiments|results)/[\w/.]+)`", text):
        assert (ROOT / path).exists(), path


def test_readme__fits_a_screen_and_shows_real_pictures():
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.splitlines()) < 120
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", text)
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).read_bytes()[:4] == b"\x89PNG"
        assert (ROOT / picture).stat().st_size < 1_000_000
