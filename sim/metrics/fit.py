"""Fit: how near the product is to its users."""

from sim.metrics import level, metric
from sim.simulation import Run


@metric("fit to users' needs", "share", 1)
def fit(run: Run) -> float:
    """Mean fit of a product to the needs of those who use it, last twelve months.

    Steps without users do not count; NaN without any. Toolkits raise it by how they are made
    (von Hippel & Katz 2002), which is no evidence for them.
    """
    return level(run, "fit", where="adopters")
