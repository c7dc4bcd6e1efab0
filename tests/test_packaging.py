"""The project as others get it: its folders, sources, pinned versions and wheel."""

import ast
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import sim

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "sim").rglob("*.py"))
PINS = sorted((ROOT / ".constraints").glob("*.txt"))
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

TOP_LEVEL = {
    "CHANGELOG.md", "CITATION.cff", "LICENSE", "Makefile", "README.md", "benchmarks", "docs",
    "experiments", "pyproject.toml", "results", "scenarios", "sim", "tests",
}  # fmt: skip


def project_files() -> list[Path]:
    """Files that are in the repository or would be added to it."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    files = [Path(name) for name in listed.stdout.split("\0") if name]
    assert Path("pyproject.toml") in files
    return [file for file in files if (ROOT / file).is_file()]


# The repository


def test_top_level__is_the_fixed_list() -> None:
    found = {file.parts[0] for file in project_files() if not file.parts[0].startswith(".")}
    assert found <= TOP_LEVEL


# A checker would find its own patterns; these are written so that it does not.
PLACES = re.compile(
    r"(?<![\w.~])/(?:ro[o]t|ho[m]e|wo[r]k|Use[r]s|t[m]p)/"  # folders of one machine
    r"|[A-Z]:\\\\?Use[r]s"
    r"|pypi\.o[r]g|pythonhoste[d]|registry\.npm|/simp[l]e/|--(?:extra-)?index-u[r]l"
)


def places(text: str) -> list[str]:
    return PLACES.findall(text)


@pytest.mark.parametrize(
    "text", ["'/ro" + "ot/x'", '"/t' + 'mp/v3"', "https://py" + "pi.org/x", "C:\\Us" + "ers\\me"]
)
def test_places__finds_folders_and_registries(text: str) -> None:
    assert places(text)


def test_places__knows_what_is_no_place() -> None:
    assert not places("results/demo, https://doi.org/10.1086/1, docs/home/x, ~/.cache/cocreate")


def test_repository__names_no_folder_of_a_machine_and_no_registry() -> None:
    found = {}
    for file in project_files():
        content = (ROOT / file).read_bytes()
        if hits := places(content.decode("utf-8", "replace")):
            found[str(file)] = hits
    assert found == {}


def test_version__is_the_same_everywhere() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert PROJECT["version"] == sim.__version__ == citation["version"]
    assert f"## [{sim.__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_citation__names_the_authors() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert citation["authors"] == [{"name": "The cocreate authors"}]
    assert citation["license"] == PROJECT["license"]
    assert {"message", "title", "type", "abstract"} <= citation.keys()


def test_changelog__tells_the_numbers_of_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    section = changelog.split(f"## [{PROJECT['version']}]")[1].split("\n## ")[0]
    assert "### Numbers" in section


# What the source may not do (Q03, Q37)

# No input of a user ever comes near these.
PICKLES = {
    # The core's machine code, in a private folder, written and read by this module alone; there it
    # is as trusted as the installed package.
    "sim/core/jit.py": {"pickle", "pickle.loads"},
    # Calls, from a process to the workers that it has started, through pipes of their own.
    "sim/executors/processes.py": {"pickle", "pickle.dumps", "pickle.PicklingError"},
    "sim/executors/_worker.py": {"pickle", "pickle.dumps", "pickle.loads"},
}

RUNS_CODE = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "code", "codeop"}
RUNS_CODE_CALLED = {"eval", "exec", "compile", "__import__"}
OWN_GENERATORS = {"Generator", "BitGenerator", "SeedSequence", "default_rng", "PCG64", "Philox"}


def dotted(node: ast.expr) -> str:
    """`a.b.c` of such an expression, and '' of any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := dotted(node.value)):
        return f"{owner}.{node.attr}"
    return ""


def imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """(name in this file, full dotted name) of everything that is imported from elsewhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                local = alias.asname or alias.name.split(".")[0]
                yield local, alias.name if alias.asname else local
                yield alias.name, alias.name
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def forbidden(full: str) -> bool:
    """Whether a full dotted name runs foreign code or belongs to a global random state."""
    parts = full.split(".")
    if parts[:2] == ["numpy", "random"]:
        return len(parts) > 2 and parts[2] not in OWN_GENERATORS
    return parts[0] in RUNS_CODE or (parts[0] == "random" and parts[1:2] != ["Random"])


def offences(source: str) -> list[str]:
    """What in a source runs foreign code or draws from a global random state."""
    tree = ast.parse(source)
    names = dict(imported(tree))
    found = [full for full in names.values() if forbidden(full)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (name := dotted(node)):
            top, _, rest = name.partition(".")
            if top in names and forbidden(full := f"{names[top]}.{rest}"):
                found.append(full)
        if isinstance(node, ast.Call):
            called = dotted(node.func)
            if called.removeprefix("builtins.") in RUNS_CODE_CALLED:
                found.append(called)
            generator = called.split(".")[-1] in {"default_rng", "Random"}
            if generator and not node.args and not node.keywords:
                found.append(f"{called}() without a seed")
            for keyword in node.keywords:
                refused = isinstance(keyword.value, ast.Constant) and keyword.value.value is False
                if keyword.arg == "allow_pickle" and not refused:
                    found.append("allow_pickle")
    return found


@pytest.mark.parametrize(
    "source",
    [
        "import random\nrandom.random()",
        "from random import shuffle",
        "import numpy as np\ndef f():\n    return np.random.rand(3)",
        "import numpy\nnumpy.random.seed(1)",
        "import numpy.random as nr\nnr.normal()",
        "from numpy import random as r\nr.normal()",
        "from numpy.random import rand",
        "import numpy as np\nnp.random.default_rng()",
        "from random import Random\nRandom()",
        "import pickle",
        "from joblib import load",
        "eval('1')",
        "import builtins\nbuiltins.exec('1')",
        "__import__('os')",
        "import numpy as np\nnp.load('x.npy', allow_pickle=True)",
    ],
)
def test_offences__finds(source: str) -> None:
    assert offences(source)


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\nnp.random.default_rng(3).normal()",
        "import numpy as np\ndef f(r: np.random.Generator) -> float: return r.random()",
        "from random import Random\nRandom(3).random()",
        "from sim.core.random import uniform\nuniform(1)",
        "import re\nre.compile('x')",
        "def evaluate(): ...\nevaluate()",
    ],
)
def test_offences__lets_pass(source: str) -> None:
    assert not offences(source)


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_q03_q37_source__runs_no_foreign_code_and_draws_from_no_global_state(file: Path) -> None:
    allowed = PICKLES.get(file.relative_to(ROOT).as_posix(), set())
    assert set(offences(file.read_text("utf-8"))) <= allowed


# Dependencies and their pinned versions


def requirements(*extras: str) -> list[Requirement]:
    texts = list(PROJECT["dependencies"])
    for extra in extras:
        texts += PROJECT["optional-dependencies"][extra]
    return [Requirement(text) for text in texts]


def pinned(file: Path) -> dict[str, str]:
    lines = [line.split("==") for line in file.read_text("utf-8").splitlines()]
    return {canonicalize_name(name): version for name, version in lines}


def test_source__imports_only_what_the_project_declares() -> None:
    providers = metadata.packages_distributions()
    declared = {canonicalize_name(r.name) for r in requirements("viz", "web")}
    undeclared = {}
    for file in SOURCES:
        for _, full in imported(ast.parse(file.read_text("utf-8"))):
            top = full.split(".")[0]
            if top == "sim" or top in sys.stdlib_module_names:
                continue
            if not declared & {canonicalize_name(name) for name in providers.get(top, [top])}:
                undeclared[top] = str(file.relative_to(ROOT))
    assert undeclared == {}


def test_pins__are_there_for_every_declared_python() -> None:
    label = "Programming Language :: Python :: 3."
    minors = {text.removeprefix(label) for text in PROJECT["classifiers"] if label in text}
    assert {file.name for file in PINS} == {f"py3{minor}.txt" for minor in minors}


@pytest.mark.parametrize("file", PINS, ids=lambda file: file.name)
def test_pins__hold_names_and_public_versions_only(file: Path) -> None:
    lines = file.read_text("utf-8").splitlines()
    assert lines
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==\d[\w.]*", line)] == []


@pytest.mark.parametrize("file", PINS, ids=lambda file: file.name)
def test_pins__satisfy_every_direct_dependency(file: Path) -> None:
    pins = pinned(file)
    for needed in requirements(*PROJECT["optional-dependencies"]):
        assert pins[canonicalize_name(needed.name)] in needed.specifier, needed


@pytest.mark.parametrize("file", PINS, ids=lambda file: file.name)
def test_pins__cover_what_the_dependencies_need(file: Path) -> None:
    """Follows the metadata of what is installed here, with the markers of this machine."""
    pins = pinned(file)
    waiting = [(canonicalize_name(r.name), frozenset(r.extras)) for r in requirements("test")]
    seen = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        assert name in pins
        for needed in map(Requirement, metadata.requires(name) or []):
            if any(
                needed.marker is None or needed.marker.evaluate({"extra": extra})
                for extra in {"", *extras}
            ):
                waiting.append((canonicalize_name(needed.name), frozenset(needed.extras)))
    assert len(seen) > len(requirements("test"))


# The wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_wheel__holds_the_package_its_types_worlds_and_experiments(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = {file.relative_to(ROOT).as_posix() for file in SOURCES} | {"sim/py.typed"}
    for folder in ("scenarios", "experiments"):
        shipped = {file for file in project_files() if file.parts[0] == folder}
        assert shipped
        expected |= {f"sim/_{file.as_posix()}" for file in shipped}
    assert expected <= names
    assert {name.split("/")[0] for name in names} == {"sim"}


@pytest.mark.slow
def test_q35_fresh_install__imports_everything_and_runs(wheel: Path, tmp_path: Path) -> None:
    """Installs the wheel by its documented minimum, without a checkout anywhere near."""
    venv.create(tmp_path / "venv", with_pip=True)
    binaries = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    pins = ROOT / ".constraints" / f"py3{sys.version_info.minor}.txt"
    constraint = ["--constraint", str(pins)] if pins.exists() else []

    def run(program: str, *arguments: str) -> str:
        command = [str(binaries / program), *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("python", "-m", "pip", "install", "-qq", *constraint, str(wheel))
    run("python", "-c", IMPORT_EVERYTHING)
    assert PROJECT["version"] in run("cocreate", "--version")
    world = min(file.stem for file in (ROOT / "scenarios").glob("*.toml"))
    run("cocreate", "run", world, "--style", "steward", "--seed", "1")
    run("cocreate", "replicate", "kauffman_levin", "--quick")
    command = [str(binaries / "cocreate"), "lab"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "'cocreate[web]'" in done.stderr


IMPORT_EVERYTHING = """
import pkgutil, sim
def fail(name): raise
optional = "sim.web.server", "sim.web.channel"
for module in pkgutil.walk_packages(sim.__path__, "sim.", onerror=fail):
    if not module.name.endswith("__main__") and module.name not in optional:
        __import__(module.name)
"""
