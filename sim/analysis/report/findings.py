"""Which style is best where in a study, and by how much, in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from sim.analysis.comparison import Comparison, Outcome
from sim.analysis.effects import Effect
from sim.analysis.report.runs import FloatArray, IntArray
from sim.analysis.report.summaries import summary

UNDECIDED, UNKNOWN = -1, -2
"""In place of the best style: several may be, and nothing can be told."""

CHANCE = "Where it is undecided, whoever leads may do so by chance."

FEW_VALUES = 12
"""Up to so many values of what varies are named."""


class Evidence(NamedTuple):
    """What findings rest on.

    `shown` are the outcomes (place, arm, run or point). `effects` are differences from the arm
    `baseline`, each with its place. `each` says what is counted, "run" or "point", `place` what a
    place is called. `family` is the number of comparisons that are corrected together.
    """

    shown: Mapping[str, FloatArray]
    arms: Sequence[str]
    baseline: int
    places: Sequence[Mapping[str, Any]]
    about: Mapping[str, Outcome]
    effects: Sequence[tuple[int, Effect]]
    each: str
    place: str
    level: float
    family: int

    def of(self, name: str) -> list[tuple[int, Effect]]:
        """The differences on one outcome that are known."""
        return [(p, e) for p, e in self.effects if e.outcome == name and np.isfinite(e.low)]


def findings(on: Evidence) -> list[str]:
    """Returns what came out.

    A style is called best where its difference to every other excludes chance, corrected for a
    family of comparisons.
    """
    if len(on.arms) > 1 and len(on.places) == 1 and on.each == "run":
        outcomes = {name: values[0] for name, values in on.shown.items()}
        numbers = tuple(range(next(iter(outcomes.values())).shape[1]))
        one = Comparison("", tuple(on.arms), numbers, True, outcomes, dict(on.about))
        return one.sentences(list(on.shown))
    return [said for name in on.shown for said in finding(on, name)]


def finding(on: Evidence, name: str) -> list[str]:
    """Returns what came out for one outcome; nothing where it can have no best."""
    values, about = on.shown[name], on.about[name]
    if len(on.arms) == 1:
        return [_alone(on, values[:, 0], about)]
    said = [_shares(values, on.arms, about)] if about.better and on.each == "point" else []
    if on.each == "point" and len(on.places) == 1:
        return [*said, *_on_average(on, about)]
    if about.better:
        said.append(_counts(on, best(on, name), about))
    return said


def leads(on: Evidence, name: str) -> Iterator[str]:
    """Yields how far each style is from the baseline where it is best, with the intervals.

    Where the baseline itself is best, how far the others are from it; last, what undecided means.
    """
    winners, base = best(on, name), on.arms[on.baseline]
    for arm in _by_wins(winners, len(on.arms)):
        is_base = arm == on.baseline
        effects = sorted(
            (e for p, e in on.of(name) if winners[p] == arm and (is_base or e.arm == on.arms[arm])),
            key=lambda effect: effect.difference,
        )
        if not effects:
            continue
        whose = "the others' difference from it" if is_base else f"its difference from {base}"
        where = "" if len(winners) == 1 else f"where {on.arms[arm]} is best, "
        least, most = _interval(effects[0]), _interval(effects[-1])
        span = f"is {least}" if least == most else f"lies between {least} and {most}"
        unit = on.about[name].unit
        said = f"{where}{whose} {span}{'' if unit in ('', '1', '-') else f' [{unit}]'}."
        yield f"{said[:1].upper()}{said[1:]}"
    if (winners == UNDECIDED).any():
        yield CHANCE


def best(on: Evidence, name: str) -> IntArray:
    """Returns the arm that is surely best at each place on one outcome; see `best_arms`."""
    return best_arms(on.shown[name], on.about[name].better, on.level, on.family)


def best_arms(values: FloatArray, better: int, level: float, family: int) -> IntArray:
    """Returns the arm that is surely best at each place, UNDECIDED or UNKNOWN.

    `values` is (place, arm, run), paired. That the data chose the best does no harm: the true best
    can drop out only by looking worse than another, and all comparisons are corrected for.
    """
    of_arm = summary(values)
    score = np.where(of_arm.n > 1, better * of_arm.mean, -np.inf)
    best = score.argmax(axis=1)
    rows = np.arange(len(values))
    ahead = summary(values[rows, best][:, None] - values, 1 - (1 - level) / family)
    beaten = better * (ahead.low if better > 0 else ahead.high) > 0
    compared = ahead.n > 1
    compared[rows, best] = False
    found = np.where((beaten | ~compared).all(axis=1), best, UNDECIDED)
    return np.where(compared.any(axis=1), found, UNKNOWN)


def _by_wins(best: IntArray, n_arms: int) -> list[int]:
    """The arms that are best somewhere, those first that are so most often."""
    times = np.bincount(best[best >= 0], minlength=n_arms)
    return [int(arm) for arm in np.argsort(-times, kind="stable") if times[arm]]


def _counts(on: Evidence, best: IntArray, about: Outcome) -> str:
    """How often each style is best."""
    places, place, arms = on.places, on.place, on.arms

    def told(code: int, words: str, of: str = "") -> str:
        """Says at how many places it is so, and at which where a few words can."""
        at = [values for values, found in zip(places, best.tolist(), strict=True) if found == code]
        if len(best) == 1:
            return words
        if len(at) == len(best):
            return f"{words} at all {len(best)} {place}s"
        which = _which(at, places)
        return f"{words} at {len(at)}{of}{f' ({which})' if which else ''}"

    winners = _by_wins(best, len(arms))
    said = [told(arm, arms[arm]) for arm in winners[1:]]
    if winners:
        said.insert(0, told(winners[0], f"{arms[winners[0]]} is best", f" of {len(best)} {place}s"))
    for code, word in ((UNDECIDED, "undecided"), (UNKNOWN, "not known")):
        if (best == code).any():
            said.append(told(code, word, "" if said else f" of {len(best)} {place}s"))
    return f"{about.heading}: {', '.join(said)}."


def _which(at: Sequence[Mapping[str, Any]], places: Sequence[Mapping[str, Any]]) -> str:
    """Names some of the places by what they have in common; "" where that does not tell them."""
    common = {name: {place[name]: None for place in at} for name in at[0]}
    everywhere = {name: {place[name] for place in places} for name in at[0]}
    whole = prod(map(len, common.values())) == len(at)
    if not whole or any(len(found) > FEW_VALUES for found in everywhere.values()):
        return ""
    return "; ".join(
        f"{name} = {', '.join(map(str, values))}"
        for name, values in common.items()
        if len(values) < len(everywhere[name])
    )


def _shares(values: FloatArray, arms: Sequence[str], about: Outcome) -> str:
    """At which share of the points of a sample each style has the best mean."""
    points = values.transpose(0, 2, 1).reshape(-1, len(arms))
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return f"{about.heading}: not known at any point."
    counts = np.bincount((about.better * points).argmax(axis=1), minlength=len(arms))
    winners = [int(arm) for arm in np.argsort(-counts, kind="stable") if counts[arm]]
    said = ", ".join(f"{arms[arm]} at {100 * counts[arm] / len(points):.0f} %" for arm in winners)
    return f"{about.heading}, best mean at each of {len(points):,} points: {said}."


def _on_average(on: Evidence, about: Outcome) -> Iterator[str]:
    """How styles differ from the baseline on average over the points of a sample."""
    effects = [effect for _, effect in on.of(about.name)]
    if effects:
        first = effects[0]
        yield (
            f"{about.heading}, mean difference from {first.baseline} over {first.n:,} points "
            f"({100 * first.level:g} % intervals): "
            f"{', '.join(f'{e.arm} {_interval(e)}' for e in effects)}."
        )


def _interval(effect: Effect) -> str:
    """A difference with its interval."""
    numbers = (effect.difference, effect.low, effect.high)
    difference, low, high = (_number(value, sign=True) for value in numbers)
    return f"{difference} ({low} to {high})"


def _alone(on: Evidence, values: FloatArray, about: Outcome) -> str:
    """Where the only style does best (place, run or point), if it is surely so."""
    places, each, place, level = on.places, on.each, on.place, on.level
    of_place = summary(values, level)
    better = about.better or 1
    best = int(np.where(of_place.n > 0, better * of_place.mean, -np.inf).argmax())
    low, high = of_place.low[best], of_place.high[best]
    percent = f"{100 * level:g} % interval"
    mean = f"{_number(of_place.mean[best])} ({percent} {_number(low)} to {_number(high)})"
    if len(places) == 1:
        return f"{about.heading}: mean {mean}, n = {of_place.n[best]:,} {each}s."
    known = int((of_place.n > 0).sum())
    if not known:
        return f"{about.heading}: not known at any {place}."
    at = ", ".join(f"{name} = {value}" for name, value in places[best].items())
    if known == 1:
        return f"{about.heading}: known at {at} alone, mean {mean}."
    family = len(on.shown) * (len(places) - 1)
    behind = summary(values[best] - values, 1 - (1 - level) / family)
    n_behind = int((better * (behind.low if better > 0 else behind.high) > 0).sum())
    if not n_behind:
        unknown = f", not known at {len(places) - known}" if known < len(places) else ""
        return f"{about.heading}: undecided between all {known} {place}s{unknown}."
    what = {1: "best", -1: "best", 0: "highest"}[about.better]
    return (
        f"{about.heading}: {what} at {at}, mean {mean}; there surely "
        f"{'higher' if better > 0 else 'lower'} than at {n_behind} of the {known - 1} others."
    )


def _number(value: float, *, sign: bool = False) -> str:
    """A number with three digits, or all of a large whole part."""
    if not np.isfinite(value):
        return "-"
    size = abs(value)
    decimals = 0 if size >= 100 or not size else min(6, max(0, 2 - int(np.floor(np.log10(size)))))
    return f"{value:{'+' if sign else ''}z,.{decimals}f}"
