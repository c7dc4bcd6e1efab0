"""Share of value returned: what contributors get in money."""

from sim.metrics import flow, metric
from sim.metrics._ratio import ratio
from sim.simulation import Run


@metric("share of value returned", "share", 0)
def returned_share(run: Run) -> float:
    """Pay, prizes and shared profit over the whole run, as a share of the value created.

    What contributors get in money for what users get; awards are not money. Above 1 where more
    is paid than is created, so more is not always better. NaN where nothing was created.
    """
    returned = flow(run, "paid") + flow(run, "shared")
    return ratio(returned, flow(run, "created"))
