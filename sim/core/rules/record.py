"""The end of a step: what others will see, and what is kept."""

from typing import Any

from sim.core.jit import rule


@rule
def look_around(t: int, par: Any, people: Any, faces: Any, companies: Any, marks: Any) -> None:
    """Takes the snapshot that all rules of the next step read of others.

    Sets each face, and of each company the active members, means and coverage.
    """
    for c in range(len(companies)):
        company = companies[c]
        company.active = 0
        company.trust = 0.0
        company.belief = 0.0
        company.crowding = 0.0
    for i in range(len(people)):
        me, face = people[i], faces[i]
        face.goal = me.goal
        face.company = me.company
        if me.company >= 0:
            company = companies[me.company]
            company.trust += me.trust
            company.belief += me.belief
            company.crowding += me.crowding
            if me.last >= 0 and t - me.last < par.month and me.last > me.joined:
                company.active += 1
                marks[me.company, me.first_step] = t
                marks[me.company, me.second_step] = t
                marks[me.company, me.third_step] = t
    for c in range(len(companies)):
        average(t, companies[c], par)
        in_use = 0
        for step in range(1, marks.shape[1]):
            if marks[c, step] == t:
                in_use += 1
        companies[c].coverage = in_use / (marks.shape[1] - 1)


@rule
def average(t: int, company: Any, par: Any) -> None:
    """Turns a company's sums over its members into means; without any, trust is as at first."""
    if company.members > 0:
        company.trust /= company.members
        company.belief /= company.members
        company.crowding /= company.members
    else:
        company.trust = par.first_trust


@rule
def record(t: int, companies: Any, drive: Any, history: Any, drive_history: Any) -> None:
    """Writes this step's row of each company."""
    for c in range(len(companies)):
        history[t, c] = companies[c]
        for m in range(drive.shape[1]):
            drive_history[t, c, m] = drive[c, m]
