"""One step of the ecosystem: the order of events, and nothing else."""

from typing import Any

import numpy as np

from sim.core.jit import kernel
from sim.core.rules.direction import steer
from sim.core.rules.effort import give_effort
from sim.core.rules.gate import screen
from sim.core.rules.learning import learn
from sim.core.rules.money import settle_accounts
from sim.core.rules.policy import follow_policy
from sim.core.rules.record import look_around, record
from sim.core.rules.search import search
from sim.core.rules.turnover import leave_and_join
from sim.core.rules.value import create_value
from sim.core.rules.vision import share_vision
from sim.core.rules.world import turn_world


@kernel
def advance(
    start: int,
    stop: int,
    key: Any,
    par: Any,
    history: Any,
    drive_history: Any,
    people: Any,
    faces: Any,
    weights: Any,
    companies: Any,
    levers: Any,
    problems: Any,
    world: Any,
    rings: Any,
    experts: Any,
    offsets: Any,
    neighbours: Any,
    marks: Any,
    drive: Any,
) -> None:
    """Advances the ecosystem from the end of step `start` to the end of step `stop`, in place."""
    par = par[0]
    pulls = np.zeros(weights.shape[1])
    for t in range(start + 1, stop + 1):
        turn_world(t, key, par, world, people, problems, rings)
        follow_policy(companies, levers)
        share_vision(par, people, faces, companies, offsets, neighbours)
        give_effort(t, key, par, people, weights, companies, drive, pulls)
        screen(t, key, par, people, companies)
        search(t, key, par, people, companies, problems, rings, experts)
        steer(t, key, par, companies, world)
        create_value(par, people, companies, problems, rings)
        settle_accounts(t, key, par, people, companies)
        learn(par, people, companies)
        leave_and_join(t, key, par, people, faces, weights, companies, offsets, neighbours, pulls)
        look_around(t, par, people, faces, companies, marks)
        record(t, companies, drive, history, drive_history)
