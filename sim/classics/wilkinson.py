"""Momentum: who has contributed more stops less, and the contributions get a power-law tail.

After the k-th contribution a person stops with probability (a - 1) / (k + a - 1). So the chance
of more than k contributions falls as k^-(a - 1), and that of exactly k as k^-a: exponent a.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from sim.classics import Cell, Claim, Classic, FloatArray, Found, Published
from sim.core.jit import kernel
from sim.core.random import Stream, new_key, uniform
from sim.errors import UserError
from sim.tail import tail_exponent


@dataclass(frozen=True)
class Wilkinson(Classic):
    """People who go on contributing by the stopping rule, for several exponents."""

    title: ClassVar[str] = "The stopping rule that gives contributions a power-law tail"
    source: ClassVar[str] = "Wilkinson 2008, ACM Conference on Electronic Commerce 9:302"
    x: ClassVar[str] = "a of the stopping rule"
    y: ClassVar[str] = "exponent of the tail"
    runs: ClassVar[int] = 100
    quick: ClassVar[int] = 20

    exponents: tuple[float, ...] = (1.5, 2.0, 2.5)
    """The constants a; each is the exponent that its tail should have."""
    people: int = 100_000
    begin: int = 50
    """Contributions from which on a person lies in the tail; the rule is a power law far out."""
    most: int = 100_000
    """Contributions after which nobody is followed further."""

    def __post_init__(self) -> None:
        each_once = len(set(self.exponents)) == len(self.exponents)
        if not self.exponents or not each_once or not all(1 < a < math.inf for a in self.exponents):
            raise UserError(f"exponents must be above 1, each once, but are {self.exponents}")
        if self.people < 1:
            raise UserError(f"people must be at least 1, but are {self.people}")
        if not 1 <= self.begin < self.most:
            raise UserError(
                f"begin must be at least 1 and below most, {self.most}, but is {self.begin}"
            )

    def simulate(self, seed: int, rep: int) -> dict[Cell, float]:
        """Returns the exponent of each tail by the estimator that event logs are measured with.

        It is NaN where too few people lie in the tail.
        """
        key = new_key(seed, rep)
        counts = np.empty(self.people, np.int64)
        cells = {}
        for a in self.exponents:
            contribute(key, a, self.most, counts)
            try:
                cells[_cell(a)] = tail_exponent(counts, xmin=self.begin).exponent
            except UserError:
                cells[_cell(a)] = math.nan
        return cells

    def published(self) -> dict[Cell, Published]:
        """Returns the exponents that the rule gives far out in the tail.

        From 50 on the estimate is off by up to 0.5 % (a = 2.5), for the tail is not yet pure.
        """
        return {_cell(a): Published(a, 0.02 * a, "closed form") for a in self.exponents}

    def claims(self) -> tuple[Claim, ...]:
        """Returns that a rule with a larger constant has a steeper tail."""
        if len(self.exponents) < 2:
            return ()

        def least_rise(found: Found) -> FloatArray:
            pairs = pairwise(sorted(self.exponents))
            rises = [found[_cell(b)] - found[_cell(a)] for a, b in pairs]
            return np.min(rises, axis=0)  # type: ignore[no-any-return]

        return (Claim("the sooner people stop, the steeper the tail", least_rise),)


def _cell(a: float) -> Cell:
    return Cell("Contributions of a person", "estimate", a)


@kernel
def contribute(key: np.uint64, a: float, most: int, counts: Any) -> None:
    """Fills in the contributions of each person, 1 to `most`, (person,)."""
    for i in range(len(counts)):
        k = 1
        while k < most and uniform(key, Stream.CLASSIC_CHOICE, k, i, 0) * (k + a - 1.0) >= a - 1.0:
            k += 1
        counts[i] = k
