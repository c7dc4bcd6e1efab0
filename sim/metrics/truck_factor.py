"""Truck factor: how many carry half of the work."""

from sim import measures
from sim.metrics import metric
from sim.metrics._contributors import contributions
from sim.simulation import Run


@metric("truck factor", "people", 1)
def truck_factor(run: Run) -> float:
    """Least number of people who made half of all contributions; 0 without contributions.

    After Avelino et al. (2016), who count authors of files.
    Of one company in view: its members at the end, and what they made since they joined.
    """
    return float(measures.truck_factor(contributions(run)))
