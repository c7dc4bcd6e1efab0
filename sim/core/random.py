"""Random numbers that belong to a decision, not to an order of calls.

A draw is a pure function of who decides what, when: the same decision of the same person at the
same step gets the same number whatever else happened, in serial, in parallel, compiled and
interpreted. The generator is the finaliser of SplitMix64 (Steele, Lea & Flood 2014), chained over
the coordinates of the draw.
"""

import hashlib
import math
from enum import IntEnum
from operator import index
from typing import Any

import numpy as np

from sim.core.jit import rule
from sim.core.numbers import exp, log, normal_quantile


class Stream(IntEnum):
    """What a draw decides. Only ever append: a number that moves changes every result."""

    WORLD_RINGS = 0
    WORLD_RENEWAL = 1
    WORLD_DRIFT = 2
    NEED = 3
    STEPS = 4
    MOTIVES = 5
    RECIPROCITY = 6
    ACTIVITY = 7
    SKILL = 8
    KIND = 9
    TIES = 10
    VISION = 11
    EXPERTS = 12
    EFFORT = 13
    PROBLEM = 14
    GATE = 15
    JUDGE = 16
    LISTEN = 17
    LEAVE = 18
    AWARE = 19
    CHOOSE = 20
    ADOPT = 21
    SHOCK = 22
    STYLE = 23
    AWARD = 24
    FOUNDER = 25
    CLASSIC_WORLD = 26  # published models: what is given
    CLASSIC_PEOPLE = 27  # who takes part
    CLASSIC_CHOICE = 28  # what they do
    CLASSIC_CHANCE = 29  # what luck decides
    ENTRY = 30
    RETRIAL = 31


# Every constant is a uint64: with a signed integer the product would become a float.
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
SHIFT_1 = np.uint64(30)
SHIFT_2 = np.uint64(27)
SHIFT_3 = np.uint64(31)
TO_53_BITS = np.uint64(11)
ONE = np.uint64(1)
TWO_TO_MINUS_53 = 1.0 / 9007199254740992.0

RETRY = 1 << 32  # distance between the attempts of one gamma draw; j must stay below it
LARGE_MEAN = 500.0
MARGIN = 1e-12  # more than any rounding of a chance


def new_key(seed: int, rep: int) -> np.uint64:
    """The key of replicate `rep` under `seed`; any two whole numbers, of any size."""
    name = f"{index(seed)}/{index(rep)}".encode()
    return np.uint64(int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "little"))


@rule
def mix(state: np.uint64, coordinate: int) -> np.uint64:
    """One link of the chain: the state moved by a coordinate (>= 0), then stirred."""
    z = state + (np.uint64(coordinate) + ONE) * GOLDEN
    z = (z ^ (z >> SHIFT_1)) * MIX_1
    z = (z ^ (z >> SHIFT_2)) * MIX_2
    return z ^ (z >> SHIFT_3)


@rule
def uniform(key: np.uint64, stream: int, t: int, i: int, j: int) -> float:
    """A number in the open interval (0, 1).

    It belongs to stream, step t, person i and draw j, all >= 0: an odd multiple of 2**-53, so
    that neither end is ever reached and u and 1 - u are equally likely.
    """
    bits = mix(mix(mix(mix(np.uint64(key), stream), t), i), j)
    return np.float64((bits >> TO_53_BITS) | ONE) * TWO_TO_MINUS_53


@rule
def uniform_all(
    key: np.uint64, stream: int, t: int, j: int, who: Any, n: int, numbers: Any
) -> None:
    """Draws the number of each of the first n people who are listed."""
    for k in range(n):
        numbers[k] = uniform(key, stream, t, who[k], j)


@rule
def uniform_each(
    key: np.uint64,
    stream: int,
    t: int,
    times: int,
    plus: int,
    who: Any,
    which: Any,
    n: int,
    numbers: Any,
) -> None:
    """Draws number times * which[k] + plus of the k-th of the first n people who are listed."""
    for k in range(n):
        numbers[k] = uniform(key, stream, t, who[k], times * which[k] + plus)


@rule
def normal(key: np.uint64, stream: int, t: int, i: int, j: int) -> float:
    """A standard normal number, by inversion of `uniform`."""
    return normal_quantile(uniform(key, stream, t, i, j))


@rule
def occurs(hazard: float, u: float) -> bool:
    """Whether what has this hazard (>= 0) in a step happens in it: u < 1 - exp(-hazard).

    As the chance is never above the hazard h, nor below h - h ** 2 / 2, nearly all draws decide
    without the exponential.
    """
    if u >= hazard + MARGIN:
        return False
    return surely_occurs(hazard, u) or u < 1.0 - exp(-hazard)


@rule
def surely_occurs(hazard: float, u: float) -> bool:
    """Whether what has this hazard happens, and with any higher, for all one sees at once."""
    return u < hazard - 0.5 * hazard * hazard - MARGIN


@rule
def surely_none(mean: float, u: float) -> bool:
    """Whether the Poisson number with this mean is 0 at quantile u, for all one sees at once.

    The chance of none is at least 1 - mean, so most draws decide without the exponential.
    """
    return u < 1.0 - mean - MARGIN


@rule
def at_most_one(mean: float, none: float, u: float) -> bool:
    """Whether the Poisson number with this mean is 0 or 1 at quantile u: it is 1 if u > none.

    `none` is the chance of 0, exp(-mean).
    """
    return u <= none + none * mean


@rule
def poisson(mean: float, none: float, u: float) -> int:
    """The Poisson number with this mean (>= 0) at quantile u in (0, 1), by inversion.

    `none` is the chance of 0, exp(-mean). It never falls when u or mean rise, so a lever that
    raises a mean never lowers a count by chance. Takes as many turns as the result; above a mean
    of 500, where exp(-mean) would come near to underflow, the quantile of Cornish & Fisher (1938)
    takes over (off by less than one).
    """
    if mean > LARGE_MEAN:
        z = normal_quantile(u)
        return int(max(0.0, mean + z * math.sqrt(mean) + (z * z - 1.0) / 6.0 + 0.5))
    count = 0
    chance = none
    below = chance
    while u > below and (count < mean or below + chance > below):
        count += 1
        chance = chance * mean / count
        below = below + chance
    return count


@rule
def accepts(u: float, x: float, d: float, v: float) -> bool:
    """Whether an attempt at a gamma number counts: most need no logarithm to be told.

    The first is the bound of Marsaglia & Tsang (2000), of which the second is never short.
    """
    if u < 1.0 - 0.0331 * x * x * x * x - MARGIN * d:
        return True
    return v > 0.0 and log(u) < 0.5 * x * x + d - d * v + d * log(v)


@rule
def gamma(shape: float, key: np.uint64, stream: int, t: int, i: int, j: int) -> float:
    """A gamma number with this shape (> 0) and scale 1, for draw j < 2**32.

    Marsaglia & Tsang (2000), with their boost for a shape below one; each attempt takes its own
    draws far beyond j, so neighbours never meet. Independent gammas over their sum are Dirichlet.
    """
    raised = shape + 1.0 if shape < 1.0 else shape
    d = raised - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    draw = j
    while True:
        x = normal(key, stream, t, i, draw)
        u = uniform(key, stream, t, i, draw + RETRY)
        draw += 2 * RETRY
        v = 1.0 + c * x
        v = v * v * v
        if accepts(u, x, d, v):
            break
    if shape < 1.0:
        return d * v * exp(log(uniform(key, stream, t, i, draw)) / shape)
    return d * v
