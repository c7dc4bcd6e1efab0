"""Quality: how good the solutions are."""

from sim.metrics import level, metric
from sim.simulation import Run


@metric("solution quality", "share", 1)
def quality(run: Run) -> float:
    """Mean over the problems of (height of the best known solution / 100) ^ 8, last twelve months.

    Of several companies by their adopters, or alike if nobody adopts. A closed company's product
    counts as it stands. Landscape: Hong & Page (2004).
    """
    return level(run, "quality")
