"""Reads the file of the honesty test, and refuses whatever is wrong in it before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from scipy.stats import qmc

from sim.core.inputs import LEVERS, MEANING, Levers
from sim.errors import UserError, unknown
from sim.reading import TABLES, change, misplaced, parse, section, shipped_folder
from sim.scenario import About, Scenario, Section
from sim.styles import STYLES

DRAW_SEED = 1
"""Seed of the hypercube: every run of the test meets the same drawn worlds."""

CHANGES = (*TABLES, "motives", "events")
"""What of the default world an environment may change."""

KEYS = {
    "question": "what the file asks, a text",
    "seeds": "runs of each style in each environment",
    "styles": "names of the styles that are compared",
    "environment": "worlds, tables [[environment]]",
    "worlds": "worlds that nobody chose",
    "middle": "levers of the shifts where they say nothing",
    "shift": "levers before and after, tables [[shift]]",
    "zero": "the world without any gain of a lever",
}


class Worlds(Section, frozen=True):
    """Worlds that nobody chose: how many, with how many runs, and the values they draw from."""

    number: Annotated[int, About("count", 0, 100_000, "worlds that are drawn", "[D]")]
    seeds: Annotated[int, About("count", 1, 100_000, "runs of each style in each of them", "[D]")]
    values: Annotated[dict[str, Any], About("lists", 0, 0, "values by key of a scenario", "[D]")]


class Shift(Section, frozen=True):
    """One shift: the levers that it moves, before and after."""

    name: Annotated[str, About("text", 0, 0, "name of the shift", "[D]")]
    before: Annotated[dict[str, Any], About("levers", 0, 0, "where it starts", "[D]")]
    after: Annotated[dict[str, Any], About("levers", 0, 0, "where it leads", "[D]")]


@dataclass(frozen=True)
class Question:
    """What the file asks.

    `environments` and `shifts`, (before, after), are in the order of the file, by name; `table` is
    the file as it was read.
    """

    text: str
    seeds: int
    styles: tuple[str, ...]
    environments: dict[str, Scenario]
    shifts: dict[str, tuple[Levers, Levers]]
    zero: Scenario
    worlds: Worlds
    table: dict[str, Any]

    def draw(self, number: int) -> list[tuple[dict[str, Any], Scenario]]:
        """Returns worlds that nobody chose, each with its values by dotted key.

        A Latin hypercube (McKay, Beckman & Conover 1979): of each key all values are as frequent.
        """
        lists = self.worlds.values
        sampler = qmc.LatinHypercube(len(lists), rng=DRAW_SEED)
        drawn = []
        for n, point in enumerate(sampler.random(number)):
            values = {
                key: choices[int(place * len(choices))]
                for (key, choices), place in zip(lists.items(), point, strict=True)
            }
            tables: dict[str, dict[str, Any]] = {}
            for key, value in values.items():
                table, name = key.split(".")
                tables.setdefault(table, {})[name] = value
            drawn.append((values, change(Scenario(title=f"world {n}"), **tables)))
        return drawn


def shipped() -> Path:
    """Returns the file that comes with the package."""
    return shipped_folder("experiments") / "honesty.toml"


def read(file: str | Path | None = None) -> Question:
    """Returns what a file asks, by default the one that comes with the package.

    A UserError lists everything that is wrong: file, key, value, what is allowed and the nearest
    right spelling.
    """
    path = shipped() if file is None else Path(file)
    table = parse(path)
    wrong = [str(unknown("key of the file", key, KEYS)) for key in table if key not in KEYS]
    wrong += [f"{key} is missing ({KEYS[key]})" for key in KEYS if key not in table]
    if wrong:
        raise _refused(path, wrong)
    text, seeds = table["question"], table["seeds"]
    if not isinstance(text, str):
        wrong.append(f"question must be a text, but is {text!r}")
    if isinstance(seeds, bool) or not isinstance(seeds, int) or seeds < 2:
        wrong.append(f"seeds must be a whole number of at least 2, but is {seeds!r}")
    styles = _styles(table["styles"], wrong)
    environments = {
        name: _world(name, tables, f"environment {name!r}", wrong)
        for name, tables in _named(table["environment"], "environment", wrong)
    }
    middle = _levers(table["middle"], "middle", wrong)
    shifts = {}
    for name, parts in _named(table["shift"], "shift", wrong):
        place = f"shift {name!r}"
        found = section(Shift, {"name": name, **parts}, place, wrong)
        if isinstance(found, Shift):
            before, after = (
                Levers(**{**middle, **_levers(levers, f"{place}.{when}", wrong)})
                for when, levers in (("before", found.before), ("after", found.after))
            )
            shifts[name] = (before, after)
    zero = table["zero"]
    without = _world("without gains", zero, "zero", wrong)
    worlds = section(Worlds, table["worlds"], "worlds", wrong)
    if isinstance(worlds, Worlds):
        _check_values(worlds.values, wrong)
    if wrong or not isinstance(worlds, Worlds) or without is None:
        raise _refused(path, wrong)
    return Question(
        text=text,
        seeds=seeds,
        styles=styles,
        environments={name: world for name, world in environments.items() if world is not None},
        shifts=shifts,
        zero=without,
        worlds=worlds,
        table=table,
    )


def _refused(path: Path, wrong: list[str]) -> UserError:
    return UserError("\n".join(f"{path.name}: {line}" for line in wrong))


def _styles(names: Any, wrong: list[str]) -> tuple[str, ...]:
    """Returns the names of two or more styles, each once."""
    if not isinstance(names, list) or len(names) < 2:
        wrong.append(f"styles must be a list of two names or more, but is {names!r}")
        return ()
    known = [name for name in names if name in list(STYLES)]
    wrong += [f"styles: {unknown('style', name, STYLES)}" for name in names if name not in known]
    if len(set(known)) < len(known):
        wrong.append(f"styles must name each style once, but is {names!r}")
    return tuple(known)


def _named(tables: Any, kind: str, wrong: list[str]) -> Iterable[tuple[str, dict[str, Any]]]:
    """Yields the name of each table of a list, which must be its own, and what else is in it."""
    if not isinstance(tables, list) or not tables:
        wrong.append(f"{kind} must be a list of tables, [[{kind}]], but is {tables!r}")
        return
    taken: set[str] = set()
    for n, table in enumerate(tables):
        name = table.get("name") if isinstance(table, dict) else None
        if not isinstance(name, str) or not name.strip():
            wrong.append(f"{kind}.{n} must be a table with a name, but is {table!r}")
        elif name in taken:
            wrong.append(f"{kind}.{n}: {name!r} is the name of more than one {kind}")
        else:
            taken.add(name)
            yield name, {key: value for key, value in table.items() if key != "name"}


def _world(title: str, tables: Any, place: str, wrong: list[str]) -> Scenario | None:
    """Returns the default world with some values changed."""
    if not isinstance(tables, dict):
        wrong.append(f"{place} must be a table, but is {tables!r}")
        return None
    known = ("about", *CHANGES)
    misspelt = [str(misplaced(key, place, known)) for key in tables if key not in known]
    wrong += misspelt
    if misspelt:
        return None
    try:
        return change(Scenario(title=title), **tables)
    except UserError as mistake:
        lines = str(mistake).splitlines()
        wrong += [f"{place}: {line.removeprefix('change(): ')}" for line in lines]
        return None


def _levers(values: Any, place: str, wrong: list[str]) -> dict[str, float]:
    """Returns levers by name, each in [0, 1]."""
    if not isinstance(values, dict):
        wrong.append(f"{place} must be a table of levers, but is {values!r}")
        return {}
    found = {}
    for name, value in values.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if name not in LEVERS:
            wrong.append(f"{place}: {unknown('lever', name, LEVERS)}")
        elif not number or not 0 <= value <= 1:
            wrong.append(f"{place}.{name} must lie in [0, 1], but is {value!r} ({MEANING[name]})")
        else:
            found[name] = float(value)
    return found


def _check_values(lists: Mapping[str, Any], wrong: list[str]) -> None:
    """Adds to `wrong` whatever a drawn world could not have for a value."""
    known = [f"{table}.{name}" for table, kind in TABLES.items() for name in kind.parameters()]
    for key, choices in lists.items():
        place = f'worlds.values."{key}"'
        if key not in known:
            wrong.append(f"worlds.values: {unknown('value of a scenario', key, known)}")
        elif not isinstance(choices, list) or not choices:
            wrong.append(f"{place} must be a list of values, but is {choices!r}")
        else:
            table, name = key.split(".")
            for choice in choices:
                _world("drawn", {table: {name: choice}}, place, wrong)
    if not lists:
        wrong.append("worlds.values must name one value of a scenario or more")
