"""The layers of an experiment: files that extend each other, and changes by --set on top."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from stat import S_ISDIR
from typing import Any, NamedTuple

from sim.design.parameters import OPTIONS
from sim.design.words import meant, unknown
from sim.errors import UserError
from sim.reading import LISTS, apply, dotted, parse, shipped_folder
from sim.reading import shipped as worlds

PLACES = ("fixed", "vary", "ranges")
"""Tables whose keys are names of parameters; `ranges` stands in `sample`."""

SPECIFICATION = ("from", "to", "among")
"""A table with one of these keys says which values one parameter takes."""

TIES = "ties.file"


class Layer(NamedTuple):
    """One file, or one --set: its table, what it is called, and where its paths start from."""

    table: dict[str, Any]
    origin: str
    folder: Path


def shipped() -> list[str]:
    """Returns the names of the shipped experiments; `honesty.toml` beside them is none."""
    files = shipped_folder("experiments").glob("*.toml")
    return sorted(path.stem for path in files if path.stem != "honesty")


def find(experiment: str | Path) -> Path:
    """Returns the file of an experiment given by name or path."""
    path = Path(experiment)
    if path.suffix == ".toml" or path.is_file():
        return path
    if str(experiment) not in shipped():
        raise unknown("experiment", str(experiment), shipped())
    return shipped_folder("experiments") / f"{experiment}.toml"


def layers(path: Path, seen: tuple[Path, ...] = ()) -> Iterator[Layer]:
    """Yields the files of an experiment, from the first one extended to the file itself."""
    if not path.is_file():
        who = f"{seen[-1].name}: extends: " if seen else ""
        raise UserError(f"{who}{path}: there is no such experiment file")
    if path.resolve() in (other.resolve() for other in seen):
        circle = " -> ".join(file.name for file in (*seen, path))
        raise UserError(f"{path.name}: extends goes round in a circle: {circle}")
    yield from extended(Layer(parse(path), path.name, path.parent), (*seen, path))


def extended(layer: Layer, seen: tuple[Path, ...] = ()) -> Iterator[Layer]:
    """Yields what a layer extends, and the layer itself."""
    table = dict(layer.table)
    base = table.pop("extends", None)
    if base is not None and not isinstance(base, str):
        raise UserError(f"{layer.origin}: extends must be the name of a file, but is {base!r}")
    if base is not None:
        yield from layers(path_of(layer, "extends", base), seen)
    yield layer._replace(table=table)


def path_of(layer: Layer, key: str, name: str) -> Path:
    """Returns the path of a file that a layer names, whether or not there is one.

    A UserError says so, with the name as it is written, where no file can have it.
    """
    path = layer.folder / name
    try:
        if not S_ISDIR(path.stat().st_mode):
            return path
        said = "is a folder" if name else "is empty"
    except (FileNotFoundError, NotADirectoryError):
        return path
    except ValueError:  # a character that no name may have
        said = "is no name that a file can have"
    except OSError as bad:
        said = f"cannot be read ({bad.strerror})"
    raise UserError(f"{layer.origin}: {key} must be a file, but {name!r} {said}")


def set_layer(setting: str, keys: Iterable[str]) -> Layer:
    """Returns the layer of one --set: a key of the experiment, or else a value that is fixed."""
    table: dict[str, Any] = {}
    key = apply(table, setting)
    head = key.partition(".")[0]
    if meant(head, keys):
        raise UserError(f"--set {setting}: {unknown('key of an experiment', head, keys)}")
    if head not in keys:
        table = {"fixed": table}
    return Layer(table, "--set", Path())


def merge(parts: Iterable[Layer]) -> tuple[dict[str, Any], dict[str, str], dict[str, Path]]:
    """Returns the table of all layers, the origin of each key, and the data files by name.

    Tables are merged and lists replaced. The last word on a parameter counts, wherever it stands:
    what a file varies, another that extends it may fix.
    """
    table: dict[str, Any] = {}
    origins: dict[str, str] = {}
    files: dict[str, Path] = {}
    for layer in parts:
        new = _located(_named(layer.table), layer, files)
        for place, names in _places(new).items():
            for other, held in _places(table).items():
                for name in names if other != place else ():
                    held.pop(name, None)
        _merge_into(table, new)
        origins |= dict.fromkeys(dotted(new), layer.origin)
    return table, origins, files


def _places(table: Mapping[str, Any]) -> dict[str, Any]:
    sample = table.get("sample")
    inside = sample if isinstance(sample, dict) else {}
    found = {"fixed": table.get("fixed"), "vary": table.get("vary"), "ranges": inside.get("ranges")}
    return {place: names for place, names in found.items() if isinstance(names, dict)}


def _named(table: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a table in which parameters stand by their full names, however they were nested."""
    table = dict(table)
    if isinstance(table.get("sample"), dict):
        table["sample"] = dict(table["sample"])
    for place, names in _places(table).items():
        holder = table["sample"] if place == "ranges" else table
        holder[place] = dict(_flat(names))
    return table


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and not _specifies(name, value):
            yield from _flat(value, f"{name}.")
        else:
            yield name, value


def _specifies(name: str, table: Mapping[str, Any]) -> bool:
    """Whether a table says which values a parameter takes, as all do at names of their length."""
    head, *rest = name.split(".")
    length = 1 if head not in LISTS else 3 if OPTIONS in rest else 2
    return len(rest) >= length or any(word in table for word in SPECIFICATION)


def _located(table: dict[str, Any], layer: Layer, files: dict[str, Path]) -> dict[str, Any]:
    """Returns a table whose files are found from here; data files go by their bare names."""
    scenario = table.get("scenario")
    if isinstance(scenario, str):
        beside = layer.folder / scenario
        if scenario not in worlds():
            beside = path_of(layer, "scenario", scenario)
        if scenario.endswith(".toml") or beside.is_file():
            table["scenario"] = str(beside)
    points = table.get("table")
    if isinstance(points, str):
        points = {"file": points}
    if isinstance(points, dict) and isinstance(points.get("file"), str):
        table["table"] = points | {"file": str(path_of(layer, "table.file", points["file"]))}

    def bare(value: Any) -> Any:
        if isinstance(value, list):
            return [bare(one) for one in value]
        if isinstance(value, dict):
            return {key: bare(one) for key, one in value.items()}
        if not isinstance(value, str) or not value:
            return value
        path = path_of(layer, TIES, value)
        if files.setdefault(path.name, path).resolve() != path.resolve():
            raise UserError(f"{layer.origin}: two files are called {path.name!r}; rename one")
        return path.name

    for names in _places(table).values():
        if TIES in names:
            names[TIES] = bare(names[TIES])
    if isinstance(scenario, dict) and isinstance(ties := scenario.get("ties"), dict):
        table["scenario"] = scenario | {"ties": ties | {"file": bare(ties.get("file", ""))}}
    return table


def _merge_into(table: dict[str, Any], new: Mapping[str, Any]) -> None:
    """Merges a table into another, of which no part is shared with it."""
    for key, value in new.items():
        if not isinstance(value, dict):
            table[key] = value
            continue
        if not isinstance(table.get(key), dict):
            table[key] = {}
        _merge_into(table[key], value)
