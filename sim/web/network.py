"""The network: which people and problems its tab shows, where they stand, and how they fare."""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np

from sim.core.state import State
from sim.simulation import Simulation
from sim.web.picture import took_part

MOST_PEOPLE = 300
MOST_TIES = 4_000  # among them: more can neither be told apart nor drawn at each step
MOST_PROBLEMS = 48
FOUNDERS, WELL_KNOWN, KEEN = 12, 8, 60
"""How many people are shown first: founders, those with most ties, those with most zest."""

ROUNDS = 160
HEAT = 0.12  # the farthest that a person goes in the first round; less in each that follows
INNER = 0.5  # people stand outside of this circle, companies and problems inside
RING = 0.34  # on which problems lie
PULL = 0.25  # of a tie, against the push of a neighbour at the usual distance


class Network:
    """What is shown of one world, at the same places for all columns.

    Must be made at step 0, when members are founders. Everything lies in the circle of radius 1.
    """

    def __init__(self, settled: Simulation) -> None:
        self._founders = np.flatnonzero(settled.state.people["company"] >= 0)
        self._layout: dict[str, Any] = {}
        self._people: Any = None

    def told(self, simulations: Sequence[Simulation], step: int, whole: bool) -> dict[str, Any]:
        """Returns the message that a page gets: how all fare now; `whole`: and where they stand."""
        if self._people is None:
            self._people, self._layout = layout(simulations[0], self._founders)
        columns = [fates(simulation, self._people) for simulation in simulations]
        answer = {"is": "network", "step": step, "columns": columns}
        return answer | {"layout": self._layout} if whole else answer


def layout(simulation: Simulation, founders: Any) -> tuple[Any, dict[str, Any]]:
    """Returns the people shown (person,), and what the page is told of them that never changes.

    The same for the same seed, whatever the style and the step; nothing is drawn for it.
    """
    state, most = simulation.state, MOST_PEOPLE
    people, ties = chosen(state, founders, most)
    while len(ties) > MOST_TIES:
        most //= 2
        people, ties = chosen(state, founders, most)
    spots = placed(len(people), ties)
    companies, problems = middle(len(state.companies), state.problems.shape[1])
    number = shown_problems(state)

    def lies(spot: complex) -> dict[str, float]:
        return {"x": round(float(spot.real), 4), "y": round(float(spot.imag), 4)}

    return people, {
        "people": people.tolist(),
        "motives": state.weights[people].argmax(axis=1).tolist(),
        "degrees": np.diff(state.offsets)[people].tolist(),
        "ties": ties.tolist(),
        "x": spots.real.round(4).tolist(),
        "y": spots.imag.round(4).tolist(),
        "companies": [
            {"name": company.name, **lies(spot)}
            for company, spot in zip(simulation.scenario.companies, companies, strict=True)
        ],
        "problems": [
            {"company": c, "number": p, **lies(spot)}
            for c, row in enumerate(problems[:, number])
            for p, spot in zip(range(state.problems.shape[1])[number], row, strict=True)
        ],
    }


def fates(simulation: Simulation, people: Any) -> dict[str, Any]:
    """Returns how companies, problems and these people of a run fare after its last step.

    `company` is that of each person, or -1; `takes_part` as in the picture of the people; `quality`
    is that of the best solution of each problem, in [0, 1]: the model takes the mean of these as
    the quality of a product; `winners` are the people whose entries to a contest on it were taken
    as the best of the last step, or -1.
    """
    state = simulation.state
    shown, problems = state.people[people], state.problems[:, shown_problems(state)].ravel()
    heights = state.rings[problems["ring"], problems["at"]]
    return {
        "members": state.companies["members"].tolist(),
        "active": state.companies["active"].tolist(),
        "quality": ((heights / 100.0) ** 8).round(4).tolist(),
        "winners": problems["winner"].tolist(),
        "company": shown["company"].tolist(),
        "takes_part": took_part(simulation, shown).tolist(),
        "made": shown["made"].tolist(),
        "trust": shown["trust"].round(4).tolist(),
    }


def shown_problems(state: State) -> slice:
    """Returns which problems are shown of each company: all, or every k-th of too many."""
    return slice(None, None, -(-state.problems.size // MOST_PROBLEMS))


def chosen(state: State, founders: Any, most: int) -> tuple[Any, Any]:
    """Returns the people shown (person,), in order, and all ties among them (tie, 2).

    First some founders, those with most ties and those with most time and zest; then whoever of
    those tied to them has most, and so on: hardly any of 300 people at random would ever do
    something. Where ties end, others follow. Ties name people by their places among those shown.
    """
    starts, zest = state.offsets.astype(np.int64), state.people["activity"]
    by_zest = np.argsort(-zest, kind="stable")
    by_ties = np.argsort(-np.diff(starts), kind="stable") if len(state.neighbours) else by_zest
    first = (*evenly(founders, FOUNDERS), *by_ties[:WELL_KNOWN], *by_zest[:KEEN])

    def tied(person: int) -> Any:
        return state.neighbours[starts[person] : starts[person + 1]].astype(np.int64)

    def known(person: int) -> list[tuple[float, int]]:
        others = tied(person)
        return list(zip((-zest[others]).tolist(), others.tolist(), strict=True))

    most = min(most, len(zest))
    found = set(list(dict.fromkeys(map(int, first)))[:most])
    waiting = [each for person in sorted(found) for each in known(person)]
    heapify(waiting)
    rest = iter(by_zest.tolist())
    while len(found) < most:
        person = heappop(waiting)[1] if waiting else next(rest)
        if person not in found:
            found.add(person)
            for each in known(person):
                heappush(waiting, each)
    people = np.array(sorted(found), np.int64)

    place = np.full(len(zest), -1)
    place[people] = np.arange(len(people))
    pairs = [
        np.column_stack((np.full_like(others, a), others))
        for a, person in enumerate(people)
        for others in [place[tied(person)]]
    ]
    ties = np.concatenate([np.zeros((0, 2), np.int64), *pairs])
    return people, ties[ties[:, 0] < ties[:, 1]]


def evenly(people: Any, most: int) -> Any:
    """Returns people from all over a list, at most so many."""
    return people[np.unique(np.linspace(0, len(people) - 1, min(most, len(people))).astype(int))]


def placed(n: int, ties: Any) -> Any:
    """Returns where people stand (person,), as complex numbers: those who are tied near each other.

    All push each other away, ties pull (Fruchterman & Reingold 1991), a little less far in each
    round. They begin in the order of their numbers, in which small worlds and files tie them.
    """
    golden = 0.618034 * np.arange(n) % 1.0
    spots = between(golden) * np.exp(2j * np.pi * np.arange(n) / n)
    near = np.sqrt(np.pi * (1.0 - INNER**2) / n)  # the distance if all stood evenly
    one, other = ties.T
    weight = np.maximum(1, np.bincount(ties.ravel(), minlength=n)) ** -0.5
    for heat in HEAT * np.linspace(1.0, 0.0, ROUNDS, endpoint=False):
        x, y = np.subtract.outer(spots.real, spots.real), np.subtract.outer(spots.imag, spots.imag)
        push = near**4 / np.square(x * x + y * y + 0.1 * near**2)
        force = (x * push).sum(axis=1) + 1j * (y * push).sum(axis=1)
        pulls = PULL * (spots[other] - spots[one])
        for ends, pull in ((one, pulls), (other, -pulls)):
            force += weight * np.bincount(ends, pull.real, n)
            force += weight * 1j * np.bincount(ends, pull.imag, n)
        length = np.abs(force) + 1e-12
        spots = spots + force / length * np.minimum(length, heat)
        length = np.abs(spots) + 1e-12
        spots *= np.clip(length, INNER, 1.0) / length
    return spots


def between(share: Any) -> Any:
    """Returns radii so that shares from 0 to 1 of all people who stand evenly are further in."""
    return np.sqrt(INNER**2 + (1.0 - INNER**2) * share)


def middle(n_companies: int, n_problems: int) -> tuple[Any, Any]:
    """Returns where companies (company,) and around them their problems (company, problem) lie."""
    around = 1j * np.exp(-2j * np.pi * np.arange(n_companies) / n_companies)
    one = n_companies == 1
    companies = 0.0 * around if one else 0.6 * RING * around
    ring = RING if one else 0.5 * RING * np.sin(np.pi / n_companies)
    turns = np.exp(-2j * np.pi * np.arange(n_problems) / n_problems)
    return companies, companies[:, None] + 1j * ring * turns
