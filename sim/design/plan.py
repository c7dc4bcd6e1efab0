"""The plan of an experiment: every run by its number, computed and never listed."""

import math
from collections.abc import Callable, Collection, Mapping
from functools import cache, cached_property, lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from sim.core.jit import CORE_HASH
from sim.design.arms import Arm, factory
from sim.design.axes import Table, probes, settings
from sim.design.experiment import Experiment, canonical, digest_of, plain, untitled
from sim.design.files import TIES
from sim.design.parameters import COLUMNS, LEVER, OPTION, short, with_values
from sim.design.sources import style_digest, styles_of
from sim.errors import UserError
from sim.reading import consistent, mix
from sim.scenario import Scenario, Ties
from sim.styles import Style

TRIED = 2000
"""Points of a plan whose values are tried together before anything runs."""

SHOWN = 5
"""Mistakes of that kind that are shown."""

KEPT = 64
"""Points that are kept at hand, for the styles that follow each other at one of them."""


class PlannedRun(NamedTuple):
    """One run: `style` is the label of its arm, `values` are what varies, as it is written.

    `key` is the same for equal runs of all experiments: a digest of the scenario's values, the
    style with its file, its options and the levers held, seed and replicate, and the core.
    """

    index: int  # type: ignore[assignment]  # not the method of tuples
    point_id: int
    rep: int
    style: str
    options: dict[str, Any]
    values: dict[str, Any]
    key: str


class Managed(NamedTuple):
    """How a run is managed: an arm, all options of its style, and the levers that are held."""

    arm: Arm
    options: dict[str, Any]
    levers: dict[str, float]


class Plan:
    """All runs of an experiment, by index: (rep * n_points + point) * n_styles + style.

    So a study that is half done is a balanced one with fewer replicates, and one with more seeds
    only has runs added. Memory does not grow with the number of runs. Where a table names the
    style of each point, n_styles is 1.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.seeds = experiment.seeds
        self.n_points = math.prod(len(axis) for axis in experiment.axes)
        self._labels = tuple(arm.label for arm in experiment.arms)
        self._arms = {arm.label: arm for arm in experiment.arms}
        tables = [axis for axis in experiment.axes if isinstance(axis, Table)]
        self._style_of_row = tables[0].styles if tables else ()
        self.n_styles = 1 if self._style_of_row else len(self._labels)
        self._texts = self._json(experiment.scenario)
        self._core, self._seed = canonical(CORE_HASH), canonical(experiment.seed)
        self._digest = cache(style_digest)
        self._at_point = lru_cache(KEPT)(self._world)
        self._of_arm = lru_cache(KEPT)(self._style)
        self.misfits = lru_cache(KEPT)(self._wrong)

    @classmethod
    def of_runs(cls, experiment: Experiment, n_runs: int) -> "Plan":
        """Returns the plan with as many seeds as make so many runs."""
        a_seed = len(cls(experiment.with_seeds(1)))
        return cls(experiment.with_seeds(n_runs // a_seed))

    def __len__(self) -> int:
        """Returns the number of runs."""
        return self.seeds * self.n_points * self.n_styles

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what varies, factors before samples, each sorted."""
        return tuple(name for axis in self.experiment.axes for name in axis.names)

    @property
    def columns(self) -> dict[str, type]:
        """How the column of each name is typed: int, float or str."""
        return {name: COLUMNS[self.experiment.parameters[name].kind] for name in self.names}

    @cached_property
    def digest(self) -> str:
        """Digest of what each index stands for, whatever the number of seeds."""
        return digest_of({k: v for k, v in self.experiment.decisive().items() if k != "seeds"})

    def run(self, index: int) -> PlannedRun:
        """Returns one run; IndexError where there is none."""
        if not 0 <= index < len(self):
            raise IndexError(f"run {index} is not one of the runs 0 to {len(self) - 1}")
        rest, k = divmod(index, self.n_styles)
        rep, point = divmod(rest, self.n_points)
        label = self.labels(point)[k]
        values, options, style_json = self._of_arm(point, label)
        key = self._key(point, rep, style_json)
        return PlannedRun(index, point, rep, label, options.copy(), values.copy(), key)

    def labels(self, point: int) -> tuple[str, ...]:
        """Returns the labels of the arms that are run at a point."""
        return (self._style_of_row[point],) if self._style_of_row else self._labels

    def values(self, point: int) -> dict[str, Any]:
        """Returns what varies at a point, by name."""
        return settings(self.experiment.axes, point)

    def managed(self, label: str, values: Mapping[str, Any]) -> Managed:
        """Returns how an arm manages where what varies has these values."""
        arm, experiment = self._arms[label], self.experiment
        return Managed(
            arm,
            {**arm.options, **experiment.options, **short(OPTION, values)},
            {**experiment.levers, **short(LEVER, values)},
        )

    def scenario(self, point: int) -> Scenario:
        """Returns the scenario at a point, whose values may not go together."""
        return self._at_point(point)[0]

    def _world(self, point: int) -> tuple[Scenario, str]:
        """Returns the scenario at a point and its canonical JSON, made anew where it varies."""
        values = self.values(point)
        scenario = with_values(self.experiment.scenario, located(values, self.experiment.files))
        changed = {name.partition(".")[0] for name in values}
        return scenario, _joined(self._texts | self._json(scenario, changed))

    def _json(self, scenario: Scenario, keys: Collection[str] | None = None) -> dict[str, str]:
        """Returns the canonical JSON of each part of a scenario, data files by their digests."""
        table = untitled(plain(scenario))
        if file := table["ties"]["file"]:
            table["ties"]["file"] = self.experiment.sources["file"].get(file, "")
        return {k: canonical(part) for k, part in table.items() if keys is None or k in keys}

    def _style(self, point: int, label: str) -> tuple[dict[str, Any], dict[str, Any], str]:
        """Returns what varies at a point, and an arm's options and canonical JSON there."""
        values = self.values(point)
        managed = self.managed(label, values)
        scenario = self.scenario(point)
        style = {
            "name": managed.arm.name,
            "options": managed.options,
            "levers": managed.levers,
            "sources": {name: self._digest(name) for name in styles_of(scenario, [managed.arm])},
        }
        return values, managed.options, canonical(style)

    def _key(self, point: int, rep: int, style_json: str) -> str:
        parts = {
            "core": self._core,
            "scenario": self._at_point(point)[1],
            "seed": f"[{self._seed},{rep}]",
            "style": style_json,
        }
        return blake2b(_joined(parts).encode(), digest_size=16).hexdigest()

    def _wrong(self, point: int) -> list[str]:
        """Returns what does not go together at a point."""
        return _misfits(self.scenario(point))


def _joined(parts: Mapping[str, str]) -> str:
    """Returns the canonical JSON of a table from that of its parts."""
    return "{" + ",".join(f'"{key}":{parts[key]}' for key in sorted(parts)) + "}"


def scenario_of(plan: Plan, planned: PlannedRun) -> Scenario:
    """Returns the scenario of a run; a UserError says which of its values do not go together."""
    if wrong := plan.misfits(planned.point_id):
        raise UserError("\n".join(wrong))
    return plan.scenario(planned.point_id)


def style_of(plan: Plan, planned: PlannedRun) -> Callable[[], Style] | None:
    """Returns what makes the style of a run, for `sim.run`: options set, levers held.

    None where every company has a style of its own. Levers are held in all answers of the style;
    a company with a style of its own, or one that an event puts in charge, is not its business.
    """
    return factory(*plan.managed(planned.style, planned.values))


def try_points(plan: Plan) -> list[str]:
    """Returns what does not go together, a line each with the first point at which it is so.

    All points are tried if they are few, else each setting by itself and the extremes in pairs.
    """
    wrong: dict[str, str] = {}
    known_ties: set[tuple[str, int]] = set()
    for point in probes(plan.experiment.axes, TRIED):
        scenario, values = plan.scenario(point), plan.values(point)
        ties = (scenario.ties.file, scenario.population.people)
        found = _misfits(scenario, ties_known=ties in known_ties)
        known_ties.add(ties)
        for label in plan.labels(point):
            try:
                if start := factory(*plan.managed(label, values)):
                    start()
            except Exception as problem:  # a user's style may refuse an option in any way
                found.append(f"the style {label!r}: {problem}")
        at = ", ".join(f"{name} = {value!r}" for name, value in values.items())
        for line in found:
            wrong.setdefault(line, f"{line} (where {at})" if at else line)
        if len(wrong) >= SHOWN:
            break
    return list(wrong.values())


def located(values: Mapping[str, Any], files: Mapping[str, Path]) -> Mapping[str, Any]:
    """Returns values with the path of a data file in place of its name."""
    return {**values, TIES: str(files[values[TIES]])} if values.get(TIES) else values


def _misfits(scenario: Scenario, ties_known: bool = False) -> list[str]:
    """Returns what does not go together in a scenario; known ties are not read again."""
    wrong: list[str] = []
    mix(scenario.motives, wrong)
    if ties_known and scenario.ties.kind == "file":
        scenario = replace(scenario, ties=Ties(kind="none"))
    consistent(scenario, wrong)
    last = scenario.time.steps
    for n, event in enumerate(scenario.events):
        if event.at > last:
            wrong.append(f"events.{n}.at = {event.at} is after the last step, {last}")
    return wrong
