"""Cash: money at hand in the end."""

from sim.metrics import metric
from sim.simulation import Run


@metric("cash at the end", "money a head", 1)
def cash(run: Run) -> float:
    """Money that the companies hold at the end, debts taken off, a head of the whole population."""
    return float(run.every_step("cash")[-1]) / run.scenario.population.people
