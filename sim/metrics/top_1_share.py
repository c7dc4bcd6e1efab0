"""Share of the top 1 %: how much hangs on a few."""

from sim import measures
from sim.metrics import metric
from sim.metrics._contributors import contributions
from sim.simulation import Run


@metric("share of the top 1 %", "share", 0)
def top_1_share(run: Run) -> float:
    """Share of all contributions made by the most active 1 % of the contributors, at least one.

    NaN without contributors. After Suh et al. (2009).
    Of one company in view: its members at the end, and what they made since they joined.
    """
    return measures.top_share(contributions(run))
