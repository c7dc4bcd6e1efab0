"""What there is, in words: parameters, plug-ins and sources, from where they are declared."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from inspect import getdoc
from pathlib import Path
from typing import Any

from msgspec.structs import fields

from sim.core.motives import MOTIVES
from sim.core.state import COMPANY
from sim.errors import UserError, unknown
from sim.metrics import METRICS
from sim.plots import PLOTS
from sim.quantity import Rate
from sim.reading import LISTS, TABLES, load, shipped
from sim.scenario import About, Scenario, Section, per_step
from sim.shocks import KINDS as EVENT_KINDS
from sim.styles import STYLES

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
    rows = []
    for table, key, about, value in _walk(scenario):
        name = f"{table}.{key}"
        step = None
        if isinstance(value, Rate):
            hazard = about.unit == HAZARD
            step = value.share(scenario.time.step) if hazard else per_step(value, about, scenario)
        origin = origins.get(name) or origins.get(table.split(".")[0], "default")
        if table in TABLES and name not in origins:
            origin = "default"
        rows.append(
            Value(
                name, value, step, about.unit, allowed(about), origin, about.meaning, about.source
            )
        )
    for motive, share in scenario.motives.items():
        origin = origins.get(f"motives.{motive}", "default")
        text = _motives()[motive]
        rows.append(Value(f"motives.{motive}", share, None, "share", "0 to 1", origin, text, "-"))
    return rows


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
    return f"{about.low:g} to {about.high:g}" + (" per day" if about.each_step else "")


def parameters() -> str:
    """Returns the reference of all parameters as Markdown, made from their declarations."""
    lines = [
        "# Parameters",
        "",
        "Made by `make docs` from `sim/scenario.py`; [D] marks our own choices.",
    ]
    for table, kind in {**TABLES, **LISTS}.items():
        doc = first_line(kind)
        heading = f"[[{table}]]" if table in LISTS else f"[{table}]"
        lines += ["", f"## `{heading}`", "", doc, ""]
        lines += [
            "| key | default | unit | range | meaning | source |",
            "|---|---|---|---|---|---|",
        ]
        for key, (_, about) in kind.parameters().items():
            default = _default(kind, key)
            cells = (f"`{key}`", default, about.unit, allowed(about), about.meaning, about.source)
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _default(kind: type[Section], key: str) -> str:
    """Returns the default of a parameter as Markdown."""
    field = next(f for f in fields(kind) if f.name == key)
    if field.required:
        return "required"
    value = field.default
    if isinstance(value, str) and value:
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
    "events": _events,
    "series": _series,
}
"""What can be listed: each gives names and what they mean."""

STYLE = '''"""{title}: say here what this way of managing is."""

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
    title = name.replace("_", " ").capitalize()
    if kind == "style":
        camel = "".join(part.capitalize() for part in name.split("_"))
        return Path(f"{name}.py"), STYLE.format(title=title, name=camel)
    if kind == "scenario":
        return Path(f"{name}.toml"), SCENARIO.format(title=title, file=f"{name}.toml")
    raise unknown("kind of template", kind, ("style", "scenario"))
