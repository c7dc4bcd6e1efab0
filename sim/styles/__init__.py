"""How to manage: one style a file, asked at each review what its company's levers shall be.

Nothing else in the code knows a style's name. A style is a class called like its file, in
CamelCase: with `levers` it is constant, with its own `decide` it moves. Its options are the
fields of a dataclass; each run makes a new one, so it may keep what it likes to remember.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from types import ModuleType
from typing import Any, ClassVar

from sim.core.inputs import LEVERS, Levers
from sim.errors import UserError, unknown
from sim.registry import Registry


@dataclass(frozen=True)
class Rival:
    """What can be seen of another company."""

    levers: Levers
    profit: float


@dataclass(frozen=True)
class Report:
    """What a company's management sees at a review.

    `series` holds one record a step from 0 to `step`, with the fields of a company (see
    `cocreate list series`): report["active"] is an array (step + 1,). `uniform(j)` is draw j,
    in (0, 1), of this company at this review.
    """

    step: int
    review: int
    levers: Levers
    series: Any
    rivals: tuple[Rival, ...]
    uniform: Callable[[int], float]

    def __getitem__(self, name: str) -> Any:
        """Returns one series of the company, from step 0 to now."""
        if name not in self.series.dtype.names:
            raise unknown("series of a company", name, self.series.dtype.names)
        return self.series[name]

    def profit(self) -> float:
        """Returns the mean profit a step since the last review [money]."""
        since = slice(max(1, self.step + 1 - self.review), self.step + 1)
        if self.step == 0:
            return 0.0
        return float((self["captured"] - self["cost"] - self["shared"])[since].mean())


class Style:
    """A way of managing: from a report to levers."""

    levers: ClassVar[Levers]
    """Where the style stands, or starts from."""

    def decide(self, report: Report) -> Levers:
        """Returns the levers until the next review."""
        return self.levers


def moved(levers: Levers, **by: float) -> Levers:
    """Returns levers moved by some amounts, kept within [0, 1]."""
    values = {name: getattr(levers, name) for name in LEVERS}
    for name, amount in by.items():
        values[name] = min(1.0, max(0.0, values[name] + amount))
    return Levers(**values)


def _class_in(module: ModuleType, name: str) -> type[Style]:
    """Returns the style that a file defines."""
    style = getattr(module, "".join(part.capitalize() for part in name.split("_")))
    if not issubclass(style, Style):
        raise TypeError
    return style  # type: ignore[no-any-return]


STYLES: Registry[type[Style]] = Registry("style", sys.modules[__name__], _class_in)


def constant_styles() -> list[str]:
    """Returns the names of the styles that never move: the landmarks of the policy space."""
    return [name for name, style in STYLES.items() if style.decide is Style.decide]


def make(name: str, options: dict[str, float] | None = None) -> Style:
    """Returns a new style by name, with options; a UserError says what is not known."""
    kind = STYLES[name]
    known: list[str] = [f.name for f in fields(kind) if f.init] if is_dataclass(kind) else []
    for option in options or {}:
        if option not in known:
            if not known:
                raise UserError(f"The style {name!r} has no options, so {option!r} is none of them")
            raise unknown(f"option of the style {name!r}", option, known)
    return kind(**(options or {}))
