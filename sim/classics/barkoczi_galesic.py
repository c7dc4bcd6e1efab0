"""Learning from others: which network serves a group best depends on how its members learn.

People look for good solutions on a rugged landscape. In each time step everybody looks at some of
their neighbours, all at the solutions of the step before, and considers the best of these
solutions (best member) or the most frequent one (conformity; of several equally frequent ones any,
none if all differ). Where that is no improvement, or for who learns alone, one random digit is
changed, and the change is kept if it is an improvement. In a full network good solutions spread
fast: too fast for the best member's followers, who all end on one peak; for conformists just fast
enough, as what is frequent has stood the test of others.

The landscape is that of the authors' program: the partners of a digit are drawn among all digits,
itself included, and contributions are whole tenths. With partners among the others and without
rounding, payoffs are up to .035 lower and all orders the same (`textbook`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from sim.classics import Cell, Claim, Classic, FloatArray, Found, Published
from sim.classics._nk import ALL, OTHERS, check, new_landscape
from sim.core.jit import kernel, rule
from sim.core.random import Stream, new_key, uniform
from sim.errors import UserError

Network = npt.NDArray[np.int64]
"""The neighbours of each person, (person, neighbour)."""

STRATEGIES = ("best member", "conformity", "alone")
BEST, CONFORMITY, ALONE = range(3)
NETWORKS = FULL, CLUSTERED = "fully connected", "most clustered"

TABLE = {
    (BEST, FULL): 0.614,
    (CONFORMITY, FULL): 0.829,
    (ALONE, FULL): 0.383,
    (BEST, CLUSTERED): 0.705,
    (CONFORMITY, CLUSTERED): 0.538,
    (ALONE, CLUSTERED): 0.382,
}
"""Mean payoff at step 200 with samples of 3, n = 15 and k = 7."""

ORDER = (
    ((CONFORMITY, FULL), (BEST, FULL)),
    ((BEST, FULL), (ALONE, FULL)),
    ((BEST, CLUSTERED), (CONFORMITY, CLUSTERED)),
    ((CONFORMITY, CLUSTERED), (ALONE, CLUSTERED)),
    ((BEST, CLUSTERED), (BEST, FULL)),
    ((CONFORMITY, FULL), (CONFORMITY, CLUSTERED)),
)
"""What earns more, then what earns less: the strategies cross between the networks."""

TIMES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
"""Steps whose payoffs are shown, besides the last one."""


@dataclass(frozen=True)
class BarkocziGalesic(Classic):
    """Groups that search a rugged landscape by three strategies in two networks."""

    title: ClassVar[str] = "Social learning strategies in networks"
    source: ClassVar[str] = "Barkoczi & Galesic 2016, Nature Communications 7:13109"
    x: ClassVar[str] = "time [step]"
    y: ClassVar[str] = "mean payoff [share of the best, to the 8th power]"
    runs: ClassVar[int] = 300
    quick: ClassVar[int] = 100

    samples: tuple[int, ...] = (3,)
    """Numbers of neighbours that a person looks at in a step."""
    n: int = 15
    """Binary digits of a solution."""
    k: int = 7
    """Partners on which a digit's contribution depends."""
    power: int = 8
    """Payoffs, as shares of the highest one, are raised to this power."""
    people: int = 100
    degree: int = 19
    """Neighbours of a person in the most clustered network."""
    steps: int = 200
    """Time steps; the first solutions are those of step 1."""
    textbook: bool = False
    """Whether digits depend on others only and contributions are not rounded, as in NK's books."""

    def __post_init__(self) -> None:
        check(self.n, self.k, self._partners)
        if not 1 <= self.people <= 1 << self.n:
            raise UserError(
                f"people must lie in 1 .. {1 << self.n}, as all start differently, "
                f"but are {self.people}"
            )
        if self.degree < 2:
            raise UserError(f"degree must be at least 2, but is {self.degree}")
        clusters, left = divmod(self.people, self.degree + 1)
        if clusters < 2 or left:
            raise UserError(
                f"people must be a multiple of degree + 1, which is {self.degree + 1}, "
                f"and at least twice as many, but are {self.people}"
            )
        once = len(set(self.samples)) == len(self.samples)
        if not self.samples or not once or not 1 <= min(self.samples) <= max(self.samples):
            raise UserError(f"samples must be numbers of people, each once, but are {self.samples}")
        if max(self.samples) > self.degree:
            raise UserError(
                f"samples must not be larger than degree, {self.degree}, but are {self.samples}"
            )
        for name in ("power", "steps"):
            if getattr(self, name) < 1:
                raise UserError(f"{name} must be at least 1, but is {getattr(self, name)}")

    @property
    def _partners(self) -> int:
        return OTHERS if self.textbook else ALL

    def simulate(self, seed: int, rep: int) -> dict[Cell, float]:
        """Returns the payoffs of each strategy in each network, all on one landscape."""
        key = new_key(seed, rep)
        payoffs = self.landscape(key)
        networks = {
            FULL: full_network(self.people),
            CLUSTERED: clustered_network(self.people, self.degree),
        }
        means = np.empty(self.steps)
        cells = {}
        strategies = (BEST, CONFORMITY, ALONE)
        for sample, strategy, network in product(self.samples, strategies, NETWORKS):
            search(key, payoffs, self.n, networks[network], strategy, sample, means)
            for t in {*TIMES, self.steps}:
                if t <= self.steps:
                    cells[_cell(sample, strategy, network, t)] = float(means[t - 1])
        return cells

    def landscape(self, key: np.uint64) -> FloatArray:
        """Returns the payoffs of all solutions, the best being 1, (solution,)."""
        payoffs = new_landscape(key, 0, self.n, self.k, self._partners, tenths=not self.textbook)
        shares = payoffs / payoffs.max()
        raised: FloatArray = np.ones_like(shares)
        for _ in range(self.power):
            raised *= shares
        return raised

    def published(self) -> dict[Cell, Published]:
        """Returns the payoffs at step 200 with samples of 3 and the other published values."""
        if not self._as_published:
            return {}
        return {
            _cell(3, strategy, network, 200): Published(value, 0.04)
            for (strategy, network), value in TABLE.items()
        }

    def claims(self) -> tuple[Claim, ...]:
        """Returns the orders and the crossing, with samples of 3 and the other published values."""
        if not self._as_published:
            return ()
        return tuple(
            Claim(f"{_words(*more)}: better than {_words(*less)}", _lead(more, less))
            for more, less in ORDER
        )

    @property
    def _as_published(self) -> bool:
        chosen = (self.n, self.k, self.power, self.people, self.degree, self.steps)
        return chosen == (15, 7, 8, 100, 19, 200) and 3 in self.samples


def _cell(sample: int, strategy: int, network: str, t: int) -> Cell:
    return Cell(f"{network}, samples of {sample}", STRATEGIES[strategy], t)


def _words(strategy: int, network: str) -> str:
    return f"{STRATEGIES[strategy]}, {network}"


def _lead(more: tuple[int, str], less: tuple[int, str]) -> Callable[[Found], FloatArray]:
    """Returns the excess of a claim that one (strategy, network) ends higher than another."""
    return lambda found: found[_cell(3, *more, 200)] - found[_cell(3, *less, 200)]


def full_network(people: int) -> Network:
    """Returns the network in which all are neighbours."""
    everybody = np.arange(people)
    return np.array([np.delete(everybody, i) for i in everybody])


def clustered_network(people: int, degree: int) -> Network:
    """Returns a ring of cliques of degree + 1 people, all of the same degree.

    The tie between the first and the last of each clique is cut, and the last is tied to the first
    of the next clique instead (after Watts 1999). The authors' networks, of the same degree, were
    rewired at random as long as the mean clustering grew (Mason & Watts 2012).
    """
    size = degree + 1
    neighbours = np.array([np.delete(np.arange(size), i) for i in range(size)])
    cliques = [start + neighbours for start in range(0, people, size)]
    for c, clique in enumerate(cliques):
        clique[0, clique[0] == c * size + size - 1] = (c * size - 1) % people
        clique[-1, clique[-1] == c * size] = (c + 1) * size % people
    return np.concatenate(cliques)


@kernel
def search(
    key: np.uint64, payoffs: Any, n: int, network: Any, strategy: int, sample: int, means: Any
) -> None:
    """Writes the mean payoff of a group at each step, (step,)."""
    people = len(network)
    solutions = np.empty(people, np.int64)
    start(key, n, solutions)
    seen = np.empty(sample, np.int64)
    following = solutions.copy()
    for t in range(len(means)):
        solutions[:] = following
        total = 0.0
        for i in range(people):
            own = solutions[i]
            total += payoffs[own]
            idea = own
            if strategy != ALONE:
                look(key, t, i, network[i], solutions, seen)
                idea = best_member(payoffs, seen) if strategy == BEST else most_frequent(seen, own)
            if not payoffs[idea] > payoffs[own]:
                idea = own ^ (1 << int(n * uniform(key, Stream.CLASSIC_CHANCE, t, i, 0)))
            following[i] = idea if payoffs[idea] > payoffs[own] else own
        means[t] = total / people


@rule
def start(key: np.uint64, n: int, solutions: Any) -> None:
    """Draws different first solutions, (person,)."""
    for i in range(len(solutions)):
        draw = 0
        known = True
        while known:
            solutions[i] = int((1 << n) * uniform(key, Stream.CLASSIC_PEOPLE, 0, i, draw))
            draw += 1
            known = False
            for j in range(i):
                known = known or solutions[j] == solutions[i]


@rule
def look(key: np.uint64, t: int, i: int, neighbours: Any, solutions: Any, seen: Any) -> None:
    """Writes the solutions of different neighbours, drawn at random, (sample,).

    Those drawn stand at the first places of a shuffle of all, which is done no further.
    """
    left = len(neighbours)
    places = np.arange(left)
    for s in range(len(seen)):
        drawn = s + int((left - s) * uniform(key, Stream.CLASSIC_CHOICE, t, i, s))
        places[s], places[drawn] = places[drawn], places[s]
        seen[s] = solutions[neighbours[places[s]]]


@rule
def best_member(payoffs: Any, seen: Any) -> int:
    """Returns the best solution seen; of equal ones the first, which is a random one."""
    best: int = seen[0]
    for solution in seen:
        if payoffs[solution] > payoffs[best]:
            best = solution
    return best


@rule
def most_frequent(seen: Any, own: int) -> int:
    """Returns the solution seen most often; of several the first, which is a random one.

    One's own if all that was seen differs.
    """
    often = 1
    found = own
    for solution in seen:
        count = 0
        for other in seen:
            count += other == solution
        if count > often:
            often = count
            found = solution
    return found
