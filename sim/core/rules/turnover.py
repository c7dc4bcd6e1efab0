"""Step 7: people leave, hear of companies, join and switch."""

from typing import Any

import numpy as np

from sim.core.jit import long_rule, rule
from sim.core.motives import weigh
from sim.core.numbers import exp
from sim.core.random import MARGIN, ONE, Stream, occurs, surely_occurs, uniform, uniform_all
from sim.core.rules.effort import utility
from sim.core.space import fit


@rule
def accept_invitations(
    t: int,
    start: int,
    n: int,
    n_outsiders: int,
    people: Any,
    companies: Any,
    b: int,
    tallies: Any,
    lot: Any,
) -> int:
    """Enrols those of the outsiders listed whom a company invites; returns how many are left.

    No invitation among the n people outlasts the step.
    """
    left = 0
    for k in range(n_outsiders):
        i = lot.some[k]
        me = people[i]
        if me.invited > 0 and companies[me.invited - 1].open == 1:
            enrol(t, me.invited - 1, me, tallies[b, me.invited - 1])
        lot.some[left] = i
        left += int(me.company < 0 and me.gone == 0)
    for k in range(n):
        people[np.uint64(start + k)].invited = 0
    return left


@rule
def estrangement(t: int, par: Any, me: Any) -> float:
    """Returns the log of what makes a member leave early.

    It falls with utility, and for a year after an award (Gallus 2017); it is higher for those
    whose first contributions were rejected (Halfaker et al. 2013).
    """
    attachment = par.leave_utility * me.utility
    honoured = int(me.awarded >= 0) & int(t - me.awarded <= par.year)
    gain = par.award_gain  # fetched for some only, it would take a branch
    attachment += gain if honoured else 0.0
    rejected = par.rejection * (1.0 - np.float64(me.welcomed))
    attachment -= rejected if me.welcomed >= 0.0 else 0.0
    return min(700.0, -attachment)


@rule
def leaves(
    t: int, par: Any, me: Any, strange: float, chance: float, company: Any, tally: Any
) -> bool:
    """Returns whether a member leaves, `strange` being the exponential of the estrangement.

    The hazard falls with each contribution made (Wilkinson 2008: momentum).
    """
    if company.open == 0 or me.gone == 1:
        return True
    if me.joined > 0 and t - me.joined == par.three_months:
        tally.survived += 1
    hazard = par.leave_early * strange / (1.0 + me.made_here) + par.leave
    return occurs(hazard, chance)


@rule
def part(t: int, par: Any, me: Any, tally: Any) -> None:
    """Ends a membership; what still waits is withdrawn, which counts as rejected."""
    tally.departures += 1
    tally.withdrawn += me.waiting
    if me.joined > 0 and t - me.joined < par.three_months:
        tally.lost += 1
    me.rejected += me.waiting
    me.waiting = 0
    me.company = -1
    me.joined = -1
    me.trust = par.first_trust


@rule
def enrol(t: int, c: int, me: Any, tally: Any) -> None:
    """Begins a membership."""
    tally.arrivals += 1
    me.company = c
    me.joined = t
    me.made_here = 0


@rule
def begin_choice(n: int, lot: Any) -> None:
    """Lets n listed people choose, with nothing looked at so far."""
    for k in range(n):
        lot.total[k] = -1.0


@rule
def hear(
    c: int,
    n: int,
    t: int,
    key: Any,
    par: Any,
    people: Any,
    faces: Any,
    weights: Any,
    company: Any,
    offer: Any,
    offsets: Any,
    neighbours: Any,
    lot: Any,
) -> None:
    """Lets n listed people hear of company c: by chance, by its users or from ties (Bass 1969).

    Most would not even if all their ties were members, and some would without any; then nobody
    counts them.
    """
    uniform_all(key, Stream.AWARE, t, c, lot.some, n, lot.chance)
    most = offer.word + par.tie_awareness + MARGIN
    found = 0
    for k in range(n):
        lot.picked[np.uint64(found)] = k
        found += int(lot.chance[k] < most)
    heard = 0
    for j in range(found):
        k = lot.picked[j]
        i, u = lot.some[k], lot.chance[k]
        lot.picked[np.uint64(heard)] = k
        if people[i].company != c and (
            surely_occurs(offer.word, u)
            or occurs(offer.word + par.tie_awareness * friends(i, c, faces, offsets, neighbours), u)
        ):
            heard += 1
    for j in range(heard):
        k = lot.picked[j]
        i = lot.some[k]
        consider(k, t, i, c, key, par, people[i], weights, company, offer, lot)


@long_rule
def consider(
    k: int,
    t: int,
    i: int,
    c: int,
    key: Any,
    par: Any,
    me: Any,
    weights: Any,
    company: Any,
    offer: Any,
    lot: Any,
) -> None:
    """Sets company c beside what else a person may choose, by logit of expected utility.

    `total` is the sum of the attractions so far, `chosen` the choice among them (McFadden 1974);
    a switch has a cost [D].
    """
    if lot.total[k] < 0.0:
        lot.total[k] = attraction(par.join_cost if me.company < 0 else me.utility + par.switch_cost)
        lot.chosen[k] = me.company
    if me.company < 0:
        me.aware = 1
    appeal = weigh(k, i, me, weights, fit(me, company, offer), company, offer, par, lot.pulls)
    option = attraction(utility(me.goal, par.first_trust, appeal, company, offer, par))
    lot.total[k] += option
    before = lot.chosen[k]
    lot.chosen[k] = c if uniform(key, Stream.CHOOSE, t, i, c) * lot.total[k] < option else before


@rule
def move(t: int, n: int, par: Any, people: Any, b: int, tallies: Any, lot: Any) -> None:
    """Enrols those of n listed people who have chosen another company than they were in."""
    for k in range(n):
        if lot.total[k] >= 0.0:
            me = people[lot.some[k]]
            chosen = lot.chosen[k]
            if chosen != me.company:
                if me.company >= 0:
                    part(t, par, me, tallies[b, me.company])
                enrol(t, chosen, me, tallies[b, chosen])


@rule
def attraction(u: float) -> float:
    """Returns exp(u), which stays finite: sums and products of it are numbers, too."""
    return exp(min(700.0, u))


@rule
def friends(i: int, c: int, faces: Any, offsets: Any, neighbours: Any) -> float:
    """Returns the share of a person's ties who are members of company c."""
    tied = 0
    for k in range(offsets[i], offsets[i + ONE]):
        tied += int(faces[neighbours[k]].company == c)
    degree = offsets[i + ONE] - offsets[i]
    return tied / degree if degree > 0 else 0.0
