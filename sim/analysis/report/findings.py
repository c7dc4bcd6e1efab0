"""Which style is best where in a study, in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from sim.analysis.comparison import Comparison, Outcome
from sim.analysis.effects import Effect
from sim.analysis.report.runs import FloatArray, IntArray
from sim.analysis.report.summaries import summary

UNDECIDED, UNKNOWN = -1, -2
"""In place of the best style: several may be, and nothing can be told."""

FEW_PLACES = 12
"""Up to so many places are named, where one thing varies."""


def findings(
    shown: Mapping[str, FloatArray],
    arms: Sequence[str],
    places: Sequence[Mapping[str, Any]],
    about: Mapping[str, Outcome],
    effects: Sequence[Effect],
    *,
    each: str,
    place: str,
    level: float,
    family: int,
) -> list[str]:
    """Returns what came out for each outcome (place, arm, run or point).

    A style is called best where its difference to every other excludes chance, corrected for a
    family of comparisons. `each` says what is counted, "run" or "point", `place` what a place is
    called; `effects` are differences from the baseline.
    """
    if len(arms) == 1:
        return [
            _alone(values[:, 0], places, about[name], each, place, level, len(shown))
            for name, values in shown.items()
        ]
    said = []
    if each == "point":
        judged = {name: values for name, values in shown.items() if about[name].better}
        said += [_shares(values, arms, about[name]) for name, values in judged.items()]
        if len(places) == 1:
            said += list(_on_average(shown, about, effects))
            return said
    if len(places) == 1:
        outcomes = {name: values[0] for name, values in shown.items()}
        numbers = tuple(range(next(iter(outcomes.values())).shape[1]))
        one = Comparison("", tuple(arms), numbers, True, outcomes, dict(about))
        return one.sentences(list(shown))
    for name, values in shown.items():
        if about[name].better:
            best = best_arms(values, about[name].better, level, family)
            said.append(_counts(best, arms, places, about[name], place))
    return said


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


def _counts(
    best: IntArray,
    arms: Sequence[str],
    places: Sequence[Mapping[str, Any]],
    about: Outcome,
    place: str,
) -> str:
    """How often each style is best."""
    named = len(best) <= FEW_PLACES and all(len(values) == 1 for values in places)

    def told(code: int, words: str, of: str = "") -> str:
        """Says at how many places it is so, and at which where these are few."""
        at = [values for values, found in zip(places, best.tolist(), strict=True) if found == code]
        if len(at) == len(best):
            return f"{words} at all {len(best)} {place}s"
        ((name, _),) = places[0].items() if named else (("", ""),)
        which = f" ({name} = {', '.join(str(values[name]) for values in at)})" if named else ""
        return f"{words} at {len(at)}{of}{which}"

    times = np.bincount(best[best >= 0], minlength=len(arms))
    winners = [int(arm) for arm in np.argsort(-times, kind="stable") if times[arm]]
    said = [told(arm, arms[arm]) for arm in winners[1:]]
    if winners:
        said.insert(0, told(winners[0], f"{arms[winners[0]]} is best", f" of {len(best)} {place}s"))
    for code, word in ((UNDECIDED, "undecided"), (UNKNOWN, "not known")):
        if (best == code).any():
            said.append(told(code, word, "" if said else f" of {len(best)} {place}s"))
    return f"{about.heading}: {', '.join(said)}."


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


def _on_average(
    shown: Mapping[str, FloatArray], about: Mapping[str, Outcome], effects: Sequence[Effect]
) -> Iterator[str]:
    """How styles differ from the baseline on average over the points of a sample."""
    for name in shown:
        of_name = [e for e in effects if e.outcome == name and np.isfinite(e.low)]
        said = [
            f"{e.arm} {_number(e.difference, sign=True)} "
            f"({_number(e.low, sign=True)} to {_number(e.high, sign=True)})"
            for e in of_name
        ]
        if said:
            first = of_name[0]
            yield (
                f"{about[name].heading}, mean difference from {first.baseline} over "
                f"{first.n:,} points ({100 * first.level:g} % intervals): {', '.join(said)}."
            )


def _alone(
    values: FloatArray,
    places: Sequence[Mapping[str, Any]],
    about: Outcome,
    each: str,
    place: str,
    level: float,
    n_outcomes: int,
) -> str:
    """Where the only style does best (place, run or point), if it is surely so."""
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
    family = n_outcomes * (len(places) - 1)
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
