"""Directive: decides and pays: a strong gate, experts and wages, little openness."""

from sim.core.inputs import Levers
from sim.styles import Style


class Directive(Style):
    """Decides and pays: a strong gate, experts and wages, little openness."""

    levers = Levers(
        control=0.9,
        vision=0.5,
        money=0.8,
        recognition=0.1,
        fun=0.1,
        social=0.1,
        transparency=0.15,
        sharing=0,
        experts=0.9,
        tools=0.2,
        contest=0,
        facilitation=0,
    )
