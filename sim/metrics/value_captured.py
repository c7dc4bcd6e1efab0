"""Value captured: what companies have of it."""

from sim.metrics import flow, metric
from sim.simulation import Run


@metric("value captured", "money a month", 1)
def value_captured(run: Run) -> float:
    """The part of the value created that the companies take in a month, over the whole run."""
    return flow(run, "captured")
