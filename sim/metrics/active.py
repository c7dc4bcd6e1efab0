"""Active: who contributes."""

from sim.metrics import level, metric
from sim.simulation import Run


@metric("active members", "people", 1)
def active(run: Run) -> float:
    """Members who contributed within the last month, mean of the last twelve months."""
    return level(run, "active")
