"""Commons: shares ownership and result among those who take part."""

from sim.core.inputs import Levers
from sim.styles import Style


class Commons(Style):
    """Shares ownership and result among those who take part."""

    levers = Levers(
        control=0.1,
        vision=0.4,
        money=0.25,
        recognition=0.3,
        fun=0.4,
        social=0.8,
        transparency=0.9,
        sharing=0.8,
        experts=0.2,
        tools=0.4,
        contest=0,
        facilitation=0.4,
    )
