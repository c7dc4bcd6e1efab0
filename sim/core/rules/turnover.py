"""Step 7: people leave, hear of companies, join and switch."""

from typing import Any

from sim.core.jit import rule
from sim.core.motives import weigh
from sim.core.numbers import exp
from sim.core.random import Stream, uniform
from sim.core.rules.effort import utility


@rule
def leave_and_join(
    t: int,
    key: Any,
    par: Any,
    people: Any,
    faces: Any,
    weights: Any,
    companies: Any,
    offsets: Any,
    neighbours: Any,
    pulls: Any,
) -> None:
    """Lets members leave or switch, and outsiders hear of companies and join one."""
    for c in range(len(companies)):
        companies[c].arrivals = 0
        companies[c].departures = 0
    for i in range(len(people)):
        me = people[i]
        me.aware = 0
        if me.company < 0:
            if me.invited > 0 and companies[me.invited - 1].open == 1:
                enrol(t, me.invited - 1, me, companies[me.invited - 1])
            elif me.gone == 0:
                choose(
                    t, i, key, par, people, faces, weights, companies, offsets, neighbours, pulls
                )
            me.invited = 0
        elif leaves(t, i, key, par, me, companies[me.company]):
            part(t, par, me, companies[me.company])
        elif len(companies) > 1:
            choose(t, i, key, par, people, faces, weights, companies, offsets, neighbours, pulls)


@rule
def leaves(t: int, i: int, key: Any, par: Any, me: Any, company: Any) -> bool:
    """Returns whether a member leaves.

    The hazard falls with each contribution made (Wilkinson 2008: momentum), with utility, and
    for a year after an award (Gallus 2017); it is higher for those whose first contributions were
    rejected (Halfaker et al. 2013).
    """
    if company.open == 0 or me.gone == 1:
        return True
    if me.joined > 0 and t - me.joined == par.three_months:
        company.survived += 1
    attachment = par.leave_utility * me.utility
    if me.awarded >= 0 and t - me.awarded <= par.year:
        attachment += par.award_gain
    if me.welcomed >= 0.0:
        attachment -= par.rejection * (1.0 - me.welcomed)
    hazard = par.leave_early * attraction(-attachment) / (1.0 + me.made_here) + par.leave
    return uniform(key, Stream.LEAVE, t, i, 0) < 1.0 - exp(-hazard)


@rule
def part(t: int, par: Any, me: Any, company: Any) -> None:
    """Ends a membership; what still waits is withdrawn, which counts as rejected."""
    company.departures += 1
    company.members -= 1
    company.rejected += me.waiting
    company.waiting -= me.waiting
    if me.joined > 0 and t - me.joined < par.three_months:
        company.lost += 1
    me.rejected += me.waiting
    me.waiting = 0
    me.company = -1
    me.joined = -1
    me.trust = par.first_trust


@rule
def enrol(t: int, c: int, me: Any, company: Any) -> None:
    """Begins a membership."""
    company.arrivals += 1
    company.members += 1
    me.company = c
    me.joined = t
    me.made_here = 0


@rule
def choose(
    t: int,
    i: int,
    key: Any,
    par: Any,
    people: Any,
    faces: Any,
    weights: Any,
    companies: Any,
    offsets: Any,
    neighbours: Any,
    pulls: Any,
) -> None:
    """Lets one person choose among the companies they hear of and where they are.

    Outsiders hear of companies by chance, by their users and from ties (Bass 1969), and choose
    by logit of expected utility (McFadden 1974); a switch has a cost [D].
    """
    me = people[i]
    stay = attraction(me.utility + par.switch_cost if me.company >= 0 else par.join_cost)
    total = stay
    chosen = me.company
    for c in range(len(companies)):
        company = companies[c]
        if c == me.company or company.open == 0:
            continue
        word = heard(i, c, par, company, people, faces, offsets, neighbours)
        if uniform(key, Stream.AWARE, t, i, c) < word:
            if me.company < 0:
                me.aware = 1
            appeal = weigh(me, weights, i, company, par, pulls)
            option = attraction(utility(me, par.first_trust, appeal, company, par))
            total += option
            if uniform(key, Stream.CHOOSE, t, i, c) * total < option:
                chosen = c
    if chosen != me.company:
        if me.company >= 0:
            part(t, par, me, companies[me.company])
        enrol(t, chosen, me, companies[chosen])


@rule
def attraction(u: float) -> float:
    """Returns exp(u), which stays finite: sums and products of it are numbers, too."""
    return exp(min(700.0, u))


@rule
def heard(
    i: int,
    c: int,
    par: Any,
    company: Any,
    people: Any,
    faces: Any,
    offsets: Any,
    neighbours: Any,
) -> float:
    """Returns the chance that person i hears of company c in a step."""
    users = company.adopters / len(people)
    tied = 0
    for k in range(offsets[i], offsets[i + 1]):
        if faces[neighbours[k]].company == c:
            tied += 1
    degree = offsets[i + 1] - offsets[i]
    friends = tied / degree if degree > 0 else 0.0
    rate = (
        par.awareness
        + par.word_of_mouth * users * (1.0 - par.closed_word * company.control)
        + par.tie_awareness * friends
    )
    return 1.0 - exp(-rate)
