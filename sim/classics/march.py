"""Exploration and exploitation: an organization knows most if its members learn slowly from it.

Reality has some dimensions, each 1 or -1. Each person believes 1, -1 or 0 (nothing) of each, and
so does the organization's code, which starts out with 0 throughout. What one knows is the number
of dimensions on which one is right minus the number on which one is wrong. In each period

1. people act as they believe; a belief of 0 acts by the toss of a coin;
2. people learn from the code: where it is not 0, a belief moves one step towards it (from -1 over
   0 to 1) with probability p1;
3. the code learns from those whose actions in this period were right more often than the code is,
   lucky ones included: on each dimension it takes over what their majority did, with probability
   1 - (1 - p2)^k, k being the majority's margin.

Once nothing can change any more, the code's knowledge, as a share of the dimensions, is read. The
paper alone leaves this open: the coin, the single step, and a score that takes wrong beliefs off
are known from the program behind it (Rodan 2005, Scandinavian Journal of Management 21:407;
Christensen 2015). With a share of right beliefs for knowledge, with beliefs that jump to the
code's, with a code that learns before people do, or with beliefs counted in place of actions, the
table does not come out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any, ClassVar

import numpy as np

from sim.classics import Cell, Claim, Classic, FloatArray, Found, Published
from sim.core.jit import kernel, rule
from sim.core.random import Stream, new_key, uniform
from sim.errors import UserError

TABLE = {
    0.1: {0.1: 0.862, 0.3: 0.804, 0.5: 0.797, 0.7: 0.806, 0.9: 0.811},
    0.9: {0.1: 0.973, 0.3: 0.907, 0.5: 0.840, 0.7: 0.780, 0.9: 0.730},
}
"""Mean knowledge at rest by p2, then p1, of 50 people about 30 dimensions."""


@dataclass(frozen=True)
class March(Classic):
    """Mutual learning of people and the code of their organization."""

    title: ClassVar[str] = "Mutual learning of an organization and its members"
    source: ClassVar[str] = "March 1991, Organization Science 2:71"
    x: ClassVar[str] = "p1, chance of a person to learn from the code"
    y: ClassVar[str] = "mean knowledge at rest [share right minus share wrong]"
    runs: ClassVar[int] = 2000
    quick: ClassVar[int] = 500

    p1: tuple[float, ...] = (0.1, 0.3, 0.5, 0.7, 0.9)
    """Chances that a belief moves towards the code's in a period."""
    p2: tuple[float, ...] = (0.1, 0.9)
    """Chances that the code moves by a margin of one person in a period."""
    dimensions: int = 30
    people: int = 50
    longest: int = 10_000
    """Periods after which knowledge is read though something might still change."""

    def __post_init__(self) -> None:
        for name, chances in {"p1": self.p1, "p2": self.p2}.items():
            once = len(set(chances)) == len(chances)
            if not chances or not once or not all(0 <= chance <= 1 for chance in chances):
                raise UserError(f"{name} must lie in [0, 1], each once, but is {chances}")
        for name in ("dimensions", "people", "longest"):
            if getattr(self, name) < 1:
                raise UserError(f"{name} must be at least 1, but is {getattr(self, name)}")

    def simulate(self, seed: int, rep: int) -> dict[Cell, float]:
        """Returns the knowledge at rest for each p1 and p2, all from the same first beliefs."""
        key = new_key(seed, rep)
        reality = np.empty(self.dimensions, np.int64)
        first = np.empty((self.people, self.dimensions), np.int64)
        begin(key, reality, first)
        cells = {}
        for p1, p2 in product(self.p1, self.p2):
            code = np.zeros_like(reality)
            learn(key, reality, first.copy(), code, p1, p2, self.longest)
            cells[_cell(p1, p2)] = float((code * reality).mean())
        return cells

    def published(self) -> dict[Cell, Published]:
        """Returns the table, which holds for 30 dimensions and 50 people."""
        if (self.dimensions, self.people) != (30, 50):
            return {}
        return {
            _cell(p1, p2): Published(TABLE[p2][p1], 0.01)
            for p1, p2 in product(self.p1, self.p2)
            if p1 in TABLE.get(p2, {})
        }

    def claims(self) -> tuple[Claim, ...]:
        """Returns that slow learners serve a fast code, and where a fast code knows more."""
        if (self.dimensions, self.people) != (30, 50):
            return ()
        found = []
        if 0.9 in self.p2:
            for slow, fast in pairwise(sorted(set(self.p1) & set(TABLE[0.9]))):
                says = f"p2 = 0.9: more is known with p1 = {slow:g} than with p1 = {fast:g}"
                found.append(Claim(says, _lead((slow, 0.9), (fast, 0.9))))
        if {0.1, 0.9} <= set(self.p2):
            if 0.1 in self.p1:
                says = "a fast code knows more if people learn slowly (p1 = 0.1)"
                found.append(Claim(says, _lead((0.1, 0.9), (0.1, 0.1))))
            if 0.9 in self.p1:
                says = "a fast code knows less if people learn fast (p1 = 0.9)"
                found.append(Claim(says, _lead((0.9, 0.1), (0.9, 0.9))))
        return tuple(found)


def _cell(p1: float, p2: float) -> Cell:
    return Cell("", f"p2 = {p2:g}", p1)


def _lead(more: tuple[float, float], less: tuple[float, float]) -> Callable[[Found], FloatArray]:
    """Returns the excess of a claim that more is known at one (p1, p2) than at another."""
    return lambda found: found[_cell(*more)] - found[_cell(*less)]


@kernel
def begin(key: np.uint64, reality: Any, beliefs: Any) -> None:
    """Draws reality, 1 or -1, (dimension,), and first beliefs, -1, 0 or 1, (person, dimension)."""
    people, dimensions = beliefs.shape
    for d in range(dimensions):
        reality[d] = 1 if uniform(key, Stream.CLASSIC_WORLD, 0, 0, d) < 0.5 else -1
        for i in range(people):
            beliefs[i, d] = int(3.0 * uniform(key, Stream.CLASSIC_PEOPLE, 0, i, d)) - 1


@kernel
def learn(
    key: np.uint64, reality: Any, beliefs: Any, code: Any, p1: float, p2: float, longest: int
) -> int:
    """Lets people and code learn from each other until rest; returns after how many periods."""
    actions = np.empty_like(beliefs)
    for t in range(longest):
        if at_rest(reality, beliefs, code, p1, p2):
            return t
        act(key, t, beliefs, actions)
        learn_from_code(key, t, beliefs, code, p1)
        learn_from_people(key, t, reality, actions, code, p2)
    return longest


@rule
def act(key: np.uint64, t: int, beliefs: Any, actions: Any) -> None:
    """Writes what people do, 1 or -1, where they believe nothing by the toss of a coin."""
    people, dimensions = beliefs.shape
    for i in range(people):
        for d in range(dimensions):
            actions[i, d] = beliefs[i, d]
            if beliefs[i, d] == 0:
                actions[i, d] = 1 if uniform(key, Stream.CLASSIC_CHOICE, t, i, d) < 0.5 else -1


@rule
def learn_from_code(key: np.uint64, t: int, beliefs: Any, code: Any, p1: float) -> None:
    """Moves beliefs one step towards the code where it says something."""
    people, dimensions = beliefs.shape
    for i in range(people):
        for d in range(dimensions):
            differs = code[d] != 0 and beliefs[i, d] != code[d]
            if differs and uniform(key, Stream.CLASSIC_CHANCE, t, i, d) < p1:
                beliefs[i, d] += code[d]


@rule
def learn_from_people(
    key: np.uint64, t: int, reality: Any, actions: Any, code: Any, p2: float
) -> None:
    """Moves the code to what the majority of those did who were right more often than it is."""
    people, dimensions = actions.shape
    known = right(code, reality)
    majority = np.zeros_like(code)
    for i in range(people):
        if right(actions[i], reality) > known:
            for d in range(dimensions):
                majority[d] += actions[i, d]
    for d in range(dimensions):
        view = 1 if majority[d] > 0 else -1
        if majority[d] != 0 and code[d] != view:
            unchanged = 1.0
            for _ in range(abs(majority[d])):
                unchanged = unchanged * (1.0 - p2)
            if uniform(key, Stream.CLASSIC_CHANCE, t, people, d) >= unchanged:
                code[d] = view


@rule
def right(views: Any, reality: Any) -> int:
    """Returns on how many dimensions views, (dimension,), are right less on how many wrong."""
    score = 0
    for d in range(len(reality)):
        score += views[d] * reality[d]
    return score


@rule
def at_rest(reality: Any, beliefs: Any, code: Any, p1: float, p2: float) -> bool:
    """Returns whether nobody can learn from the code, nor the code from anybody's best luck."""
    people, dimensions = beliefs.shape
    known = right(code, reality)
    for i in range(people):
        best = 0
        for d in range(dimensions):
            if p1 > 0.0 and code[d] != 0 and beliefs[i, d] != code[d]:
                return False
            best += 1 if beliefs[i, d] == 0 else beliefs[i, d] * reality[d]
        if p2 > 0.0 and best > known:
            return False
    return True
