"""Pattern 12: newcomers who get an award stay."""

import math

import numpy as np

from sim.analysis.history import History
from sim.analysis.patterns import Arm, Range, pattern
from sim.analysis.patterns._ratios import odds_ratio
from sim.reading import change

MONTHS = 3
AWARDS = {"award_share": "0.22 per month", "award_cost": 0.0}
"""An award for every fifth who is accepted, at full recognition, and at no cost [D]."""


def trial(world: Arm) -> tuple[Arm, ...]:
    """The world with so many awards that their effect shows."""
    return (Arm(change(world.scenario, money=AWARDS), world.style),)


@pattern(
    12,
    "awards keep newcomers",
    "cal",
    "Gallus 2017: 34.8 against 43.5 % did not come back",
    Range("log odds of staying 3 months, award : none", 0.2, 0.6),
    arms=trial,
)
def awards(history: History) -> float:
    """Log odds of staying after an award less those without, among newcomers who had a chance.

    A newcomer's chance is each step of their first 3 months with accepted work and no award
    before: awards go by lot among the accepted. Stays: contributes again 3 months after the
    chance or later. Chances in the last 6 months are left out, for the newcomer may still come
    back.
    """
    award, accept = history.of("award"), history.of("accept")
    n = int(max(award.person.max(initial=-1), accept.person.max(initial=-1))) + 1
    person, time = np.unique(np.stack(accept), axis=1)
    first = history.first_submit(n)[person]
    got = np.full(n, history.end)
    np.minimum.at(got, award.person, award.time)
    chance = (
        (time - first < history.span(MONTHS))
        & (time <= got[person])
        & (time < history.end - history.span(2 * MONTHS))
    )
    person, time = person[chance], time[chance]
    stays = history.last_seen(n)[person] >= time + history.span(MONTHS)
    return math.log(odds_ratio(time == got[person], stays))
