"""Step 3: contributions are screened."""

from typing import Any

import numpy as np

from sim.core.jit import rule
from sim.core.numbers import exp
from sim.core.random import Stream, uniform
from sim.core.space import apart


@rule
def open_gates(par: Any, companies: Any, tallies: Any) -> None:
    """Counts what each company has to decide on: `submitted` anew, `waiting` as before.

    Sets the share of the load that is seen, and the error with which solutions are judged.
    Experts' review stands against many eyes: a small open community judges badly [D].
    """
    for c in range(len(companies)):
        company = companies[c]
        company.submitted = 0
        for b in range(len(tallies) - 1):
            company.submitted += tallies[b, c].submitted
        due = par.gated * company.control * (company.submitted + company.waiting)
        staffed = 0.5 + 0.5 * (1.0 - company.experts)
        capacity = par.review_capacity * (1.0 + company.tools) * staffed
        company.seen = capacity / due if due > capacity else 1.0
        eyes = 1.0 - exp(-company.active / par.many_eyes)
        openly = (1.0 - company.control) * eyes * (0.3 + 0.7 * company.transparency)
        screened = company.control * company.seen + openly
        company.noise = par.judging_noise * (1.0 - 0.95 * screened)


@rule
def distance(par: Any, me: Any, company: Any) -> float:
    """Returns the log of how near a person's work is to the vision, as the gate sees it."""
    far = apart(me.goal, company.goal) / par.gate_width
    return -company.control * far * far


@rule
def experience(par: Any, me: Any) -> float:
    """Returns the log of what is left to learn."""
    return -me.accepted_ever / par.skill_learning


@rule
def screen(
    t: int,
    i: int,
    key: Any,
    par: Any,
    me: Any,
    near: float,
    unlearned: float,
    company: Any,
    tally: Any,
) -> None:
    """Accepts, rejects or leaves waiting each contribution of one person, by one draw each.

    A share `control` of the load must pass the gate, whose reviewers see no more than their
    capacity; what they do not see waits, until it goes stale. The gate lets pass what is near the
    vision. Of what passes, a contribution that does not work is rejected all the same; work gets
    better with each acceptance (learning by doing: about .6 of first and .9 of later proposals
    are accepted).
    """
    gated = par.gated * company.control
    works = 1.0 - (1.0 - np.float64(me.skill)) * unlearned
    accept = ((1.0 - gated) + gated * company.seen * near) * works
    wait = gated * (1.0 - company.seen) * (1.0 - par.stale)
    n = me.submitted + me.waiting
    accepted, waiting = 0, 0
    for k in range(int(n)):
        u = uniform(key, Stream.GATE, t, i, k)
        accepted += 1 if u < accept else 0
        waiting += 1 if accept <= u < accept + wait else 0
    me.accepted = accepted
    me.waiting = waiting
    me.rejected = n - accepted - waiting
    tally.accepted += accepted
    tally.waiting += waiting


@rule
def close_gates(companies: Any, tallies: Any) -> None:
    """Counts what passed each gate, and what waits."""
    for c in range(len(companies)):
        company = companies[c]
        company.accepted = 0
        company.waiting = 0
        for b in range(len(tallies) - 1):
            company.accepted += tallies[b, c].accepted
            company.waiting += tallies[b, c].waiting
            tallies[b, c].accepted = 0
