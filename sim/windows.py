"""Mesa agents as windows on the rows of an ecosystem's arrays, and sets of them.

A window is made when somebody looks at it; sets hold numbers. What agents do is in the core's
rules, not in their `step`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

import mesa
import numpy as np
from mesa.agent import AgentSet

from sim.core.inputs import LEVERS, Levers
from sim.core.motives import MOTIVES
from sim.core.state import COMPANY, PERSON, Field, State, type_of
from sim.errors import UserError
from sim.simulation import total
from sim.styles import Report, Style

if TYPE_CHECKING:
    from sim.model import Ecosystem

INF = float("inf")
RANGES: dict[str, tuple[float, float]] = {
    "share": (0, 1),
    "circle": (0, 1),
    "0 or 1": (0, 1),
    "-1, 0, 1": (-1, 1),
    "type": (0, 3),
    "step": (-1, INF),
    "steps": (0, INF),
    "count": (0, INF),
}
"""What may be written into a field, by its unit; other units may be any number."""

Class = TypeVar("Class", bound=type[Any])


class Column:
    """One declared field of an agent: reads and writes the agent's row of the array."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.__doc__ = f"{field.doc} [{field.unit}]"

    def __get__(self, agent: "Window | None", owner: type) -> Any:
        """Returns the agent's value as a plain number."""
        return self if agent is None else agent.table[self.field.name].item(agent.row)

    def __set__(self, agent: "Window", value: Any) -> None:
        """Writes the agent's row; a UserError says what the field can hold."""
        low, high = limits(self.field, agent.model.simulation.state)
        whole = self.field.kind not in ("f", "s")
        kinds = (int, np.integer) if whole else (int, float, np.integer, np.floating)
        if not isinstance(value, kinds) or not low <= value <= high or not np.isfinite(value):
            number = "a whole number" if whole else "a number"
            raise UserError(
                f"{self.field.name} of {agent} must be {number} in [{low:g}, {high:g}], "
                f"but is {value!r} ({self.field.doc})"
            )
        agent.table[self.field.name][agent.row] = value


class Membership(Column):
    """The company of a person; what waits for review moves along, or is withdrawn on leaving."""

    def __set__(self, agent: "Window", value: Any) -> None:
        """Moves the person to a company, or out (-1), and keeps the companies' books."""
        before = agent.company
        super().__set__(agent, value)
        if agent.company == before:
            return
        companies = agent.model.simulation.state.companies
        for company, by in ((before, -1), (agent.company, 1)):
            if company >= 0:
                companies["members"][company] += by
                companies["waiting"][company] += by * agent.waiting
        if agent.company >= 0:
            agent.joined, agent.made_here = agent.model.step_count, 0
        else:
            agent.joined, agent.waiting = -1, 0


class Lever(Column):
    """A lever in force at a company: whoever sets it takes the company into their own hands."""

    def __set__(self, agent: "Window", value: Any) -> None:
        """Sets the lever by hand from now on."""
        super().__set__(agent, value)
        agent.levers = replace(agent.levers, **{self.field.name: float(value)})


class Series:
    """A series of the whole ecosystem, as it stands now."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.__doc__ = f"{field.doc} [{field.unit}], of all companies together"

    def __get__(self, model: "Ecosystem | None", owner: type) -> Any:
        """Returns the sum or mean over the companies as a plain number."""
        if model is None:
            return self
        return total(model.simulation.state.companies, self.field.name).item()

    def __set__(self, model: "Ecosystem", value: Any) -> None:
        """Refuses: the whole is what its companies are."""
        raise AttributeError(f"{self.field.name} can be set of a company, not of the ecosystem")


def limits(field: Field, state: State) -> tuple[float, float]:
    """Returns the smallest and the largest number that a field can hold.

    The core trusts its arrays: a number that points outside them must not get in.
    """
    n_companies = len(state.companies)
    pointing = {
        "index": (-1, n_companies - 1),
        "index + 1": (0, n_companies),
        "values": (1, state.marks.shape[1] - 1),
    }
    low, high = (RANGES | pointing).get(field.unit, (-INF, INF))
    if field.kind == "f":
        return low, high
    stored: Any = type_of[field.kind]
    largest = float(np.finfo(stored).max) if field.kind == "s" else int(np.iinfo(stored).max)
    return max(low, -largest), min(high, largest)


def showing(
    declared: Iterable[Field], kind: Callable[[Field], Any], **special: Callable[[Field], Any]
) -> Callable[[Class], Class]:
    """Returns a decorator that gives a class one attribute for each declared field."""

    def decorate(cls: Class) -> Class:
        for field in declared:
            if hasattr(cls, field.name):
                raise TypeError(f"{cls.__name__} already has {field.name!r}: rename the field")
            setattr(cls, field.name, special.get(field.name, kind)(field))
        return cls

    return decorate


class Window(mesa.Agent):  # type: ignore[misc]  # Mesa ships no types
    """An agent that keeps its numbers in a row of an array of the model.

    Declared fields are read from the row and written to it; other attributes stay with the
    agent itself. `row` is its place among the people or among the companies.
    """

    pos: Any = None
    table: Any

    def __init__(self, model: "Ecosystem", row: int) -> None:
        # Not Mesa's own: that would list the agent, and in 3.3 keep the model in memory for good.
        self.model = model
        self.row = row

    @property
    def unique_id(self) -> int:
        """Number of the agent from 1 on: first all people, then the companies."""
        return self.row + 1

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.unique_id}"


@showing(PERSON, Column, company=Membership)
class Person(Window):
    """Somebody who may contribute; each is a `User` or a `Volunteer`, as drawn at the start."""

    @property
    def table(self) -> Any:
        """Records (person,) of all people."""
        return self.model.simulation.state.people

    @property
    def company_agent(self) -> "Company | None":
        """The company that the person belongs to, whose number is `company`."""
        return self.model.companies[self.company] if self.company >= 0 else None

    @property
    def ties(self) -> "Agents":
        """The people whom the person knows."""
        state, i = self.model.simulation.state, self.row
        return Agents(self.model, state.neighbours[state.offsets[i] : state.offsets[i + 1]])

    @property
    def motives(self) -> dict[str, float]:
        """Weight of each motive; a copy."""
        weights = self.model.simulation.state.weights[self.row]
        return dict(zip(MOTIVES, weights.tolist(), strict=True))


class User(Person):
    """A person with a need, who adopts products and has a use of their own for them."""


class Volunteer(Person):
    """A person who adopts nothing and contributes for other reasons than own use."""


@showing(COMPANY, Column, **dict.fromkeys(LEVERS, Lever))
class Company(Window):
    """A company; a lever such as `control` is the one in force, `levers` are all that is asked."""

    @property
    def table(self) -> Any:
        """Records (company,) of all companies."""
        return self.model.simulation.state.companies

    @property
    def unique_id(self) -> int:
        """Number of the agent, after those of all people."""
        return len(self.model.simulation.state.people) + self.row + 1

    @property
    def name(self) -> str:
        """The company's name in the scenario."""
        name: str = self.model.world.companies[self.row].name
        return name

    @property
    def style(self) -> str:
        """Name of the style in charge; set it to put another in charge, which reviews at once."""
        name: str = self.model.simulation.names[self.row]
        return name

    @style.setter
    def style(self, style: str | Callable[[], Style]) -> None:
        self.model.simulation.appoint(self.row, style)

    @property
    def levers(self) -> Levers:
        """What management asks for; set it to manage by hand until a style is put in charge."""
        levers: Levers = self.model.simulation.asked[self.row]
        return levers

    @levers.setter
    def levers(self, levers: Levers) -> None:
        self.model.simulation.appoint(self.row, ByHand(levers))

    def people(self) -> "Agents":
        """Returns the members, whose number is `members`."""
        everyone = self.model.simulation.state.people
        return Agents(self.model, np.flatnonzero(everyone["company"] == self.row))


KINDS: tuple[type[Window], ...] = (Company, User, Volunteer)


class Agents(AgentSet):  # type: ignore[misc]  # Mesa ships no types
    """An AgentSet that holds numbers of agents and makes an agent when one is looked at.

    `numbers` are unique ids less one. What Mesa does to an AgentSet works; what can be done
    with the arrays alone (len, get and agg of declared fields, select by type or number,
    shuffle, sort) makes no agent.
    """

    def __init__(self, model: "Ecosystem", numbers: Any) -> None:
        self.model = model
        self.numbers = np.asarray(numbers, np.int64)

    @property
    def random(self) -> Random:
        """The model's own generator."""
        generator: Random = self.model.random
        return generator

    @property
    def _agents(self) -> WeakKeyDictionary[Window, None]:
        """All agents, in the form in which Mesa's own methods want them; the model keeps them."""
        return WeakKeyDictionary(dict.fromkeys(self))

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[Window]:
        return map(self.model.window, self.numbers.tolist())

    def __contains__(self, agent: object) -> bool:
        if not isinstance(agent, Window) or agent.model is not self.model:
            return False
        return bool((self.numbers == agent.unique_id - 1).any())

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, slice):
            return list(Agents(self.model, self.numbers[item]))
        return self.model.window(int(self.numbers[item]))

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def select(
        self,
        filter_func: Callable[[Any], bool] | None = None,
        at_most: float = INF,
        inplace: bool = False,
        agent_type: type | None = None,
    ) -> "Agents":
        """Returns the first agents, at most so many, of a type and for which a function is true.

        `at_most` as an int is a number, as a float up to 1.0 a share. Agents are made only for
        the function, and only until enough are found.
        """
        numbers = self.numbers
        most = len(numbers) * at_most if isinstance(at_most, float) and at_most <= 1 else at_most
        limit = int(max(0, min(most, len(numbers))))
        if agent_type is not None:
            wanted = [k for k, kind in enumerate(KINDS) if issubclass(kind, agent_type)]
            numbers = numbers[np.isin(self.model.kinds[numbers], wanted)]
        if filter_func is not None:
            numbers = self._passing(filter_func, numbers, limit)
        return self._result(numbers[:limit], inplace)

    def shuffle(self, inplace: bool = False) -> "Agents":
        """Returns the agents in random order, the same as Mesa's for the same model.random."""
        numbers = self.numbers.tolist()
        self.random.shuffle(numbers)
        return self._result(numbers, inplace)

    def sort(
        self, key: Callable[[Any], Any] | str, ascending: bool = False, inplace: bool = False
    ) -> "Agents":
        """Returns the agents in the order of an attribute or a function, largest first."""
        values = self.get(key) if isinstance(key, str) else [key(agent) for agent in self]
        order = sorted(range(len(values)), key=values.__getitem__, reverse=not ascending)
        return self._result(self.numbers[order], inplace)

    def get(
        self,
        attr_names: str | list[str],
        handle_missing: str = "error",
        default_value: Any = None,
    ) -> list[Any]:
        """Returns an attribute of each agent, or lists of several; declared fields are quick."""
        names = [attr_names] if isinstance(attr_names, str) else attr_names
        found: list[Any] = [self._column(name) for name in names]
        if None in found or handle_missing != "error":
            found = super().get(attr_names, handle_missing, default_value)
        elif isinstance(attr_names, str):
            found = found[0]
        else:
            found = [list(values) for values in zip(*found, strict=True)]
        return found

    def groupby(self, by: Callable[[Any], Any] | str, result_type: str = "agentset") -> Any:
        """Returns Mesa's GroupBy of the agents by an attribute or a function."""
        grouped = super().groupby(by, result_type="list")
        if result_type == "agentset":
            grouped.groups = {key: self._from_iterable(g) for key, g in grouped.groups.items()}
        return grouped

    def add(self, agent: Window) -> None:
        """Adds an agent of the same model."""
        if agent not in self:
            self._update([*self, agent])

    def discard(self, agent: Window) -> None:
        """Takes an agent out of the set, if it is in it."""
        self.numbers = self.numbers[self.numbers != agent.unique_id - 1]

    def remove(self, agent: Window) -> None:
        """Takes an agent out of the set; KeyError if it is not in it."""
        if agent not in self:
            raise KeyError(agent)
        self.discard(agent)

    def _column(self, name: str) -> list[Any] | None:
        """Returns a declared field of each agent, or None where some agent has none."""
        state, numbers = self.model.simulation.state, self.numbers
        is_person = numbers < len(state.people)
        values = np.empty(len(numbers), object)
        for table, here, first in (
            (state.people, is_person, 0),
            (state.companies, ~is_person, len(state.people)),
        ):
            if here.any():
                if name not in table.dtype.names:
                    return None
                values[here] = table[name][numbers[here] - first].tolist()
        return values.tolist()

    def _passing(self, test: Callable[[Any], bool], numbers: Any, limit: int) -> Any:
        passing: list[int] = []
        for number in numbers.tolist():
            if len(passing) == limit:
                break
            if test(self.model.window(number)):
                passing.append(number)
        return passing

    def _result(self, numbers: Any, inplace: bool) -> "Agents":
        target = self if inplace else Agents(self.model, [])
        target.numbers = np.asarray(numbers, np.int64)
        return target

    def _update(self, agents: Iterable[Window]) -> "Agents":
        """Takes other agents instead; Mesa's own methods call it."""
        return self._result(self._from_iterable(agents).numbers, inplace=True)

    def _from_iterable(self, agents: Iterable[Window]) -> "Agents":
        """Returns a set of agents of this model; the operators of sets call it."""
        agents = dict.fromkeys(agents)
        for agent in agents:
            if not isinstance(agent, Window) or agent.model is not self.model:
                raise UserError(f"{agent!r} is no agent of this ecosystem")
        return Agents(self.model, [agent.unique_id - 1 for agent in agents])


class ByHand(Style):
    """Manages by levers that were set from outside; appointed as it is."""

    def __init__(self, levers: Levers) -> None:
        if not isinstance(levers, Levers):
            raise UserError(f"levers must be sim.Levers, but are {levers!r}")
        for lever in LEVERS:
            if not 0 <= getattr(levers, lever) <= 1:
                raise UserError(f"{lever} must lie in [0, 1], but is {getattr(levers, lever)!r}")
        self.by_hand = levers

    def __call__(self) -> "ByHand":
        """Returns itself, where a run asks for a new style."""
        return self

    def decide(self, report: Report) -> Levers:
        """Returns the levers that were set."""
        return self.by_hand
