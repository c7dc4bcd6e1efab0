"""Adoption: who uses it."""

from sim.metrics import level, metric
from sim.metrics._ratio import ratio
from sim.simulation import Run


@metric("adoption", "share", 1)
def adoption(run: Run) -> float:
    """Share of all users who use a product of the companies in view, last twelve months.

    Users are all people who are not volunteers; NaN without any. Bass (1969).
    """
    users = int((run.state.people["volunteer"] == 0).sum())
    return ratio(level(run, "adopters"), users)
