"""Patterns that communities show and the model must: one a file, called like the file.

Pattern-oriented modelling (Grimm et al. 2005): many weak patterns together, each measured by the
same function in runs and in logs of real communities, tell more of a model than one strong one.
Patterns for calibration may set parameters, those for validation must not.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from types import ModuleType
from typing import Literal, NamedTuple

from sim.analysis.history import History
from sim.registry import Registry
from sim.scenario import Scenario
from sim.styles import Style

Use = Literal["cal", "val"]
Measured = float | tuple[float, ...]


class Range(NamedTuple):
    """What is measured, and between which numbers, these included, it must lie."""

    what: str
    low: float = -inf
    high: float = inf


class Arm(NamedTuple):
    """One world of an experiment, and how it is managed; None: as its scenario says."""

    scenario: Scenario
    style: str | type[Style] | None = None


Arms = Callable[[Arm], tuple[Arm, ...]]
"""From the world that is asked about to the worlds that an experiment needs."""


def as_it_is(world: Arm) -> tuple[Arm, ...]:
    """The experiment that is none: the world as it is."""
    return (world,)


@dataclass(frozen=True)
class Pattern:
    """A pattern: what `function` measures in the histories of its arms, and the range of it.

    `number`: in the table of patterns. `title`: in words. `use`: calibration or validation.
    `source`: Author, year and their value. `experiment`: what it takes, in words; empty where the
    function needs no more than one history, be it of a run or of a real community.
    """

    name: str
    number: int
    title: str
    use: Use
    source: str
    ranges: tuple[Range, ...]
    function: Callable[..., Measured] = field(repr=False)
    arms: Arms = field(repr=False)
    experiment: str = ""

    def __call__(self, *histories: History) -> tuple[float, ...]:
        """One number for each range, from the histories of the arms, which share people and luck.

        UnknownError where they do not tell.
        """
        found = self.function(*histories)
        return found if isinstance(found, tuple) else (found,)


def pattern(
    number: int,
    title: str,
    use: Use,
    source: str,
    *ranges: Range,
    arms: Arms = as_it_is,
    experiment: str = "",
) -> Callable[[Callable[..., Measured]], Pattern]:
    """Declares the function of a pattern's file as that pattern; it takes one History an arm."""

    def declare(function: Callable[..., Measured]) -> Pattern:
        name = function.__name__
        return Pattern(name, number, title, use, source, ranges, function, arms, experiment)

    return declare


def _pattern_in(module: ModuleType, name: str) -> Pattern:
    found = getattr(module, name)
    if not isinstance(found, Pattern):
        raise TypeError
    return found


PATTERNS: Registry[Pattern] = Registry("pattern", sys.modules[__name__], _pattern_in)
