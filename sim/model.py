"""Mesa: an ecosystem as a mesa.Model, whose agents are windows on the rows of its arrays.

`Ecosystem` takes the same steps as `sim.run` and gives the same bits. Its agents are made when
somebody looks at them and then kept, so that a run of a million people that nobody looks into
makes none.
"""

import secrets
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import mesa
import numpy as np

from sim.core.state import COMPANY
from sim.errors import UserError
from sim.reading import change, load
from sim.scenario import Scenario
from sim.simulation import Run, Simulation
from sim.styles import Style
from sim.windows import KINDS, Agents, Company, Series, User, Volunteer, Window, showing

MAIN_SERIES = (
    "members",
    "active",
    "arrivals",
    "departures",
    "submitted",
    "accepted",
    "adopters",
    "created",
    "captured",
    "cost",
    "quality",
    "effort",
    "trust",
)
"""What the ready-made collector records of the whole ecosystem at each step."""


class Collector(mesa.DataCollector):  # type: ignore[misc]  # Mesa ships no types
    """Mesa's DataCollector; what it has recorded never changes later.

    All that reporters return and tables are given is copied, in depth. The rows of the model's
    table are labelled with the step at which they were recorded.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.steps: list[int] = []
        for reporters in (self.agent_reporters, *self.agenttype_reporters.values()):
            for name, reporter in reporters.items():
                reporters[name] = partial(_copied, reporter)

    def collect(self, model: Any) -> None:
        """Records the model and its agents as they are now."""
        super().collect(model)
        self.steps.append(model.step_count)

    def add_table_row(
        self, table_name: str, row: Mapping[str, Any], ignore_missing: bool = False
    ) -> None:
        """Adds a row to a table."""
        super().add_table_row(table_name, deepcopy(row), ignore_missing)

    def get_model_vars_dataframe(self) -> Any:
        """Returns what was recorded of the model: a row each time, a column each reporter."""
        frame = super().get_model_vars_dataframe()
        frame.index = self.steps
        return frame.rename_axis("Step")


@showing(COMPANY, Series)
class Ecosystem(mesa.Model):  # type: ignore[misc]  # Mesa ships no types
    """A scenario under a style as a mesa.Model; the same run as `sim.run` with the same seed.

    `scenario` and `style` are as in `sim.run`, the scenario also by name or path. `seed` and
    `rng` mean the same, a whole number from 0 on; without one the model draws a new one, its
    `seed`. Values of the scenario change by their dotted names, also in batch_run:
    Ecosystem("open_source", **{"population.people": 500}).

    Each series of a company (`model.active`, `model.trust`) is an attribute: the sum or mean of
    all companies as it stands. `datacollector` records the main ones, and what the reporters
    say, at the start and after each step.
    """

    def __init__(
        self,
        scenario: str | Path | Scenario = "open_source",
        style: str | Callable[[], Style] | None = None,
        *,
        seed: int | None = None,
        rep: int = 0,
        rng: int | None = None,
        model_reporters: Mapping[str, Any] | None = None,
        agent_reporters: Mapping[str, Any] | None = None,
        agenttype_reporters: Mapping[type, Mapping[str, Any]] | None = None,
        **kwargs: Any,  # Mesa 3.3's page takes other parameters only under this name
    ) -> None:
        chosen = _seed(seed, rng)
        simulation = Simulation(_world(scenario, kwargs), style, seed=chosen, rep=rep)
        # Replicate 0 has the stream that the seed means to Mesa, the others their own.
        super().__init__(rng=int(simulation.key) if rep else chosen)
        self.simulation = simulation
        self.seed, self.rep = chosen, rep
        self.running = not simulation.done
        of_people = np.where(
            simulation.state.people["volunteer"] == 1, KINDS.index(Volunteer), KINDS.index(User)
        )
        of_companies = np.full(len(simulation.state.companies), KINDS.index(Company))
        self.kinds = np.concatenate([of_people, of_companies]).astype(np.int8)
        self._numbers = np.arange(len(self.kinds))
        self._windows: dict[int, Window] = {}
        self.datacollector = Collector(
            model_reporters={"seed": "seed"}
            | {name: name for name in MAIN_SERIES}
            | dict(model_reporters or {}),
            agent_reporters=agent_reporters,
            agenttype_reporters=agenttype_reporters,
        )
        self.datacollector.collect(self)

    @property
    def world(self) -> Scenario:
        """The scenario of the run."""
        return self.simulation.scenario

    @property
    def scenario(self) -> Any:
        """Mesa's own kind of scenario (from 3.5 on), which its page would mistake for ours."""
        raise AttributeError("an Ecosystem has its scenario under `world`")

    @scenario.setter
    def scenario(self, scenario: Any) -> None:
        """Leaves the empty one that Mesa gives each model; a UserError for one of ours."""
        if isinstance(scenario, Scenario):
            raise UserError("a run keeps its scenario; make another Ecosystem for another one")

    @property
    def step_count(self) -> int:
        """Steps taken; unlike Mesa's own count it stands still at the end of the run."""
        return self.simulation.step

    def step(self) -> None:
        """Takes one step of the run; at its end `running` is False and nothing moves any more."""
        if self.simulation.done:
            self.running = False
            return
        self.simulation.advance(1)
        self.datacollector.collect(self)
        self.running = self.running and not self.simulation.done

    def result(self) -> Run:
        """Returns what has been recorded so far, as `sim.run` does."""
        return self.simulation.result()

    @property
    def agents(self) -> Agents:
        """All people, then all companies."""
        return Agents(self, self._numbers)

    @property
    def people(self) -> Agents:
        """All people."""
        return Agents(self, self._numbers[: len(self.simulation.state.people)])

    @property
    def companies(self) -> Agents:
        """All companies."""
        return Agents(self, self._numbers[len(self.simulation.state.people) :])

    @property
    def agent_types(self) -> list[type]:
        """The types of agents there can be."""
        return list(KINDS)

    @property
    def agents_by_type(self) -> dict[type, Agents]:
        """The agents of each type."""
        return {kind: Agents(self, np.flatnonzero(self.kinds == k)) for k, kind in enumerate(KINDS)}

    def window(self, number: int) -> Window:
        """Returns the agent of a number, its unique id less one: always the same object."""
        if number not in self._windows:
            kind, n_people = KINDS[self.kinds[number]], len(self.simulation.state.people)
            row = number - n_people if kind is Company else number
            self._windows[number] = kind(self, row)
        return self._windows[number]

    def register_agent(self, agent: Any) -> None:
        """Refuses further agents: the core would not know them."""
        raise UserError(
            "An Ecosystem makes its own agents; how many is a matter of the scenario "
            "(population.people, companies), what they do of the core's rules"
        )

    def deregister_agent(self, agent: Any) -> None:
        """Refuses to forget agents, whose rows stay."""
        raise UserError(
            f"{agent} cannot be removed from its array; gone = 1 makes a person leave for good, "
            "open = 0 closes a company"
        )


def _copied(reporter: Callable[[Any], Any], agent: Window) -> Any:
    return deepcopy(reporter(agent))


def _seed(seed: Any, rng: Any) -> int:
    """Returns the seed that was given under either name, or a new one."""
    if seed is not None and rng is not None:
        raise UserError("give either seed or rng, not both: they mean the same")
    name, value = ("seed", seed) if rng is None else ("rng", rng)
    if value is None:
        return secrets.randbits(53)  # exact also where a table holds it as a float
    if isinstance(value, str) and value.isdecimal():  # from a text field of Mesa's page
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
        raise UserError(
            f"{name} must be a whole number of at least 0, but is {value!r}; from a generator "
            "take int(generator.integers(2**53))"
        )
    return int(value)


def _world(scenario: str | Path | Scenario, changes: Mapping[str, Any]) -> Scenario:
    """Returns the scenario with changes by dotted names."""
    world = scenario if isinstance(scenario, Scenario) else load(scenario)
    tables: dict[str, Any] = {}
    for key, value in changes.items():
        table, dot, name = key.partition(".")
        tables[table] = {**tables.get(table, {}), name: value} if dot else value
    return change(world, **tables) if tables else world
