"""Belief: what members expect of others."""

from sim.metrics import level, metric
from sim.simulation import Run


@metric("belief about others", "share", 1)
def belief(run: Run) -> float:
    """Mean effort that members expect of each other, last twelve months.

    Steps without members do not count; NaN without any.
    Fischbacher & Gaechter (2010).
    """
    return level(run, "belief", where="members")
