"""Coverage: how diverse the search is."""

from sim.metrics import level, metric
from sim.simulation import Run


@metric("coverage of the search", "share", 1)
def coverage(run: Run) -> float:
    """Share of all step sizes that an active member's heuristic uses, last twelve months.

    How diverse the ways are in which problems are tackled. Hong & Page (2004). Of several
    companies the mean over the open ones.
    """
    return level(run, "coverage")
