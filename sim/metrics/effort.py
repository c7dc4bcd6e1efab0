"""Effort: how much members give."""

from sim.metrics import level, metric
from sim.simulation import Run


@metric("effort", "share", 1)
def effort(run: Run) -> float:
    """Mean effort of the members, last twelve months; 1 is all that one can give.

    Steps without members do not count; NaN without any.
    """
    return level(run, "effort", where="members")
