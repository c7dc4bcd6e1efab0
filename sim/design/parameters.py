"""What an experiment may set or vary: the scenario's parameters, levers, options of styles.

A value is kept as it was written, a rate as its text; it becomes a number where a scenario is made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from math import isfinite
from sys import float_info
from typing import Any, NamedTuple, get_type_hints

from msgspec.structs import replace

from sim.core.inputs import LEVERS, MEANING
from sim.core.motives import MOTIVES
from sim.errors import UserError, unknown
from sim.quantity import Rate, Span
from sim.reading import LISTS, TABLES, convert, within
from sim.scenario import About, Scenario, Section
from sim.styles import STYLES

LEVER, OPTION = "lever.", "style."
"""What the names of levers and of styles' options start with."""

OPTIONS, OWN_OPTION = "options", "options."
"""Where the options of a company's own style stand, as in companies.0.options.pace."""

MOST = float_info.max

HEADS = {
    "option": "style",
    "options": "style",
    "styles": "style",
    "levers": "lever",
    "motive": "motives",
    "company": "companies",
    "event": "events",
}
"""What a name that starts so is meant to start with."""

COLUMNS: dict[Any, type] = {int: int, float: float, str: str, Rate: str, Span: str}
"""How a column of values is typed, for each kind of parameter."""


KINDS: dict[type[Section], dict[str, Any]] = {
    section: {key: kind for key, (kind, _) in section.parameters().items()}
    for section in (*TABLES.values(), *LISTS.values())
}
"""The type of each parameter of the tables of a scenario."""


class Parameter(NamedTuple):
    """Something that may be set; `kind` is int, float, str, Rate or Span."""

    name: str
    kind: Any
    about: About

    def read(self, value: object) -> Any:
        """Returns a value as a column holds it; ValueError says what it must be, and is."""
        converted = convert(value, self.kind)
        within(converted, self.about)
        return str(converted) if isinstance(converted, Rate | Span) else converted


def find(name: str, scenario: Scenario, styles: Sequence[str]) -> Parameter:
    """Returns the parameter of a dotted name; a UserError names the nearest one there is.

    `styles` are the names of all styles of the experiment: they share its levers and options.
    """
    head, _, rest = name.partition(".")
    if name.startswith((LEVER, OPTION)) and not styles:
        raise UserError("would reach no company, for every one has a style of its own")
    if name.startswith(LEVER):
        if rest not in LEVERS:
            raise UserError(f"is wrong: {unknown('lever', rest, LEVERS)}")
        return Parameter(name, float, About("share", 0, 1, MEANING[rest], "-"))
    if name.startswith(OPTION):
        return _option(name, rest, styles)
    if head in TABLES and rest in TABLES[head].parameters():
        return Parameter(name, *TABLES[head].parameters()[rest])
    if head == "motives" and rest in MOTIVES:
        return Parameter(name, float, About("share", 0, 1, "share in the mean motive mix", "-"))
    if head in LISTS:
        return _listed(name, scenario)
    if name in ("style", "styles"):
        raise UserError('is no parameter; name styles before the tables: styles = ["...", "..."]')
    raise UserError(_nearest(name, scenario, styles))


def option_kinds(style: str) -> dict[str, Any]:
    """Returns the options of a style by name, each with its type."""
    kind = STYLES[style]
    if not is_dataclass(kind):
        return {}
    hints = get_type_hints(kind)
    return {f.name: hints[f.name] for f in fields(kind) if f.init}


def read_option(style: str, option: str, value: object) -> Any:
    """Returns the value of a style's option; ValueError says what it must be."""
    known = option_kinds(style)
    if not known:
        raise UserError(f"means nothing to the style {style!r}, which has no options")
    if option not in known:
        raise UserError(f"is wrong: {unknown(f'option of the style {style!r}', option, known)}")
    if known[option] not in (int, float, str):
        raise UserError(f"cannot be set here: it must be a number or a text in {style!r}")
    read = convert(value, known[option])
    if not isinstance(read, str) and not isfinite(read):
        raise ValueError(f"must be finite, but is {value!r}")
    return read


def with_values(scenario: Scenario, values: Mapping[str, Any]) -> Scenario:
    """Returns a scenario with some values changed, by dotted names.

    Levers and options of styles are not the scenario's and are passed over. The values are right
    one by one; whether they go together is not checked here.
    """
    changed: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        head, _, key = name.partition(".")
        if not name.startswith((LEVER, OPTION)):
            changed.setdefault(head, {})[key] = value
    parts: dict[str, Any] = {}
    for head, inside in changed.items():
        if head == "motives":
            parts[head] = scenario.motives | inside
        elif head in TABLES:
            parts[head] = _replaced(getattr(scenario, head), inside)
        else:
            items = list(getattr(scenario, head))
            for key, value in inside.items():
                number, _, inner = key.partition(".")
                item = items[int(number)]
                if inner.startswith(OWN_OPTION):
                    inner, value = OPTIONS, item.options | short(OWN_OPTION, {inner: value})
                items[int(number)] = _replaced(item, {inner: value})
            parts[head] = tuple(items)
    return replace(scenario, **parts)


def short(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the levers, or options, among values by their short names."""
    return {name.removeprefix(kind): v for name, v in values.items() if name.startswith(kind)}


def _replaced(section: Any, values: Mapping[str, Any]) -> Any:
    kinds = KINDS[type(section)]
    return replace(section, **{key: convert(v, kinds[key]) for key, v in values.items()})


def _option(name: str, option: str, styles: Sequence[str]) -> Parameter:
    kinds = []
    for style in styles:
        known = option_kinds(style)
        if option not in known:
            there = f"it has {', '.join(known)}" if known else "it has none"
            raise UserError(f"is no option of the style {style!r}; {there}")
        kinds.append(known[option])
    if kinds[0] not in COLUMNS or any(kind != kinds[0] for kind in kinds):
        raise UserError("must be a number or a text, and the same in every style")
    return Parameter(name, kinds[0], About("option", -MOST, MOST, "option of the style", "-"))


def _listed(name: str, scenario: Scenario) -> Parameter:
    """Returns a parameter of one table of a list, such as events.0.size."""
    head, _, rest = name.partition(".")
    number, _, key = rest.partition(".")
    n = len(getattr(scenario, head))
    if not number.isdecimal() or int(number) >= n:
        there = f"0 to {n - 1}" if n else "none"
        raise UserError(f"names no table of [[{head}]]; there are: {there}")
    known = LISTS[head].parameters()
    if head == "companies" and key.startswith(OWN_OPTION):  # its style may vary, and is asked later
        return Parameter(name, float, About("option", -MOST, MOST, "option of the style", "-"))
    if head == "companies" and key == OPTIONS:
        raise UserError(f"must name one of the options, such as {name}.pace")
    if key not in known or known[key][0] not in COLUMNS:
        names = [k for k, (kind, _) in known.items() if kind in COLUMNS]
        raise UserError(f"is wrong: {unknown(f'parameter of [[{head}]]', key, names)}")
    return Parameter(name, *known[key])


def _nearest(name: str, scenario: Scenario, styles: Sequence[str]) -> str:
    """Returns what to say of a name that does not exist."""
    known = [f"{table}.{key}" for table, kind in TABLES.items() for key in kind.parameters()]
    known += [f"{LEVER}{lever}" for lever in LEVERS] + [f"motives.{motive}" for motive in MOTIVES]
    known += dict.fromkeys(f"{OPTION}{option}" for s in styles for option in option_kinds(s))
    for head, kind in LISTS.items():
        for n in range(len(getattr(scenario, head))):
            known += [f"{head}.{n}.{key}" for key in kind.parameters() if key != OPTIONS]
    hint = _near(name.lower(), known)
    return f"is no parameter; {hint or '`cocreate check SCENARIO` lists all'}"


def _near(name: str, known: Sequence[str]) -> str:
    """Returns which of the known names is meant, or nothing: what stands last counts most."""
    head, _, rest = name.partition(".")
    if rest and head in HEADS:
        full = f"{HEADS[head]}.{rest}"
        there = [one for one in known if one.startswith(f"{HEADS[head]}.")]
        near = get_close_matches(full, there, n=1, cutoff=0.8) or [full]
        return f"did you mean {near[0]!r}?"
    ends: dict[str, list[str]] = {}
    for one in known:
        ends.setdefault(one.rpartition(".")[2], []).append(one)
    end = get_close_matches(name.rpartition(".")[2], ends, n=1, cutoff=0.7)
    near = get_close_matches(name, ends[end[0]], n=1, cutoff=0) if end else []
    near = near or get_close_matches(name, known, n=1, cutoff=0.8)  # as population_people
    return f"did you mean {near[0]!r}?" if near else ""
