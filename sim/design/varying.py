"""What an experiment fixes and what it varies: from its tables to values and axes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from sim.design.arms import OWN, Arm, read_style
from sim.design.axes import Axis, Factor, Sample
from sim.design.draft import Draft
from sim.design.files import TIES
from sim.design.levels import Range, read_levels, read_range
from sim.design.parameters import LEVER, OPTION, Parameter, find
from sim.design.samplers import GROUPED, METHODS, POWER_OF_TWO, FloatArray
from sim.design.tables import STYLE, Listed, read_table
from sim.design.words import unknown
from sim.errors import UserError
from sim.scenario import Scenario

WHOLE = ("companies", "events")
"""Lists of a scenario that may be fixed as a whole."""

MOST_POINTS = 10**7
"""Points, or groups of them, that a method may place: these are kept in memory."""


class Varying:
    """Reads what is set in a scenario for some arms; `parameters` holds what varies, by name."""

    def __init__(self, draft: Draft, scenario: Scenario, arms: Sequence[Arm]):
        self.draft, self.scenario, self.arms = draft, scenario, arms
        self.styles = tuple(arm.name for arm in arms if arm != OWN)
        self.parameters: dict[str, Parameter] = {}

    def parameter(self, name: str, place: str) -> Parameter | None:
        """Returns a parameter by its dotted name, or None where it is refused."""
        key, where = f"{place}.{name}", f"[{place}] {name} "
        if name.startswith((LEVER, OPTION)) and not self.arms:
            return None  # the styles themselves are wrong
        try:
            parameter = find(name, self.scenario, self.styles)
        except UserError as problem:
            self.draft.wrong(key, problem, where)
            return None
        for arm in self.arms:
            if name.startswith(OPTION) and name.removeprefix(OPTION) in arm.options:
                said = f"is named with the style {arm.label!r} too: say it once"
                self.draft.wrong(key, said, where)
        return parameter

    def fixed(self) -> dict[str, Any]:
        """Returns the fixed values by name, as they are written."""
        fixed: dict[str, Any] = {}
        for name, value in self.draft.inner("fixed").items():
            if name in WHOLE:
                fixed[name] = value
            elif parameter := self.parameter(name, "fixed"):
                try:
                    fixed[name] = parameter.read(value)
                except ValueError as problem:
                    said = f"{problem} ({parameter.about.meaning})"
                    self.draft.wrong(f"fixed.{name}", said, f"[fixed] {name} ")
        return fixed

    def factors(self) -> Iterator[Axis]:
        """Yields a factor for each thing in [vary], by name: no order is lost where JSON sorts."""
        for name, given in sorted(self.draft.inner("vary").items()):
            if parameter := self.parameter(name, "vary"):
                try:
                    levels = read_levels(parameter, given)
                except UserError as problem:
                    self.draft.wrong(f"vary.{name}", problem, f"[vary] {name} ")
                    continue
                self.parameters[name] = parameter
                written = dict(given) if isinstance(given, Mapping) else list(levels)
                self.draft.written.setdefault("vary", {})[name] = written
                yield Factor(name, levels)

    def sample(self, seed: int) -> Iterator[Axis]:
        """Yields the points that the method of [sample] places."""
        if "sample" not in self.draft.table:
            return
        before = len(self.draft.lines)
        given = self.draft.inner("sample", ("method", "n", "ranges", "points"))
        method: str = given.get("method", "")
        if method not in METHODS:
            problem = unknown("method", method, METHODS)
            self.draft.wrong("sample.method", problem, "[sample] method: ")
        n = self.draft.whole("sample.n", given.get("n"), 1, MOST_POINTS, 1)
        if method in POWER_OF_TWO and n & (n - 1):
            low = 1 << (n.bit_length() - 1)
            said = f"must be a power of two for {method}, but is {n}: take {low} or {2 * low}"
            self.draft.wrong("sample.n", said, "sample.n ")
        ranges = self.ranges(given.get("ranges"))
        if len(self.draft.lines) > before:
            return
        unit = METHODS[method](n, len(ranges), np.random.default_rng(seed))
        points = np.column_stack([r.places(unit[:, k]) for k, r in enumerate(ranges)])
        if any(r.counted for r in ranges):
            points = self.without_twins(points, method)
        sample = Sample(ranges, points)
        if given.get("points", sample.digest()) != sample.digest():
            said = "its points would lie elsewhere: the study was begun with another SciPy"
            self.draft.wrong("sample", said, "[sample] ")
        self.draft.written["sample"] = {
            "method": method,
            "n": n,
            "ranges": {
                r.name: {"among": [*r.choices]} if r.choices else [*given["ranges"][r.name]]
                for r in ranges
            },
            "points": sample.digest(),
        }
        yield sample

    def ranges(self, given: object) -> tuple[Range, ...]:
        """Returns the ranges of a sample, by name."""
        if not isinstance(given, Mapping) or not given:
            said = 'must be a table, such as "world.drift" = [low, high]'
            self.draft.wrong("sample.ranges", said, "[sample] ranges ")
            return ()
        ranges = []
        for name, span in sorted(given.items()):
            if parameter := self.parameter(name, "sample.ranges"):
                try:
                    ranges.append(read_range(parameter, span))
                    self.parameters[name] = parameter
                except UserError as problem:
                    place = f"[sample.ranges] {name} "
                    self.draft.wrong(f"sample.ranges.{name}", problem, place)
        return tuple(ranges)

    def without_twins(self, points: FloatArray, method: str) -> FloatArray:
        """Returns points each once, where the method can do without the others, and notes it."""
        _, first = np.unique(points, axis=0, return_index=True)
        twins = len(points) - len(first)
        if not twins:
            return points
        said = f"{twins} of {len(points)} points are like others"
        if method in GROUPED:
            self.draft.notes.append(f"{said}; {method} needs them all")
            return points
        self.draft.notes.append(f"{said} and left out")
        return points[np.sort(first)]

    def listed(self, listed: Listed) -> Iterator[Axis]:
        """Yields the points of [table]."""

        def known(name: str, styles: Sequence[str]) -> Parameter:
            if name == TIES:
                raise UserError("cannot stand in a table: vary it in [vary]")
            return self.parameters.setdefault(name, find(name, self.scenario, styles))

        try:
            table = read_table(listed, self.styles, read_style, known)
        except UserError as problem:
            self.draft.wrong("table", problem, "[table] ")
            return
        columns, rows = [*table.names], [[*row] for row in table.rows]
        if table.styles:
            columns = [STYLE, *columns]
            rows = [[style, *row] for style, row in zip(table.styles, rows, strict=True)]
        self.draft.written["table"] = {"columns": columns, "rows": rows}
        yield table


def check_once(draft: Draft, listed: Listed | None) -> None:
    """Refuses what is said twice: a parameter in two places, or points beside factors."""
    sample = draft.table.get("sample")
    places = {
        "[fixed]": draft.table.get("fixed"),
        "[vary]": draft.table.get("vary"),
        "[sample.ranges]": sample.get("ranges") if isinstance(sample, Mapping) else None,
        "[table]": dict.fromkeys(listed.columns if listed else ()),
    }
    seen: dict[str, str] = {}
    for place, names in places.items():
        for name in names if isinstance(names, Mapping) else ():
            if name in seen:
                draft.wrong("", f"{name} stands in {seen[name]} and in {place}: say it once")
            seen[name] = place
    if "table" in draft.table and ("vary" in draft.table or "sample" in draft.table):
        draft.wrong("table", "[table] lists whole points: leave [vary] and [sample] out")
