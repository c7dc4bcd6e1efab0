"""One-time contributors: who came once."""

from sim import measures
from sim.metrics import metric
from sim.metrics._contributors import contributions
from sim.simulation import Run


@metric("one-time contributors", "share", 0)
def one_event_share(run: Run) -> float:
    """Share of the contributors who contributed exactly once; NaN without contributors.

    Of one company in view: its members at the end, and what they made since they joined.
    """
    return measures.one_event_share(contributions(run))
