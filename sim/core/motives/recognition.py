"""Recognition: being thanked where others can see it."""

from typing import Any

from sim.core.jit import rule


@rule
def offer(company: Any, par: Any) -> float:
    """Returns the thanks of a company, in [0, 1]; they need an audience (Gallus 2017)."""
    return company.recognition * (0.4 + 0.6 * company.transparency)


@rule
def recognition(me: Any, fit: float, company: Any, offer: Any, par: Any) -> float:
    """Returns the appeal of recognition, in [0, 1].

    Where money has come in, thanks count for less (Heyman & Ariely 2004: mixed markets).
    """
    return offer.recognition * (1.0 - par.crowding * me.crowding)
