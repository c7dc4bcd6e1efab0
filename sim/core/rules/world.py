"""Step 0: the world turns, alike for every style."""

from typing import Any

from sim.core.jit import rule
from sim.core.random import Stream, normal, uniform
from sim.core.space import wrap


@rule
def turn_world(t: int, key: Any, par: Any, world: Any, problems: Any, rings: Any) -> None:
    """Moves the market and renews problems, by draws that no style can change."""
    world[0].drift = par.drift * normal(key, Stream.WORLD_DRIFT, t, 0, 0)
    world[0].centre = wrap(world[0].centre + world[0].drift)
    for p in range(problems.shape[1]):
        if uniform(key, Stream.WORLD_RENEWAL, t, p, 0) < par.renewal:
            pose(p, t, key, problems, rings)


@rule
def change_needs(me: Any, world: Any) -> None:
    """Moves a person's need with the market."""
    me.need = wrap(me.need + world[0].drift)


@rule
def pose(p: int, t: int, key: Any, problems: Any, rings: Any) -> None:
    """Poses problem p anew: the same ring and the same start for every company.

    The last ring is the past problem that experts were trained on; it is never posed.
    """
    r = int((rings.shape[0] - 1) * uniform(key, Stream.WORLD_RENEWAL, t, p, 1))
    at = int(rings.shape[1] * uniform(key, Stream.WORLD_RENEWAL, t, p, 2))
    for c in range(problems.shape[0]):
        problems[c, p].ring = r
        problems[c, p].at = at
        problems[c, p].winner = -1
