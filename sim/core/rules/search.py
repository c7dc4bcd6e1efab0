"""Step 4: accepted contributions search the problems."""

from math import erf, sqrt
from typing import Any

import numpy as np

from sim.core.jit import long_rule, rule
from sim.core.landscape import ahead, climb, height
from sim.core.numbers import normal_quantile
from sim.core.random import Stream, uniform, uniform_each
from sim.core.space import apart
from sim.core.together import await_group, pass_on

FARTHEST = 24.0  # quarters of a standard deviation
SMALL = np.array([0.5 + 0.5 * erf(k / 4.0 / sqrt(2.0)) - 1e-9 for k in range(int(FARTHEST) + 1)])
"""The chance that a normal number is less than k quarters, and a little less than that."""


@rule
def begin_search(
    t: int,
    key: Any,
    par: Any,
    companies: Any,
    offers: Any,
    problems: Any,
    rings: Any,
    experts: Any,
) -> None:
    """Lets old parts fall out of use, lets experts work on the problems, and calls for work."""
    for c in range(len(companies)):
        company = companies[c]
        company.phase_cos *= 1.0 - par.renewal
        company.phase_sin *= 1.0 - par.renewal
        company.parts *= 1.0 - par.renewal
        if company.open == 1:
            solve(t, c, key, par, company, problems, rings, experts)
        call_for_work(c, len(experts), par, company, offers[c], problems)


@rule
def call_for_work(c: int, staff: int, par: Any, company: Any, offer: Any, problems: Any) -> None:
    """Opens a contest on each problem of company c, and settles how contributors come to one.

    Facilitation shows people problems on which their heuristics still help [D].
    """
    enabled = staff * company.experts * company.facilitation * par.matches
    offer.called = par.called * company.contest
    offer.matched = enabled / max(1, company.accepted)
    offer.seen = 1.0 - par.secrecy * (1.0 - company.transparency)
    for p in range(problems.shape[1]):
        problems[c, p].winner = -1


@rule
def solve(
    t: int, c: int, key: Any, par: Any, company: Any, problems: Any, rings: Any, experts: Any
) -> None:
    """Lets the solving experts of company c climb, each on a few problems."""
    n = len(experts)
    solvers = n * company.experts * (1.0 - company.facilitation)
    for s in range(min(n, int(np.ceil(solvers)))):
        at_work = par.expert_pace * min(1.0, solvers - s)
        for k in range(par.expert_problems):
            if uniform(key, Stream.EXPERTS, t, c * n + s, 2 * k) < at_work:
                p = int(problems.shape[1] * uniform(key, Stream.EXPERTS, t, c * n + s, 2 * k + 1))
                work_out(t, c * n + s, k, key, experts[s], problems[c, p], rings)


@rule
def work_out(t: int, s: int, k: int, key: Any, steps: Any, task: Any, rings: Any) -> None:
    """Lets an expert go on with a problem; who is stuck there begins anew, and keeps the better.

    Experts are insiders: what they begin fits into the product, and they judge it rightly [D].
    """
    end = climb(rings, task.ring, task.at, steps[0], steps[1], steps[2])
    if end == task.at:
        start = int(rings.shape[1] * uniform(key, Stream.RETRIAL, t, s, k))
        end = climb(rings, task.ring, start, steps[0], steps[1], steps[2])
    if height(rings, task.ring, end) > height(rings, task.ring, task.at):
        task.at = end


@long_rule
def contribute(
    n: int,
    is_last: bool,
    group: int,
    t: int,
    worker: int,
    progress: Any,
    key: Any,
    par: Any,
    people: Any,
    companies: Any,
    offers: Any,
    problems: Any,
    rings: Any,
    lot: Any,
) -> None:
    """Puts n listed contributions of a group of people to work, share by share of the problems.

    So the next group goes on with a share while this one is at another. What an expert shows may
    be any problem, and waits until this group has come to it with all. `is_last`: the group has no
    more contributions.
    """
    draw_work(n, t, key, lot)
    first, n_shares, n_problems = 0, len(progress), problems.shape[1]
    while first <= n:
        until = next_shown(first, n, people, offers, lot)
        for share in range(n_shares):
            n_own = list_own(share, n_shares, n_problems, first, until, lot)
            await_group(group, share, worker, progress)
            for k in range(n_own):
                put_to_work(
                    lot.own[k], t, key, par, people, companies, offers, problems, rings, lot
                )
            if until == n and is_last:
                pass_on(group, share, progress)
        if until < n:
            go_where_shown(until, people, companies, problems, rings, lot)
        first = until + 1


@rule
def draw_work(n: int, t: int, key: Any, lot: Any) -> None:
    """Draws what n listed contributions need at once."""
    uniform_each(key, Stream.PROBLEM, t, 3, 0, lot.maker, lot.number, n, lot.which)
    uniform_each(key, Stream.PROBLEM, t, 3, 1, lot.maker, lot.number, n, lot.call)
    uniform_each(key, Stream.PROBLEM, t, 3, 2, lot.maker, lot.number, n, lot.match)
    uniform_each(key, Stream.ENTRY, t, 3, 0, lot.maker, lot.number, n, lot.sight)
    uniform_each(key, Stream.JUDGE, t, 1, 0, lot.maker, lot.number, n, lot.error)


@rule
def next_shown(first: int, n: int, people: Any, offers: Any, lot: Any) -> int:
    """Returns the next contribution from the first on whose problem an expert shows, or n."""
    for m in range(first, n):
        offer = offers[np.uint64(people[lot.maker[m]].company)]
        if lot.match[m] < offer.matched and lot.call[m] >= offer.called:
            return m
    return n


@rule
def list_own(share: int, n_shares: int, n_problems: int, first: int, until: int, lot: Any) -> int:
    """Lists the contributions from the first to before `until` that are for a share of problems."""
    lowest, end = share * n_problems // n_shares, (share + 1) * n_problems // n_shares
    found = 0
    for m in range(first, until):
        p = int(n_problems * lot.which[m])
        lot.own[np.uint64(found)] = m
        found += int(p >= lowest) & int(p < end)
    return found


@rule
def put_to_work(
    m: int,
    t: int,
    key: Any,
    par: Any,
    people: Any,
    companies: Any,
    offers: Any,
    problems: Any,
    rings: Any,
    lot: Any,
) -> None:
    """Puts a listed contribution to work.

    A share `contest` of the work climbs side by side, and the best entry wins; the rest goes on
    from where the last one stopped (Hong & Page 2004).
    """
    i, error = lot.maker[m], lot.error[m]
    me = people[i]
    c = np.uint64(me.company)
    p = int(problems.shape[1] * lot.which[m])
    company, offer, task = companies[c], offers[c], problems[c, np.uint64(p)]
    start = begin(t, i, lot.number[m], key, par, offer, task, lot.sight[m], rings)
    if lot.call[m] < offer.called:
        enter(i, me, company, task, start, error, rings)
    else:
        relay(me, company, task, start, error, rings)


@long_rule
def go_where_shown(
    m: int, people: Any, companies: Any, problems: Any, rings: Any, lot: Any
) -> None:
    """Puts a listed contribution to work on a problem that an expert shows: it may be any."""
    me = people[lot.maker[m]]
    p = int(problems.shape[1] * lot.which[m])
    task = problems[me.company, match(me.company, p, me, problems, rings)]
    relay(me, companies[np.uint64(me.company)], task, task.at, lot.error[m], rings)


@rule
def called(t: int, i: int, k: int, key: Any, offer: Any) -> bool:
    """Returns whether a contribution is an entry to a contest."""
    return offer.called > 0.0 and uniform(key, Stream.PROBLEM, t, i, 3 * k + 1) < offer.called


@rule
def begin(
    t: int, i: int, k: int, key: Any, par: Any, offer: Any, task: Any, sight: float, rings: Any
) -> int:
    """Returns where a contribution starts: what can be seen of others' work, or one's own idea.

    Building on what is open converges, starting alone explores (Boudreau & Lakhani 2015). What
    was begun elsewhere fits into a modular product only (Afuah & Tucci 2012); -1 if it does not.
    """
    if sight < offer.seen:
        return task.at
    if uniform(key, Stream.ENTRY, t, i, 3 * k + 1) < par.modular:
        return int(rings.shape[1] * uniform(key, Stream.ENTRY, t, i, 3 * k + 2))
    return -1


@rule
def match(c: int, p: int, me: Any, problems: Any, rings: Any) -> int:
    """Returns the next problem from p on where the person's heuristic still helps, or p."""
    n, q = problems.shape[1], p
    for _ in range(n):
        if helps(me, problems[c, q], rings):
            return q
        q = ahead(q, 1, n)
    return p


@rule
def helps(me: Any, task: Any, rings: Any) -> bool:
    """Returns whether a person gets any further with a problem: whether any step leads up."""
    r, at, n = task.ring, task.at, rings.shape[1]
    here = height(rings, r, at)
    first = int(height(rings, r, ahead(at, int(me.first_step), n)) > here)
    second = int(height(rings, r, ahead(at, int(me.second_step), n)) > here)
    third = int(height(rings, r, ahead(at, int(me.third_step), n)) > here)
    return first | second | third != 0


@rule
def reach(me: Any, task: Any, start: int, rings: Any) -> int:
    """Returns how far a person gets on a problem from a position."""
    first, second, third = int(me.first_step), int(me.second_step), int(me.third_step)
    return climb(rings, task.ring, start, first, second, third)


@rule
def relay(me: Any, company: Any, task: Any, start: int, error: float, rings: Any) -> None:
    """Hands the solution on, if it is judged to be better.

    Who cannot improve it proposes a neighbouring one. Judging errs both ways: good ideas are
    lost and bad ones taken (Knudsen & Levinthal 2007).
    """
    if start < 0:
        return
    end = reach(me, task, start, rings)
    if end == task.at:
        end = ahead(task.at, int(me.first_step), rings.shape[1])
    gain = height(rings, task.ring, end) - height(rings, task.ring, task.at)
    if seems_better(gain, company.noise, error):
        task.at = end


@rule
def seems_better(gain: float, noise: float, u: float) -> bool:
    """Returns whether gain plus noise times the normal number at quantile u is above 0.

    Most errors are too small to matter, which is seen without the quantile.
    """
    quarters = min(FARTHEST, abs(gain) / noise * 4.0)
    against = u if gain <= 0.0 else 1.0 - u  # the larger, the more the error speaks against it
    if against < SMALL[int(quarters)]:
        return gain > 0.0
    return gain + noise * normal_quantile(u) > 0.0


@rule
def enter(i: int, me: Any, company: Any, task: Any, start: int, error: float, rings: Any) -> None:
    """Enters a solution for the contest on a problem, where it is judged with an error."""
    if start < 0:
        return
    end = reach(me, task, start, rings)
    judged = height(rings, task.ring, end) + company.noise * normal_quantile(error)
    if task.winner < 0 or judged > task.entry:
        task.entry = judged
        task.entry_at = end
        task.winner = i


@rule
def award_prizes(par: Any, companies: Any, offers: Any, problems: Any, rings: Any) -> None:
    """Takes the winning entries where they are better, and divides the purse among the winners."""
    for c in range(len(companies)):
        company, offer = companies[c], offers[c]
        winners = 0
        for p in range(problems.shape[1]):
            task = problems[c, p]
            if task.winner >= 0:
                winners += 1
                if task.entry > height(rings, task.ring, task.at):
                    task.at = task.entry_at
        purse = par.prize_purse * company.contest * company.money
        company.paid = purse if winners > 0 else 0.0
        offer.prize = purse / max(1, winners)


@rule
def conclude(t: int, i: int, key: Any, me: Any, offer: Any, problems: Any) -> int:
    """Returns how many contributions of one person were decided on.

    An entry to a contest counts as rejected unless it has won: losers go unpaid.
    """
    if offer.called > 0.0:
        for k in range(int(me.accepted)):
            if called(t, i, k, key, offer):
                me.accepted -= 1
                me.rejected += 1
        for p in range(problems.shape[1]):
            if problems[me.company, p].winner == i:
                me.accepted += 1
                me.rejected -= 1
                me.earned += offer.prize
    return int(me.accepted + me.rejected)


@rule
def take_in(me: Any, cosine: float, sine: float, company: Any, tally: Any) -> None:
    """Counts one person's decided work, and adds it to where the product is being drawn."""
    tally.accepted += me.accepted
    tally.rejected += me.rejected
    me.accepted_ever += me.accepted
    if me.welcomed < 0.0:
        me.welcomed = me.accepted / (me.accepted + me.rejected)
    if me.accepted > 0:
        tally.phase_cos += me.accepted * cosine
        tally.phase_sin += me.accepted * sine
        tally.pull += me.accepted * apart(me.goal, company.direction)
