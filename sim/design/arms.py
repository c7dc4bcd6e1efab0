"""The arms of an experiment: styles with their options, and with levers held where it says so."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from sim.core.inputs import Levers
from sim.design.parameters import read_option
from sim.errors import UserError
from sim.styles import STYLES, Report, Style, make


class Arm(NamedTuple):
    """One way of managing: `label` is its name, with options where the name alone says too little.

    The arm of a world in which every company has a style of its own has neither.
    """

    label: str
    name: str
    options: dict[str, Any]

    def written(self) -> Any:
        """Returns the arm as an experiment file writes it."""
        return {"name": self.name, **self.options} if self.options else self.name


OWN = Arm("", "", {})
"""The one arm of a world in which every company has a style of its own."""


class Held(Style):
    """A style some of whose levers are held where an experiment wants them."""

    def __init__(self, style: Style, held: Mapping[str, float]):
        self.style, self.held = style, held
        self.levers = replace(getattr(style, "levers", Levers()), **held)  # type: ignore[misc]

    def decide(self, report: Report) -> Levers:
        """Returns the style's own answer with the held levers put in."""
        answer = self.style.decide(report)
        return replace(answer, **self.held) if isinstance(answer, Levers) else answer


def read_arms(given: Any, wrong: list[str]) -> tuple[Arm, ...]:
    """Returns the arms of a list of styles, each a name or a table with a name and options."""
    items = [given] if isinstance(given, str) else given
    if not isinstance(items, list | tuple) or not items:
        wrong.append(f'styles must be a list, such as ["commons", "directive"], but is {given!r}')
        return ()
    found: list[tuple[str, dict[str, Any]]] = []
    for n, item in enumerate(items):
        table = {"name": item} if isinstance(item, str) else item
        if not isinstance(table, Mapping) or not isinstance(table.get("name"), str):
            wrong.append(f"styles.{n} must be a name or a table with a name, but is {item!r}")
            continue
        try:
            name = read_style(table["name"])
        except UserError as problem:
            wrong.append(f"styles.{n}: {problem}")
            continue
        options, before = {}, len(wrong)
        for option, value in table.items():
            if option == "name":
                continue
            try:
                options[option] = read_option(name, option, value)
            except ValueError as problem:
                wrong.append(f"styles.{n}.{option} {problem}")
        if len(wrong) == before and (name, options) in found:
            wrong.append(f"styles must name each style once, but has {item!r} twice")
        found.append((name, options))
    names = [name for name, _ in found]
    return tuple(
        Arm(label_of(name, options) if names.count(name) > 1 else name, name, options)
        for name, options in found
    )


def read_style(name: Any) -> str:
    """Returns the name of a style that there is; a UserError says which is meant, or what to do."""
    if isinstance(name, str) and name.endswith(".py"):
        stem = Path(name).stem
        raise UserError(
            f"an experiment runs no files: give --plugin {name}, and name the style {stem!r} here"
        )
    if not isinstance(name, str):
        raise UserError(f"a style must be named by a text, but is {name!r}")
    STYLES[name]
    return name


def factory(
    arm: Arm, options: Mapping[str, Any], held: Mapping[str, float]
) -> Callable[[], Style] | None:
    """Returns what makes a new style for each run: an arm with these options and held levers.

    None for the arm of a world in which every company has a style of its own.
    """
    if arm == OWN:
        return None

    def start() -> Style:
        style = make(arm.name, dict(options))
        return Held(style, held) if held else style

    start.__name__ = arm.label
    return start


def label_of(name: str, options: Mapping[str, Any]) -> str:
    """Returns a style and its options in a few words, such as "adaptive(pace=0.2)"."""
    inside = ", ".join(f"{key}={value}" for key, value in options.items())
    return f"{name}({inside})" if inside else name
