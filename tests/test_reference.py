"""What there is, in words: nothing is missing, and the docs say the same."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import rich.style  # noqa: F401  # draws a random number when it is imported, and only then

import sim
from sim import reference
from sim.analysis.patterns import PATTERNS
from sim.classics import CLASSICS
from sim.cli import call
from sim.core.motives import MOTIVES
from sim.errors import UserError
from sim.metrics import METRICS
from sim.plots import PLOTS
from sim.reading import LISTS, TABLES, load, read, shipped
from sim.registry import plug_in
from sim.scenario import Scenario
from sim.styles import STYLES

ROOT = Path(__file__).parents[1]
KEYS = [
    (name, key, about)
    for name, kind in {**TABLES, **LISTS}.items()
    for key, (_, about) in kind.parameters().items()
]


def test_parameters__are_those_of_the_docs():
    """`make docs` writes the file anew."""
    assert (ROOT / "docs" / "parameters.md").read_text("utf-8") == reference.parameters()


@pytest.mark.parametrize(("name", "key", "about"), KEYS, ids=[f"{n}.{k}" for n, k, _ in KEYS])
def test_parameter__stands_in_the_reference_with_unit_range_meaning_and_source(name, key, about):
    assert about.unit
    assert about.meaning
    assert about.source
    heading = f"## `[[{name}]]`" if name in LISTS else f"## `[{name}]`"
    section = reference.parameters().split(f"{heading}\n")[1].split("\n## ")[0]
    (row,) = [line for line in section.splitlines() if line.startswith(f"| `{key}` |")]
    cells = [cell.strip() for cell in row.strip("| ").split("|")]
    assert len(cells) == 6
    assert cells[2:] == [about.unit, reference.allowed(about), about.meaning, about.source]
    numeric = about.low != about.high
    assert bool(cells[3]) == numeric


def test_parameters__hold_every_key_of_a_scenario():
    text = reference.parameters()
    for field in msgspec.structs.fields(Scenario):
        assert f"`{field.name}`" in text or f"[{field.name}]" in text, field.name
    for motive in MOTIVES:
        assert f"| `{motive}` |" in text


@pytest.mark.parametrize(
    ("low", "high", "unit", "step", "words"),
    [
        (0, 1, "share", "", "0 to 1"),
        (0, 100, "1 per time", "share", "0 to 100 per day"),
        (1, 366, "time", "", "1 to 366 days"),
        (0, 0, "text", "", ""),
        (-float("inf"), float("inf"), "1", "", "any"),
    ],
)
def test_allowed__is_the_range_in_words(low, high, unit, step, words):
    assert reference.allowed(reference.About(unit, low, high, "", "", step)) == words


def test_effective__knows_value_origin_and_what_a_rate_comes_to():
    changes = ["turnover.leave=0.5 per week", "effort.contributions=4 per month"]
    world, origins = read("open_source", [*changes, "time.step=1 week"])
    rows = {row.key: row for row in reference.effective(world, origins)}
    leave = rows["turnover.leave"]
    assert (str(leave.value), leave.origin) == ("0.5 per week", "--set")
    assert leave.per_step == pytest.approx(0.393469, abs=5e-7)
    assert rows["effort.contributions"].per_step == pytest.approx(4 * 12 * 7 / 365.25)
    assert rows["population.people"].origin == "open_source.toml"
    assert rows["population.first_trust"].origin == "default"
    assert rows["population.people"].per_step is None


def test_effective__of_a_table_that_was_set_forgets_the_file():
    world, origins = read("open_source", ["population={people = 70}"])
    rows = {row.key: row for row in reference.effective(world, origins)}
    assert (rows["population.people"].value, rows["population.people"].origin) == (70, "--set")
    assert rows["population.volunteers"].origin == "default"


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("styles", STYLES),
        ("scenarios", shipped()),
        ("motives", MOTIVES),
        ("metrics", METRICS),
        ("plots", PLOTS),
        ("classics", CLASSICS),
        ("patterns", PATTERNS),
    ],
)
def test_kinds__list_every_member_with_its_meaning(kind, members):
    found = reference.KINDS[kind]()
    assert set(found) == set(members)
    assert all(len(meaning) > 10 and "\n" not in meaning for meaning in found.values())


def test_sources__are_cited_once_and_those_of_the_model_are_not_the_worlds():
    model = reference.sources(None)
    assert len(set(model)) == len(model)
    assert model == sorted(model)
    assert all(source[-4:].isdigit() for source in model)
    world = reference.sources(load("crowd_contest"))
    assert world[:-1] == model
    assert "Terwiesch & Xu 2008" in world[-1]


# Templates


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(STYLES, "_members", dict(STYLES))
    return tmp_path


def test_style_template__is_a_style_that_runs_and_moves(folder):
    assert call(["new", "style", "my_way"]) == 0
    assert plug_in("my_way.py", STYLES) == "my_way"
    world = sim.change(Scenario("t"), population={"people": 40}, time={"steps": 9})
    assert sim.run(world, "my_way").styles == ("my_way",)
    assert issubclass(STYLES["my_way"], sim.Style)
    assert Path("my_way.py").read_text().startswith('"""MyWay: ')


def test_scenario_template__is_valid_and_only_says_defaults(folder):
    assert call(["new", "scenario", "my_world"]) == 0
    world = load("my_world.toml")
    assert world.title == "My world"
    assert sim.change(world, title="t", about="", source="") == Scenario("t")
    assert "cocreate check my_world.toml" in Path("my_world.toml").read_text()


@pytest.mark.parametrize("name", ["", "My", "a-b", "../a", "a.b", "a b", "ä", "1a", "_a", "a\n"])
def test_template__needs_a_plain_name(name):
    with pytest.raises(UserError, match="small letters"):
        reference.template("scenario", name)


# New files (must be seen without another edit)

NEW = {
    "styles/a_new_way.py": '''
"""ANewWay: in a way of its own."""

from sim.core.inputs import Levers
from sim.styles import Style


class ANewWay(Style):
    """Does it in a new way [D]."""

    levers = Levers(control=0.35, tools=0.5, fun=0.5)
''',
    "core/motives/a_new_reason.py": '''
"""A new reason: what nobody has thought of yet."""

from typing import Any

from sim.core.jit import rule


@rule
def a_new_reason(me: Any, fit: float, company: Any, offer: Any, par: Any) -> float:
    """Returns the appeal of the new, in [0, 1] [D]."""
    return 0.5 * company.transparency
''',
    "metrics/a_new_count.py": '''
"""A new count."""

from sim.metrics import metric
from sim.simulation import Run


@metric("a new count", "people", 0)
def a_new_count(run: Run) -> float:
    """Members at the end of the run, counted in a new way."""
    return float(run.every_step("members")[-1])
''',
    "plots/a_new_picture.py": '''
"""A new picture."""

from matplotlib.figure import Figure

from sim.analysis.comparison import Comparison


def a_new_picture(comparison: Comparison) -> Figure:
    """Draws nothing, newly."""
    return Figure()
''',
    "classics/a_new_model.py": '''
"""A new model."""

from dataclasses import dataclass
from typing import ClassVar

from sim.classics import Cell, Classic, Published


@dataclass(frozen=True)
class ANewModel(Classic):
    """A model in which nothing is left to chance."""

    title: ClassVar[str] = "A model of what is certain"
    source: ClassVar[str] = "Somebody 1999"
    x: ClassVar[str] = "number"
    y: ClassVar[str] = "height"
    runs: ClassVar[int] = 3
    quick: ClassVar[int] = 2

    height: float = 4.0

    def simulate(self, seed: int, rep: int) -> dict[Cell, float]:
        """Returns the only cell."""
        return {Cell("", "certain", 1): self.height}

    def published(self) -> dict[Cell, Published]:
        """Returns what the only cell should hold."""
        return {Cell("", "certain", 1): Published(4.0, 0.1)}
''',
    "analysis/patterns/a_new_habit.py": '''
"""Pattern 99: a new habit."""

from sim.analysis.history import History
from sim.analysis.patterns import Range, pattern


@pattern(99, "a new habit", "val", "Somebody 1999", Range("people who contribute", 1.0))
def a_new_habit(history: History) -> float:
    """Number of those who ever contributed."""
    return float(history.counts.size)
''',
}
CONTRACTS = (
    "tests/styles/test_contract.py",
    "tests/core/test_motives.py",
    "tests/metrics/test_contract.py",
    "tests/plots/test_plots.py",
    "tests/classics/test_contract.py",
    "tests/analysis/test_patterns.py",
)
LISTED = """
import contextlib, io, json
from sim import METRICS, STYLES, change, load, measure, replicate, run
from sim.analysis.history import of_run
from sim.analysis.patterns import PATTERNS
from sim.classics import CLASSICS
from sim.cli import call
from sim.core.motives import MOTIVES
from sim.patterns import measure_history
from sim.plots import PLOTS


def new(names):
    return [name for name in names if name.startswith("a_new")]


KINDS = {
    "styles": STYLES,
    "motives": MOTIVES,
    "metrics": METRICS,
    "plots": PLOTS,
    "classics": CLASSICS,
    "patterns": PATTERNS,
}
facts = {"api": [new(kind) for kind in KINDS.values()], "list": []}
for kind in KINDS:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        call(["list", kind, "--json"])
    facts["list"].append(new(json.loads(out.getvalue())))
small = {
    "population": {"people": 30, "founders": 0.5},
    "time": {"steps": 3},
    "turnover": {"leave_early": "0 per month"},
    "search": {"expert_sample": 2},
}
worlds = [change(load(name), **small) for name in ("open_source", "mixed_market")]
facts["fingerprints"] = [run(world).fingerprint() for world in worlds]
if facts["api"][0]:
    weighed = change(worlds[0], motives={"a_new_reason": 0.5, "fun": 0.5}, style="a_new_way")
    facts["used"] = run(weighed).fingerprint()
    facts["counted"] = measure(run(weighed))["a_new_count"]
    facts["replicated"] = replicate("a_new_model").summary()
    history = of_run(run(worlds[0], events=True))
    habits = [found for found in measure_history(history) if found.pattern == "a_new_habit"]
    facts["habit"] = [found.verdict for found in habits]
print(json.dumps(facts))
"""


@pytest.fixture
def copied(tmp_path):
    """A copy of the project, and a way to run Python in it without compiling."""
    for name in ("sim", "scenarios", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)

    def python(*words):
        done = subprocess.run(
            [sys.executable, *words],
            cwd=tmp_path,
            env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return tmp_path, python


def test_new_files__appear_everywhere_and_change_no_number(copied):
    folder, python = copied
    before = json.loads(python("-c", LISTED))
    for name, text in NEW.items():
        (folder / "sim" / name).write_text(text.lstrip())
    after = json.loads(python("-c", LISTED))
    assert before["api"] == before["list"] == [[]] * len(NEW)
    names = [Path(name).stem for name in NEW]
    assert after["api"] == after["list"] == [[name] for name in names]
    assert after["fingerprints"] == before["fingerprints"]
    assert after["used"] not in before["fingerprints"]
    assert after["counted"] > 0
    assert after["replicated"].startswith("a_new_model: 1 of 1 numbers match")
    assert after["habit"] == ["in range"]
    collected = python("-m", "pytest", "-p", "no:cacheprovider", "--collect-only", "-q", *CONTRACTS)
    for name in names:
        assert re.search(rf"[\[-]{name}[\]-]", collected), name
