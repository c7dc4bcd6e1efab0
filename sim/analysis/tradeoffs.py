"""Who wins on what, and what has to be given up for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.errors import UserError

if TYPE_CHECKING:
    from sim.analysis.comparison import Comparison


@dataclass(frozen=True)
class Ranking:
    """The style with the best mean on one outcome, those it is not shown to beat, and the rest.

    A style for which the outcome is not known (fewer than two runs have it) is in neither.
    """

    outcome: str
    best: str
    tied_with: tuple[str, ...]
    worse: tuple[str, ...]
    n_comparisons: int

    @property
    def leaders(self) -> tuple[str, ...]:
        """The styles of which any may be the best."""
        return (self.best, *self.tied_with)


def rankings(
    comparison: Comparison, names: list[str] | None = None, level: float = 0.95
) -> list[Ranking]:
    """Who leads on each outcome that has a direction and is known for two styles or more.

    Each style is compared with the best one, corrected for all such comparisons over all outcomes
    here. That the data chose the best does no harm: the true best can drop out only by looking
    worse than one of the others, and so many comparisons are corrected for.
    """
    judged = [name for name in comparison.shown(names) if comparison.about[name].better]
    family = max(1, len(judged) * (len(comparison.arms) - 1))
    found = []
    for name in judged:
        better = comparison.about[name].better
        known = [mean for mean in comparison.means(name) if mean.n > 1]
        if len(known) < 2:
            continue
        best = max(known, key=lambda mean: better * mean.mean).arm
        effects = comparison.effects(name, best, level=level, n_comparisons=family)
        tied = tuple(e.arm for e in effects if math.isfinite(e.low) and not e.differs)
        worse = tuple(e.arm for e in effects if e.differs)
        found.append(Ranking(name, best, tied, worse, family))
    return found


def frontier(comparison: Comparison, x: str, y: str) -> list[str]:
    """The styles that no other beats on both outcomes, by their means, ordered along x.

    A style is beaten by one that is at least as good on both and better on one. Whether a
    difference is more than noise is what the effects tell.
    """
    signs = []
    for name in (x, y):
        comparison.values(name)
        signs.append(comparison.about[name].better)
        if not signs[-1]:
            raise UserError(
                f"A frontier needs outcomes of which more or less is better, but {name!r} is "
                "neither; choose another"
            )
    points = {
        a.arm: (signs[0] * a.mean, signs[1] * b.mean)
        for a, b in zip(comparison.means(x), comparison.means(y), strict=True)
        if a.n and b.n
    }

    def beaten(point: tuple[float, float]) -> bool:
        return any(
            other != point and other[0] >= point[0] and other[1] >= point[1]
            for other in points.values()
        )

    kept = [arm for arm, point in points.items() if not beaten(point)]
    return sorted(kept, key=lambda arm: signs[0] * points[arm][0])


def sentences(comparison: Comparison, names: list[str] | None = None) -> list[str]:
    """Who wins on what, in plain sentences."""
    found = rankings(comparison, names)
    if not found:
        return ["Nothing can be ranked: it takes two styles and two runs of each."]
    won: dict[str, list[str]] = {}
    undecided: dict[tuple[str, ...], list[str]] = {}
    for ranking in found:
        if ranking.tied_with:
            leaders = tuple(arm for arm in comparison.arms if arm in ranking.leaders)
            undecided.setdefault(leaders, []).append(ranking.outcome)
        else:
            won.setdefault(ranking.best, []).append(ranking.outcome)

    said = []
    if won:
        winners = [arm for arm in comparison.arms if arm in won]
        wins = [f"{arm} wins on {_titles(comparison, won[arm])}" for arm in winners]
        said.append("; ".join(wins) + ".")
    for leaders, outcomes in undecided.items():
        whom = "all styles" if leaders == comparison.arms else _listed(leaders)
        titles = _titles(comparison, outcomes)
        verb = "is" if len(outcomes) == 1 else "are"
        said.append(f"{titles[:1].upper()}{titles[1:]} {verb} undecided between {whom}.")
    return [*said, _verdict(comparison, found)]


def _verdict(comparison: Comparison, found: list[Ranking]) -> str:
    """Whether one style may be the best on everything, and if not, what the foremost gives up."""
    lost = {arm: [ranking for ranking in found if arm in ranking.worse] for arm in comparison.arms}
    unbeaten = [arm for arm in comparison.arms if not lost[arm]]
    if len(unbeaten) == 1:
        return f"{unbeaten[0]} is best, or not shown to be worse than the best, on everything."
    if unbeaten:
        return f"{_listed(unbeaten)} are nowhere shown to be worse than the best."
    foremost = min(comparison.arms, key=lambda arm: len(lost[arm]))
    by_winner: dict[str, list[str]] = {}
    for ranking in lost[foremost]:
        by_winner.setdefault(ranking.best, []).append(ranking.outcome)
    losses = [f"{_titles(comparison, what)} to {whom}" for whom, what in by_winner.items()]
    kept = len(found) - len(lost[foremost])
    return (
        f"No style is best on everything: {foremost} leads or is level on {kept} of {len(found)} "
        f"outcomes, but loses {_listed(losses)}."
    )


def _titles(comparison: Comparison, names: Sequence[str]) -> str:
    return _listed([comparison.about[name].title for name in names])


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
