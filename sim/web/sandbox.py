"""The five shifts, each with a small world that shows what follows when its levers move.

A sandbox is two runs of the same people with the same luck: one with the levers before the shift,
one with them moved part of the way. Nothing is kept of it but the answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import numpy as np

from sim.core.inputs import MEANING, Levers
from sim.reading import change
from sim.simulation import Simulation, total
from sim.styles import Style
from sim.web.parameters import read_number, read_parameters
from sim.web.series import SERIES, Series
from sim.web.settings import ready

WORLD = "default"
PEOPLE = (300, 1_000, 3_000)  # as many as there may be; the last is usual
STEPS = 60
LATE = 12  # steps at the end whose mean says what has come of it
KEPT = 512  # runs whose series are remembered, about a kilobyte each
SETTLED = 6  # worlds that are remembered, about a megabyte each

MIDDLE = Levers(
    control=0.4,
    vision=0.4,
    money=0.4,
    recognition=0.4,
    fun=0.4,
    social=0.4,
    transparency=0.4,
    sharing=0.2,
    experts=0.4,
    tools=0.4,
    contest=0.0,
    facilitation=0.4,
)
"""Where all levers stand that a shift does not move, as in the studies of the shifts."""


class Shift(NamedTuple):
    """A shift: what it leads from and to, its levers before and after, the series shown.

    `held` are levers that stand elsewhere than in the middle, and are not moved.
    """

    ends: tuple[str, str]
    levers: dict[str, tuple[float, float]]
    series: tuple[Series, ...]
    held: Mapping[str, float] = {}

    def at(self, value: float) -> Levers:
        """Returns the levers so far on the way, from 0, before the shift, to 1, after it."""
        # Not before + value * (after - before), which misses the end by a rounding error.
        moved = {
            lever: (1 - value) * before + value * after
            for lever, (before, after) in self.levers.items()
        }
        return replace(MIDDLE, **self.held, **moved)


class Asked(NamedTuple):
    """What a sandbox is asked for: the number of a shift, how far it has gone, how many people.

    `luck` is the seed that they and all else are drawn with.
    """

    shift: int
    value: float
    people: int = PEOPLE[-1]
    luck: int = 1


NAMED = {series.name: series for series in SERIES}

SURPLUS = Series(
    "surplus", "Surplus: value created less all costs", "money a month", 1, "small", 0,
    lambda of, people, months: (of("created") - of("cost")) / months,
)  # fmt: skip
"""What the studies of the shifts are judged by, as in `metrics/surplus`."""

SHIFTS = (
    Shift(
        ("product", "platform"),
        {"tools": (0.1, 0.9), "transparency": (0.1, 0.9)},
        (NAMED["participation"], SURPLUS),
    ),
    Shift(
        ("control", "influence"),
        {"control": (0.9, 0.1), "vision": (0.2, 0.8)},
        (NAMED["participation"], NAMED["profit"]),
    ),
    Shift(
        ("solving", "enabling"),
        {"facilitation": (0.0, 0.7)},
        (NAMED["quality"], SURPLUS),
        {"experts": 0.6},
    ),
    Shift(
        ("money alone", "not only money"),
        {"money": (0.8, 0.1), "recognition": (0.1, 0.7), "fun": (0.1, 0.7), "social": (0.1, 0.7)},
        (NAMED["participation"], NAMED["crowding"]),
    ),
    Shift(
        ("me", "we"),
        {"sharing": (0.0, 0.8), "transparency": (0.1, 0.9)},
        (NAMED["trust"], NAMED["profit"]),
    ),
)
"""The five shifts in their order; the first has number 1."""

ALLOWED = {
    "shift": ("[1-5]", "a whole number from 1 to 5"),
    "value": (r"0(\.[0-9]{1,2})?|1(\.0{1,2})?", "a number of at most two decimals from 0 to 1"),
    "people": ("|".join(map(str, PEOPLE)), f"one of {', '.join(map(str, PEOPLE))}"),
    "luck": ("[1-9]|1[0-9]|20", "a whole number from 1 to 20"),
}
"""How a parameter is written, as a pattern and in words."""


def read_asked(parameters: Iterable[tuple[str, str]]) -> Asked:
    """Returns what the parameters of an address ask for; a UserError says what is wrong with them.

    `people` and `luck` may be left out.
    """
    given = read_parameters(parameters, Asked._fields, "a sandbox")
    for name, usual in Asked._field_defaults.items():
        given.setdefault(name, str(usual))
    shift, value, people, luck = (
        read_number(given, name, ALLOWED[name], "a sandbox") for name in Asked._fields
    )
    return Asked(int(shift), value, int(people), int(luck))


def answer(asked: Asked) -> bytes:
    """Returns what the page shows of a sandbox as JSON; values that mean nothing are null."""
    shift = SHIFTS[asked.shift - 1]
    before, now = (found(asked._replace(value=value)) for value in (0.0, asked.value))
    levers = shift.at(asked.value)
    return msgspec.json.encode(
        {
            **asked._asdict(),
            "steps": STEPS,
            "late": LATE,
            "ends": shift.ends,
            "levers": [
                {
                    "name": lever,
                    "meaning": MEANING[lever],
                    "before": start,
                    "after": end,
                    "now": getattr(levers, lever),
                }
                for lever, (start, end) in shift.levers.items()
            ],
            "series": [
                {
                    **{key: value for key, value in series._asdict().items() if key != "values"},
                    "before": before[:, n].tolist(),
                    "now": now[:, n].tolist(),
                    "late": [_late(before[:, n]), _late(now[:, n])],
                }
                for n, series in enumerate(shift.series)
            ],
        }
    )


@lru_cache(maxsize=KEPT)
def found(asked: Asked) -> Any:
    """Returns the series (step, series) of a shift that has gone so far. Not to be changed."""
    shift = SHIFTS[asked.shift - 1]

    class Moved(Style):
        """The levers so far on the way."""

        levers = shift.at(asked.value)

    simulation = settled(asked.people, asked.luck).under(Moved)
    simulation.advance()
    records = simulation.history

    def of(name: str) -> Any:
        return total(records, name)

    months = simulation.scenario.months
    lines = [series.values(of, asked.people, months) for series in shift.series]
    return np.stack(lines, axis=1)


@lru_cache(maxsize=SETTLED)
def settled(people: int, luck: int) -> Simulation:
    """Returns the small world before its first step; runs begin with a copy of it."""
    world = change(ready(WORLD), population={"people": people}, time={"steps": STEPS})
    return Simulation(world, seed=luck)


def _late(values: Any) -> float:
    """Returns the mean of the last steps in which there is a value, NaN without any."""
    known = values[-LATE:][~np.isnan(values[-LATE:])]
    return float(known.mean()) if len(known) else float("nan")
