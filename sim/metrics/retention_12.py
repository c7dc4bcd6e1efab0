"""Retention after 12 months: who stays."""

from sim.metrics import metric
from sim.metrics._contributors import retained
from sim.simulation import Run


@metric("retention after 12 months", "share", 1)
def retention_12(run: Run) -> float:
    """Share of contributors whose last contribution is 12 months or more after their first.

    Kaplan & Meier (1958), as for real logs: who contributed in the last 90 days is censored. NaN
    where nobody has been observed for so long, where a step is longer, and for one company of
    several: those who left it cannot be told.
    """
    return retained(run, 12)
