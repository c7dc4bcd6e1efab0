"""What there is, in words: parameters, plug-ins and sources, from where they are declared."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from inspect import getdoc
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import fields

from sim.analysis.patterns import PATTERNS, Range
from sim.classics import CLASSICS
from sim.core.inputs import LEVERS
from sim.core.motives import MOTIVES, USERS_ONLY, WAITS
from sim.core.state import COMPANY, OFFER, PERSON, PROBLEM, TALLY, TYPE, WORLD, Field, type_of
from sim.design import read_experiment
from sim.design import shipped as studies
from sim.errors import UserError, unknown
from sim.metrics import METRICS
from sim.plots import PLOTS
from sim.quantity import Rate, Span
from sim.reading import LISTS, TABLES, load, shipped
from sim.scenario import DEFAULT_MOTIVES, RULES, About, Scenario, per_step
from sim.shocks import KINDS as EVENT_KINDS
from sim.styles import STYLES

TEXTS = {
    "title": About("text", 0, 0, "what the world is called", "-"),
    "about": About("text", 0, 0, "what it is", "-"),
    "source": About("text", 0, 0, "where its numbers come from", "-"),
    "style": About("style", 0, 0, "how a company is managed that has no style of its own", "-"),
}
"""What is known of the keys at the top of a scenario."""

HAZARD = "1 per time"
"""The unit of rates that are shown as the chance, or the part of the way, of one step."""


@dataclass(frozen=True)
class Value:
    """One effective value of a scenario: what it is, and where it comes from."""

    key: str
    value: Any
    per_step: float | None
    unit: str
    allowed: str
    origin: str
    meaning: str
    source: str


def effective(scenario: Scenario, origins: dict[str, str]) -> list[Value]:
    """Returns all values of a scenario in order; rates also as what they come to in a step."""

    def row(key: str, value: Any, about: About) -> Value:
        step = None
        if isinstance(value, Rate):
            hazard = about.unit == HAZARD
            step = value.share(scenario.time.step) if hazard else per_step(value, about, scenario)
        origin = origins.get(key, "default")
        return Value(
            key, value, step, about.unit, allowed(about), origin, about.meaning, about.source
        )

    texts = [row(name, getattr(scenario, name), about) for name, about in TEXTS.items()]
    rows = [row(f"{table}.{key}", value, about) for table, key, about, value in _walk(scenario)]
    about_motives = _about_motives()
    motives = [
        row(f"motives.{name}", share, about_motives[name])
        for name, share in scenario.motives.items()
    ]
    return [*texts, *rows, *motives]


def _about_motives() -> dict[str, About]:
    return {name: About("share", 0, 1, text, "[D]") for name, text in _motives().items()}


def _walk(scenario: Scenario) -> Iterable[tuple[str, str, About, Any]]:
    for table, kind in TABLES.items():
        for key, (_, about) in kind.parameters().items():
            yield table, key, about, getattr(getattr(scenario, table), key)
    for table, kind in LISTS.items():
        for n, row in enumerate(getattr(scenario, table)):
            for key, (_, about) in kind.parameters().items():
                yield f"{table}.{n}", key, about, getattr(row, key)


def allowed(about: About) -> str:
    """Returns the range of a parameter in words."""
    if about.low == about.high:
        return ""
    if about.low == -float("inf"):
        return "any"
    unit = " per day" if about.each_step else " days" if about.unit == "time" else ""
    return f"{about.low:g} to {about.high:g}{unit}"


def parameters() -> str:
    """Returns the reference of all parameters as Markdown, made from their declarations."""
    lines = [
        "# Parameters",
        "",
        "Made by `make docs` from `sim/scenario.py`; [D] marks our own choices.",
        *_described("At the top of the file", "What the world is.", TEXTS, _defaults(Scenario)),
    ]
    for table, kind in {**TABLES, **LISTS}.items():
        about = {key: about for key, (_, about) in kind.parameters().items()}
        heading = f"`[[{table}]]`" if table in LISTS else f"`[{table}]`"
        lines += _described(heading, first_line(kind), about, _defaults(kind))
    motives = {name: DEFAULT_MOTIVES.get(name, 0.0) for name in MOTIVES}
    doc = "Mean motive mix of the population, adding up to 1; without the table, the defaults."
    lines += _described("`[motives]`", doc, _about_motives(), motives)
    lines += [
        "",
        "## `[origin]`",
        "",
        "Where an anchored world comes from; `[origin.real]` holds the real community's patterns, "
        "which `cocreate compare` prints beside the simulated ones. It changes no number.",
    ]
    return "\n".join(lines) + "\n"


def _described(
    heading: str, doc: str, about: dict[str, About], values: dict[str, Any]
) -> list[str]:
    """Returns the lines of one table of the reference."""
    lines = ["", f"## {heading}", "", doc, ""]
    lines += ["| key | default | unit | range | meaning | source |", "|---|---|---|---|---|---|"]
    for key, known in about.items():
        cells = (
            f"`{key}`", _written(values[key]), known.unit, allowed(known), known.meaning,
            known.source,
        )  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _defaults(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Returns the defaults of a table's keys; NODEFAULT for what must be given."""
    return {field.name: field.default for field in fields(kind)}


def _written(value: Any) -> str:
    """Returns a default as Markdown."""
    if value is msgspec.NODEFAULT:
        return "required"
    if value and isinstance(value, str | Rate | Span):
        return f'`"{value}"`'
    return f"`{value!r}`" if isinstance(value, int | float) else "empty"


def _table(head: str, rows: Iterable[Iterable[str]]) -> list[str]:
    """Returns the lines of a Markdown table; `head` names its columns."""
    names = head.split(" | ")
    return [f"| {' | '.join(row)} |" for row in (names, ["---"] * len(names), *rows)]


def _state(symbol: str, declared: tuple[Field, ...]) -> list[str]:
    """Returns the table of the fields of one record, named as the rules name them."""
    rows = ((f"`{symbol}.{field.name}`", _kept(field), field.unit, field.doc) for field in declared)
    return _table("name | kept as | unit | meaning", rows)


def _kept(field: Field) -> str:
    """Returns the type of number that a field holds, as in float32."""
    kind: Any = type_of[field.kind]
    return str(kind.__name__)


def _constants() -> list[str]:
    """Returns the table of all parameters: those that the rules read as `par.name`."""
    rows = [
        (
            f"`par.{key}`" if table in RULES else f"`{table}.{key}`",
            _written(_defaults(kind)[key]),
            about.unit,
            allowed(about),
            about.each_step,
            about.meaning,
            about.source,
        )
        for table, kind in TABLES.items()
        for key, (_, about) in kind.parameters().items()
    ]
    return _table("name | default | unit | range | a step | meaning | source", rows)


def _mix() -> list[str]:
    """Returns the table of the motives."""
    rows = (
        (f"`{name}`", f"{DEFAULT_MOTIVES.get(name, 0.0):g}", ("all", "users")[users],
         ("no", "yes")[waits], meaning)
        for (name, meaning), users, waits in zip(_motives().items(), USERS_ONLY, WAITS, strict=True)
    )  # fmt: skip
    return _table("motive | mean weight | who has it | waits for others | meaning", rows)


def _starts() -> list[str]:
    """Returns the table of the levers at which each style stands, or starts."""
    starts = {name: style.levers for name, style in STYLES.items()}
    rows = (
        (f"`{lever}`", *(f"{getattr(levers, lever):g}" for levers in starts.values()))
        for lever in LEVERS
    )
    return _table(" | ".join(["lever", *starts]), rows)


def _expected() -> list[str]:
    """Returns the table of the patterns and their ranges, by number."""

    def between(one: Range) -> str:
        if one.low == -float("inf"):
            return f"at most {one.high:g}"
        if one.high == float("inf"):
            return f"at least {one.low:g}"
        return f"{one.low:g} to {one.high:g}"

    rows = (
        (str(pattern.number), pattern.title, one.what, between(one), pattern.use, pattern.source)
        for pattern in sorted(PATTERNS.values(), key=lambda pattern: pattern.number)
        for one in pattern.ranges
    )
    return _table("# | pattern | number | range | use | source", rows)


BLOCKS: dict[str, Callable[[], list[str]]] = {
    "patterns": _expected,
    "person": lambda: _state("me", PERSON),
    "kind": lambda: _state("kind", TYPE),
    "company": lambda: _state("company", COMPANY),
    "offer": lambda: _state("offer", OFFER),
    "tally": lambda: _state("tally", TALLY),
    "problem": lambda: _state("task", PROBLEM),
    "world": lambda: _state("world", WORLD),
    "parameters": _constants,
    "motives": _mix,
    "styles": _starts,
}
"""The tables that `fill` writes, by the names in their marks."""


def filled(text: str) -> str:
    """Returns a Markdown text with its marked tables written anew.

    A table stands between `<!-- generated: NAME -->` and `<!-- end -->`, NAME being one of BLOCKS.
    """

    def written(found: re.Match[str]) -> str:
        if found[1] not in BLOCKS:
            raise unknown("table", found[1], BLOCKS)
        lines = "\n".join(BLOCKS[found[1]]())
        return f"<!-- generated: {found[1]} -->\n\n{lines}\n\n<!-- end -->"

    return re.sub(r"<!-- generated: (\S+) -->.*?<!-- end -->", written, text, flags=re.DOTALL)


def fill(path: Path) -> None:
    """Writes the marked tables of a Markdown file anew."""
    path.write_text(filled(path.read_text("utf-8")), "utf-8")


def sources(scenario: Scenario | None) -> list[str]:
    """Returns the sources of the model, and of a scenario, in alphabetical order."""
    found = set()
    for kind in (*TABLES.values(), *LISTS.values()):
        for _, about in kind.parameters().values():
            found |= {part.strip() for part in about.source.split(";")}
    cleaned = {re.sub(r",? (our|re-est).*|: .*| measured.*", "", s).strip() for s in found}
    lines = sorted(s for s in cleaned if re.search(r"\d{4}", s))
    if scenario is not None and scenario.source:
        lines.append(f"{scenario.title}: {' '.join(scenario.source.split())}")
    return lines


def first_line(thing: Any) -> str:
    """Returns the first line of what is said of a thing where it is defined."""
    return (getdoc(thing) or "").partition("\n")[0]


def _styles() -> dict[str, str]:
    return {name: first_line(style) for name, style in STYLES.items()}


def _scenarios() -> dict[str, str]:
    return {name: load(name).title for name in shipped()}


def _experiments() -> dict[str, str]:
    return {name: " ".join(read_experiment(name).texts["question"].split()) for name in studies()}


def _motives() -> dict[str, str]:
    files = {name: import_module(f"sim.core.motives.{name}") for name in MOTIVES}
    return {name: first_line(file) for name, file in files.items()}


def _metrics() -> dict[str, str]:
    return {m.name: f"{m.title} [{m.unit}]: {m.definition}" for m in METRICS.values()}


def _plots() -> dict[str, str]:
    return {name: first_line(plot) for name, plot in PLOTS.items()}


def _classics() -> dict[str, str]:
    return {name: f"{classic.title} ({classic.source})" for name, classic in CLASSICS.items()}


def _patterns() -> dict[str, str]:
    by_number = sorted(PATTERNS.values(), key=lambda pattern: pattern.number)
    return {p.name: f"{p.number}, {p.title} ({p.source})" for p in by_number}


def _events() -> dict[str, str]:
    return {name: first_line(event) for name, event in EVENT_KINDS.items()}


def _series() -> dict[str, str]:
    return {field.name: f"{field.doc} [{field.unit}]" for field in COMPANY}


KINDS: dict[str, Callable[[], dict[str, str]]] = {
    "styles": _styles,
    "scenarios": _scenarios,
    "experiments": _experiments,
    "motives": _motives,
    "metrics": _metrics,
    "plots": _plots,
    "classics": _classics,
    "patterns": _patterns,
    "events": _events,
    "series": _series,
}
"""What can be listed: each gives names and what they mean."""

STYLE = '''"""{name}: say here what this way of managing is."""

from dataclasses import dataclass

from sim import Levers, Report, Style, moved


@dataclass
class {name}(Style):
    """Say in one line what this style does, with its source."""

    pace: float = 0.05
    """An option of the style: how fast it moves."""

    levers = Levers(control=0.4, vision=0.5, transparency=0.6, tools=0.5, fun=0.5)

    def decide(self, report: Report) -> Levers:
        """Opens up when trust is low."""
        low = report["trust"][-1] < 0.5
        return moved(report.levers, transparency=self.pace if low else 0.0)
'''

SCENARIO = """title = "{title}"
about = "What this world is."
source = "Where its numbers come from."
style = "foundation"

[time]
step = "1 month"
steps = 100

[population]
people = 1500
volunteers = 0.3

[motives]
money = 0.25
recognition = 0.12
fun = 0.29
social = 0.15
own_use = 0.19

# Every other value has a default: cocreate check {file}
"""


def template(kind: str, name: str) -> tuple[Path, str]:
    """Returns the file and the text of a new style or scenario."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise UserError(f"{name!r} must be small letters, digits and underscores, as in my_way")
    if kind == "style" and name in STYLES:
        raise UserError(f"There is a style called {name!r} already; choose another name")
    title = name.replace("_", " ").capitalize()
    if kind == "style":
        camel = "".join(part.capitalize() for part in name.split("_"))
        return Path(f"{name}.py"), STYLE.format(name=camel)
    if kind == "scenario":
        return Path(f"{name}.toml"), SCENARIO.format(title=title, file=f"{name}.toml")
    raise unknown("kind of template", kind, ("style", "scenario"))
