"""Own use: making what one needs oneself."""

from typing import Any

from sim.core.jit import rule

USERS_ONLY = True  # volunteers have no use of their own


@rule
def offer(company: Any, par: Any) -> float:
    """Returns how far one gets with a company's tools and gate, in [0, 1]."""
    return company.acceptance * (0.4 + 0.6 * company.tools)


@rule
def own_use(me: Any, fit: float, company: Any, offer: Any, par: Any) -> float:
    """Returns the appeal of bending the product to one's own need, in [0, 1].

    Lead users contribute where the product does not fit them yet, if what they make is
    accepted and the tools are at hand (von Hippel 2005).
    """
    return (1.0 - fit) * offer.own_use
