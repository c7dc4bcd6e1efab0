"""Worlds for experiments: the same people and luck, one thing changed."""

from dataclasses import replace
from math import inf
from typing import Any

from sim.analysis.patterns import Arm
from sim.core.inputs import Levers
from sim.reading import change
from sim.scenario import Scenario
from sim.styles import STYLES, Style

AMPLE = 1e6
"""Means a head that are never used up [money]."""


def fixed(levers: Levers) -> type[Style]:
    """A style that never moves from these levers."""
    return type("Fixed", (Style,), {"levers": levers})


def managed(world: Arm, scenario: Scenario, **levers: float) -> Arm:
    """A scenario under the style of a world as it stands, or starts from, with some levers set."""
    style = world.scenario.companies[0].style or world.style or world.scenario.style
    chosen = STYLES[style] if isinstance(style, str) else style
    return Arm(scenario, fixed(replace(getattr(chosen, "levers", Levers()), **levers)))


def alone(scenario: Scenario, **tables: Any) -> Scenario:
    """A scenario with one company of ample means, which nothing befalls, whatever it had before.

    `tables` are set on top.
    """
    company: dict[str, Any] = {
        "money": {"seed_money": AMPLE},
        "companies": [{"name": "company"}],
        "events": [],
        "stop": {"outcome": "", "below": -inf, "above": inf},
    }
    if scenario.ties.kind == "file":  # made for so many people
        company["ties"] = {"kind": "none", "file": ""}
    return change(scenario, **_merged(company, tables))


def closed(scenario: Scenario, months: int, **tables: Any) -> Scenario:
    """The people of a scenario as one closed group for some months, as in a laboratory.

    All are members of one company from the start, and neither join nor leave. A step is a month.
    """
    group: dict[str, Any] = {
        "time": {"step": "1 month", "steps": months},
        "population": {"founders": 1.0},
        "turnover": {"leave": "0 per month", "leave_early": "0 per month"},
    }
    return alone(scenario, **_merged(group, tables))


def _merged(tables: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Tables of a scenario with what more tables set."""
    return tables | {name: tables.get(name, {}) | values for name, values in more.items()}
