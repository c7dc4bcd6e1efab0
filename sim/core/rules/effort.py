"""Step 2: members decide how much to give."""

from typing import Any

from sim.core.jit import rule
from sim.core.motives import WAITS, weigh
from sim.core.random import Stream, poisson, uniform
from sim.core.reciprocity import contribution
from sim.core.space import apart


@rule
def feel(
    k: int,
    i: int,
    par: Any,
    me: Any,
    weights: Any,
    fit: float,
    company: Any,
    offer: Any,
    pulls: Any,
) -> None:
    """Sets a member's crowding and utility; row k of pulls takes the motives' parts in it."""
    crowd_out(me, offer, par)
    appeal = weigh(k, i, me, weights, fit, company, offer, par, pulls)
    me.utility = utility(me, me.trust, appeal, company, offer, par)


@rule
def give_effort(
    t: int,
    i: int,
    k: int,
    b: int,
    c: int,
    key: Any,
    par: Any,
    me: Any,
    willing: float,
    kind: Any,
    offer: Any,
    pulls: Any,
    tally: Any,
    drives: Any,
) -> None:
    """Sets a member's effort and number of contributions.

    `willing` is the logistic function of the utility. Who works for pay or a prize does not wait
    for others (effort in a contest follows from the prize: Boudreau, Lacetera & Lakhani 2011);
    voluntary work does. `drives` takes the effort of block b by motive, in proportion to the
    motives' part in the utility.
    """
    appeal, unconditional = 0.0, 0.0
    for m in range(len(WAITS)):
        appeal += pulls[k, m]
        unconditional += 0.0 if WAITS[m] else pulls[k, m]
    each = 1.0 / appeal if appeal > 0.0 else 0.0
    free = par.paid_effort * unconditional * each
    effort = willing * (free + (1.0 - free) * reciprocate(me, kind, offer, par))
    me.effort = effort
    tally.present += 1
    tally.effort += effort
    if par.appeal > 0.0:
        for m in range(len(WAITS)):
            drives[b, c, m] += effort * each * pulls[k, m]
    mean = par.contributions * effort * me.activity
    me.submitted = poisson(mean, uniform(key, Stream.EFFORT, t, i, 0))
    if me.submitted > 0:
        me.last = t
        me.first = t if me.first < 0 else me.first
        me.made += me.submitted
        me.made_here += me.submitted
        tally.submitted += me.submitted


@rule
def crowd_out(me: Any, offer: Any, par: Any) -> None:
    """Moves crowding by the pay on offer: at once up, slowly down; a little does it already.

    Gneezy & Rustichini (2000): pay enough or do not pay at all.
    """
    rate = par.crowding_up if offer.crowding > me.crowding else par.crowding_down
    me.crowding += rate * (offer.crowding - me.crowding)


@rule
def utility(me: Any, trust: float, appeal: float, company: Any, offer: Any, par: Any) -> float:
    """Returns the utility of taking part: all that draws a person, less the cost.

    The vision draws the near and repels the far [D].
    """
    near = 1.0 - abs(apart(me.goal, company.goal)) / par.vision_reach
    return (
        par.appeal * appeal
        + par.vision_appeal * company.vision * max(-1.0, min(1.0, near))
        + par.trust_appeal * (trust - 0.5)
        + offer.welcome
    )


@rule
def reciprocate(me: Any, kind: Any, offer: Any, par: Any) -> float:
    """Returns the voluntary contribution, in [0, 1], given what one believes others give.

    Shared ownership lifts both the start and the slope [D]. Where money has come in, people
    exchange and no longer reciprocate (Heyman & Ariely 2004: mixed markets).
    """
    given = contribution(kind.intercept + offer.lift, kind.slope + offer.lift, me.belief)
    return given * (1.0 - par.crowding * me.crowding)
