"""Step 4: accepted contributions search the problems."""

from typing import Any

from sim.core.jit import rule
from sim.core.landscape import climb
from sim.core.numbers import turn
from sim.core.random import Stream, normal, uniform
from sim.core.space import apart


@rule
def search(
    t: int, key: Any, par: Any, people: Any, companies: Any, problems: Any, rings: Any, experts: Any
) -> None:
    """Lets experts and then contributors work on the problems of their company.

    A share `contest` of the work climbs side by side, and the best entry wins; the rest goes on
    from where the last one stopped (Hong & Page 2004). Facilitation shows people problems on
    which their heuristics still help [D].
    """
    for c in range(len(companies)):
        company = companies[c]
        company.phase_cos *= 1.0 - par.renewal
        company.phase_sin *= 1.0 - par.renewal
        company.parts *= 1.0 - par.renewal
        company.pull = 0.0
        if company.open == 1:
            call_for_entries(c, problems)
            solve(t, c, key, par, company, problems, rings, experts)
    for i in range(len(people)):
        me = people[i]
        if me.accepted > 0:
            contribute(t, i, key, par, me, companies[me.company], problems, rings, experts)
    for c in range(len(companies)):
        award_prizes(t, c, par, people, companies[c], problems, rings)
        companies[c].accepted = 0
        companies[c].rejected = 0
    for i in range(len(people)):
        me = people[i]
        if me.accepted + me.rejected > 0:
            take_in(me, companies[me.company])


@rule
def call_for_entries(c: int, problems: Any) -> None:
    """Opens a contest on each problem of company c."""
    for p in range(problems.shape[1]):
        problems[c, p].winner = -1


@rule
def solve(
    t: int, c: int, key: Any, par: Any, company: Any, problems: Any, rings: Any, experts: Any
) -> None:
    """Lets the solving experts of company c climb, each on a few problems."""
    n = len(experts)
    solvers = n * company.experts * (1.0 - company.facilitation)
    for s in range(n):
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
    if rings[task.ring, end] > rings[task.ring, task.at]:
        task.at = end


@rule
def contribute(
    t: int,
    i: int,
    key: Any,
    par: Any,
    me: Any,
    company: Any,
    problems: Any,
    rings: Any,
    experts: Any,
) -> None:
    """Puts the accepted contributions of one person to work.

    An entry to a contest counts as rejected until it has won: losers go unpaid.
    """
    c = me.company
    enabled = len(experts) * company.experts * company.facilitation * par.matches
    matched = enabled / company.accepted
    for k in range(me.accepted):
        p = int(problems.shape[1] * uniform(key, Stream.PROBLEM, t, i, 3 * k))
        task = problems[c, p]
        start = begin(t, i, k, key, par, company, task, rings)
        if uniform(key, Stream.PROBLEM, t, i, 3 * k + 1) < par.called * company.contest:
            enter(t, i, k, key, me, company, task, start, rings)
        elif uniform(key, Stream.PROBLEM, t, i, 3 * k + 2) < matched:
            task = problems[c, match(c, p, me, problems, rings)]
            relay(t, i, k, key, me, company, task, task.at, rings)
        else:
            relay(t, i, k, key, me, company, task, start, rings)


@rule
def begin(t: int, i: int, k: int, key: Any, par: Any, company: Any, task: Any, rings: Any) -> int:
    """Returns where a contribution starts: what can be seen of others' work, or one's own idea.

    Building on what is open converges, starting alone explores (Boudreau & Lakhani 2015). What
    was begun elsewhere fits into a modular product only (Afuah & Tucci 2012); -1 if it does not.
    """
    if uniform(key, Stream.ENTRY, t, i, 3 * k) < 1.0 - par.secrecy * (1.0 - company.transparency):
        return task.at
    if uniform(key, Stream.ENTRY, t, i, 3 * k + 1) < par.modular:
        return int(rings.shape[1] * uniform(key, Stream.ENTRY, t, i, 3 * k + 2))
    return -1


@rule
def match(c: int, p: int, me: Any, problems: Any, rings: Any) -> int:
    """Returns the next problem from p on where the person's heuristic still helps, or p."""
    n = problems.shape[1]
    for k in range(n):
        q = (p + k) % n
        task = problems[c, q]
        if reach(me, task, task.at, rings) != task.at:
            return q
    return p


@rule
def reach(me: Any, task: Any, start: int, rings: Any) -> int:
    """Returns how far a person gets on a problem from a position."""
    return climb(rings, task.ring, start, me.first_step, me.second_step, me.third_step)


@rule
def relay(
    t: int, i: int, k: int, key: Any, me: Any, company: Any, task: Any, start: int, rings: Any
) -> None:
    """Hands the solution on, if it is judged to be better.

    Who cannot improve it proposes a neighbouring one. Judging errs both ways: good ideas are
    lost and bad ones taken (Knudsen & Levinthal 2007).
    """
    if start < 0:
        return
    end = reach(me, task, start, rings)
    if end == task.at:
        end = (task.at + me.first_step) % rings.shape[1]
    gain = rings[task.ring, end] - rings[task.ring, task.at]
    if gain + company.noise * normal(key, Stream.JUDGE, t, i, k) > 0.0:
        task.at = end


@rule
def enter(
    t: int, i: int, k: int, key: Any, me: Any, company: Any, task: Any, start: int, rings: Any
) -> None:
    """Enters the solution in the contest; the best, noisily judged, is kept."""
    me.accepted -= 1
    me.rejected += 1
    if start < 0:
        return
    end = reach(me, task, start, rings)
    judged = rings[task.ring, end] + company.noise * normal(key, Stream.JUDGE, t, i, k)
    if task.winner < 0 or judged > task.entry:
        task.entry = judged
        task.entry_at = end
        task.winner = i


@rule
def award_prizes(
    t: int, c: int, par: Any, people: Any, company: Any, problems: Any, rings: Any
) -> None:
    """Takes each winning entry over, counts it as accepted and shares the prize money out.

    Where the relay has got further meanwhile than the entry is judged to reach, its solution stays.
    """
    winners = 0
    for p in range(problems.shape[1]):
        if problems[c, p].winner >= 0:
            winners += 1
    company.paid = 0.0
    if company.open == 0 or winners == 0:
        return
    purse = par.prize_purse * company.contest * company.money
    for p in range(problems.shape[1]):
        task = problems[c, p]
        if task.winner >= 0:
            if task.entry > rings[task.ring, task.at]:
                task.at = task.entry_at
            winner = people[task.winner]
            winner.accepted += 1
            winner.rejected -= 1
            winner.earned += purse / winners
    company.paid = purse


@rule
def take_in(me: Any, company: Any) -> None:
    """Counts one person's decided work, and adds it to where the product is being drawn."""
    company.accepted += me.accepted
    company.rejected += me.rejected
    me.accepted_ever += me.accepted
    if me.welcomed < 0.0:
        me.welcomed = me.accepted / (me.accepted + me.rejected)
    if me.accepted > 0:
        cosine, sine = turn(me.goal)
        company.parts += me.accepted
        company.phase_cos += me.accepted * cosine
        company.phase_sin += me.accepted * sine
        company.pull += me.accepted * apart(me.goal, company.direction)
