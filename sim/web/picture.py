"""What the picture of the people shows of a person, as one byte."""

from typing import Any

import numpy as np

from sim.core.motives import MOTIVES
from sim.simulation import Simulation

MOST_SHOWN = 4_096

MAIN_MOTIVE = 0b0111  # index into the motives
MEMBER = 0b1000
TOOK_PART = 0b1_0000

assert len(MOTIVES) <= MAIN_MOTIVE + 1


def shown(n_people: int) -> slice:
    """Returns which people are shown: all, or every k-th of more than can be told apart."""
    return slice(None, None, -(-n_people // MOST_SHOWN))


def main_motives(simulation: Simulation) -> Any:
    """Returns the motive that weighs most for each person shown (person,), as in their byte.

    No step changes it.
    """
    weights = simulation.state.weights[shown(len(simulation.state.people))]
    return weights.argmax(axis=1).astype(np.uint8)


def picture(simulation: Simulation, motives: Any) -> Any:
    """Returns a byte for each person shown (person,), as after the last step."""
    people = simulation.state.people[shown(len(simulation.state.people))]
    member, active = people["company"] >= 0, took_part(simulation, people)
    return motives + member * np.uint8(MEMBER) + active * np.uint8(TOOK_PART)


def took_part(simulation: Simulation, people: Any) -> Any:
    """Returns which of some people (person,) count as active for their company.

    These are members who have contributed to it within the last month, and at step 0 founders.
    """
    month = simulation.scenario.constants["month"][0]
    last, member = people["last"], people["company"] >= 0
    recent = (simulation.step - last < month) & (last > people["joined"])
    return member & (recent | (simulation.step == 0))
