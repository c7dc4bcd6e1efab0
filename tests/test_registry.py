import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sim
from sim import styles
from sim.errors import UserError
from sim.registry import Registry, plug_in
from sim.styles import Style, make

DRIFTING = """
from dataclasses import dataclass

from sim import Levers, Report, Style, moved


@dataclass
class {name}(Style):
    '''Drifts towards openness (a test).'''

    pace: float = 0.25
    levers = Levers(control=0.5)

    def decide(self, report: Report) -> Levers:
        return moved(report.levers, control=-self.pace)
"""


@pytest.fixture
def registry():
    """A registry of its own, so that no test leaves a style behind."""
    return Registry("style", styles, styles._class_in)


@pytest.fixture
def plugin(tmp_path):
    def write(name, text):
        file = tmp_path / f"{name}.py"
        file.write_text(text)
        return file

    return write


def test_registry__holds_what_the_files_of_the_folder_define(registry):
    files = {path.stem for path in Path(styles.__file__).parent.glob("*.py")}
    assert set(registry) == {name for name in files if not name.startswith("_")}
    assert list(registry) == sorted(registry)
    assert len(registry) == len(set(registry))
    assert all(name in registry for name in registry)
    assert "comons" not in registry
    assert all(issubclass(style, Style) for style in registry.values())


def test_registry__names_the_nearest(registry):
    with pytest.raises(UserError, match="No style is called 'comons'; did you mean 'commons'"):
        registry["comons"]
    with pytest.raises(UserError, match="there are: adaptive, "):
        registry["qqqq"]


def test_plug_in__adds_a_users_file(registry, plugin):
    assert plug_in(plugin("my_drift", DRIFTING.format(name="MyDrift")), registry) == "my_drift"
    assert registry["my_drift"].levers.control == 0.5
    assert registry["my_drift"](pace=0.1).pace == 0.1


def test_q05_plug_in__runs_the_file_as_it_is_now(registry, plugin, monkeypatch):
    """Python itself keeps bytecode, which it tells from an edited file by seconds and length."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    paces = []
    for pace in ("0.25", "0.75"):
        text = DRIFTING.format(name="MyDrift").replace("0.25", pace)
        file = plugin("my_drift", text)
        os.utime(file, (10**9, 10**9))
        plug_in(file, registry)
        paces.append(registry["my_drift"]().pace)
    assert paces == [0.25, 0.75]


def test_plug_in__may_use_any_python(registry, plugin):
    """Also what looks its own module up by name, as dataclasses with text annotations do."""
    text = "from __future__ import annotations\n" + DRIFTING.format(name="Later")
    plug_in(plugin("later", text), registry)
    assert registry["later"]().pace == 0.25


def test_plug_in__finds_the_registry_it_fits(registry, plugin):
    def never(module, name):
        raise AttributeError

    other = Registry("metric", styles, never)
    other.__dict__["_members"] = {}
    plug_in(plugin("my_drift", DRIFTING.format(name="MyDrift")), other, registry)
    assert "my_drift" in registry
    assert "my_drift" not in other


def test_plug_in__does_not_replace_what_there_is(registry, plugin):
    shipped = registry["commons"]
    with pytest.raises(UserError, match="commons"):
        plug_in(plugin("commons", DRIFTING.format(name="Commons")), registry)
    assert registry["commons"] is shipped


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("broken", "def (", "SyntaxError"),
        ("failing", "1 / 0", "ZeroDivisionError"),
        ("empty", "", "defines no style called like the file, 'empty'"),
        ("other_name", DRIFTING.format(name="Drift"), "called like the file, 'other_name'"),
        ("no_style", "class NoStyle: pass", "called like the file"),
        ("not_a_class", "NotAClass = 3", "called like the file"),
        ("no_module", "import no_such_module_anywhere", "ModuleNotFoundError"),
    ],
)
def test_plug_in__says_what_is_wrong_with_a_file(registry, plugin, name, text, what):
    file = plugin(name, text)
    with pytest.raises(UserError, match=what) as problem:
        plug_in(file, registry)
    assert str(file) in str(problem.value)
    assert name not in registry


def test_plug_in__needs_a_python_file(registry, tmp_path):
    with pytest.raises(UserError, match="no such plug-in file"):
        plug_in(tmp_path / "none.py", registry)
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(UserError, match="must be a Python file"):
        plug_in(tmp_path / "notes.txt", registry)


def test_make__takes_options_by_name():
    assert make("adaptive", {"pace": 0.5}).pace == 0.5
    with pytest.raises(UserError, match="did you mean 'pace'"):
        make("adaptive", {"pce": 0.5})
    with pytest.raises(UserError, match="'commons' has no options"):
        make("commons", {"pace": 0.5})
    with pytest.raises(UserError, match="kept"):
        make("explorer", {"kept": 0.5})  # what a style remembers is no option
    assert make("explorer") is not make("explorer")


HOW_TO = (Path(__file__).parents[1] / "docs" / "how-to.md").read_text("utf-8")
NEW_MOTIVE = HOW_TO.partition("## Add a motive")[2].split("```")[1]
SCRIPT = """
import json
from sim import STYLES, change
from sim.core.motives import MOTIVES
from sim.simulation import run
from sim.scenario import Scenario

world = change(
    Scenario("tiny"),
    population={"people": 30, "founders": 0.8},
    time={"steps": 3},
    world={"ring": 70, "pool": 3},
    search={"expert_sample": 2},
    effort={"contributions": "9 per month"},
)


def series(world, style):
    return run(world, style).companies.tobytes().hex()


curious = world
if "a_curiosity" in MOTIVES:
    curious = change(world, motives={"a_curiosity": 0.5, "fun": 0.5})
print(json.dumps({
    "motives": list(MOTIVES),
    "styles": {name: series(world, name) for name in ("commons", "zz_drift") if name in STYLES},
    "curious": series(curious, "commons"),
}))
"""


def test_new_files__are_new_members_and_change_no_old_number(tmp_path):
    """A style and a motive are dropped into a copy of the package; nothing else is edited."""
    package = tmp_path / "sim"
    shutil.copytree(
        Path(sim.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__")
    )

    def answer():
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=tmp_path,
            env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    before = answer()
    (package / "styles" / "zz_drift.py").write_text(DRIFTING.format(name="ZzDrift"))
    # The first in order, so that every other motive moves by one column.
    motive = NEW_MOTIVE.replace("curiosity", "a_curiosity")
    (package / "core" / "motives" / "a_curiosity.py").write_text(motive)
    after = answer()
    assert after["motives"] == ["a_curiosity", *before["motives"]]
    assert set(after["styles"]) == {"commons", "zz_drift"}
    assert after["styles"]["commons"] == before["styles"]["commons"]
    assert after["curious"] != before["curious"]
