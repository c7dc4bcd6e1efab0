"""Pattern 20: most company projects hang on one or two people."""

import math

from sim import measures
from sim.analysis.history import History
from sim.analysis.patterns import Arm, Range, pattern
from sim.analysis.patterns._experiments import alone, fixed
from sim.core.inputs import Levers

PEOPLE = 500
"""So many might take part in a project [D]; about a hundred do."""


COMPANY = Levers(control=0.9, vision=0.5, money=0.8, experts=0.9, tools=0.2)
"""A company that decides and pays [D]."""


def project(world: Arm) -> tuple[Arm, ...]:
    """A project that one company directs, and has the means for."""
    return (Arm(alone(world.scenario, population={"people": PEOPLE}), fixed(COMPANY)),)


@pattern(
    20,
    "truck factor at most 2",
    "val",
    "Avelino et al. 2016: 65 % of 133 projects",
    Range("share of company projects", 0.50, 0.80),
    arms=project,
    experiment="many projects of companies",
)
def truck_factor(project: History) -> float:
    """Whether one or two people made half of all contributions to a company's project: 1 or 0.

    Each run is a project; one without contributions is none. They count authors of files; we
    count contributions.
    """
    return float(measures.truck_factor(project.counts) <= 2) if project.counts.size else math.nan
