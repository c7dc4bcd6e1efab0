"""Pattern 15: where a large part of the group is shut out, the rest give less."""

from typing import Any

import numpy as np

from sim.analysis.history import History, IntArray, UnknownError
from sim.analysis.patterns import Arm, Range, pattern
from sim.analysis.patterns._ratios import ratio
from sim.reading import as_table, change

BLOCKED = 0.8
"""Share of all people who are shut out [D]."""
MONTHS = 4
"""Before and after, as in the study."""


def worlds(world: Arm) -> tuple[Arm, ...]:
    """The world as it is, and the same with a block half-way."""
    at = world.scenario.time.steps // 2 + 1
    block = {"at": at, "kind": "loss_of_audience", "size": BLOCKED}
    events: Any = [*as_table(world.scenario)["events"], block]
    return world, Arm(change(world.scenario, events=events), world.style)


@pattern(
    15,
    "audience shock",
    "cal",
    "Zhang & Zhu 2011: -42.8 %",
    Range("fall of the rest's submissions", 0.30, 0.55),
    arms=worlds,
    experiment="a world with and without a block",
)
def audience_shock(calm: History, blocked: History) -> float:
    """Fall of the submissions in the 4 months after a block, of those who are not blocked.

    They had contributed before. Against the same people and months without the block, which the
    study, having one world only, had to infer from the months before.
    """
    run = blocked.simulated()
    at = run.scenario.events[-1].at
    rest = np.flatnonzero(run.state.people["gone"] == 0)
    return 1 - ratio(made_by(blocked, rest, at), made_by(calm, rest, at))


def made_by(history: History, people: IntArray, at: int) -> int:
    """Submissions, in the months from a time on, of people who had contributed before."""
    if at + history.span(MONTHS) > history.end:
        raise UnknownError(f"less than {MONTHS} months are left after half of the run")
    person, time = history.of("submit")
    known = np.intersect1d(people, person[time < at])
    after = (time >= at) & (time < at + history.span(MONTHS))
    return int(np.isin(person[after], known).sum())
