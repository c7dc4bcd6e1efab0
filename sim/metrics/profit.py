"""Profit: what companies keep."""

from sim.metrics import flow, metric
from sim.simulation import Run


@metric("profit", "money a month", 1)
def profit(run: Run) -> float:
    """Value captured less all costs and the profit shared a month, over the whole run.

    What the companies keep.
    """
    return flow(run, "captured") - flow(run, "cost") - flow(run, "shared")
