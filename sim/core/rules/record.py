"""The end of a step: what others will see, and what is kept."""

from typing import Any

import numpy as np

from sim.core.jit import rule


@rule
def prepare_face(me: Any, face: Any) -> None:
    """Prepares what others see of a person in the next step.

    Nobody looks at goals any more in this one, but some may still look at the company.
    """
    face.goal = me.goal
    face.coming = me.company


@rule
def show_face(face: Any) -> None:
    """Shows the company that a person belongs to now."""
    face.company = face.coming


@rule
def be_counted(t: int, par: Any, me: Any, b: int, tallies: Any) -> bool:
    """Counts a member for the company's means; returns whether it counts as active."""
    if me.company < 0:
        return False
    tally = tallies[b, np.uint64(me.company)]
    tally.trust += me.trust
    tally.belief += me.belief
    tally.crowding += me.crowding
    is_active = int(t - me.last < par.month) & int(me.last > me.joined)
    tally.active += is_active
    return is_active > 0


@rule
def mark_steps(t: int, me: Any, marks: Any) -> None:
    """Marks the step sizes of an active member as in use."""
    mark(t, me.company, me.first_step, marks)
    mark(t, me.company, me.second_step, marks)
    mark(t, me.company, me.third_step, marks)


@rule
def mark(t: int, c: int, step: int, marks: Any) -> None:
    """Marks a step size as in use; whoever finds it marked writes nothing, for other threads."""
    if marks[np.uint64(c), np.uint64(step)] != t:
        marks[np.uint64(c), np.uint64(step)] = t


@rule
def look_around(t: int, par: Any, companies: Any, tallies: Any, marks: Any) -> None:
    """Takes the snapshot of each company: who came and left, active members, means, coverage."""
    for c in range(len(companies)):
        company = companies[c]
        company.arrivals = 0
        company.departures = 0
        company.active = 0
        company.trust = 0.0
        company.belief = 0.0
        company.crowding = 0.0
        for b in range(len(tallies) - 1):
            tally = tallies[b, c]
            company.arrivals += tally.arrivals
            company.departures += tally.departures
            company.survived += tally.survived
            company.lost += tally.lost
            company.waiting -= tally.withdrawn
            company.rejected += tally.withdrawn
            company.active += tally.active
            company.trust += tally.trust
            company.belief += tally.belief
            company.crowding += tally.crowding
        company.members += company.arrivals - company.departures
        average(company, par)
        in_use = 0
        for step in range(1, marks.shape[1]):
            if marks[c, step] == t:
                in_use += 1
        company.coverage = in_use / (marks.shape[1] - 1)


@rule
def average(company: Any, par: Any) -> None:
    """Turns a company's sums over its members into means; without any, trust is as at first."""
    if company.members > 0:
        company.trust /= company.members
        company.belief /= company.members
        company.crowding /= company.members
    else:
        company.trust = par.first_trust


@rule
def record(
    t: int, companies: Any, drive: Any, drives: Any, history: Any, drive_history: Any
) -> None:
    """Writes this step's row of each company."""
    for c in range(len(companies)):
        for m in range(drive.shape[1]):
            drive[c, m] = 0.0
            for b in range(len(drives)):
                drive[c, m] += drives[b, c, m]
            drive_history[t, c, m] = drive[c, m]
        history[t, c] = companies[c]
