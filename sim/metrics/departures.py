"""Departures: who goes."""

from sim.metrics import flow, metric
from sim.simulation import Run


@metric("departures", "people a month", -1)
def departures(run: Run) -> float:
    """People who leave a month, over the whole run.

    A switch from one company to another counts.
    """
    return flow(run, "departures")
