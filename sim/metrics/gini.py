"""Gini: how unequal contributions are."""

from sim import measures
from sim.metrics import metric
from sim.metrics._contributors import contributions
from sim.simulation import Run


@metric("Gini of contributions", "share", 0)
def gini(run: Run) -> float:
    """Inequality of the contributions of all who contributed, 0 (all the same) towards 1.

    The population formula, as for real logs; NaN without contributors. Gini (1912).
    Of one company in view: its members at the end, and what they made since they joined.
    """
    return measures.gini(contributions(run))
