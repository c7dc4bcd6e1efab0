"""What a study is, by which code, and how two studies differ: `manifest.json`."""

import hashlib
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

import sim
from sim.core.jit import CORE_HASH, source_digest
from sim.errors import UserError

FORMAT = 1
PACKAGE = Path(sim.__file__).parent
PACKAGES = ("numpy", "numba", "mesa", "pyarrow")
MODEL = (
    "core measures metrics quantity reading registry scenario shocks simulation styles tail "
    "threads ties"
).split()
"""The modules that results are made of; all others only run them, keep them and look at them."""
RUN = {
    "run": "int64",
    "key": "string",
    "point_id": "int64",
    "rep": "int64",
    "style": "string",
    "seed": "int64",
}
ENDED = {
    "status": "string",
    "error": "string",
    "step": "int64",
    "place": "string",
    "seconds": "float64",
}
"""How a run ended: "done" or "failed"; what went wrong, at which step, in which file and line."""
SERIES = {"run": "int64", "key": "string", "step": "int64", "company": "string"}
EVENTS = {
    "run": "int64",
    "step": "int64",
    "person": "int64",
    "company": "string",
    "event": "string",
    "value": "float64",
}
LARGEST_SEED = 2**63 - 1  # larger ones are kept as text
SHOWN = 5  # differences that a message lists
NOTHING = "nothing"


def model_digest(package: Path) -> str:
    """Returns 16 hex digits for the source of all that results are made of."""
    digest = hashlib.sha256()
    for name in MODEL:
        file = package / f"{name}.py"
        source = (
            file.read_bytes().replace(b"\r\n", b"\n")
            if file.is_file()
            else source_digest(package / name).encode()
        )
        digest.update(f"{name}\0{len(source)}\0".encode() + source)
    return digest.hexdigest()[:16]


CODE = {"core": CORE_HASH, "model": model_digest(PACKAGE)}
"""The code of this process, as it was when it started."""


def new_manifest(
    experiment: Mapping[str, Any],
    n_runs: int,
    chunk: int,
    columns: Mapping[str, Mapping[str, str]],
    outcomes: Sequence[str],
    digests: Mapping[str, str],
    free: Sequence[str],
) -> dict[str, Any]:
    """Returns what is written of a new study: plain, and free of machines, users and folders."""
    manifest = {
        "format": FORMAT,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "experiment": experiment,
        "free": free,
        "n_runs": n_runs,
        "chunk": chunk,
        "columns": columns,
        "outcomes": outcomes,
        "digests": digests,
        "code": CODE,
        "commit": commit(),
        "versions": versions(),
    }
    plain: dict[str, Any] = json.loads(json.dumps(manifest))
    return plain


def declared(
    experiment: Mapping[str, Any],
    outcomes: Sequence[str],
    varied: Mapping[str, str],
    series: Mapping[str, str],
    events: bool,
) -> dict[str, dict[str, str]]:
    """Returns the types of all columns of runs, series and events by name: one declared schema."""
    seed = "int64" if abs(experiment.get("seed", 0)) <= LARGEST_SEED else "string"
    found = {
        "runs": [
            *{**RUN, "seed": seed}.items(),
            *varied.items(),
            *ENDED.items(),
            *((outcome, "float64") for outcome in outcomes),
        ]
    }
    if series:
        found["series"] = [*SERIES.items(), *series.items()]
    if events:
        found["events"] = [*EVENTS.items()]
    for kind, columns in found.items():
        names = [name for name, _ in columns]
        if double := sorted({name for name in names if names.count(name) > 1}):
            raise UserError(f"Two columns of {kind} would be called {double[0]!r}")
    return {kind: dict(columns) for kind, columns in found.items()}


def identity(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what two sweeps must agree on to put their runs into one table.

    How many runs there are is not part of it: a study may gain some at its end.
    """
    experiment = without(manifest["experiment"], manifest["free"])
    same = ("columns", "outcomes", "digests", "code")
    return {"experiment": experiment} | {key: manifest[key] for key in same}


def without(table: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Returns a table without the entries of these names; "scenario.title" is one within one."""
    kept = {key: value for key, value in table.items() if key not in names}
    for key, value in kept.items():
        if inner := [n.removeprefix(f"{key}.") for n in names if n.startswith(f"{key}.")]:
            kept[key] = without(value, inner)
    return kept


def digest(manifest: Mapping[str, Any]) -> str:
    """Returns 32 hex digits that name a study, the same for all that may share a folder."""
    text = json.dumps(identity(manifest), sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def differences(there: object, here: object, name: str = "") -> Iterator[tuple[str, str, str]]:
    """Yields the dotted name of each entry that differs, its value there and its value here."""
    if isinstance(there, dict) and isinstance(here, dict):
        for key in {**there, **here}:
            dotted = f"{name}.{key}" if name else key
            if key not in there:
                yield dotted, NOTHING, _short(here[key])
            elif key not in here:
                yield dotted, _short(there[key]), NOTHING
            else:
                yield from differences(there[key], here[key], dotted)
    elif isinstance(there, list) and isinstance(here, list) and len(there) == len(here):
        for position, (one, other) in enumerate(zip(there, here, strict=True), start=1):
            yield from differences(one, other, f"{name}[{position}]")
    elif there != here:
        yield name, _short(there), _short(here)


def told(there: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    """Returns the first differences of two studies, a line each; "" if there are none."""
    if there == here:
        return ""  # at once: whoever writes a part asks
    found = list(differences(identity(there), identity(here)))
    lines = [f"  {_difference(*one)}" for one in found[:SHOWN]]
    if len(found) > SHOWN:
        lines.append(f"  and {len(found) - SHOWN} more")
    return "\n".join(lines)


def _difference(name: str, old: str, new: str) -> str:
    """Returns what differs, for a reader: digests tell nobody anything."""
    name = name.removeprefix("experiment.")
    part, _, rest = name.partition(".")
    if part == "sources" and NOTHING not in (old, new):
        kind, _, which = rest.partition(".")
        what = "file" if kind == "file" else f"file of the {kind}"
        return f"the {what} {which!r} has changed"
    return f"{name}: there {old}, here {new}"


@cache
def versions() -> dict[str, str]:
    """Returns the versions of Python, of cocreate and of what it computes with."""
    packages = {name: version(name) for name in PACKAGES}
    return {"python": python_version(), "cocreate": sim.__version__, **packages}


@cache
def commit(package: Path = PACKAGE) -> str | None:
    """Returns the commit of the code, with "-dirty" if it was edited; None for an installed one."""

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=package, capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", "__init__.py")
        return git("describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
    except (OSError, subprocess.SubprocessError):
        return None


def _short(value: object) -> str:
    """Returns a value as it is written in a file, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
