"""Why people contribute: one motive a file, each `motive(me, fit, company, offer, par) -> appeal`.

`fit` is how well the company's product meets the person's need, in (0, 1]. A new file is a new
motive. It counts where a scenario gives it a weight, so it changes no
number of a scenario that does not name it. What is the same for everybody is worked out once a
step: the file's `offer(company, par)`, if it has one, which the motive of that name then finds in
the company's offer, `offer.name`.
"""

import sys
from collections.abc import Callable
from typing import Any
from zlib import crc32

import numpy as np

from sim.core.jit import rule
from sim.core.plugins import modules

Motive = Callable[[Any, float, Any, Any, Any], float]
Offer = Callable[[Any, Any], float]
Weigh = Callable[[int, int, Any, Any, float, Any, Any, Any, Any], float]
Put = Callable[[Any, Any, Any], None]

_FILES = modules(sys.modules[__name__])

MOTIVES: dict[str, Motive] = {name: getattr(file, name) for name, file in _FILES.items()}
"""The motives by name, in the order of the columns of `weights` and `drive`."""

USERS_ONLY: tuple[bool, ...] = tuple(getattr(file, "USERS_ONLY", False) for file in _FILES.values())
"""Which motives volunteers do not have: those whose files say USERS_ONLY = True."""

WAITS: tuple[bool, ...] = tuple(getattr(file, "WAITS", True) for file in _FILES.values())
"""Which motives make for work that others must reciprocate: all but those with WAITS = False."""

STREAMS: tuple[int, ...] = tuple(crc32(name.encode()) for name in MOTIVES)
"""A number a motive keeps for its random draws, whichever other motives there are."""


@rule
def _no_weight(
    k: int,
    i: int,
    me: Any,
    weights: Any,
    fit: float,
    company: Any,
    offer: Any,
    par: Any,
    pulls: Any,
) -> float:
    """Returns 0: the sum over no motives."""
    return 0.0


@rule
def _no_offer(company: Any, offer: Any, par: Any) -> None:
    """Puts nothing."""


def _and(before: Weigh, motive: Motive, m: int) -> Weigh:
    """Returns the sum that adds motive number m to the motives before it."""

    @rule
    def weigh_on(
        k: int,
        i: int,
        me: Any,
        weights: Any,
        fit: float,
        company: Any,
        offer: Any,
        par: Any,
        pulls: Any,
    ) -> float:
        pull = np.float64(weights[i, m]) * motive(me, fit, company, offer, par)
        total = before(k, i, me, weights, fit, company, offer, par, pulls)
        pulls[m, k] = pull  # when all are known: what is written may be what others read
        return total + pull

    return weigh_on


def _and_put(before: Put, motive: Offer, name: str) -> Put:
    """Returns the rule that puts what a motive finds into an offer, after those before it."""

    @rule
    def put_on(company: Any, offer: Any, par: Any) -> None:
        before(company, offer, par)
        offer[name] = motive(company, par)

    return put_on


weigh: Weigh = _no_weight
"""weigh(k, i, me, weights, fit, company, offer, par, pulls): the sum of person i's motives.

Column k of `pulls` takes weight times appeal of each.
"""

put_motives: Put = _no_offer
"""put_motives(company, offer, par): what a company has for each motive."""

for _m, (_name, _file) in enumerate(_FILES.items()):
    weigh = _and(weigh, MOTIVES[_name], _m)
    if hasattr(_file, "offer"):
        put_motives = _and_put(put_motives, _file.offer, _name)
