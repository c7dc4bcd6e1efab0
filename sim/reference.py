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

from sim.classics import CLASSICS
from sim.core.motives import MOTIVES
from sim.core.state import COMPANY
from sim.errors import UserError, unknown
from sim.metrics import METRICS
from sim.plots import PLOTS
from sim.quantity import Rate, Span
from sim.reading import LISTS, TABLES, load, shipped
from sim.scenario import DEFAULT_MOTIVES, About, Scenario, per_step
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


def _motives() -> dict[str, str]:
    files = {name: import_module(f"sim.core.motives.{name}") for name in MOTIVES}
    return {name: first_line(file) for name, file in files.items()}


def _metrics() -> dict[str, str]:
    return {m.name: f"{m.title} [{m.unit}]: {m.definition}" for m in METRICS.values()}


def _plots() -> dict[str, str]:
    return {name: first_line(plot) for name, plot in PLOTS.items()}


def _classics() -> dict[str, str]:
    return {name: f"{classic.title} ({classic.source})" for name, classic in CLASSICS.items()}


def _events() -> dict[str, str]:
    return {name: first_line(event) for name, event in EVENT_KINDS.items()}


def _series() -> dict[str, str]:
    return {field.name: f"{field.doc} [{field.unit}]" for field in COMPANY}


KINDS: dict[str, Callable[[], dict[str, str]]] = {
    "styles": _styles,
    "scenarios": _scenarios,
    "motives": _motives,
    "metrics": _metrics,
    "plots": _plots,
    "classics": _classics,
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
