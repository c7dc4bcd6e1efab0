"""Step 1: goals move towards the vision, towards peers and back to one's own need."""

from typing import Any

from sim.core.jit import rule
from sim.core.space import apart, wrap


@rule
def share_vision(
    par: Any, people: Any, faces: Any, companies: Any, offsets: Any, neighbours: Any
) -> None:
    """Moves each member's goal (Hegselmann & Krause 2015: radical groups and charisma).

    The vision is a constant signal that only those within `confidence` of it hear; peers are
    tied fellow members as they stood at the end of the last step. Outsiders have only their
    own need.
    """
    for i in range(len(people)):
        me = people[i]
        move = par.own_pull * apart(me.need, me.goal)
        if me.company >= 0:
            company = companies[me.company]
            to_vision = apart(company.goal, me.goal)
            if abs(to_vision) < par.confidence:
                move += par.goal_pull * company.vision * to_vision
            to_peers = peers(me, i, faces, offsets, neighbours)
            if abs(to_peers) < par.confidence:
                move += par.goal_pull * (1.0 - company.vision) * to_peers
        me.goal = wrap(me.goal + move)


@rule
def peers(me: Any, i: int, faces: Any, offsets: Any, neighbours: Any) -> float:
    """Returns the mean way from one's own goal to those of tied fellow members, 0 without any."""
    total = 0.0
    n = 0
    for k in range(offsets[i], offsets[i + 1]):
        other = faces[neighbours[k]]
        if other.company == me.company:
            total += apart(other.goal, me.goal)
            n += 1
    return total / n if n > 0 else 0.0
