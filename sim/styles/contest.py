"""Contest: calls for entries and pays the best one: everybody works alone."""

from sim.core.inputs import Levers
from sim.styles import Style


class Contest(Style):
    """Calls for entries and pays the best one: everybody works alone."""

    levers = Levers(
        control=0.6,
        vision=0.3,
        money=0.7,
        recognition=0.5,
        fun=0.3,
        social=0.05,
        transparency=0.3,
        sharing=0,
        experts=0.2,
        tools=0.4,
        contest=1,
        facilitation=0.1,
    )
