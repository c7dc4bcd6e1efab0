"""Step 2: members decide how much to give."""

from typing import Any

import numpy as np

from sim.core.jit import rule
from sim.core.motives import WAITS, weigh
from sim.core.numbers import exp, exp_all, sigmoid
from sim.core.random import Stream, at_most_one, poisson, surely_none, uniform_all
from sim.core.reciprocity import contribution
from sim.core.space import apart, log_fit


@rule
def rest(me: Any) -> None:
    """Begins a person's step without effort, and with nothing decided on."""
    me.submitted, me.accepted, me.rejected, me.effort = 0, 0, 0, 0.0


@rule
def feel(
    n: int, par: Any, people: Any, weights: Any, types: Any, company: Any, offer: Any, lot: Any
) -> None:
    """Sets the crowding and utility of n listed members, and what they give voluntarily.

    Column k of pulls takes the motives' parts in the utility.
    """
    for k in range(n):
        lot.fit[k] = log_fit(people[lot.who[k]].need, company, offer)
    exp_all(lot.fit, n)
    for k in range(n):
        i = lot.who[k]
        me = people[i]
        crowd_out(me, offer, par)
        lot.appeal[k] = weigh(k, i, me, weights, lot.fit[k], company, offer, par, lot.pulls)
        lot.given[k] = reciprocate(me, types[np.uint64(me.reciprocity)], offer, par)
        lot.goal[k] = me.goal
        lot.trust[k] = me.trust
        lot.activity[k] = me.activity
    for k in range(n):
        felt = utility(lot.goal[k], lot.trust[k], lot.appeal[k], company, offer, par)
        lot.utility[k] = np.float32(felt)  # as it is kept


@rule
def make_up_minds(n: int, par: Any, lot: Any) -> None:
    """Sets the effort of n listed members, and how much comes of it on average.

    Who works for pay or a prize does not wait for others (effort in a contest follows from the
    prize: Boudreau, Lacetera & Lakhani 2011); voluntary work does. Each pull becomes the effort
    that the motive drives, in proportion to its part in the utility.
    """
    for k in range(n):
        unconditional = 0.0
        for m in range(len(WAITS)):
            unconditional += 0.0 if WAITS[m] else lot.pulls[m, k]
        each = 1.0 / lot.appeal[k] if lot.appeal[k] > 0.0 else 0.0
        free = par.paid_effort * unconditional * each
        effort = sigmoid(lot.utility[k]) * (free + (1.0 - free) * lot.given[k])
        lot.effort[k] = effort
        lot.expected[k] = par.contributions * effort * lot.activity[k]
        for m in range(len(WAITS)):
            lot.pulls[m, k] *= effort * each


@rule
def give_effort(t: int, n: int, key: Any, people: Any, lot: Any, tally: Any) -> None:
    """Lets n listed members contribute as often as their effort and their luck make them."""
    uniform_all(key, Stream.EFFORT, t, 0, lot.who, n, lot.chance)
    total, some = tally.effort, 0
    for k in range(n):
        i = lot.who[k]
        me = people[i]
        me.utility, me.effort = lot.utility[k], lot.effort[k]
        total += lot.effort[k]
        mean, u = lot.expected[k], lot.chance[k]
        lot.some[some], lot.expected[some], lot.chance[some] = i, mean, u
        some += 0 if surely_none(mean, u) else 1
    tally.effort = total
    tally.present += n
    for k in range(some):
        lot.none[k] = exp(-lot.expected[k])
    tally.submitted += hand_in(t, some, people, lot)


@rule
def hand_in(t: int, n: int, people: Any, lot: Any) -> int:
    """Has n listed members submit as much as their draws tell; returns how much that is.

    Whether somebody does is anybody's guess, so all are written to, without a branch. Those who
    may submit several, which are few, are listed.
    """
    total, several = 0, 0
    for k in range(n):
        i, mean, none, u = lot.some[k], lot.expected[k], lot.none[k], lot.chance[k]
        total += hand_in_one(t, u > none, people[i])
        place = np.uint64(several)
        lot.some[place], lot.expected[place] = i, mean
        lot.none[place], lot.chance[place] = none, u
        several += 0 if at_most_one(mean, none, u) else 1
    for k in range(several):
        me = people[lot.some[k]]
        more = poisson(lot.expected[k], lot.none[k], lot.chance[k]) - 1
        me.submitted += more
        me.made += more
        me.made_here += more
        total += more
    return total


@rule
def hand_in_one(t: int, is_one: bool, me: Any) -> int:
    """Has a member submit one contribution, or none; returns how many."""
    first, last, one = me.first, me.last, int(is_one)
    me.submitted = one
    me.first = t if (one > 0) & (first < 0) else first
    me.last = t if is_one else last
    me.made += one
    me.made_here += one
    return one


@rule
def count_drives(b: int, c: int, n: int, par: Any, lot: Any, drives: Any) -> None:
    """Adds the effort of n listed members to that of block b for company c, by motive."""
    if par.appeal > 0.0:
        for k in range(n):
            for m in range(len(WAITS)):
                drives[b, c, m] += lot.pulls[m, k]


@rule
def crowd_out(me: Any, offer: Any, par: Any) -> None:
    """Moves crowding by the pay on offer: at once up, slowly down; a little does it already.

    Gneezy & Rustichini (2000): pay enough or do not pay at all.
    """
    rate = par.crowding_up if offer.crowding > me.crowding else par.crowding_down
    me.crowding += rate * (offer.crowding - me.crowding)


@rule
def utility(goal: float, trust: float, appeal: float, company: Any, offer: Any, par: Any) -> float:
    """Returns the utility of taking part: all that draws a person, less the cost.

    The vision draws the near and repels the far [D].
    """
    near = 1.0 - abs(apart(goal, company.goal)) / par.vision_reach
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
