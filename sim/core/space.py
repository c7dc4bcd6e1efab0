"""The circle of needs: distances on it, and how well a product fits a person."""

from typing import Any

import numpy as np

from sim.core.jit import rule
from sim.core.numbers import exp


@rule
def wrap(x: float) -> float:
    """Returns the point of the circle, in [0, 1), at which x lies."""
    point = x - np.floor(x)
    return point if point < 1.0 else 0.0  # a tiny negative x rounds up to 1


@rule
def apart(to: float, start: float) -> float:
    """Returns the signed shortest way from start to a point, in [-0.5, 0.5)."""
    way = to - start
    return way - np.floor(way + 0.5)


@rule
def narrowness(company: Any, par: Any) -> float:
    """Returns how fast a product's fit falls with the distance from its direction [1 / circle].

    Tools let people bend an open product towards their need (von Hippel & Katz 2002).
    """
    return (1.0 - par.tools_reach * company.tools * (1.0 - company.control)) / par.tolerance


@rule
def fit(me: Any, company: Any, offer: Any) -> float:
    """Returns how well a company's product meets a person's need, in (0, 1]."""
    return exp(log_fit(me.need, company, offer))


@rule
def log_fit(need: float, company: Any, offer: Any) -> float:
    """Returns the natural logarithm of `fit`."""
    way = apart(need, company.direction) * offer.reach
    return -way * way
