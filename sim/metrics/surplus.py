"""Surplus: what is left for everybody together."""

from sim.metrics import flow, metric
from sim.simulation import Run


@metric("surplus", "money a month", 1)
def surplus(run: Run) -> float:
    """Value created for users less all costs of the companies a month, over the whole run.

    What is left for everybody together. What companies capture or share only changes hands, so
    it does not count; pay counts as a cost, for the work that it stands for.
    """
    return flow(run, "created") - flow(run, "cost")
