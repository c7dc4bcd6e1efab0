"""The state of an ecosystem: a few structured arrays, every field declared once."""

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, NamedTuple, Self

import numpy as np

from sim.core.inputs import LEVERS, MEANING

type_of = {"f": np.float64, "i": np.int64, "n": np.int32}


class Field(NamedTuple):
    """One column of the state.

    `kind` is f (64-bit float), i (64-bit integer) or n (32-bit integer).
    """

    name: str
    kind: str
    unit: str
    doc: str


PERSON = (
    Field("need", "f", "circle", "what the person needs, a point on a circle of length 1"),
    Field("goal", "f", "circle", "what the person works towards, moved by vision and peers"),
    Field("activity", "f", "1", "time and zest, lognormal with mean 1"),
    Field("skill", "f", "share", "chance that a first contribution works"),
    Field("intercept", "f", "share", "contribution when others are believed to give nothing"),
    Field("slope", "f", "1", "rise of the contribution with the belief about others"),
    Field("belief", "f", "share", "effort expected of others"),
    Field("trust", "f", "share", "trust in the company"),
    Field("crowding", "f", "share", "how far money has crowded intrinsic motives out"),
    Field("utility", "f", "1", "utility of taking part in the last step"),
    Field("effort", "f", "share", "effort of the last step"),
    Field("earned", "f", "money", "pay, prizes and shared profit so far"),
    Field("first_step", "n", "values", "first step size of the heuristic, on a ring of values"),
    Field("second_step", "n", "values", "second step size of the heuristic"),
    Field("third_step", "n", "values", "third step size of the heuristic"),
    Field("volunteer", "n", "0 or 1", "1: adopts nothing and has no use of their own"),
    Field("reciprocity", "n", "type", "0 conditional, 1 free rider, 2 triangle, 3 other"),
    Field("company", "n", "index", "company the person is a member of, or -1"),
    Field("adopted", "n", "index", "company whose product the person uses, or -1"),
    Field("joined", "n", "step", "when the person joined the company, or -1"),
    Field("first", "n", "step", "first contribution ever, or -1"),
    Field("last", "n", "step", "latest contribution, or -1"),
    Field("awarded", "n", "step", "latest award, or -1"),
    Field("welcomed", "f", "share", "accepted of the first contributions decided on, or -1"),
    Field("made", "n", "count", "contributions submitted ever"),
    Field("made_here", "n", "count", "contributions submitted since joining the company"),
    Field("accepted_ever", "n", "count", "contributions accepted ever"),
    Field("submitted", "n", "count", "contributions submitted in this step"),
    Field("accepted", "n", "count", "contributions accepted in this step"),
    Field("rejected", "n", "count", "contributions rejected in this step"),
    Field("waiting", "n", "count", "contributions that wait for review"),
    Field("aware", "n", "0 or 1", "heard of a company in this step as an outsider"),
    Field("gone", "n", "0 or 1", "1: leaves for good (a shock) and never comes back"),
    Field("invited", "n", "index + 1", "company that the person joins as an outsider, or 0"),
)

FACE = (
    Field("goal", "f", "circle", "goal at the end of the last step"),
    Field("company", "i", "index", "company at the end of the last step, or -1"),
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

WORLD = (Field("centre", "f", "circle", "centre of the market's needs"),)


@cache
def record(names: tuple[str, ...], kinds: str) -> np.dtype[Any]:
    """Returns the record type with these fields, one object for equal ones.

    Numba looks a type up many times faster when it has met the very object before.
    """
    fields = [(name, type_of[kind]) for name, kind in zip(names, kinds, strict=True)]
    return np.dtype((np.record, fields))


def records(declared: tuple[Field, ...], shape: int | tuple[int, ...]) -> Any:
    """Returns zeroed records whose fields read as attributes, compiled and interpreted alike."""
    return np.zeros(shape, _declared(declared))


@cache
def _declared(declared: tuple[Field, ...]) -> np.dtype[Any]:
    names = tuple(field.name for field in declared)
    return record(names, "".join(field.kind for field in declared))


@dataclass(slots=True)
class State:
    """All arrays of one ecosystem; the kernel changes them in place.

    people (person), faces (person), weights (person, motive), companies (company),
    levers (company), problems (company, problem), world (1), rings (ring, position),
    experts (staff, 3), offsets (person + 1) and neighbours (tie): the ties of person i are
    neighbours[offsets[i]:offsets[i + 1]]; marks (company, step size): last step of use;
    drive (company, motive): effort of this step by motive.
    """

    people: Any
    faces: Any
    weights: Any
    companies: Any
    levers: Any
    problems: Any
    world: Any
    rings: Any
    experts: Any
    offsets: Any
    neighbours: Any
    marks: Any
    drive: Any

    @classmethod
    def empty(
        cls,
        n_people: int,
        n_companies: int,
        n_problems: int,
        n_motives: int,
        n_rings: int,
        ring_length: int,
        n_staff: int,
        largest_step: int,
    ) -> Self:
        """Returns zeroed arrays of the sizes given, without ties."""
        return cls(
            people=records(PERSON, n_people),
            faces=records(FACE, n_people),
            weights=np.zeros((n_people, n_motives)),
            companies=records(COMPANY, n_companies),
            levers=np.zeros(n_companies, record(LEVERS, "f" * len(LEVERS))),
            problems=records(PROBLEM, (n_companies, n_problems)),
            world=records(WORLD, 1),
            rings=np.zeros((n_rings, ring_length)),
            experts=np.zeros((n_staff, 3), np.int64),
            offsets=np.zeros(n_people + 1, np.int64),
            neighbours=np.zeros(0, np.int32),
            marks=np.full((n_companies, largest_step + 1), -1, np.int64),
            drive=np.zeros((n_companies, n_motives)),
        )

    def arrays(self) -> Any:
        """Returns the arrays in the order in which the kernel takes them."""
        return tuple(getattr(self, f.name) for f in fields(self))
