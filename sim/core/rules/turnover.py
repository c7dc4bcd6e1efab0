"""Step 7: people leave, hear of companies, join and switch."""

from typing import Any

import numpy as np

from sim.core.jit import long_rule, rule
from sim.core.motives import weigh
from sim.core.numbers import exp
from sim.core.random import MARGIN, ONE, Stream, occurs, uniform
from sim.core.rules.effort import utility
from sim.core.space import fit


@rule
def leave_and_join(
    t: int,
    i: int,
    key: Any,
    par: Any,
    me: Any,
    strange: float,
    faces: Any,
    weights: Any,
    companies: Any,
    offers: Any,
    b: int,
    tallies: Any,
    offsets: Any,
    neighbours: Any,
    pulls: Any,
) -> None:
    """Lets a member leave or switch, and an outsider hear of companies and join one."""
    me.aware = 0
    c = me.company
    if c < 0 and me.invited > 0 and companies[me.invited - 1].open == 1:
        enrol(t, me.invited - 1, me, b, tallies)
    elif c >= 0 and leaves(t, i, key, par, me, strange, companies[c], tallies[b, c]):
        part(t, par, me, tallies[b, c])
    elif me.gone == 0 and (c < 0 or len(companies) > 1):
        choose(
            t, i, key, par, me, faces, weights, companies, offers, b, tallies, offsets, neighbours,
            pulls,
        )  # fmt: skip
    me.invited = 0


@rule
def estrangement(t: int, par: Any, me: Any) -> float:
    """Returns the log of what makes a member leave early.

    It falls with utility, and for a year after an award (Gallus 2017); it is higher for those
    whose first contributions were rejected (Halfaker et al. 2013).
    """
    attachment = par.leave_utility * me.utility
    if me.awarded >= 0 and t - me.awarded <= par.year:
        attachment += par.award_gain
    if me.welcomed >= 0.0:
        attachment -= par.rejection * (1.0 - np.float64(me.welcomed))
    return min(700.0, -attachment)


@rule
def leaves(
    t: int, i: int, key: Any, par: Any, me: Any, strange: float, company: Any, tally: Any
) -> bool:
    """Returns whether a member leaves, `strange` being the exponential of the estrangement.

    The hazard falls with each contribution made (Wilkinson 2008: momentum).
    """
    if company.open == 0 or me.gone == 1:
        return True
    if me.joined > 0 and t - me.joined == par.three_months:
        tally.survived += 1
    hazard = par.leave_early * strange / (1.0 + me.made_here) + par.leave
    return occurs(hazard, uniform(key, Stream.LEAVE, t, i, 0))


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
def enrol(t: int, c: int, me: Any, b: int, tallies: Any) -> None:
    """Begins a membership."""
    tallies[b, c].arrivals += 1
    me.company = c
    me.joined = t
    me.made_here = 0


@rule
def choose(
    t: int,
    i: int,
    key: Any,
    par: Any,
    me: Any,
    faces: Any,
    weights: Any,
    companies: Any,
    offers: Any,
    b: int,
    tallies: Any,
    offsets: Any,
    neighbours: Any,
    pulls: Any,
) -> None:
    """Lets one person choose among the companies they hear of and where they are.

    Outsiders hear of companies by chance, by their users and from ties (Bass 1969), and choose
    by logit of expected utility (McFadden 1974); a switch has a cost [D].
    """
    total, chosen = -1.0, me.company  # nothing looked at so far
    for c in range(len(companies)):
        company, offer = companies[c], offers[c]
        if c == me.company or company.open == 0:
            continue
        if hears(t, i, c, key, par, offer, faces, offsets, neighbours):
            total, chosen = consider(
                t, i, c, key, par, me, weights, company, offer, pulls, total, chosen
            )
    if chosen != me.company:
        if me.company >= 0:
            part(t, par, me, tallies[b, me.company])
        enrol(t, chosen, me, b, tallies)


@long_rule
def consider(
    t: int,
    i: int,
    c: int,
    key: Any,
    par: Any,
    me: Any,
    weights: Any,
    company: Any,
    offer: Any,
    pulls: Any,
    total: float,
    chosen: int,
) -> tuple[float, int]:
    """Returns what one may choose, with company c beside what there was before.

    `total` is the sum of the attractions so far, `chosen` the choice among them.
    """
    if total < 0.0:
        total = attraction(par.join_cost if me.company < 0 else me.utility + par.switch_cost)
    if me.company < 0:
        me.aware = 1
    appeal = weigh(0, i, me, weights, fit(me, company, offer), company, offer, par, pulls)
    option = attraction(utility(me.goal, par.first_trust, appeal, company, offer, par))
    total += option
    if uniform(key, Stream.CHOOSE, t, i, c) * total < option:
        chosen = c
    return total, chosen


@rule
def attraction(u: float) -> float:
    """Returns exp(u), which stays finite: sums and products of it are numbers, too."""
    return exp(min(700.0, u))


@rule
def hears(
    t: int,
    i: int,
    c: int,
    key: Any,
    par: Any,
    offer: Any,
    faces: Any,
    offsets: Any,
    neighbours: Any,
) -> bool:
    """Returns whether person i hears of company c, by chance, by its users or from ties.

    Most would not even if all their ties were members; then nobody counts them.
    """
    u = uniform(key, Stream.AWARE, t, i, c)
    if u >= offer.word + par.tie_awareness + MARGIN:
        return False
    return occurs(offer.word + par.tie_awareness * friends(i, c, faces, offsets, neighbours), u)


@rule
def friends(i: int, c: int, faces: Any, offsets: Any, neighbours: Any) -> float:
    """Returns the share of a person's ties who are members of company c."""
    tied = 0
    for k in range(offsets[i], offsets[i + ONE]):
        if faces[neighbours[k]].company == c:
            tied += 1
    degree = offsets[i + ONE] - offsets[i]
    return tied / degree if degree > 0 else 0.0
