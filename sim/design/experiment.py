"""An experiment: what is run, as checked values and as one table that stands alone."""

import json
import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from sim.design.arms import OWN, Arm
from sim.design.axes import Axis
from sim.design.figure import Figure
from sim.design.limits import Limits, Precise
from sim.design.parameters import Parameter
from sim.reading import as_table
from sim.scenario import Scenario

UNTOLD = ("title", "about", "source", "origin", "style")
"""Keys of a scenario that change no number of an experiment, whose styles are its own."""

LEFT_OUT = ("question", "expected", "answer", "limits", "precise", "scenario_name", "figure")
"""What may differ between two experiments that leave the same results."""

FREE = (*LEFT_OUT, "seeds", *(f"scenario.{key}" for key in UNTOLD))
"""What may differ between two sweeps of one study: more seeds add runs at its end."""

CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, eq=False)
class Experiment:
    """An experiment whose every value has been checked.

    `scenario` has the fixed values in it; `levers` are fixed levers, `options` fixed options of
    all styles. `axes` are crossed; at each point each arm is run, or the one that a table names.
    `parameters` are what the axes vary, by name. `files` are data files by name: whoever keeps
    the resolved experiment keeps them beside it. `written` holds arms, axes, limits and figure as a
    file would. `origins` names the file, or --set, of each key; what has none is a default. `notes`
    are words for the user.
    """

    file: str
    texts: dict[str, str]
    scenario: Scenario
    scenario_name: str
    arms: tuple[Arm, ...]
    axes: tuple[Axis, ...]
    parameters: dict[str, Parameter]
    seed: int
    seeds: int
    outcomes: tuple[str, ...]
    series: tuple[str, ...]
    events: bool
    fixed: dict[str, Any]
    levers: dict[str, float]
    options: dict[str, Any]
    written: dict[str, Any]
    precise: Precise | None
    limits: Limits
    figure: Figure
    files: dict[str, Path]
    sources: dict[str, dict[str, str]]
    origins: dict[str, str] = field(repr=False)
    notes: tuple[str, ...] = ()

    def resolved(self) -> dict[str, Any]:
        """Returns the whole experiment as plain values for JSON, without paths of a machine.

        It stands alone: `read_experiment` makes the same experiment of it, given the folder in
        which the `files` lie and the plug-ins that it was read with.
        """
        table: dict[str, Any] = {
            **self.texts,
            "scenario": plain(self.scenario),
            "scenario_name": self.scenario_name,
            "seed": self.seed,
            "seeds": self.seeds,
            "outcomes": list(self.outcomes),
            "series": list(self.series),
            "events": self.events,
            "fixed": self.fixed,
            **self.written,
            "sources": self.sources,
        }
        if self.precise is not None:
            precise = msgspec.structs.asdict(self.precise)
            table["precise"] = precise | {"styles": [*self.precise.styles]}
        return table

    def decisive(self) -> dict[str, Any]:
        """Returns the part of the resolved experiment on which its results depend."""
        table = {key: value for key, value in self.resolved().items() if key not in LEFT_OUT}
        return table | {"scenario": untitled(table["scenario"])}

    @cached_property
    def digest(self) -> str:
        """Digest of all that the results depend on, the number of seeds included."""
        return digest_of(self.decisive())

    @property
    def competitors(self) -> tuple[str, ...]:
        """Names of the companies, where each has a style of its own and they are compared."""
        market = self.arms == (OWN,)
        return tuple(company.name for company in self.scenario.companies) if market else ()

    @property
    def outcome_columns(self) -> tuple[str, ...]:
        """Names of what is kept of each run: outcomes, and those of each competitor."""
        own = (f"{company}.{name}" for company in self.competitors for name in self.outcomes)
        return (*self.outcomes, *own)

    def with_seeds(self, seeds: int) -> "Experiment":
        """Returns the same experiment with another number of replicates."""
        return replace(self, seeds=seeds)


def plain(scenario: Scenario) -> dict[str, Any]:
    """Returns a scenario as a table for JSON: without infinite numbers, files by their names."""
    table = as_table(scenario)
    stop = table["stop"].items()
    table["stop"] = {k: v for k, v in stop if isinstance(v, str) or math.isfinite(v)}
    table["ties"]["file"] = Path(scenario.ties.file).name
    return table | {"companies": [*table["companies"]], "events": [*table["events"]]}


def untitled(scenario: dict[str, Any]) -> dict[str, Any]:
    """Returns the table of a scenario without what changes no number."""
    return {key: value for key, value in scenario.items() if key not in UNTOLD}


def canonical(value: Any) -> str:
    """Returns a value as JSON in its one canonical form: sorted keys, no spaces."""
    return CANONICAL.encode(value)


def digest_of(value: Any) -> str:
    """Returns the blake2b digest of a value's canonical JSON, 32 hex digits."""
    return blake2b(canonical(value).encode(), digest_size=16).hexdigest()
