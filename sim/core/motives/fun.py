"""Fun: the work itself, which control spoils and money crowds out."""

from typing import Any

from sim.core.jit import rule


@rule
def offer(company: Any, par: Any) -> float:
    """Returns the freedom and play in a company's work, in [0, 1].

    Autonomy feeds fun (Deci, Koestner & Ryan 1999), control takes it away (Falk & Kosfeld
    2006; swept through zero, since Ziegelmeyer et al. 2012 found less).
    """
    return (1.0 - par.control_aversion * company.control) * (0.4 + 0.6 * company.fun)


@rule
def fun(me: Any, fit: float, company: Any, offer: Any, par: Any) -> float:
    """Returns the appeal of the work itself, in [0, 1].

    Crowding is the memory of having been paid (Gneezy & Rustichini 2000).
    """
    return offer.fun * (1.0 - par.crowding * me.crowding)
