"""Step 2: members decide how much to give."""

from typing import Any

from sim.core.jit import rule
from sim.core.motives import WAITS, weigh
from sim.core.numbers import log, sigmoid
from sim.core.random import Stream, poisson, uniform
from sim.core.reciprocity import contribution
from sim.core.space import apart


@rule
def give_effort(
    t: int, key: Any, par: Any, people: Any, weights: Any, companies: Any, drive: Any, pulls: Any
) -> None:
    """Sets each member's crowding, utility, effort and number of contributions.

    Who works for pay or a prize does not wait for others (effort in a contest follows from the
    prize: Boudreau, Lacetera & Lakhani 2011); voluntary work does. `drive` takes the effort of
    each company by motive, in proportion to the motives' part in the utility.
    """
    drive[:] = 0.0
    for i in range(len(people)):
        me = people[i]
        me.submitted = 0
        me.effort = 0.0
        if me.company < 0 or me.gone == 1:
            continue
        company = companies[me.company]
        crowd_out(me, company, par)
        appeal = weigh(me, weights, i, company, par, pulls)
        me.utility = utility(me, me.trust, appeal, company, par)
        free = par.paid_effort * unconditional(pulls, appeal)
        me.effort = sigmoid(me.utility) * (free + (1.0 - free) * reciprocate(me, company, par))
        if par.appeal * appeal > 0.0:
            for m in range(len(pulls)):
                drive[me.company, m] += me.effort * pulls[m] / appeal
        mean = par.contributions * me.effort * me.activity
        me.submitted = poisson(mean, uniform(key, Stream.EFFORT, t, i, 0))
        if me.submitted > 0:
            me.last = t
            me.first = t if me.first < 0 else me.first
            me.made += me.submitted
            me.made_here += me.submitted


@rule
def crowd_out(me: Any, company: Any, par: Any) -> None:
    """Moves crowding by the pay on offer: at once up, slowly down; a little does it already.

    Gneezy & Rustichini (2000): pay enough or do not pay at all.
    """
    target = company.money / (company.money + par.crowding_offset)
    rate = par.crowding_up if target > me.crowding else par.crowding_down
    me.crowding += rate * (target - me.crowding)


@rule
def unconditional(pulls: Any, appeal: float) -> float:
    """Returns the share of a person's motives that do not wait for others."""
    free = 0.0
    for m in range(len(pulls)):
        if not WAITS[m]:
            free += pulls[m]
    return free / appeal if appeal > 0.0 else 0.0


@rule
def utility(me: Any, trust: float, appeal: float, company: Any, par: Any) -> float:
    """Returns the utility of taking part: all that draws a person, less the cost.

    The vision draws the near and repels the far [D]. People give the more, the more others use
    what they make (Zhang & Zhu 2011; the logarithm is ours [D]): the term is 0 at 1,000 users.
    """
    near = 1.0 - abs(apart(me.goal, company.goal)) / par.vision_reach
    audience = log(1.0 + company.adopters / 200.0) / log(6.0)
    return (
        par.appeal * appeal
        + par.vision_appeal * company.vision * max(-1.0, min(1.0, near))
        + par.trust_appeal * (trust - 0.5)
        + par.tools_appeal * company.tools
        + par.audience_appeal * (audience - 1.0)
        - par.effort_cost
    )


@rule
def reciprocate(me: Any, company: Any, par: Any) -> float:
    """Returns the voluntary contribution, in [0, 1], given what one believes others give.

    Shared ownership lifts both the start and the slope [D]. Where money has come in, people
    exchange and no longer reciprocate (Heyman & Ariely 2004: mixed markets).
    """
    lift = par.sharing_lift * company.sharing
    given = contribution(me.intercept + lift, me.slope + lift, me.belief)
    return given * (1.0 - par.crowding * me.crowding)
