"""Pattern 10: voluntary giving decays where nothing sustains it."""

import numpy as np

from sim.analysis.history import History
from sim.analysis.patterns import Arm, Range, pattern
from sim.analysis.patterns._experiments import closed, fixed
from sim.analysis.patterns._ratios import ratio
from sim.core.inputs import Levers

PERIODS = 10


def laboratory(world: Arm) -> tuple[Arm, ...]:
    """All people in one closed group; nothing but reciprocity moves what they give.

    Taking part is as good as free, nobody is paid, and half of what others do is seen, so that
    beliefs follow it at the measured rate. A period is a month.
    """
    free = {"effort_cost": -100.0, "paid_effort": 0.0}
    group = closed(world.scenario, PERIODS, effort=free)
    return (Arm(group, fixed(Levers(transparency=0.5))),)


@pattern(
    10,
    "reciprocity decays",
    "cal",
    "Fischbacher & Gaechter 2010: 7.89 falling to 2.24",
    Range("contributions in period 10 : period 1", 0.20, 0.45),
    arms=laboratory,
    experiment="a closed group without pay or sanctions",
)
def reciprocity_decay(laboratory: History) -> float:
    """What a group gives in the tenth period over what it gives in the first."""
    period = laboratory.of("submit").time
    return ratio(float(np.sum(period == PERIODS)), float(np.sum(period == 1)))
