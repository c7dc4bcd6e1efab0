"""Effort not for money: what other motives drive."""

from sim.core.motives import MOTIVES
from sim.metrics import metric
from sim.metrics._ratio import ratio
from sim.simulation import Run


@metric("effort not for money", "share", 0)
def intrinsic_share(run: Run) -> float:
    """Share of all effort in the whole run that motives other than money drove.

    Each person's effort is split by the motives' parts in their utility. NaN without effort.
    """
    by_motive = run.drive[1:].sum(axis=(0, 1))
    money = float(by_motive[list(MOTIVES).index("money")])
    return 1.0 - ratio(money, float(by_motive.sum()))
