"""Backlog: what waits for review."""

from sim.metrics import level, metric
from sim.simulation import Run


@metric("backlog", "count", -1)
def backlog(run: Run) -> float:
    """Contributions that wait for review, mean of the last twelve months."""
    return level(run, "waiting")
