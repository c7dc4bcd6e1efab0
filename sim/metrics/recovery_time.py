"""Recovery time: how long a shock is felt."""

from math import nan

import numpy as np

from sim.metrics import metric
from sim.metrics._shock import since_shock
from sim.quantity import Span
from sim.simulation import Run

BACK = 0.9
"""At this share of its former level a community has recovered."""


@metric("recovery time", "months", -1)
def recovery_time(run: Run) -> float:
    """Months from the first shock until active members are back at 90 % of their level before it.

    Counted from the step that the shock hits to the first one at 90 % after the lowest within
    twelve months; 0 where that lowest is not below 90 %. Without a recovery: the rest of the run,
    which is then the least that it can be. Level and NaN as in `shock_depth`. Pimm (1984).
    """
    year = Span("12 months").steps(run.scenario.time.step)
    after = since_shock(run)
    if not len(after):
        return nan
    lowest = int(after[:year].argmin())
    if after[lowest] >= BACK:
        return 0.0
    back = np.flatnonzero(after[lowest:] >= BACK)
    steps = lowest + int(back[0]) if len(back) else len(after)
    return steps * run.scenario.months
