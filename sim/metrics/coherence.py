"""Coherence: whether the parts fit together."""

from sim.metrics import level, metric
from sim.simulation import Run


@metric("coherence", "share", 1)
def coherence(run: Run) -> float:
    """How well the accepted parts fit together, last twelve months; 1 is best.

    exp(-integrality (1 - length of the mean of accepted goals on the circle)), after the
    divergence of Almirall & Casadesus-Masanell (2010). Of several companies by their adopters.
    """
    return level(run, "coherence")
