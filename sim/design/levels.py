"""The values that one parameter takes: levels of a factor, or a range for a sample.

They are the decimals that the user wrote, and quantities keep their unit.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from difflib import get_close_matches
from math import isfinite
from typing import Any, overload

import numpy as np

from sim.design.parameters import Parameter
from sim.design.samplers import FloatArray
from sim.errors import UserError, unknown
from sim.quantity import Rate, Span

EXACT = Context(prec=60)
"""Decimals as people write them, with room for any sum of two of them."""

RANGE = ("from", "to", "step")
EXAMPLE = "a range is { from = 0, to = 1, step = 0.1 }"
SAMPLED = "must be [low, high], or { among = [...] }"


@dataclass(frozen=True)
class Steps(Sequence[Any]):
    """Evenly spaced levels, in decimals: from 0 by 0.1 comes 0.3, not 0.30000000000000004."""

    start: Decimal
    step: Decimal
    n: int
    kind: Any
    unit: str = ""

    def __len__(self) -> int:
        """Returns the number of levels."""
        return self.n

    @overload
    def __getitem__(self, i: int) -> Any: ...
    @overload
    def __getitem__(self, i: slice) -> list[Any]: ...
    def __getitem__(self, i: int | slice) -> Any:
        """Returns level i."""
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(self.n))]
        if not 0 <= i < self.n:
            raise IndexError(i)
        value = EXACT.fma(Decimal(i), self.step, self.start)
        if self.unit:
            return _quantity(f"{value.normalize(EXACT):f}", self.unit)
        return int(value) if self.kind is int else float(value)


@dataclass(frozen=True)
class Range:
    """Where a sampled parameter may lie: among choices, or from low to high, both included."""

    name: str
    kind: Any
    low: float = 0.0
    high: float = 0.0
    unit: str = ""
    choices: tuple[Any, ...] = ()

    @property
    def counted(self) -> bool:
        """Whether there are only so many values."""
        return bool(self.choices) or self.kind is int

    def places(self, unit: FloatArray) -> FloatArray:
        """Returns numbers from [0, 1] as indices of choices, or as numbers from low to high."""
        if self.counted:
            n = len(self.choices) or int(self.high) - int(self.low) + 1
            return np.minimum(np.floor(unit * n), n - 1)
        return np.minimum(self.low + unit * (self.high - self.low), self.high)

    def value(self, place: float) -> Any:
        """Returns the value at a place."""
        if self.choices:
            return self.choices[int(place)]
        if self.kind is int:
            return int(self.low) + int(place)
        return _quantity(repr(float(place)), self.unit) if self.unit else float(place)


def read_levels(parameter: Parameter, given: Any) -> Sequence[Any]:
    """Returns the levels of a factor: a list, a range, or a single value.

    A UserError has a line for whatever is wrong.
    """
    if isinstance(given, Mapping):
        return _steps(parameter, given)
    return _each(parameter, given if isinstance(given, list | tuple) else [given])


def read_range(parameter: Parameter, given: Any) -> Range:
    """Returns the range of a sampled parameter: [low, high], texts, or { among = [...] }.

    A UserError has a line for whatever is wrong.
    """
    if isinstance(given, Mapping):
        for key in given:
            if key != "among":
                raise UserError(f"{SAMPLED}: {unknown('key', key, ['among'])}")
        return _choices(parameter, given.get("among"))
    if parameter.kind is str and isinstance(given, list | tuple):
        return _choices(parameter, given)
    if not isinstance(given, list | tuple) or len(given) != 2:
        raise UserError(
            f"must be [low, high], or {{ among = [...] }} to choose among values, but is {given!r}"
        )
    low, high = _each(parameter, given)
    unit = ""
    if parameter.kind in (Rate, Span):
        (low, unit), (high, other) = split(low), split(high)
        _same_unit(unit, other, given)
    if not float(low) < float(high):
        raise UserError(f"must be [low, high] with low below high, but is {given!r}")
    return Range(parameter.name, parameter.kind, float(low), float(high), unit)


def split(quantity: str) -> tuple[str, str]:
    """Returns the number and the unit of a rate or a span: "3 months" is "3" and "months"."""
    found = re.fullmatch(r"\s*(.*?)\s*(per\s*.*|[^\W\d_]+)\s*", quantity)
    assert found is not None  # it has been read as a rate or a span
    return found[1], found[2]


def _choices(parameter: Parameter, given: Any) -> Range:
    if not isinstance(given, list | tuple) or len(given) < 2:
        raise UserError(f"must list two values or more to choose among, but is {given!r}")
    return Range(parameter.name, parameter.kind, choices=_each(parameter, given))


def _each(parameter: Parameter, values: Sequence[Any]) -> tuple[Any, ...]:
    """Returns the values of a list, each once."""
    if not values:
        raise UserError("must list one value or more, but the list is empty")
    wrong, found = [], {}
    for value in values:
        try:
            read = parameter.read(value)
        except ValueError as problem:
            wrong.append(f"{problem} ({parameter.about.meaning})")
            continue
        plain = _plain(parameter, read)
        if plain in found:
            wrong.append(f"must list each value once, but has {value!r} twice")
        found[plain] = read
    if wrong:
        raise UserError("\n".join(wrong))
    return tuple(found.values())


def _plain(parameter: Parameter, value: Any) -> Any:
    """Returns what is equal for values that mean the same: "1 per day" and "1.0 per day"."""
    if parameter.kind not in (Rate, Span):
        return value
    number, unit = split(value)
    return float(number), _word(unit)


def _steps(parameter: Parameter, given: Mapping[str, Any]) -> Steps:
    """Returns the levels of { from, to, step }, which must lead to its end."""
    if strange := [key for key in given if key not in RANGE]:
        left = [key for key in RANGE if key not in given]
        if not all(get_close_matches(key, left) for key in strange):
            raise UserError(f"is wrong: {EXAMPLE}, but this has {', '.join(strange)}")
        raise UserError("\n".join(f"is wrong: {unknown('key', key, left)}" for key in strange))
    if missing := [key for key in RANGE if key not in given]:
        raise UserError(f"needs {', '.join(missing)}: {EXAMPLE}")
    if parameter.kind is str:
        raise UserError('is a text and has no range; list its values: ["...", "..."]')
    ends = [given["from"]] if given["from"] == given["to"] else [given["from"], given["to"]]
    first, last = (_each(parameter, ends) * 2)[:2]
    step, unit = given["step"], ""
    if parameter.kind in (Rate, Span):
        try:
            step, by = split(str(parameter.kind(step)))
        except ValueError as problem:
            raise UserError(f"has a step that is wrong: {problem}") from None
        (first, one), (last, unit) = split(first), split(last)
        _same_unit(one, unit, dict(given))
        _same_unit(by, unit, dict(given))
    elif isinstance(step, bool) or not isinstance(step, int | float) or not isfinite(step):
        raise UserError(f"must have a number for its step, but has {step!r}")
    elif parameter.kind is int and step != int(step):
        raise UserError(f"must have a whole number for its step, but has {step!r}")
    start, end, by_decimal = (Decimal(str(number)) for number in (first, last, step))
    if not by_decimal:
        raise UserError("must not have a step of 0")
    steps = EXACT.divide(EXACT.subtract(end, start), by_decimal)
    whole = int(steps)
    levels = Steps(start, by_decimal, max(whole, 0) + 1, parameter.kind, unit)
    if steps < 0 or EXACT.fma(Decimal(whole), by_decimal, start) != end:
        reached = "lead away from it" if steps < 0 else f"end at {levels[len(levels) - 1]!r}"
        raise UserError(
            f"must have steps that lead to {given['to']!r}, but steps of {given['step']!r} "
            f"from {given['from']!r} {reached}"
        )
    return levels


def _same_unit(one: str, other: str, given: Any) -> None:
    """Raises a UserError where two quantities are not in one unit of time."""
    if _word(one) != _word(other):
        raise UserError(f"must have one unit of time throughout, but is {given!r}")


def _quantity(number: str, unit: str) -> str:
    """Returns a rate or a span as people write it: "0.1 per month", "1 month", "2 months"."""
    if unit.startswith("per"):
        return f"{number} {unit}"
    return f"{number} {unit.removesuffix('s')}{'' if number == '1' else 's'}"


def _word(unit: str) -> str:
    """Returns the bare unit of time: "per month", "months" and "Month" are "month"."""
    return unit.removeprefix("per").strip().lower().removesuffix("s")
