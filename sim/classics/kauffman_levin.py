"""Rugged landscapes: the more the parts of a solution depend on each other, the more local peaks.

With k = 0 there is one peak; with k = n - 1 payoffs are independent of each other, and each of the
2^n solutions is the best of itself and its n neighbours with probability 1 / (n + 1). Between these
the partners must be drawn at random: with the neighbours around a circle there are more peaks (3.8,
16 and 35 with n = 10 and k = 1, 3 and 5).
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from sim.classics import Cell, Claim, Classic, FloatArray, Found, Published
from sim.classics._nk import NEIGHBOURS, OTHERS, check, new_landscape, peaks
from sim.core.random import new_key
from sim.errors import UserError

TABLE = {1: (3.4, 0.1), 3: (14.0, 1.0), 5: (32.0, 1.0)}
"""Peaks with n = 10 by k, and one unit of the last digit given: a rounded mean of simulations.

600,000 landscapes of ours have 3.442, 13.835 and 32.070 peaks (standard errors up to .006).
"""


@dataclass(frozen=True)
class KauffmanLevin(Classic):
    """Local peaks of NK landscapes."""

    title: ClassVar[str] = "Local peaks of rugged landscapes"
    source: ClassVar[str] = (
        "Kauffman & Levin 1987, Journal of Theoretical Biology 128:11; "
        "Kauffman 1993, The Origins of Order, Oxford University Press, chapter 2"
    )
    x: ClassVar[str] = "k, partners on which a digit's contribution depends"
    y: ClassVar[str] = "mean number of local peaks"
    runs: ClassVar[int] = 1000
    quick: ClassVar[int] = 200

    n: int = 10
    """Binary digits of a solution."""
    k: tuple[int, ...] = (0, 1, 3, 5, 9)
    """Partners of each digit."""
    neighbours: bool = False
    """Whether partners are the digits that follow, around a circle, instead of random ones."""
    landscapes: int = 50
    """Landscapes of each k in a run."""

    def __post_init__(self) -> None:
        if not self.k or len(set(self.k)) < len(self.k):
            raise UserError(f"k must be numbers of partners, each once, but is {self.k}")
        for k in self.k:
            check(self.n, k, self._partners)
        if self.landscapes < 1:
            raise UserError(f"landscapes must be at least 1, but are {self.landscapes}")

    @property
    def _partners(self) -> int:
        return NEIGHBOURS if self.neighbours else OTHERS

    def simulate(self, seed: int, rep: int) -> dict[Cell, float]:
        """Returns the mean number of peaks for each k."""
        key = new_key(seed, rep)
        cells = {}
        for k in self.k:
            found = 0
            for number in range(self.landscapes):
                found += peaks(new_landscape(key, number, self.n, k, self._partners), self.n)
            cells[_cell(k)] = found / self.landscapes
        return cells

    def published(self) -> dict[Cell, Published]:
        """Returns the closed forms at both ends and, for n = 10, what is known between them."""
        last = self.n - 1
        peaks_at_last = 2**self.n / (self.n + 1)
        cells = {
            0: Published(1.0, 0.0, "closed form"),
            last: Published(peaks_at_last, peaks_at_last / 500, "closed form"),
        }
        if self.n == 10 and not self.neighbours:
            cells |= {k: Published(*known, "independent") for k, known in TABLE.items()}
        return {_cell(k): cells[k] for k in self.k if k in cells}

    def claims(self) -> tuple[Claim, ...]:
        """Returns that each further partner makes a landscape more rugged."""

        def more(few: int, many: int) -> Claim:
            def excess(found: Found) -> FloatArray:
                return found[_cell(many)] - found[_cell(few)]

            return Claim(f"there are more peaks with k = {many} than with k = {few}", excess)

        return tuple(more(few, many) for few, many in pairwise(sorted(self.k)))


def _cell(k: int) -> Cell:
    return Cell("", "local peaks", k)
