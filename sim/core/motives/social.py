"""Social life: the company of others who take part."""

from typing import Any

from sim.core.jit import rule
from sim.core.numbers import log


@rule
def offer(company: Any, par: Any) -> float:
    """Returns a company's community life, 1 at 200 active members and full social lever.

    More people to meet are worth ever less each (Zhang & Zhu 2011 measured the group size
    effect; the logarithm is ours [D]).
    """
    return company.social * (log(1.0 + company.active / 5.0) / log(41.0))


@rule
def social(me: Any, fit: float, company: Any, offer: Any, par: Any) -> float:
    """Returns the appeal of community life.

    Where money has come in, company counts for less (Heyman & Ariely 2004: mixed markets).
    """
    return offer.social * (1.0 - par.crowding * me.crowding)
