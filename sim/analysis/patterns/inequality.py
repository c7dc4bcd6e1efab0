"""Pattern 4: contributions are very unequal."""

from sim import measures
from sim.analysis.history import History
from sim.analysis.patterns import Range, pattern


@pattern(
    4,
    "inequality",
    "val",
    "28 communities: .67 to .92; Gini 1912",
    Range("Gini of contributions", 0.65, 0.95),
)
def inequality(history: History) -> float:
    """Gini coefficient of the contributions of all who made one or more."""
    return measures.gini(history.counts)
