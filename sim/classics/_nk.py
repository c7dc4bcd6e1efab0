"""Landscapes with tunable ruggedness (Kauffman 1993, The Origins of Order, chapter 2).

A solution is n binary digits, kept as a whole number below 2**n. Each digit contributes a random
number that depends on its own value and on the values of its k partners; the payoff of a solution
is the mean of all contributions.
"""

from math import floor
from typing import Any

import numpy as np

from sim.classics import FloatArray
from sim.core.jit import kernel, rule
from sim.core.random import Stream, uniform
from sim.errors import UserError

MOST_DIGITS = 20
"""Digits of a solution, for every solution's payoff is kept."""

NEIGHBOURS, OTHERS, ALL = 0, 1, 2
"""Whence partners come: the digits that follow, around a circle; others; or all, oneself too."""


def check(n: int, k: int, partners: int) -> None:
    """Raises a UserError unless there is such a landscape."""
    if not 1 <= n <= MOST_DIGITS:
        raise UserError(f"n must lie in 1 .. {MOST_DIGITS}, but is {n}")
    most = n if partners == ALL else n - 1
    if not 0 <= k <= most:
        raise UserError(f"k must lie in 0 .. {most} if n is {n}, but is {k}")


def new_landscape(
    key: np.uint64, number: int, n: int, k: int, partners: int, tenths: bool = False
) -> FloatArray:
    """Returns the payoffs, in (0, 1), of all solutions of one landscape, (solution,).

    `number` tells the landscapes of a run apart. Contributions in whole `tenths` lie in [0, 1].
    """
    payoffs = np.empty(1 << n)
    fill(key, number, n, k, partners, tenths, payoffs)
    return payoffs


@kernel
def fill(
    key: np.uint64, number: int, n: int, k: int, partners: int, tenths: bool, payoffs: Any
) -> None:
    """Draws partners and contributions and writes the payoffs, (solution,)."""
    bits = np.empty(k + 1, np.int64)
    contributions = np.empty(1 << (k + 1))
    cases = np.empty(len(payoffs), np.int64)
    payoffs[:] = 0.0
    for digit in range(n):
        draw_partners(key, number, n, digit, partners, bits)
        for case in range(len(contributions)):
            value = uniform(key, Stream.CLASSIC_WORLD, 2 * number + 1, digit, case)
            contributions[case] = floor(10.0 * value + 0.5) / 10.0 if tenths else value
        cases[:] = 0
        for b in bits:
            for solution in range(len(payoffs)):
                cases[solution] = 2 * cases[solution] + ((solution >> b) & 1)
        for solution in range(len(payoffs)):
            payoffs[solution] += contributions[cases[solution]]
    for solution in range(len(payoffs)):
        payoffs[solution] /= n


@rule
def draw_partners(
    key: np.uint64, number: int, n: int, digit: int, partners: int, bits: Any
) -> None:
    """Writes on which digits a digit's contribution depends, itself first, (k + 1,)."""
    bits[0] = digit
    found = 1
    draw = 0
    while found < len(bits):
        if partners == NEIGHBOURS:
            bits[found] = (digit + found) % n
            found += 1
            continue
        other = int(n * uniform(key, Stream.CLASSIC_WORLD, 2 * number, digit, draw))
        draw += 1
        known = other == digit and partners == OTHERS
        for j in range(1, found):
            known = known or bits[j] == other
        if not known:
            bits[found] = other
            found += 1


@kernel
def peaks(payoffs: Any, n: int) -> int:
    """Returns how many solutions no change of a single digit improves."""
    count = 0
    for solution in range(len(payoffs)):
        digit = 0
        while digit < n and payoffs[solution ^ (1 << digit)] <= payoffs[solution]:
            digit += 1
        count += digit == n
    return count
