"""Cost: what it takes."""

from sim.metrics import flow, metric
from sim.simulation import Run


@metric("cost", "money a month", -1)
def cost(run: Run) -> float:
    """All costs of the companies a month, over the whole run.

    Pay and prizes, staff, tools, review, coordination, community and awards. A shared profit is
    no cost.
    """
    return flow(run, "cost")
