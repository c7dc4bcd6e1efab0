"""Steward: enables: experts bring people and problems together, with some of everything."""

from sim.core.inputs import Levers
from sim.styles import Style


class Steward(Style):
    """Enables: experts bring people and problems together, with some of everything."""

    levers = Levers(
        control=0.4,
        vision=0.5,
        money=0.4,
        recognition=0.4,
        fun=0.4,
        social=0.3,
        transparency=0.6,
        sharing=0.3,
        experts=0.3,
        tools=0.8,
        contest=0.25,
        facilitation=0.8,
    )
