"""Foundation: leads by a strong vision in the open, held by a neutral body."""

from sim.core.inputs import Levers
from sim.styles import Style


class Foundation(Style):
    """Leads by a strong vision in the open, held by a neutral body."""

    levers = Levers(
        control=0.25,
        vision=0.8,
        money=0.1,
        recognition=0.6,
        fun=0.6,
        social=0.5,
        transparency=0.9,
        sharing=0.2,
        experts=0.4,
        tools=0.6,
        contest=0,
        facilitation=0.5,
    )
