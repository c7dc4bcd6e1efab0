"""Reads scenarios, and refuses whatever is wrong in them before anything runs."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from sim.core.motives import MOTIVES
from sim.core.state import COMPANY
from sim.errors import UserError, unknown
from sim.quantity import Rate, Span
from sim.scenario import About, Company, Event, Scenario, Section, Stop
from sim.shocks import KINDS as EVENT_KINDS
from sim.shocks import READS as EVENT_READS
from sim.styles import make
from sim.ties import KINDS as TIE_KINDS
from sim.ties import read_edges

TYPES = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    dict: "a table of numbers",
    tuple: "a list",
}
TABLES: dict[str, type[Section]] = {
    name: kind
    for name, kind in get_type_hints(Scenario).items()
    if isinstance(kind, type) and issubclass(kind, Section)
}
LISTS: dict[str, type[Section]] = {"companies": Company, "events": Event}
TEXTS = ("title", "about", "source", "style")
TOP = (*TEXTS, *TABLES, "motives", *LISTS, "origin")

PART = r"""\s*(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')\s*"""
MOST_COMPANIES = 10_000  # a person keeps their company in 16 bits
SETTING = re.compile(rf"({PART}(?:\.{PART})*)=(.*)", re.DOTALL)
"""KEY=VALUE: a key of TOML, bare, dotted or quoted, and a value."""


def shipped_folder(kind: str) -> Path:
    """Returns the folder of the shipped scenarios or experiments."""
    installed = Path(__file__).parent / f"_{kind}"
    return installed if installed.is_dir() else Path(__file__).parent.parent / kind


def scenario_folder() -> Path:
    """Returns the folder of the shipped scenarios."""
    return shipped_folder("scenarios")


def shipped() -> list[str]:
    """Returns the names of the shipped scenarios."""
    return sorted(path.stem for path in scenario_folder().glob("*.toml"))


def load(scenario: str | Path, settings: Iterable[str] = ()) -> Scenario:
    """Returns a scenario: shipped by name, or a TOML file by its path.

    `settings` are changes such as "population.people=500". A UserError lists everything that
    is wrong: file, key, value, what is allowed and the nearest right spelling.
    """
    return read(scenario, settings)[0]


def read(scenario: str | Path, settings: Iterable[str] = ()) -> tuple[Scenario, dict[str, str]]:
    """Returns a scenario and the origin of each value that is not a default, by dotted key."""
    path = find(scenario)
    table = parse(path)
    changed = tuple(f"{apply(table, setting)}." for setting in settings)
    origins = {
        key: "--set" if f"{key}.".startswith(changed) else path.name for key in dotted(table)
    }
    base = path.parent
    if isinstance(ties := table.get("ties"), dict) and isinstance(file := ties.get("file"), str):
        ties["file"] = str(base / file) if file else ""
    return build(table, path.name), origins


def find(scenario: str | Path) -> Path:
    """Returns the file of a scenario given by name or path."""
    if str(scenario).endswith(".toml") or Path(scenario).is_file():
        if not Path(scenario).is_file():
            raise UserError(f"{scenario}: there is no such scenario file")
        return Path(scenario)
    if str(scenario) not in shipped():
        raise unknown("scenario", str(scenario), shipped())
    return scenario_folder() / f"{scenario}.toml"


def parse(path: Path) -> dict[str, Any]:
    """Returns the table of a TOML file; a UserError names the place of what cannot be read."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as problem:
        raise UserError(f"{path}: cannot be read ({problem.strerror})") from None
    except UnicodeDecodeError as bad:
        raise UserError(f"{path}: byte {bad.start} is not UTF-8; save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as bad:
        raise UserError(f"{path}: not TOML: {bad}") from None


def dotted(table: Mapping[str, Any], prefix: str = "") -> Iterable[str]:
    """Yields the dotted keys of a table; what stands in a list has its number for a key."""
    for key, value in table.items():
        yield f"{prefix}{key}"
        if isinstance(value, list):
            value = {str(n): part for n, part in enumerate(value)}
        if isinstance(value, dict):
            yield from dotted(value, f"{prefix}{key}.")


def apply(table: dict[str, Any], setting: str) -> str:
    """Puts "a.b=3" into a table by TOML's own grammar, bare words as text; returns the key."""
    found = SETTING.fullmatch(setting)
    *path, last = _parts(found[1].strip()) if found else [""]
    if not found or not last:
        raise UserError(f"--set {setting}: must be KEY=VALUE, such as population.people=500")
    try:
        read = tomllib.loads(f"value = {found[2]}")
    except tomllib.TOMLDecodeError:
        read = {}
    value = read["value"] if len(read) == 1 else found[2].strip()
    for part in path:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise UserError(f"--set {setting}: {part!r} is not a table")
    table[last] = value
    return ".".join((*path, last))


def _parts(key: str) -> list[str]:
    """Returns the parts of a key of TOML: those of a."b.c" are a and b.c; [""] if it is none."""
    try:
        rest: Any = tomllib.loads(f"{key} = 0")
    except tomllib.TOMLDecodeError:
        return [""]
    parts = []
    while isinstance(rest, dict):
        [(part, rest)] = rest.items()
        parts.append(part)
    return parts


def change(scenario: Scenario, **tables: Mapping[str, Any] | str) -> Scenario:
    """Returns a scenario with some values changed.

    >>> shorter = change(world, time={"steps": 50}, style="commons")
    """
    table = as_table(scenario)
    for name, values in tables.items():
        if isinstance(values, Mapping) and isinstance(table.get(name), dict) and name != "motives":
            table[name] = table[name] | dict(values)
        else:
            table[name] = values
    return build(table, "change()")


def as_table(scenario: Scenario) -> dict[str, Any]:
    """Returns all effective values of a scenario as plain tables, as a file would hold them."""
    return msgspec.to_builtins(scenario, enc_hook=repr)  # type: ignore[no-any-return]


def build(table: Mapping[str, Any], file: str) -> Scenario:
    """Returns the scenario of a table; a UserError lists everything that is wrong with it."""
    wrong: list[str] = []
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key in TEXTS:
            if isinstance(value, str):
                values[key] = value
            else:
                wrong.append(f"{key} must be a text, but is {value!r}")
        elif key in TABLES:
            values[key] = section(TABLES[key], value, key, wrong)
        elif key in LISTS:
            values[key] = sections(LISTS[key], value, key, wrong)
        elif key == "motives":
            values[key] = mix(value, wrong)
        elif key == "origin":
            if isinstance(value, dict):
                values[key] = value
            else:
                wrong.append(f"origin must be a table, but is {value!r}")
        else:
            wrong.append(str(misplaced(key, "the file")))
    if "title" not in values and not wrong:
        wrong.append('the key title is missing: a scenario starts with title = "..."')
    if not wrong:
        scenario = Scenario(**values)
        consistent(scenario, wrong)
    if wrong:
        raise UserError("\n".join(f"{file}: {line}" for line in wrong))
    return scenario


def section(kind: type[Section], table: Any, place: str, wrong: list[str]) -> Section | None:
    """Returns one table of a scenario, and adds what is wrong with it to `wrong`."""
    if not isinstance(table, dict):
        wrong.append(f"{place} must be a table, but is {table!r}")
        return None
    known = kind.parameters()
    values: dict[str, Any] = {}
    before = len(wrong)
    for key, value in table.items():
        if key not in known:
            wrong.append(str(misplaced(key, f"[{place}]", known)))
            continue
        expected, about = known[key]
        try:
            values[key] = convert(value, expected)
            within(values[key], about)
        except ValueError as problem:
            wrong.append(f"{place}.{key} {problem} ({about.meaning})")
    for name in kind.__struct_fields__:
        if name not in table and name not in defaults(kind):
            wrong.append(f"{place}.{name} is missing ({known[name][1].meaning})")
    return kind(**values) if len(wrong) == before else None


def sections(kind: type[Section], tables: Any, place: str, wrong: list[str]) -> tuple[Any, ...]:
    """Returns a list of tables of a scenario."""
    if not isinstance(tables, list | tuple) or (not tables and kind is Company):
        wrong.append(f"{place} must be a list of tables, [[{place}]], but is {tables!r}")
        return ()
    return tuple(section(kind, t, f"{place}.{n}", wrong) for n, t in enumerate(tables))


def defaults(kind: type[Section]) -> set[str]:
    """Returns the names of the parameters that may be left out."""
    return {f.name for f in msgspec.structs.fields(kind) if not f.required}


def convert(value: Any, expected: Any) -> Any:
    """Returns a value as the expected type; ValueError says what was expected."""
    if expected in (Rate, Span):
        if isinstance(value, expected):
            return value
        if not isinstance(value, str):
            form = '"0.5 per week"' if expected is Rate else '"1 month"'
            raise ValueError(f"must carry its unit of time, such as {form}, but is {value!r}")
        try:
            return expected(value)
        except ValueError as problem:
            raise ValueError(f"is wrong: {problem}") from None
    try:
        return msgspec.convert(value, expected, strict=True)
    except msgspec.ValidationError:
        base = getattr(expected, "__origin__", expected)
        raise ValueError(f"must be {TYPES[base]}, but is {value!r}") from None


def within(value: Any, about: About) -> None:
    """Raises a ValueError where a number is not finite or outside its range."""
    if isinstance(value, str | dict):
        return
    if not about.low <= value <= about.high:
        unit = {Rate: " per day", Span: " days"}.get(type(value), "")
        raise ValueError(f"must lie in [{about.low:g}, {about.high:g}]{unit}, but is {value!r}")


def mix(value: Any, wrong: list[str]) -> dict[str, float]:
    """Returns the mean motive mix, whose shares must add up to 1."""
    if not isinstance(value, dict) or not value:
        wrong.append(f"motives must be a table of shares, but is {value!r}")
        return {}
    before = len(wrong)
    for key, share in value.items():
        if key not in MOTIVES:
            wrong.append(str(unknown("motive", key, MOTIVES)))
        elif isinstance(share, bool) or not isinstance(share, int | float) or not isfinite(share):
            wrong.append(f"motives.{key} must be a number, but is {share!r}")
        elif not 0 <= share <= 1:
            wrong.append(f"motives.{key} must lie in [0, 1], but is {share!r}")
    if len(wrong) == before and abs(sum(value.values()) - 1) > 1e-9:
        wrong.append(f"motives must add up to 1, but add up to {sum(value.values()):g}")
    return {key: float(share) for key, share in value.items()} if len(wrong) == before else {}


def misplaced(key: str, place: str, known: Iterable[str] = TOP) -> UserError:
    """Returns the error for a key that does not belong here, and where it does, if anywhere."""
    for table, kind in TABLES.items():
        if key in kind.parameters():
            return UserError(f"{place} has no key {key!r}; it belongs in [{table}]")
    if near := get_close_matches(key, list(known), n=1, cutoff=0.6):
        return UserError(f"{place} has no key {key!r}; did you mean {near[0]!r}?")
    for table, kind in TABLES.items():
        if near := get_close_matches(key, list(kind.parameters()), n=1, cutoff=0.8):
            return UserError(f"{place} has no key {key!r}; did you mean [{table}] {near[0]!r}?")
    return UserError(f"{place} has no key {key!r}; there are: {', '.join(known)}")


def consistent(scenario: Scenario, wrong: list[str]) -> None:
    """Adds to `wrong` whatever does not fit together or names what does not exist."""
    names = [company.name for company in scenario.companies]
    if len(names) > MOST_COMPANIES:
        wrong.append(f"companies: at most {MOST_COMPANIES}, but there are {len(names)}")
        return
    for name in sorted({name for name in names if names.count(name) > 1}):
        wrong.append(f"companies: {name!r} is the name of more than one company")
    styles: list[tuple[str, str, dict[str, float]]] = [("style", scenario.style, {})]
    for n, company in enumerate(scenario.companies):
        if not company.name.strip():
            wrong.append(f"companies.{n}.name must not be empty")
        if company.style:
            styles.append((f"companies.{n}.style", company.style, company.options))
        elif company.options:
            wrong.append(f"companies.{n}.options needs a style of the company's own")
        for option, value in company.options.items():
            if not isfinite(value):
                wrong.append(f"companies.{n}.options.{option} must be a number, but is {value!r}")
    for n, event in enumerate(scenario.events):
        if event.kind not in EVENT_KINDS:
            wrong.append(f"events.{n}.kind: {unknown('kind of event', event.kind, EVENT_KINDS)}")
        if event.company and event.company not in names:
            wrong.append(f"events.{n}.company: {unknown('company', event.company, names)}")
        for name in ("size", "lasts", "style"):
            if getattr(event, name) and name not in EVENT_READS.get(event.kind, (name,)):
                wrong.append(f"events.{n}.{name} means nothing for an event {event.kind!r}")
        if event.size < 0 and event.kind != "new_vision":
            wrong.append(f"events.{n}.size must be a share of at least 0, but is {event.size!r}")
        if event.kind == "new_style":
            styles.append((f"events.{n}.style", event.style, {}))
    for place, style, options in styles:
        try:
            make(style, options)
        except UserError as problem:
            wrong.append(f"{place}: {problem}")
    stop, series = scenario.stop, [field.name for field in COMPANY]
    if stop.outcome and stop.outcome not in series:
        wrong.append(f"stop.outcome: {unknown('series', stop.outcome, series)}")
    elif not stop.outcome and stop != Stop():
        wrong.append("stop.outcome is missing: the series of which below or above is the limit")
    people, world = scenario.population, scenario.world
    if people.conditional + people.free_riders + people.triangle > 1 + 1e-9:
        wrong.append("population: conditional, free_riders and triangle add up to more than 1")
    if world.largest_step >= world.ring:
        wrong.append(f"world.largest_step must be less than world.ring, {world.ring}")
    if scenario.ties.kind not in TIE_KINDS:
        wrong.append(f"ties.kind: {unknown('kind of ties', scenario.ties.kind, TIE_KINDS)}")
    elif scenario.ties.kind != "file" and scenario.ties.file:
        wrong.append('ties.file needs kind = "file"')
    elif scenario.ties.kind in ("small_world", "preferential") and scenario.ties.degree % 2:
        wrong.append(f"ties.degree must be even, but is {scenario.ties.degree}")
    elif scenario.ties.kind == "file" and not scenario.ties.file:
        wrong.append('ties.file is missing: kind = "file" needs a CSV with columns a,b')
    elif "\0" in scenario.ties.file:
        wrong.append(f"ties.file is no name that a file can have: {scenario.ties.file!r}")
    elif scenario.ties.kind == "file":
        try:
            read_edges(Path(scenario.ties.file), people.people)
        except UserError as problem:
            wrong.append(f"ties.file: {problem}")
