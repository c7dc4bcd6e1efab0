"""Toolkit: gives tools and freedom, and lets people make what they need themselves."""

from sim.core.inputs import Levers
from sim.styles import Style


class Toolkit(Style):
    """Gives tools and freedom, and lets people make what they need themselves."""

    levers = Levers(
        control=0.3,
        vision=0.3,
        money=0.05,
        recognition=0.2,
        fun=0.7,
        social=0.2,
        transparency=0.5,
        sharing=0.05,
        experts=0.2,
        tools=0.9,
        contest=0,
        facilitation=0.3,
    )
