"""Pattern 18: in larger contests each tries less; the best is better only under uncertainty."""

from math import nan

import numpy as np

from sim.analysis.history import History
from sim.analysis.patterns import Arm, Range, pattern
from sim.analysis.patterns._experiments import closed, fixed
from sim.analysis.patterns._ratios import ratio
from sim.core.inputs import Levers

MONTHS = 24
FEW, MANY = 16, 64
"""Entrants [D]."""
UNCERTAIN = {"smoothness": 0}
CERTAIN = {"smoothness": 50, "largest_step": 3}
"""A rugged problem that everybody tackles in their own way, or a smooth one with one way."""
FLAT = 0.01
"""Less is no rise of quality [D]."""


def contests(world: Arm) -> tuple[Arm, ...]:
    """Contests of few and of many among the people of a world, one new problem a month.

    Nothing but prizes draws the entrants, all begin at what is known, no experts take part, and
    entries are judged rightly.
    """
    prizes = fixed(Levers(contest=1.0, money=1.0, transparency=1.0))

    def contest(n: int, problem: dict[str, int]) -> Arm:
        tables = {
            "population": {"people": n},
            "world": {"problems": 1, "renewal": "100 per month"} | problem,
            "gate": {"judging_noise": 0.0},
            "search": {"expert_sample": 1},
        }
        return Arm(closed(world.scenario, MONTHS, **tables), prizes)

    return tuple(contest(n, problem) for problem in (UNCERTAIN, CERTAIN) for n in (FEW, MANY))


@pattern(
    18,
    "contest size",
    "val",
    "Boudreau, Lacetera & Lakhani 2011",
    Range("effort of an entrant, many : few", high=1.0),
    Range("best solution, many less few, under uncertainty", low=0.0),
    Range("best solution, many less few, without", high=FLAT),
    arms=contests,
    experiment="contests of few and of many",
)
def contest_size(
    few: History, many: History, few_certain: History, many_certain: History
) -> tuple[float, float, float]:
    """How effort of the same entrants and the best solution change from few entrants to many.

    Quality is that of the best solution, over the months in which there was one in both.
    """
    return ratio(entries(many), entries(few)), gain(few, many), gain(few_certain, many_certain)


def entries(history: History) -> int:
    """Entries by those who are in the contest of few, too."""
    return int(np.count_nonzero(history.of("submit").person < FEW))


def gain(few: History, many: History) -> float:
    """Mean quality of the best solution in the contest of many less that in the contest of few."""
    one, other = few.simulated(), many.simulated()
    won = (one.every_step("accepted") > 0) & (other.every_step("accepted") > 0)
    more = other.every_step("quality") - one.every_step("quality")
    return float(more[won].mean()) if won.any() else nan
