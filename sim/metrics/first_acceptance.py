"""Acceptance of first contributions: how newcomers are received."""

from math import nan

from sim.metrics import metric
from sim.metrics._contributors import histories
from sim.simulation import Run


@metric("acceptance of first contributions", "share", 0)
def first_acceptance(run: Run) -> float:
    """Share of people's first decided contributions that were accepted, in the whole run.

    Where several were decided in that step, their share counts. NaN without any, and for one
    company of several: those who left it cannot be told. After Halfaker et al. (2013).
    """
    welcomed = histories(run)["welcomed"]
    decided = welcomed[welcomed >= 0]
    return float(decided.mean()) if len(decided) else nan
