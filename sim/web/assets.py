"""The files of the page: ours, and those of others that npm has fetched, known by their hash.

Only what stands in the table that `read_assets` returns is ever served.
"""

import json
import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sim.errors import UserError

HERE = Path(__file__).parent
MANIFEST = "manifest.json"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
"""Endings of the files that are served, and the type of each."""

FETCH = "the lab's page is not whole: {}; in a checkout of cocreate type: make lab"


@dataclass(frozen=True)
class Asset:
    """A file of the page."""

    path: Path
    kind: str
    digest: str = ""
    """SHA-256 of a file of others; empty for our own, which may change while one writes it."""


def read_assets(folder: Path | None = None) -> dict[str, Asset]:
    """Returns all files of the page by their address, such as "page/lab.css".

    A UserError says what to type where a file is missing or is not what was fetched.
    """
    folder = folder or HERE
    page = folder / "page"
    found = {
        path.relative_to(folder).as_posix(): Asset(path, KINDS[path.suffix])
        for path in sorted(page.rglob("*"))
        if path.suffix in KINDS and path.is_file()
    }
    if "page/index.html" not in found:
        raise UserError(FETCH.format("page/index.html is missing"))
    for name, digest in read_manifest(folder / "vendor").items():
        path = folder / "vendor" / name
        if not path.is_file():
            raise UserError(FETCH.format(f"vendor/{name} is missing"))
        if digest_of(path) != digest:
            raise UserError(FETCH.format(f"vendor/{name} is not what was fetched"))
        if path.suffix in KINDS:
            found[f"vendor/{name}"] = Asset(path, KINDS[path.suffix], digest)
    return found


def read_manifest(vendor: Path) -> dict[str, str]:
    """Returns the SHA-256 of every fetched file by its path."""
    try:
        files = json.loads((vendor / MANIFEST).read_bytes())["files"]
        return {str(name): str(digest) for name, digest in files.items()}
    except FileNotFoundError:
        raise UserError(FETCH.format("the libraries it draws with were not fetched")) from None
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        raise UserError(FETCH.format(f"vendor/{MANIFEST} cannot be read")) from None


def gather(folder: Path = HERE) -> list[str]:
    """Copies what the page needs from node_modules to vendor, anew, and writes its manifest.

    What it needs, package.json lists as "vendor". The licences of each package and of all that it
    is made of come with it.
    """
    modules, vendor = folder / "node_modules", folder / "vendor"
    wanted = json.loads((folder / "package.json").read_bytes())["vendor"]
    sources = {f"{package_of(name)}/{Path(name).name}": modules / name for name in wanted}
    for package in sorted(made_of({package_of(name) for name in wanted}, modules)):
        licences = sorted((modules / package).glob("LICEN[CS]E*"))
        if not licences:
            raise UserError(f"{package} comes without a licence; it must not be passed on")
        sources |= {f"{package}/{path.name}": path for path in licences}
    shutil.rmtree(vendor, ignore_errors=True)
    for name, source in sources.items():
        (vendor / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, vendor / name)
    files = {name: digest_of(vendor / name) for name in sorted(sources)}
    (vendor / MANIFEST).write_text(json.dumps({"files": files}, indent=1) + "\n", "utf-8")
    return list(files)


def package_of(name: str) -> str:
    """Returns the package that a path in node_modules belongs to: "d3", "@observablehq/plot"."""
    parts = name.split("/")
    return "/".join(parts[:2] if name.startswith("@") else parts[:1])


def made_of(packages: set[str], modules: Path) -> set[str]:
    """Returns packages and all that they depend on, whose code theirs may hold."""
    found: set[str] = set()
    ahead = set(packages)
    while ahead:
        package = ahead.pop()
        found.add(package)
        about = json.loads((modules / package / "package.json").read_bytes())
        ahead |= about.get("dependencies", {}).keys() - found
    return found


def digest_of(path: Path) -> str:
    """Returns the SHA-256 of a file."""
    return sha256(path.read_bytes()).hexdigest()
