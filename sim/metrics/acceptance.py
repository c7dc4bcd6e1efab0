"""Acceptance: what passes the gate."""

from sim.metrics import flow, metric
from sim.metrics._ratio import ratio
from sim.simulation import Run


@metric("acceptance", "share", 0)
def acceptance(run: Run) -> float:
    """Share accepted of all contributions decided on in the whole run.

    What loses a contest or is withdrawn counts as rejected, what waits as undecided. A gate may
    do good or harm, so neither direction is better. NaN without decisions.
    """
    accepted = flow(run, "accepted")
    return ratio(accepted, accepted + flow(run, "rejected"))
