"""Dated events of a scenario: what befalls an ecosystem before a step."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from sim.core.draws import draw_all
from sim.core.random import Stream
from sim.scenario import Event

if TYPE_CHECKING:
    from sim.simulation import Simulation


def loss_of_core(eco: "Simulation", event: Event, company: int) -> None:
    """Makes the share `size` of the members who contributed most leave for good.

    The core's loss is what a truck factor warns of (Avelino et al. 2016).
    """
    people = eco.state.people
    members = np.flatnonzero(people["company"] == company)
    most = np.argsort(-people["made_here"][members], kind="stable")
    people["gone"][members[most[: int(np.ceil(event.size * len(members)))]]] = 1


def loss_of_audience(eco: "Simulation", event: Event, company: int) -> None:
    """Shuts out, for good, the share `size` by lot of the members and of all outsiders.

    As when a country blocked Wikipedia (Zhang & Zhu 2011): readers are lost as contributors are.
    """
    people = eco.state.people
    lot = np.empty(len(people))
    draw_all(eco.key, int(Stream.SHOCK), eco.step, len(eco.styles), lot)
    reached = (people["company"] == company) | (people["company"] < 0)
    people["gone"][reached & (lot < event.size)] = 1


def pay_withdrawal(eco: "Simulation", event: Event, company: int) -> None:
    """Stops all pay, whatever the style asks for, while the event lasts."""
    eco.unpaid[company] = eco.step + event.lasts if event.lasts else eco.scenario.time.steps


def new_vision(eco: "Simulation", event: Event, company: int) -> None:
    """Moves the company's vision by `size` around the circle of needs."""
    goal = eco.state.companies["goal"]
    goal[company] = (goal[company] + event.size) % 1.0


def newcomers(eco: "Simulation", event: Event, company: int) -> None:
    """Makes the share `size` of all outsiders join in this step, as after a call in the news."""
    people = eco.state.people
    lot = np.empty(len(people))
    draw_all(eco.key, int(Stream.SHOCK), eco.step, company, lot)
    if not eco.state.companies["open"][company]:
        return
    outside = (people["company"] < 0) & (people["gone"] == 0)
    people["invited"][outside & (lot < event.size)] = company + 1


def new_style(eco: "Simulation", event: Event, company: int) -> None:
    """Puts another style in charge, which reviews at once."""
    eco.appoint(company, event.style)


KINDS: dict[str, Callable[["Simulation", Event, int], None]] = {
    shock.__name__: shock
    for shock in (
        loss_of_core, loss_of_audience, pay_withdrawal, new_vision, newcomers, new_style
    )
}  # fmt: skip
"""The kinds of events by name."""

READS: dict[str, tuple[str, ...]] = {
    "loss_of_core": ("size",),
    "loss_of_audience": ("size",),
    "pay_withdrawal": ("lasts",),
    "new_vision": ("size",),
    "newcomers": ("size",),
    "new_style": ("style",),
}
"""What each kind of event reads besides its step and company."""
