"""The files of the page: only those that are listed, and unchanged."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sim.errors import UserError
from sim.web.assets import HERE, MANIFEST, digest_of, gather, read_assets, read_manifest

ROOT = Path(__file__).parents[2]
FETCHED = pytest.mark.skipif(
    not (HERE / "vendor" / MANIFEST).is_file(), reason="`make lab` has not fetched the libraries"
)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a lab whose libraries npm has fetched."""
    for name, text in {
        "page/index.html": "<!doctype html>",
        "page/parts/lab.js": "export {}",
        "page/notes.md": "not for the browser",
        "page/.secret": "neither",
        "node_modules/plot/dist/plot.js": "export const plot = 1",
        "node_modules/plot/LICENSE": "you may",
        "node_modules/plot/package.json": '{"dependencies": {"inner": "1.0.0"}}',
        "node_modules/inner/inner.js": "is a part of plot.js",
        "node_modules/inner/LICENSE": "you may, if you say so",
        "node_modules/inner/package.json": '{"dependencies": {"plot": "1.0.0"}}',
        "node_modules/@some/lines/lines.css": "a {}",
        "node_modules/@some/lines/LICENCE.md": "you may too",
        "node_modules/@some/lines/package.json": "{}",
        "node_modules/other/other.js": "is not asked for",
        "package.json": '{"vendor": ["plot/dist/plot.js", "@some/lines/lines.css"]}',
    }.items():
        write(tmp_path / name, text)
    return tmp_path


def test_gather__copies_what_is_asked_for_with_licences_and_hashes(folder: Path) -> None:
    write(folder / "vendor/old/old.js", "of an earlier version")
    names = gather(folder)
    assert names == [
        "@some/lines/LICENCE.md", "@some/lines/lines.css", "inner/LICENSE", "plot/LICENSE",
        "plot/plot.js",
    ]  # fmt: skip
    vendor = folder / "vendor"
    there = {path.relative_to(vendor).as_posix() for path in vendor.rglob("*") if path.is_file()}
    assert there == {*names, MANIFEST}
    assert read_manifest(vendor)["plot/plot.js"] == digest_of(vendor / "plot/plot.js")


@pytest.mark.parametrize("package", ["plot", "inner"])
def test_gather__passes_on_nothing_without_a_licence(folder: Path, package: str) -> None:
    (folder / f"node_modules/{package}/LICENSE").unlink()
    with pytest.raises(UserError, match=f"{package} comes without a licence"):
        gather(folder)
    assert not (folder / "vendor").exists()


def test_assets__are_the_pages_files_and_those_fetched(folder: Path) -> None:
    gather(folder)
    write(folder / "vendor/plot/extra.js", "put there by hand")
    found = read_assets(folder)
    assert set(found) == {
        "page/index.html", "page/parts/lab.js", "vendor/plot/plot.js",
        "vendor/@some/lines/lines.css",
    }  # fmt: skip
    assert found["page/parts/lab.js"].kind == "text/javascript; charset=utf-8"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: (f / "page/index.html").unlink(), "page/index.html is missing"),
        (lambda f: (f / "vendor" / MANIFEST).unlink(), "were not fetched"),
        (lambda f: write(f / "vendor" / MANIFEST, "[]"), "cannot be read"),
        (lambda f: write(f / "vendor" / MANIFEST, "{"), "cannot be read"),
        (lambda f: (f / "vendor/plot/plot.js").unlink(), "vendor/plot/plot.js is missing"),
        (lambda f: write(f / "vendor/plot/plot.js", "x"), "vendor/plot/plot.js is not what was"),
    ],
)
def test_assets__that_are_not_whole_are_a_line_that_says_what_to_type(folder, spoil, words) -> None:
    gather(folder)
    spoil(folder)
    with pytest.raises(UserError) as refused:
        read_assets(folder)
    assert words in str(refused.value)
    assert str(refused.value).endswith("type: make lab")
    assert "\n" not in str(refused.value)


def test_package__pins_exact_versions_and_its_lock_names_no_address() -> None:
    package = json.loads((HERE / "package.json").read_bytes())
    versions = [*package["dependencies"].values(), *package["devDependencies"].values()]
    assert versions
    assert [version for version in versions if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []
    lock = json.loads((HERE / "package-lock.json").read_bytes())
    locked = {name: entry for name, entry in lock["packages"].items() if name}
    assert {f"node_modules/{name}" for name in package["dependencies"]} <= locked.keys()
    assert [name for name, entry in locked.items() if "resolved" in entry] == []
    assert [name for name, entry in locked.items() if not entry["integrity"]] == []


def test_package__asks_for_files_of_what_it_depends_on() -> None:
    package = json.loads((HERE / "package.json").read_bytes())
    assert package["vendor"]
    for name in package["vendor"]:
        assert any(name.startswith(f"{known}/") for known in package["dependencies"]), name


@FETCHED
def test_page__is_whole_once_fetched() -> None:
    found, fetched = read_assets(), read_manifest(HERE / "vendor")
    for library in ("uplot/uPlot.esm.js", "d3/d3.min.js", "@observablehq/plot/plot.umd.min.js"):
        assert found[f"vendor/{library}"].digest
    for package in ("uplot", "@observablehq/plot", "d3", "d3-array", "internmap", "isoformat"):
        assert f"vendor/{package}/LICENSE" not in found  # passed on, not served
        assert f"{package}/LICENSE" in fetched


@FETCHED
def test_wheel__holds_page_libraries_and_licences_but_not_what_checks_them(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "-d", tmp_path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as archive:
        names = {name for name in archive.namelist() if name.startswith("sim/web/")}
        manifest = json.loads(archive.read(f"sim/web/vendor/{MANIFEST}"))
    assert {f"sim/web/vendor/{name}" for name in manifest["files"]} <= names
    assert "sim/web/page/index.html" in names
    assert not [name for name in names if "node_modules" in name]
