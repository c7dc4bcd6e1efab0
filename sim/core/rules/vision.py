"""Step 1: goals move towards the vision, towards peers and back to one's own need."""

from typing import Any

import numpy as np

from sim.core.jit import fetch, rule
from sim.core.random import ONE
from sim.core.space import apart, wrap

AHEAD = np.uint64(128)  # ties: so long before they are looked at, faces are fetched


@rule
def share_vision(
    i: int, par: Any, me: Any, faces: Any, companies: Any, offsets: Any, neighbours: Any
) -> None:
    """Moves a person's goal (Hegselmann & Krause 2015: radical groups and charisma).

    The vision is a constant signal that only those within `confidence` of it hear; peers are
    tied fellow members as they stood at the end of the last step. Outsiders have only their
    own need.
    """
    move = par.own_pull * apart(me.need, me.goal)
    if me.company >= 0:
        company = companies[np.uint64(me.company)]
        to_vision = apart(company.goal, me.goal)
        to_peers = peers(i, me, faces, offsets, neighbours)
        listens = par.goal_pull * company.vision * to_vision
        follows = par.goal_pull * (1.0 - company.vision) * to_peers
        move += listens if abs(to_vision) < par.confidence else 0.0
        move += follows if abs(to_peers) < par.confidence else 0.0
    me.goal = wrap(me.goal + move)


@rule
def peers(i: int, me: Any, faces: Any, offsets: Any, neighbours: Any) -> float:
    """Returns the mean way from one's own goal to those of tied fellow members, 0 without any."""
    total = 0.0
    n = 0
    last = np.uint64(max(1, len(neighbours)) - 1)
    for k in range(offsets[i], offsets[i + ONE]):
        fetch(faces[neighbours[min(k + AHEAD, last)]])
        other = faces[neighbours[k]]
        fellow = other.company == me.company
        way = apart(np.float64(other.goal), me.goal)  # of strangers, too: without a branch
        total += way if fellow else 0.0
        n += int(fellow)
    return total / max(n, 1)
