"""Solvent: who is still in business."""

from sim.metrics import metric
from sim.simulation import Run


@metric("companies still open", "share", 1)
def solvent(run: Run) -> float:
    """Share of the companies that are in business at the end."""
    return float(run.companies["open"][-1].mean())
