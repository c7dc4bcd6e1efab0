"""Pattern 3: a few make much of everything."""

from sim import measures
from sim.analysis.history import History
from sim.analysis.patterns import Range, pattern


@pattern(
    3,
    "concentration",
    "val",
    "Suh et al. 2009: 55 % of Wikipedia's edits",
    Range("share of the top 1 %", 0.25, 0.75),
)
def concentration(history: History) -> float:
    """Share of all contributions made by the most active 1 % of the contributors."""
    return measures.top_share(history.counts)
