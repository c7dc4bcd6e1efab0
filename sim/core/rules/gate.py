"""Step 3: contributions are screened."""

from typing import Any

from sim.core.jit import rule
from sim.core.numbers import exp
from sim.core.random import Stream, uniform
from sim.core.space import apart


@rule
def screen(t: int, key: Any, par: Any, people: Any, companies: Any) -> None:
    """Accepts, rejects or leaves waiting each contribution.

    A share `control` of the load must pass the gate, whose reviewers see no more than their
    capacity; what they do not see waits, until it goes stale. Of what passes, a contribution
    that does not work is rejected all the same. Sets also how well solutions are judged.
    """
    load(people, companies)
    for c in range(len(companies)):
        open_gate(companies[c], par)
    for i in range(len(people)):
        me = people[i]
        me.accepted = 0
        me.rejected = 0
        if me.company < 0 or me.submitted + me.waiting == 0:
            continue
        company = companies[me.company]
        judge_work(t, i, key, par, me, company)
        company.accepted += me.accepted
        company.rejected += me.rejected
        company.waiting += me.waiting


@rule
def load(people: Any, companies: Any) -> None:
    """Counts what each company has to decide on: `submitted` anew, `waiting` as before."""
    for c in range(len(companies)):
        companies[c].submitted = 0
    for i in range(len(people)):
        me = people[i]
        if me.company >= 0:
            companies[me.company].submitted += me.submitted


@rule
def open_gate(company: Any, par: Any) -> None:
    """Sets the share of the load that is seen, and the error with which solutions are judged.

    Experts' review stands against many eyes: a small open community judges badly [D].
    """
    due = par.gated * company.control * (company.submitted + company.waiting)
    staffed = 0.5 + 0.5 * (1.0 - company.experts)
    capacity = par.review_capacity * (1.0 + company.tools) * staffed
    company.seen = capacity / due if due > capacity else 1.0
    eyes = 1.0 - exp(-company.active / par.many_eyes)
    openly = (1.0 - company.control) * eyes * (0.3 + 0.7 * company.transparency)
    company.noise = par.judging_noise * (1.0 - 0.95 * (company.control * company.seen + openly))
    company.accepted = 0
    company.rejected = 0
    company.waiting = 0


@rule
def judge_work(t: int, i: int, key: Any, par: Any, me: Any, company: Any) -> None:
    """Decides on all contributions of one person, one draw each.

    The gate lets pass what is near the vision. Work gets better with each acceptance
    (learning by doing: about .6 of first and .9 of later proposals are accepted).
    """
    gated = par.gated * company.control
    far = apart(me.goal, company.goal) / par.gate_width
    agreed = company.seen * exp(-company.control * far * far)
    works = 1.0 - (1.0 - me.skill) * exp(-me.accepted_ever / par.skill_learning)
    accept = ((1.0 - gated) + gated * agreed) * works
    wait = gated * (1.0 - company.seen) * (1.0 - par.stale)
    n = me.submitted + me.waiting
    me.waiting = 0
    for k in range(n):
        u = uniform(key, Stream.GATE, t, i, k)
        if u < accept:
            me.accepted += 1
        elif u < accept + wait:
            me.waiting += 1
        else:
            me.rejected += 1
