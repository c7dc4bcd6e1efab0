"""The state of an ecosystem: a few structured arrays, every field declared once."""

from dataclasses import dataclass
from functools import cache
from math import prod
from typing import Any, NamedTuple, Self

import numpy as np

from sim.core.inputs import LEVERS, MEANING
from sim.core.jit import CACHE_LINE

BLOCK = 1024
"""People whose sums are taken together, one after the other; the blocks are then added in order.

So no sum depends on how many threads share the blocks out.
"""

LOT = 128
"""People who are worked on together, a part of a block: their records stay in the nearest cache."""

PILE = 4 * LOT + 8
"""Places in a longer column: for contributions worked on together, most often all of a lot.

A line of the cache more than 4096 bytes, at which distance a processor takes one for the other.
"""

type_of = {
    "f": np.float64,
    "s": np.float32,
    "i": np.int64,
    "n": np.int32,
    "h": np.int16,
    "b": np.int8,
    "u": np.uint64,
}


class Field(NamedTuple):
    """One column of the state.

    `kind` is f (64-bit float), s (32-bit float: what is drawn once, or only looked at), or i, n,
    h, b (integer of 64, 32, 16 or 8 bits).
    """

    name: str
    kind: str
    unit: str
    doc: str


PERSON = (
    Field("need", "f", "circle", "what the person needs, a point on a circle of length 1"),
    Field("goal", "f", "circle", "what the person works towards, moved by vision and peers"),
    Field("company", "h", "index", "company the person is a member of, or -1"),
    Field("adopted", "h", "index", "company whose product the person uses, or -1"),
    Field("volunteer", "b", "0 or 1", "1: adopts nothing and has no use of their own"),
    Field("reciprocity", "b", "type", "0 conditional, 1 free rider, 2 triangle, 3 other"),
    Field("aware", "b", "0 or 1", "heard of a company in this step as an outsider"),
    Field("gone", "b", "0 or 1", "1: leaves for good (a shock) and never comes back"),
    Field("belief", "f", "share", "effort expected of others"),
    Field("trust", "f", "share", "trust in the company"),
    Field("submitted", "n", "count", "contributions submitted in this step"),
    Field("accepted", "n", "count", "contributions accepted in this step"),
    Field("waiting", "n", "count", "contributions that wait for review"),
    Field("effort", "s", "share", "effort of the last step"),
    Field("first_step", "h", "values", "first step size of the heuristic, on a ring of values"),
    Field("second_step", "h", "values", "second step size of the heuristic"),
    Field("third_step", "h", "values", "third step size of the heuristic"),
    Field("invited", "h", "index + 1", "company that the person joins as an outsider, or 0"),
    Field("crowding", "f", "share", "how far money has crowded intrinsic motives out"),
    Field("earned", "f", "money", "pay, prizes and shared profit so far"),
    Field("utility", "s", "1", "utility of taking part in the last step"),
    Field("activity", "s", "1", "time and zest, lognormal with mean 1"),
    Field("skill", "s", "share", "chance that a first contribution works"),
    Field("welcomed", "s", "share", "accepted of the first contributions decided on, or -1"),
    Field("joined", "n", "step", "when the person joined the company, or -1"),
    Field("first", "n", "step", "first contribution ever, or -1"),
    Field("last", "n", "step", "latest contribution, or -1"),
    Field("awarded", "n", "step", "latest award, or -1"),
    Field("made", "n", "count", "contributions submitted ever"),
    Field("made_here", "n", "count", "contributions submitted since joining the company"),
    Field("accepted_ever", "n", "count", "contributions accepted ever"),
    Field("rejected", "n", "count", "contributions rejected in this step"),
)
"""128 bytes, two lines of a processor's cache.

In the first is what a step asks of outsiders, but that what was rejected is cleared, and what
adoption and the search ask of anybody.
"""

FACE = (
    Field("goal", "s", "circle", "goal at the end of the last step"),
    Field("company", "h", "index", "company at the end of the last step, or -1"),
    Field("coming", "h", "index", "company at the end of this step, or -1"),
)

FACES = 8  # in a line of the processor's cache

TYPE = (
    Field("intercept", "f", "share", "contribution when others are believed to give nothing"),
    Field("slope", "f", "1", "rise of the contribution with the belief about others"),
)

COMPANY = (
    *(Field(name, "f", "share", meaning) for name, meaning in MEANING.items()),
    Field("goal", "f", "circle", "the point that the company's vision names"),
    Field("direction", "f", "circle", "where the product stands among the needs"),
    Field("endowment", "f", "money", "money to begin with"),
    Field("cash", "f", "money", "money at hand"),
    Field("austerity", "f", "share", "1 when solvent; what is left of spending levers when not"),
    Field("overdrawn", "i", "steps", "steps in a row without cash"),
    Field("open", "i", "0 or 1", "1 while in business"),
    Field("members", "i", "count", "people who belong to the company"),
    Field("present", "i", "count", "members who decide on their effort in this step"),
    Field("active", "i", "count", "members who submitted in the last month"),
    Field("arrivals", "i", "count", "people who joined in this step, switchers included"),
    Field("departures", "i", "count", "people who left in this step, switchers included"),
    Field("submitted", "i", "count", "contributions submitted in this step"),
    Field("accepted", "i", "count", "contributions accepted in this step"),
    Field("rejected", "i", "count", "contributions rejected or withdrawn in this step"),
    Field("waiting", "i", "count", "backlog: contributions that wait for review"),
    Field("adopters", "i", "count", "users of the product"),
    Field("awards", "i", "count", "awards given in this step"),
    Field("survived", "i", "count", "newcomers, not founders, so far who stayed three months"),
    Field("lost", "i", "count", "newcomers, not founders, so far who left within three months"),
    Field("seen", "f", "share", "share of the load that was reviewed"),
    Field("acceptance", "f", "share", "accepted of reviewed and waiting, as contributors feel it"),
    Field("noise", "f", "height", "standard deviation of the error in judging solutions"),
    Field("parts", "f", "count", "accepted contributions that the product still consists of"),
    Field("phase_cos", "f", "1", "sum of the cosines of the goals of its parts"),
    Field("phase_sin", "f", "1", "sum of the sines of the goals of its parts"),
    Field("pull", "f", "circle", "sum of the distances of accepted goals from the direction"),
    Field("quality", "f", "share", "mean over the problems of (height / 100) ^ 8"),
    Field("coherence", "f", "share", "how well the accepted parts fit together"),
    Field("coverage", "f", "share", "share of all step sizes in use among active members"),
    Field("fit", "f", "share", "mean fit of the product to the needs of its users"),
    Field("stock", "f", "uses", "rival goods on offer"),
    Field("served", "f", "share", "share of the demand for a rival good that was met"),
    Field("created", "f", "money", "value created for users in this step"),
    Field("captured", "f", "money", "value captured by the company in this step"),
    Field("cost", "f", "money", "all costs of this step"),
    Field("rate", "f", "money", "pay of an accepted contribution in this step"),
    Field("paid", "f", "money", "pay and prizes of this step, part of the cost"),
    Field("shared", "f", "money", "profit shared among contributors in this step"),
    Field("effort", "f", "share", "mean effort of the members who are present"),
    Field("trust", "f", "share", "mean trust of the members"),
    Field("belief", "f", "share", "mean belief of the members"),
    Field("crowding", "f", "share", "mean crowding of the members"),
)

PROBLEM = (
    Field("ring", "i", "index", "ring of the pool that this problem is now"),
    Field("at", "i", "position", "best solution known to the company, a position on the ring"),
    Field("entry", "f", "height", "judged height of the best contest entry of this step"),
    Field("entry_at", "i", "position", "where that entry lies"),
    Field("winner", "i", "index", "person who made it, or -1"),
)

WORLD = (
    Field("centre", "f", "circle", "centre of the market's needs"),
    Field("drift", "f", "circle", "how far all needs move in this step"),
)

OFFER = (
    Field("reach", "f", "1 / circle", "how fast the product's fit falls with the distance"),
    Field("crowding", "f", "share", "how far its money crowds out in the end"),
    Field("lift", "f", "share", "what its sharing adds to what people give"),
    Field("welcome", "f", "1", "utility of taking part that is the same for everybody"),
    Field("worth", "f", "money", "what the product is worth in a month to whom it fits fully"),
    Field("gain", "f", "share", "how far beliefs follow the effort seen"),
    Field("fairness", "f", "log odds", "what it gives everybody to trust in"),
    Field("word", "f", "hazard", "of hearing of it in a step, but for ties"),
    Field("called", "f", "share", "contributions that are entries to a contest"),
    Field("matched", "f", "share", "other contributors who are shown a problem"),
    Field("seen", "f", "share", "contributors who can go on from what others did"),
    Field("prize", "f", "money", "what each winner of a contest gets in this step"),
)

TALLY = (
    Field("submitted", "i", "count", "contributions submitted"),
    Field("present", "i", "count", "members who decided on their effort"),
    Field("effort", "f", "share", "sum of their efforts"),
    Field("waiting", "i", "count", "contributions that wait for review"),
    Field("accepted", "i", "count", "contributions accepted"),
    Field("rejected", "i", "count", "contributions rejected"),
    Field("phase_cos", "f", "1", "sum of the cosines of the goals of accepted contributions"),
    Field("phase_sin", "f", "1", "sum of the sines of the goals of accepted contributions"),
    Field("pull", "f", "circle", "sum of the distances of accepted goals from the direction"),
    Field("awards", "i", "count", "awards given"),
    Field("adopters", "i", "count", "users of the product"),
    Field("created", "f", "money", "value created for them"),
    Field("fit", "f", "share", "sum of the fit to their needs"),
    Field("arrivals", "i", "count", "people who joined"),
    Field("departures", "i", "count", "people who left"),
    Field("withdrawn", "i", "count", "contributions that waited, of people who left"),
    Field("survived", "i", "count", "newcomers who have stayed three months"),
    Field("lost", "i", "count", "newcomers who left within three months"),
    Field("active", "i", "count", "members who submitted in the last month"),
    Field("trust", "f", "share", "sum of the trust of members"),
    Field("belief", "f", "share", "sum of their beliefs"),
    Field("crowding", "f", "share", "sum of their crowding"),
)

LIST = (
    Field("busy", "i", "count", "people of a block who have work to decide on"),
    Field("accepted", "i", "count", "those of them with accepted work, who are listed first"),
)

DESK = (
    Field("who", "u", "index", "people who are listed"),
    Field("some", "u", "index", "people on a second list"),
    Field("fit", "f", "share", "how well a product meets a person's need"),
    Field("appeal", "f", "1", "sum of the pulls of a person's motives"),
    Field("goal", "f", "circle", "goal"),
    Field("trust", "f", "share", "trust"),
    Field("given", "f", "share", "what a person gives voluntarily, given what others do"),
    Field("activity", "f", "1", "time and zest"),
    Field("utility", "f", "1", "utility of taking part"),
    Field("effort", "f", "share", "effort"),
    Field("expected", "f", "count", "contributions to be expected"),
    Field("chance", "f", "share", "the draw that decides"),
    Field("none", "f", "share", "chance that there are none"),
    Field("near", "f", "share", "how near a person's work is to the vision"),
    Field("unlearned", "f", "share", "what a person has left to learn"),
    Field("picked", "u", "index", "places of those on a list who are picked from it"),
    Field("decided", "i", "count", "contributions of a person that were decided on"),
    Field("cosine", "f", "1", "cosine of a person's goal"),
    Field("sine", "f", "1", "sine of a person's goal"),
    Field("need", "f", "circle", "need"),
    Field("best", "f", "money", "value of the best product so far"),
    Field("adopted", "i", "index", "company whose product that is, or -1"),
    Field("deserved", "f", "share", "trust that a company deserves"),
    Field("strange", "f", "1", "what makes a member leave early"),
    Field("total", "f", "1", "sum of the attractions that a person chooses among, or -1"),
    Field("chosen", "i", "index", "company that a person has chosen so far, or -1"),
    Field("at", "u", "position", "where a climb stands"),
    Field("first", "u", "values", "step that it tries first"),
    Field("second", "u", "values", "step that it tries next"),
    Field("third", "u", "values", "step that it tries last"),
    Field("rises", "u", "bits", "steps that lead up from there"),
)
"""Columns in which rules compute for a lot at once.

They stand in one record and each of their items takes 8 bytes: so the compiler sees that columns
do not meet, and takes several people at a time.
"""

WORK = (
    Field("member", "u", "index", "members of any company, or a group of those with work"),
    Field("maker", "u", "index", "person whose contribution it is"),
    Field("number", "i", "count", "which of that person's"),
    Field("which", "f", "share", "the draw that tells which problem it is for"),
    Field("call", "f", "share", "the draw that tells whether it is an entry"),
    Field("match", "f", "share", "the draw that tells whether an expert shows a problem"),
    Field("sight", "f", "share", "the draw that tells whether others' work can be seen"),
    Field("error", "f", "share", "the draw of the error in judging it"),
    Field("own", "u", "index", "those contributions that are for one share of the problems"),
)
"""Longer columns (PILE) of the same record: for contributions, and members of several lots."""


@cache
def record(names: tuple[str, ...], kinds: str) -> np.dtype[Any]:
    """Returns the record type with these fields, one object for equal ones.

    Numba looks a type up many times faster when it has met the very object before.
    """
    fields = [(name, type_of[kind]) for name, kind in zip(names, kinds, strict=True)]
    return np.dtype((np.record, fields))


def records(declared: tuple[Field, ...], shape: int | tuple[int, ...]) -> Any:
    """Returns zeroed records whose fields read as attributes, compiled and interpreted alike.

    They begin as `_zeroed` has it.
    """
    return _zeroed(_declared(declared), shape)


def _zeroed(kind: np.dtype[Any], shape: int | tuple[int, ...]) -> Any:
    """Returns a zeroed array that begins with a pair of lines of the processor's cache.

    Some processors fetch pairs, and no vector lies across two lines.
    """
    pair = 2 * CACHE_LINE
    size = (prod(shape) if isinstance(shape, tuple) else shape) * kind.itemsize
    room = np.zeros(size + pair, np.uint8)
    address, _ = room.__array_interface__["data"]
    return np.ndarray(shape, kind, room, -address % pair)


@cache
def _declared(declared: tuple[Field, ...]) -> np.dtype[Any]:
    names = tuple(field.name for field in declared)
    return record(names, "".join(field.kind for field in declared))


def new_desk(n_motives: int) -> Any:
    """Returns a desk (1), room to work in: columns (LOT or PILE), and pulls (motive, LOT).

    It begins as `_zeroed` has it.
    """
    return _zeroed(_desk(n_motives), 1)


@cache
def _desk(n_motives: int) -> np.dtype[Any]:
    columns = [(field.name, type_of[field.kind], (LOT,)) for field in DESK]
    columns += [(field.name, type_of[field.kind], (PILE,)) for field in WORK]
    return np.dtype((np.record, [*columns, ("pulls", np.float64, (n_motives, LOT))]))


@dataclass(slots=True)
class State:
    """All arrays of one ecosystem; the kernel changes them in place.

    people (person), faces (person), weights (person, motive), types (type): who they are;
    offsets (person + 1) and neighbours (tie): the ties of person i are
    neighbours[offsets[i]:offsets[i + 1]]; companies, levers and offers (company), problems
    (company, problem), world (1), rings (ring, position), experts (staff, 3); marks (company,
    step size): last step of use; drive (company, motive): effort of this step by motive.

    Within a step: busy (person): in each block, first those who have work to decide on; lists
    (block): how many they are; tallies (block + 1, company) and drives (block, company, motive):
    what a block adds to each company; the last row of tallies stays blank.
    """

    people: Any
    faces: Any
    weights: Any
    types: Any
    offsets: Any
    neighbours: Any
    companies: Any
    levers: Any
    offers: Any
    problems: Any
    world: Any
    rings: Any
    experts: Any
    marks: Any
    drive: Any
    busy: Any
    lists: Any
    tallies: Any
    drives: Any

    @classmethod
    def empty(
        cls,
        n_people: int,
        n_companies: int,
        n_problems: int,
        motives: tuple[str, ...],
        n_rings: int,
        ring_length: int,
        n_staff: int,
        largest_step: int,
    ) -> Self:
        """Returns zeroed arrays of the sizes given, without ties; an offer has a field a motive."""
        names = (*(field.name for field in OFFER), *motives)
        n_blocks = -(-n_people // BLOCK)
        return cls(
            people=records(PERSON, n_people),
            faces=records(FACE, n_people),
            weights=np.zeros((n_people, len(motives)), np.float32),
            types=records(TYPE, 4),
            offsets=np.zeros(n_people + 1, np.uint64),
            neighbours=np.zeros(0, np.uint32),
            companies=records(COMPANY, n_companies),
            levers=np.zeros(n_companies, record(LEVERS, "f" * len(LEVERS))),
            offers=np.zeros(n_companies, record(names, "f" * len(names))),
            problems=records(PROBLEM, (n_companies, n_problems)),
            world=records(WORLD, 1),
            rings=np.empty((n_rings, ring_length)),  # all drawn when the world is settled
            experts=np.zeros((n_staff, 3), np.int64),
            marks=np.full((n_companies, largest_step + 1), -1, np.int64),
            drive=np.zeros((n_companies, len(motives))),
            busy=np.zeros(n_people, np.uint32),
            lists=records(LIST, n_blocks),
            tallies=records(TALLY, (n_blocks + 1, n_companies)),
            drives=np.zeros((n_blocks, n_companies, len(motives))),
        )

    def arrays(self) -> Any:
        """Returns the arrays in the order in which the kernel takes them."""
        return tuple(getattr(self, name) for name in self.__slots__)
