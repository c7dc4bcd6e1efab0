"""Contributions: how much is given."""

from sim.metrics import flow, metric
from sim.simulation import Run


@metric("contributions", "count a month", 1)
def contributions(run: Run) -> float:
    """Contributions submitted a month, over the whole run."""
    return flow(run, "submitted")
