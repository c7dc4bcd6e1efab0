"""Crowding out: what money did to other motives."""

from sim.metrics import level, metric
from sim.simulation import Run


@metric("crowding out", "share", -1)
def crowding(run: Run) -> float:
    """How far money has crowded out the fun of the members, mean of the last twelve months.

    Steps without members do not count; NaN without any.
    Gneezy & Rustichini (2000).
    """
    return level(run, "crowding", where="members")
