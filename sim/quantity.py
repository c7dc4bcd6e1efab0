"""Rates and spans of time, which carry their unit: "0.5 per week", "3 months"."""

from decimal import Context, Decimal
from functools import lru_cache
from math import isfinite, sqrt
from typing import Self

from sim.errors import unknown

DAYS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}
"""Length of each unit of time [days]."""

EXACT = Context(prec=30)


def _unit(text: str) -> str:
    """Returns the unit of time that a word names, in the singular."""
    word = text.strip().lower().removesuffix("s")
    if word not in DAYS:
        raise unknown("unit of time", text.strip(), DAYS)
    return word


def _number(text: str, whole: str, form: str) -> float:
    """Returns the finite number in a text, or says what form the whole text should have."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise ValueError(f"{whole!r} is not {form}")
    return value


class Span(float):
    """A span of time [days], written with its unit: "1 month", "2 weeks"."""

    text: str

    def __new__(cls, text: str) -> Self:
        """Reads a span; ValueError says what is wrong with it."""
        number, _, unit = str(text).strip().partition(" ")
        value = _number(number, text, 'a span of time such as "1 month"')
        span = super().__new__(cls, value * DAYS[_unit(unit)])
        span.text = str(text)
        return span

    def __repr__(self) -> str:
        """Returns the span as it was written."""
        return self.text

    __str__ = __repr__

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]  # made from its text
        """Returns what makes an equal span, for copies."""
        return (self.text,)

    def steps(self, step: float) -> int:
        """Returns the number of whole steps of this length [days] in the span, at least 1."""
        return max(1, round(float(self) / step))


class Rate(float):
    """A rate [per day], written with its unit: "0.5 per week".

    It is converted to a step, never multiplied blindly: see `share`, `flow` and `walk`.
    """

    text: str

    def __new__(cls, text: str) -> Self:
        """Reads a rate; ValueError says what is wrong with it."""
        number, per, unit = str(text).partition("per")
        form = 'a rate with its unit, such as "0.5 per week"'
        if not per:
            raise ValueError(f"{text!r} is not {form}")
        rate = super().__new__(cls, _number(number, text, form) / DAYS[_unit(unit)])
        rate.text = str(text)
        return rate

    def __repr__(self) -> str:
        """Returns the rate as it was written."""
        return self.text

    __str__ = __repr__

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]  # made from its text
        """Returns what makes an equal rate, for copies."""
        return (self.text,)

    def share(self, step: float) -> float:
        """Returns the chance, or the part of the way, of one step of a length in days."""
        return _chance(float(self) * step)

    def flow(self, step: float) -> float:
        """Returns the amount of one step of a length in days."""
        return float(self) * step

    def walk(self, step: float) -> float:
        """Returns the standard deviation of one step of a random walk.

        The rate is the standard deviation over one of its own units; variances add up.
        """
        unit = DAYS[_unit(self.text.partition("per")[2])]
        return float(self) * unit * sqrt(step / unit)


@lru_cache(1024)  # the same few rates, run after run
def _chance(amount: float) -> float:
    """Returns 1 - exp(-amount), in decimals: the C library's exp differs between machines."""
    return float(1 - EXACT.exp(Decimal(-amount)))
