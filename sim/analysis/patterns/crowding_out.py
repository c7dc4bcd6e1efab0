"""Pattern 16: a little pay is worse than none, and much is better than a little."""

from sim.analysis.history import History
from sim.analysis.patterns import Arm, Range, pattern
from sim.analysis.patterns._experiments import closed, managed
from sim.analysis.patterns._ratios import ratio

MONTHS = 3
"""Longer, and what people believe of others decays in every group (pattern 10)."""
PAY = (0.0, 0.1, 1.0)
"""None, small and large, a lever: in the experiment nothing, 0.10 and 1 shekel an answer."""


def groups(world: Arm) -> tuple[Arm, ...]:
    """Three closed groups of the same people, each with its pay from the start, as promised."""
    group = closed(world.scenario, MONTHS, money={"pay_purse": "1000000 per month"})
    return tuple(managed(world, group, money=money) for money in PAY)


@pattern(
    16,
    "crowding out",
    "cal",
    "Gneezy & Rustichini 2000",
    Range("effort, small pay : no pay", high=1.0),
    Range("effort, large pay : small pay", low=1.0),
    arms=groups,
    experiment="the same people with no, small and large pay",
)
def crowding_out(unpaid: History, small: History, large: History) -> tuple[float, float]:
    """Contributions in a season at small pay over those at none, and at large over those at small.

    The groups differ in the lever of money alone, and nobody joins or leaves.
    """
    none, little, much = (len(group.of("submit").time) for group in (unpaid, small, large))
    return ratio(little, none), ratio(much, little)
