"""Depth of a shock: how much is lost."""

from math import nan

from sim.metrics import metric
from sim.metrics._shock import since_shock
from sim.quantity import Span
from sim.simulation import Run


@metric("depth of a shock", "share", -1)
def shock_depth(run: Run) -> float:
    """Largest fall of active members within twelve months of the first shock.

    As a share of their mean in the six months before it, and 0 without a fall. Shocks are the
    scenario's dated events other than a new style. NaN without one, or without active members
    before it.
    """
    year = Span("12 months").steps(run.scenario.time.step)
    after = since_shock(run)[:year]
    return max(0.0, 1.0 - float(after.min())) if len(after) else nan
