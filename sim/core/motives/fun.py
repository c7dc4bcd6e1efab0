"""Fun: the work itself, which control spoils and money crowds out."""

from typing import Any

from sim.core.jit import rule


@rule
def fun(me: Any, company: Any, par: Any) -> float:
    """Returns the appeal of the work itself, in [0, 1].

    Autonomy feeds it (Deci, Koestner & Ryan 1999), control takes it away (Falk & Kosfeld
    2006; swept through zero, since Ziegelmeyer et al. 2012 found less), and crowding is the
    memory of having been paid (Gneezy & Rustichini 2000).
    """
    freedom = 1.0 - par.control_aversion * company.control
    return freedom * (0.4 + 0.6 * company.fun) * (1.0 - par.crowding * me.crowding)
