"""Value per cost: how far the money goes."""

from sim.metrics import flow, metric
from sim.metrics._ratio import ratio
from sim.simulation import Run


@metric("value per cost", "money per money", 1)
def value_per_cost(run: Run) -> float:
    """Value created over the whole run for each unit of money that it cost; NaN without cost."""
    return ratio(flow(run, "created"), flow(run, "cost"))
