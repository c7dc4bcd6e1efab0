"""The people behind outcomes that count persons."""

from math import nan
from typing import Any

from sim import measures
from sim.simulation import Run


def contributions(run: Run) -> Any:
    """Returns the contributions (contributor,) of the people in view, without zeros."""
    made = run.made
    return made[made > 0]


def histories(run: Run) -> Any:
    """Returns the people all of whose history is in view.

    That is everyone; for one company of several it is nobody, as those who left it cannot be told.
    """
    everybody = run.state.people
    alone = run.company is None or len(run.scenario.companies) == 1
    return everybody if alone else everybody[:0]


def retained(run: Run, months: int) -> float:
    """Returns the share of contributors who stayed for so many months; see `measures.retention`."""
    people = histories(run)
    people = people[people["first"] >= 0]
    if run.scenario.months > months:
        return nan
    return measures.retention(
        people["first"], people["last"], run.end + 1, months, month=1 / run.scenario.months
    )
