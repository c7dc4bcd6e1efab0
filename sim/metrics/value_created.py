"""Value created: what users have of it."""

from sim.metrics import flow, metric
from sim.simulation import Run


@metric("value created", "money a month", 1)
def value_created(run: Run) -> float:
    """Worth of the products to their users: the value created a month, over the whole run."""
    return flow(run, "created")
