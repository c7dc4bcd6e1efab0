"""Where the time of a step goes: the turns of companies and people one by one."""

import time
from collections.abc import Iterator

import numpy as np

from benchmarks.core.race import ALL_ACTIVE, MOST_STEPS, SEED, Scale, enough, pace, world
from benchmarks.core.rows import Row
from sim.core.motives import MOTIVES
from sim.core.state import new_desk
from sim.core.step import TURNS, advance
from sim.core.together import new_progress
from sim.simulation import Simulation

PEOPLES = {
    1: "needs, goals and effort",
    3: "the gate",
    5: "the search",
    7: "what came of the work",
    9: "adoption",
    11: "pay, trust, leaving and joining",
    13: "what others see",
}
"""The turns of people; all others are companies'."""

FIRST = 3  # steps before it is timed


def turns(scale: Scale) -> Iterator[Row]:
    """Yields what each turn takes of a step, for a person, one thread."""
    for n_people in scale.sizes[1:3]:
        scenario = world(n_people, ALL_ACTIVE)
        steps = min(MOST_STEPS, enough(scale.block, pace(scenario)))
        simulation = Simulation(scenario, seed=SEED)
        simulation.advance(FIRST)
        desk = new_desk(len(MOTIVES))
        kept = simulation.history, simulation.drive
        first = TURNS * FIRST
        progress = new_progress(1, first)
        arrays = (progress, simulation.key, simulation.par, *kept, *simulation.state.arrays(), desk)
        taken = np.zeros((scale.rounds, TURNS + 1))  # the last: calls of no turn at all
        for n in range(scale.rounds):
            for _ in range(steps):
                for turn in (*range(TURNS), TURNS):
                    began = time.thread_time()
                    advance(first + turn, first + min(turn + 1, TURNS), 0, *arrays)
                    taken[n, turn] += time.thread_time() - began
                first += TURNS
        each = 1e9 * (taken[:, :TURNS] - taken[:, [TURNS]]) / (steps * n_people)
        for turn, words in PEOPLES.items():
            yield Row(f"{n_people:,} people: {words}", tuple(each[:, turn]), "ns")
        companies = np.delete(each, list(PEOPLES), axis=1).sum(axis=1)
        yield Row(f"{n_people:,} people: companies' turns", tuple(companies), "ns")
        yield Row(f"{n_people:,} people: a step", tuple(each.sum(axis=1)), "ns")
