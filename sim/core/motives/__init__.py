"""Why people contribute: one motive a file, each `motive(me, company, par) -> appeal`.

A new file is a new motive. It counts where a scenario gives it a weight, so it changes no
number of a scenario that does not name it.
"""

import sys
from collections.abc import Callable
from typing import Any
from zlib import crc32

from sim.core.jit import rule
from sim.core.plugins import modules

Motive = Callable[[Any, Any, Any], float]
Weigh = Callable[[Any, Any, int, Any, Any, Any], float]

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
def _nothing(me: Any, weights: Any, i: int, company: Any, par: Any, pulls: Any) -> float:
    """Returns 0: the sum over no motives."""
    return 0.0


def _and(before: Weigh, motive: Motive, m: int) -> Weigh:
    """Returns the sum that adds motive number m to the motives before it."""

    @rule
    def weigh_on(me: Any, weights: Any, i: int, company: Any, par: Any, pulls: Any) -> float:
        total = before(me, weights, i, company, par, pulls)
        pulls[m] = weights[i, m] * motive(me, company, par)
        return total + pulls[m]

    return weigh_on


weigh: Weigh = _nothing
"""weigh(me, weights, i, company, par, pulls): the sum of person i's motives, and each of them.

`pulls` (motive,) takes weight times appeal of each.
"""

for _m, _motive in enumerate(MOTIVES.values()):
    weigh = _and(weigh, _motive, _m)
