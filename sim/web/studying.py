"""A study in the lab: what it says, as the page draws it, and its runs, to be opened in *Compare*.

All numbers are those of the study's report; nothing is worked out here but where they stand.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import msgspec
import numpy as np

from sim.analysis.report import Report, columns, report
from sim.analysis.report.findings import best
from sim.analysis.report.places import Places, places_of
from sim.analysis.report.runs import StudyRuns, study_runs
from sim.analysis.report.summaries import LEVEL
from sim.design import PlannedRun, scenario_of
from sim.design.parameters import LEVER, OPTION
from sim.errors import UserError
from sim.scenario import Scenario
from sim.styles import constant_styles
from sim.sweeps import Study, open_study
from sim.web.naming import MOST_NAMED, glossary, in_words, words_of
from sim.web.parameters import read_parameters
from sim.web.settings import Column, InStudy, Settings, world_of

MOST_BYTES = 1_000_000  # of an answer
MOST_MARKS = 3_000  # styles at places; of more, every so many-th place is shown
MOST_OUTCOMES = 12  # that the page may set against each other
MOST_CELLS = 600  # of a map
MOST_RUNS = 200  # that are listed
NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")

NOT_THERE = "This lab was started without a study; start it with --study and a study's folder"


class Asked(NamedTuple):
    """Which runs are asked for: those of one style (or what else is compared) at one place."""

    place: int
    arm: int


class Found(NamedTuple):
    """What is known of a study: its report in words, its runs as a table and arrays, the places."""

    report: Report
    table: Any
    runs: StudyRuns
    places: Places


def read_asked(parameters: Iterable[tuple[str, str]]) -> Asked | None:
    """Returns which runs an address asks for, None if for the whole; a UserError where it is wrong.

    Those are the two numbers `place` and `arm`, or neither.
    """
    given = read_parameters(parameters, Asked._fields, "a study")
    if not given.keys() & set(Asked._fields):
        return None
    for name in Asked._fields:
        if not NUMBER.fullmatch(given.get(name, "")):
            raise UserError(f"The {name} must be a whole number of at most nine digits")
    return Asked(*(int(given[name]) for name in Asked._fields))


class Studied:
    """A study that the lab shows; what it says is worked out once, when it is first asked for.

    `digest` tells it from other studies in a link.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.digest = study.plan.digest[:8]
        self._lock = Lock()
        self._found: Found | None = None
        self._told = b""

    def told(self) -> bytes:
        """Returns all that the page draws as JSON; values that are not known are null."""
        found = self.found()
        with self._lock:
            self._told = self._told or _encoded(self.study, found)
            return self._told

    def found(self) -> Found:
        """Returns what is known of the study. Not to be changed."""
        with self._lock:
            if self._found is None:
                experiment, plan = self.study.experiment, self.study.plan
                table = self.study.table(columns(experiment, plan))
                said = in_words(report(experiment, plan, table), words_of(plan.names))
                runs = study_runs(experiment, plan, table)
                places = places_of(experiment, runs, experiment.figure.compared)
                self._found = Found(said, table, runs, places)
            return self._found

    def runs_of(self, asked: Asked) -> bytes:
        """Returns the runs of a style at a place as JSON, each with the settings that open it."""
        found = self.found()
        for name, number, n in (
            ("place", asked.place, len(found.report.places)),
            ("arm", asked.arm, len(found.report.arms)),
        ):
            if number >= n:
                raise UserError(f"The {name} must be a number from 0 to {n - 1}, but is {number}")
        rows = _rows_of(self.study, found, asked)
        shown = [self._listed(found, row, asked.arm) for row in rows[:MOST_RUNS]]
        return msgspec.json.encode({**asked._asdict(), "n": len(rows), "runs": shown})

    def settings_of(self, number: int) -> Settings:
        """Returns what opens a run of the study, by its number, beside what `_beside` finds.

        A UserError says why the lab cannot show it.
        """
        study = self.study
        planned = study.planned(number)
        own = self._column(planned.style, planned.values)
        settings = Settings(
            str(InStudy(planned.point_id, planned.rep, self.digest)),
            (self._beside(planned, own), own),
            study.experiment.seed,
            scenario_of(study.plan, planned).population.people,
        )
        world_of(settings, None, self)
        return settings

    def world(self, place: InStudy) -> Scenario:
        """Returns the scenario of a point of this study, where a replicate of it is planned."""
        plan = self.study.plan
        if place.digest != self.digest:
            raise UserError(
                "The link is for a run of another study; start the lab with --study and the folder "
                "of that study to open it"
            )
        if place.point >= plan.n_points or place.rep >= plan.seeds:
            raise UserError(
                f"The study has points 0 to {plan.n_points - 1} and replicates 0 to "
                f"{plan.seeds - 1}, but the link asks for point {place.point}, replicate "
                f"{place.rep}"
            )
        return scenario_of(
            plan, plan.run((place.rep * plan.n_points + place.point) * plan.n_styles)
        )

    def _listed(self, found: Found, row: int, arm: int) -> dict[str, Any]:
        """Returns a run of the table as the page lists it."""
        number = int(found.table["run"][row].as_py())
        planned = self.study.planned(number)
        whose = f"{found.report.arms[arm]}." if self.study.experiment.competitors else ""
        settings, why = None, ""
        try:
            settings = self.settings_of(number)
        except UserError as problem:
            why = str(problem)
        return {
            "run": number,
            "rep": planned.rep,
            "style": planned.style,
            "point": planned.point_id,
            "done": found.table["status"][row].as_py() == "done",
            "values": [
                found.table[f"{whose}{name}"][row].as_py() for name in found.report.figure.outcomes
            ],
            "settings": settings.table() if settings else None,
            "why": why,
        }

    def _column(self, label: str, values: Mapping[str, Any]) -> Column:
        """Returns a style of the study as a column of the lab: levers held, options set."""
        managed = self.study.plan.managed(label, values)
        held = {name: float(value) for name, value in managed.levers.items()}
        return Column(managed.arm.name, held, managed.options)

    def _beside(self, planned: PlannedRun, own: Column) -> Column:
        """Returns the reference for a run in the same world, or else what comes next to it."""
        study, who = self.study, self.study.experiment.figure.compared
        arms = [study.experiment.figure.baseline, *self.found().runs.arms]
        for arm in arms:
            label, values = planned.style, dict(planned.values)
            if who == "style":
                label = arm
            elif who.startswith((LEVER, OPTION)):
                points = range(study.plan.n_points)
                levels = (study.plan.values(point)[who] for point in points)
                values[who] = next(level for level in levels if str(level) == arm)
            column = self._column(label, values)
            if column != own:
                return column
        return Column(next(name for name in constant_styles() if name != own.style), {})


def open_studied(folder: str | Path) -> Studied:
    """Opens the folder of a study for the lab; a UserError says why there is nothing to show."""
    study = open_study(folder)
    if not study.store.status().done:
        raise UserError(f"{folder}: no run of this study is done yet, so that nothing can be shown")
    return Studied(study)


def _rows_of(study: Study, found: Found, asked: Asked) -> list[int]:
    """Returns the rows of the table that lie behind a style at a place, by replicate."""
    plan, runs = study.plan, found.runs
    here = runs.point_ids[found.places.group == asked.place, asked.arm]
    number = np.asarray(found.table["run"].to_numpy(), dtype=np.int64)
    rest, style = np.divmod(number, plan.n_styles)
    own = np.isin(rest % plan.n_points, here[here >= 0])
    if plan.n_styles > 1:
        own &= style == asked.arm
    rows = np.flatnonzero(own)
    return [int(row) for row in rows[np.argsort(number[rows])]]


def _encoded(study: Study, found: Found) -> bytes:
    """Returns what a study says as JSON, with as many of its places as may be sent."""
    most = MOST_MARKS
    while True:
        text = msgspec.json.encode(_table(study, found, most))
        if len(text) <= MOST_BYTES:
            return text
        most //= 2


def _table(study: Study, found: Found, most: int) -> dict[str, Any]:
    said = found.report
    n = len(said.places)
    apart = -(-n * len(said.arms) // most)
    kept = range(0, n, apart)
    outcomes = _outcomes(said)
    varying = [
        name for name in said.names if len({str(at.get(name, "")) for at in said.places}) > 1
    ]
    why = _no_map(said, varying) or ("There are too many points for a map." if apart > 1 else "")
    return {
        "title": said.title,
        "what": _what(study, found),
        "names": glossary(study.experiment, study.plan, said),
        "answers": {name: said.answer(name) for name in said.figure.outcomes},
        "said": [said.progress(), *said.findings, *said.cautions, *_beware(study)],
        "thinned": f"Of {n:,} points one in {apart} is drawn." if apart > 1 else "",
        "who": said.who,
        "one": _kind(said, 1),
        "arms": said.arms,
        "labels": [said.label(arm) for arm in said.arms],
        "baseline": said.arms.index(said.figure.baseline),
        "each": said.each,
        "level": LEVEL,
        "comparisons": said.n_comparisons,
        "outcomes": [
            {
                "name": name,
                "title": said.about[name].heading,
                "unit": said.about[name].unit,
                "better": said.about[name].better,
                "shown": name in said.figure.outcomes,
            }
            for name in outcomes
        ],
        "places": [[place, _label(said, said.places[place], varying)] for place in kept],
        "marks": _marks(said, outcomes, set(kept)),
        "effects": _effects(said, set(kept)),
        "map": None if why else _map(said, varying),
        "no_map": why,
        "winners": {} if why else _winners(said),
    }


def _outcomes(said: Report) -> list[str]:
    """Returns the outcomes of the figure, then others that are kept."""
    shown = list(said.figure.outcomes)
    return (shown + [name for name in said.about if name not in shown])[:MOST_OUTCOMES]


def _what(study: Study, found: Found) -> str:
    """Returns in a sentence what was studied."""
    said, n = found.report, len(found.runs.settings)
    labels = [arm.label for arm in study.experiment.arms]
    many = f"{len(said.arms)} {_kind(said, len(said.arms))}"
    whose = f" ({', '.join(said.arms)})" if len(said.arms) <= MOST_NAMED else ""
    under = "" if said.who in ("style", "company") else f" under {', '.join(labels)}"
    where = f" at {n:,} points" if n > 1 else ""
    times = "1 replicate" if said.seeds == 1 else f"{said.seeds:,} replicates"
    return (
        f"In {said.scenario!r}, {many}{whose}{under}{where}, {times} each: {said.n_planned:,} runs."
    )


def _kind(said: Report, n: int) -> str:
    """Returns what one of those that are compared is called, or n of them."""
    of = "" if said.who in ("style", "company") else f" of {said.who}"
    one, many = {"company": ("company", "companies"), "style": ("style", "styles")}.get(
        said.who, ("value", "values")
    )
    return f"{one if n == 1 else many}{of}"


def _beware(study: Study) -> list[str]:
    if not study.store.unlike():
        return []
    return ["The study was done by other code: a run that is opened here may differ from its row."]


def _label(said: Report, values: Mapping[str, Any], varying: list[str]) -> str:
    """Returns what a place is called, by what varies over the places."""
    return ", ".join(
        f"{name} = {said.said(name, values[name])}" for name in varying if name in values
    )


def _marks(said: Report, outcomes: list[str], kept: set[int]) -> list[list[Any]]:
    """Returns place, arm, n, and means by outcome, of each arm at each place."""
    arms = {arm: n for n, arm in enumerate(said.arms)}
    found: dict[tuple[int, int], list[Any]] = {}
    for row in said.rows:
        if row.place in kept and row.style in arms and row.outcome in outcomes:
            at = row.place, arms[row.style]
            mark = found.setdefault(at, [*at, 0, [None] * len(outcomes)])
            mark[2] = max(mark[2], row.n)
            mark[3][outcomes.index(row.outcome)] = _short(row.mean)
    return list(found.values())


def _effects(said: Report, kept: set[int]) -> dict[str, list[list[Any]]]:
    """Returns place, arm, n, difference, low and high of each difference, by outcome."""
    arms = {arm: n for n, arm in enumerate(said.arms)}
    found: dict[str, list[list[Any]]] = {name: [] for name in said.figure.outcomes}
    for place, _, effect in ((c.place, c.values, c.effect) for c in said.contrasts):
        if place in kept:
            numbers = map(_short, (effect.difference, effect.low, effect.high))
            found[effect.outcome].append([place, arms[effect.arm], effect.n, *numbers])
    return found


def _no_map(said: Report, varying: list[str]) -> str:
    """Returns why there is no map of who is best where, "" if there is one."""
    if len(said.arms) == 1:
        return "The study compares nothing: there is one style alone, so nobody can be best."
    if not any(said.about[name].better for name in said.figure.outcomes):
        return "Of none of the outcomes more or less is better, so nobody can be best."
    if said.each == "point":
        return "The points are a large sample and are judged as a whole, so there is no map."
    if not varying:
        return f"Nothing varies but the {said.who}, so there is no map; the differences say it all."
    across, rows = _axes(said, varying)
    if len(across) * len(rows) > min(MOST_CELLS, 4 * len(said.places)):
        return "The points do not lie in rows and columns, so there is no map."
    return ""


def _axes(said: Report, varying: list[str]) -> tuple[list[str], list[str]]:
    """Returns the labels of the columns and of the rows of a map."""
    x, others = _split(said, varying)
    across = dict.fromkeys(_label(said, at, [x]) for at in said.places)
    return list(across), list(dict.fromkeys(_label(said, at, others) for at in said.places))


def _split(said: Report, varying: list[str]) -> tuple[str, list[str]]:
    x = said.figure.x if said.figure.x in varying else varying[0]
    return x, [name for name in varying if name != x]


def _map(said: Report, varying: list[str]) -> dict[str, Any]:
    """Returns the map: what stands across, the rows, and the place in each cell, or -1."""
    x, others = _split(said, varying)
    across, rows = _axes(said, varying)
    cells = [[-1] * len(across) for _ in rows]
    for place, at in enumerate(said.places):
        cells[rows.index(_label(said, at, others))][across.index(_label(said, at, [x]))] = place
    levels = [words.removeprefix(f"{x} = ") for words in across]
    return {"across": x, "columns": levels, "rows": rows, "cells": cells}


def _winners(said: Report) -> dict[str, list[int]]:
    """Returns the arm that is surely best at each place, by outcome."""
    judged = [name for name in said.figure.outcomes if said.about[name].better]
    return {name: best(said.evidence, name).tolist() for name in judged}


def _short(value: float) -> float:
    """Returns a number with seven digits, more than a drawing shows."""
    return float(f"{value:.7g}")
