"""Recognition: being thanked where others can see it."""

from typing import Any

from sim.core.jit import rule


@rule
def recognition(me: Any, company: Any, par: Any) -> float:
    """Returns the appeal of recognition, in [0, 1]; it needs an audience (Gallus 2017).

    Where money has come in, thanks count for less (Heyman & Ariely 2004: mixed markets).
    """
    audience = 0.4 + 0.6 * company.transparency
    return company.recognition * audience * (1.0 - par.crowding * me.crowding)
