"""Tail exponent: how heavy the tail of contributions is."""

from math import nan

from sim import tail
from sim.errors import UserError
from sim.metrics import metric
from sim.metrics._contributors import contributions
from sim.simulation import Run


@metric("tail exponent", "1", 0)
def tail_exponent(run: Run) -> float:
    """Exponent of a power law fitted to the tail of contributions a contributor.

    Clauset, Shalizi & Newman (2009), discrete; the rival fits are in `sim.tail`. NaN where
    the counts are not suitable, such as those of fewer than 25 contributors.
    Of one company in view: its members at the end, and what they made since they joined.
    """
    try:
        return tail.tail_exponent(contributions(run)).exponent
    except UserError:
        return nan
