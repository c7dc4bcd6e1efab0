"""Trust: in the company."""

from sim.metrics import level, metric
from sim.simulation import Run


@metric("trust", "share", 1)
def trust(run: Run) -> float:
    """Mean trust of the members in their company, last twelve months.

    Steps without members do not count; NaN without any.
    """
    return level(run, "trust", where="members")
