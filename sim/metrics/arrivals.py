"""Arrivals: who comes."""

from sim.metrics import flow, metric
from sim.simulation import Run


@metric("arrivals", "people a month", 1)
def arrivals(run: Run) -> float:
    """People who join a month, over the whole run.

    A switch from one company to another counts.
    """
    return flow(run, "arrivals")
