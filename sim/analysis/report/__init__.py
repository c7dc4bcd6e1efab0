"""What a study says, finished or not: summaries, differences, its figure's marks, sentences."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.comparison import Comparison, Outcome, json_safe
from sim.analysis.effects import Effect
from sim.analysis.report.axes import Level, Scale, shortened
from sim.analysis.report.cautions import cautions
from sim.analysis.report.findings import Evidence, finding, findings, leads
from sim.analysis.report.marks import Mark, Marks
from sim.analysis.report.places import Places, places_of
from sim.analysis.report.runs import FloatArray, StudyRuns, study_runs
from sim.analysis.report.summaries import LEVEL, span, summary
from sim.errors import UserError
from sim.metrics import METRICS

if TYPE_CHECKING:
    from sim.design import Experiment, Plan
    from sim.design.figure import Figure

MOST_RUNS = 1_000_000
"""Above so many runs only the outcomes of the figure are read."""
MOST_NAMED = 6
"""Outcomes that are kept besides those shown and are named, at most."""
NUMBERS = ("n", "mean", "sd", "low", "high", "q25", "median", "q75")


@dataclass(frozen=True)
class Row:
    """One style (company) at one place on one outcome; `values` are as the user wrote them.

    A place is a point of the plan, or several taken together: then `point_id` is None. `style` is
    "" for all companies of a market together. `[low, high]` is the t interval of the mean.
    """

    place: int
    point_id: int | None
    values: dict[str, Any]
    style: str
    outcome: str
    n: int
    mean: float
    sd: float
    low: float
    high: float
    q25: float
    median: float
    q75: float


@dataclass(frozen=True)
class Contrast:
    """One style (company) against the baseline at one place, paired."""

    place: int
    values: dict[str, Any]
    effect: Effect


@dataclass(frozen=True, eq=False)
class Report:
    """What a study says.

    `who` says what `arms` are: "style", "company", or the name of something that varies. `places`
    are the values of what else varies, at each place where arms are compared. Of rows and
    contrasts, n counts `each` ("run" or "point"), of marks `mark_each`. `hidden` are the names over
    which the marks are averaged. All contrasts are corrected together, as are all marks of
    differences. `sampled` are the names whose values were drawn from a range.
    `known` says in how many runs each outcome that is shown is known, `shown` has its values
    (place, arm, run or point). `place` is what a place is called, "point" or "setting".
    """

    title: str
    scenario: str
    who: str
    names: tuple[str, ...]
    arms: tuple[str, ...]
    figure: Figure
    about: dict[str, Outcome]
    places: list[dict[str, Any]]
    rows: list[Row]
    contrasts: list[Contrast]
    marks: list[Mark]
    x: Scale
    lines: tuple[Level, ...]
    columns: tuple[Level, ...]
    hidden: tuple[str, ...]
    sampled: frozenset[str]
    each: str
    mark_each: str
    n_comparisons: int
    mark_comparisons: int
    seeds: int
    n_planned: int
    n_failed: int
    n_missing: int
    known: dict[str, int]
    cautions: tuple[str, ...]
    shown: dict[str, FloatArray]
    place: str

    @cached_property
    def evidence(self) -> Evidence:
        """What its findings rest on."""
        return Evidence(
            self.shown,
            [self.label(arm) for arm in self.arms],
            self.arms.index(self.figure.baseline),
            [{name: self.said(name, v) for name, v in at.items()} for at in self.places],
            self.about,
            [(c.place, self._labelled(c.effect)) for c in self.contrasts],
            self.each,
            self.place,
            LEVEL,
            max(1, self.n_comparisons),
        )

    @cached_property
    def findings(self) -> list[str]:
        """What came out, in sentences."""
        return findings(self.evidence)

    def answer(self, outcome: str) -> list[str]:
        """What came out for one outcome that is shown, by how much, and what that rests on."""
        said, about = finding(self.evidence, outcome), self.about[outcome]
        if not said:
            said = [f"{about.heading}: neither more nor less is better, so that none is best."]
        elif self.each == "run" or len(self.places) > 1:
            said += leads(self.evidence, outcome)
        return [*said, *self._resting()]

    def sentences(self) -> list[str]:
        """How much of the study is there, which style is best where, and what to beware of."""
        return [self.progress(), *self.findings, *self.kept_besides(), *self.cautions]

    def label(self, arm: str) -> str:
        """What is compared, as it is called where nothing else says what it is."""
        return arm if self.who in ("style", "company") else f"{self.who} = {arm}"

    def said(self, name: str, value: Level) -> str:
        """A value of what varies as tables and figures show it."""
        return shortened(value) if name in self.sampled else str(value)

    def n_means(self) -> str:
        """The n of the means that are set beside each other."""
        base = self.figure.baseline
        return span(
            [r.n for r in self.rows if r.outcome in self.figure.outcomes if r.style == base]
        )

    def n_pairs(self) -> str:
        """The n of the differences."""
        return span([contrast.effect.n for contrast in self.contrasts])

    def wholly_paired(self) -> bool:
        """Whether each difference rests on all runs that the means of its two styles rest on."""
        n = {(row.place, row.style, row.outcome): row.n for row in self.rows}
        return all(
            n[c.place, arm, c.effect.outcome] == c.effect.n
            for c in self.contrasts
            for arm in (c.effect.arm, c.effect.baseline)
        )

    @property
    def n_done(self) -> int:
        """Runs that are done."""
        return self.n_planned - self.n_failed - self.n_missing

    def partly_known(self) -> list[str]:
        """Which outcomes that are shown some runs do not have, a sentence each."""
        return [
            f"{self.about[name].heading}: known in {known:,} of {self.n_done:,} runs."
            for name, known in self.known.items()
            if known < self.n_done
        ]

    def kept_besides(self) -> list[str]:
        """Which outcomes are kept but not shown, if any, in a sentence."""
        kept = [name for name in self.about if name not in self.figure.outcomes]
        if not kept:
            return []
        named = ", ".join(kept[:MOST_NAMED])
        more = f" and {len(kept) - MOST_NAMED} more" if len(kept) > MOST_NAMED else ""
        where = "summary.csv has them; [figure] outcomes = [...] shows them"
        return [f"Kept besides: {named}{more} ({where})."]

    def progress(self) -> str:
        """How many runs are done, failed and missing."""
        done = self.n_done
        if done == self.n_planned:
            return f"All {done:,} runs are done."
        said = [f"{self.n_failed:,} failed"] if self.n_failed else []
        said += [f"{self.n_missing:,} are still missing"] if self.n_missing else []
        return f"{done:,} of {self.n_planned:,} runs are done; {' and '.join(said)}."

    def _labelled(self, effect: Effect) -> Effect:
        arm, baseline = map(self.label, (effect.arm, effect.baseline))
        return dataclasses.replace(effect, arm=arm, baseline=baseline)

    def _resting(self) -> Iterator[str]:
        """What its differences rest on, if it has any, in a sentence."""
        if self.contrasts:
            n = self.n_pairs()
            yield (
                f"Differences are taken pair by pair over {n} {self.each}{'s' * (n != '1')}; "
                f"their intervals hold for all {self.n_comparisons:,} comparisons at once with "
                f"{100 * LEVEL:g} %."
            )

    def to_csv(self) -> str:
        """All rows, each with its difference from the baseline where there is one."""
        effects = {(c.place, c.effect.arm, c.effect.outcome): c.effect for c in self.contrasts}
        numbers_of = attrgetter(*NUMBERS)
        differences_of = attrgetter("difference", "low", "high", "effect_size", "n")
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        place = ("point_id", *self.names, self.who, "outcome", "unit", "n_of")
        against = (f"difference_{name}" for name in ("low", "high", "effect_size", "n"))
        writer.writerow([*place, *NUMBERS, "baseline", "difference", *against])
        for row in self.rows:
            effect = effects.get((row.place, row.style, row.outcome))
            writer.writerow(
                [
                    "" if row.point_id is None else row.point_id,
                    *(row.values.get(name, "") for name in self.names),
                    row.style,
                    row.outcome,
                    self.about[row.outcome].unit,
                    f"{self.each}s",
                    *map(_cell, numbers_of(row)),
                    *(
                        [effect.baseline, *map(_cell, differences_of(effect))]
                        if effect
                        else [""] * 6
                    ),
                ]
            )
        return file.getvalue()

    def to_dict(self) -> dict[str, Any]:
        """All of it in types that JSON knows; what is not finite becomes None."""
        contrasts = [
            {"place": c.place, "values": c.values, **dataclasses.asdict(c.effect)}
            for c in self.contrasts
        ]
        safe: dict[str, Any] = json_safe(
            {
                "question": self.title,
                "scenario": self.scenario,
                "planned": self.n_planned,
                "failed": self.n_failed,
                "missing": self.n_missing,
                "n_of": f"{self.each}s",
                "rows": [dataclasses.asdict(row) for row in self.rows],
                "contrasts": contrasts,
                "findings": self.sentences(),
            }
        )
        return safe


def columns(experiment: Experiment, plan: Plan) -> list[str]:
    """Returns the columns of the table that a report needs: of a very large study, fewer outcomes.

    A summary has all outcomes that it is given.
    """
    wanted = experiment.outcome_columns
    if len(plan) > MOST_RUNS:
        shown = experiment.figure.outcomes
        own = (f"{company}.{name}" for company in experiment.competitors for name in shown)
        wanted = (*shown, *own)
    return ["run", "status", *wanted]


def report(experiment: Experiment, plan: Plan, table: Any) -> Report:
    """Returns what a study says, whose `table` has a row a run (see `columns`).

    Failed and missing runs are left out, with their partners where styles are compared. A
    UserError refuses a study that has just begun.
    """
    runs = study_runs(experiment, plan, table)
    if runs.n_missing + runs.n_failed == runs.n_planned:
        again = "; the sweep's own command, given again, does these" if runs.n_missing else ""
        raise UserError(
            f"No run is done: of {runs.n_planned:,} planned, {runs.n_failed:,} failed and "
            f"{runs.n_missing:,} are missing{again}"
        )
    figure, who = experiment.figure, experiment.figure.compared
    about = {name: _about(name) for name in experiment.outcomes if name in table.column_names}
    places = places_of(experiment, runs, who)
    marks = Marks(experiment, runs, who)
    rows: list[Row] = []
    values_at = cache(plan.values)
    at_places: dict[str, FloatArray] = {}
    known: dict[str, int] = {}
    for name in about:
        values = runs.values(name)
        placed = places.gathered(values)
        rows += _rows(name, runs.arms, places, placed, values_at)
        if experiment.competitors:
            whole = places.gathered(runs.whole(name)[:, None].repeat(len(runs.arms), axis=1))
            rows += _rows(name, ("",), places, whole, values_at)
        if name in figure.outcomes:
            at_places[name] = placed
            known[name] = runs.n_known(values)
            marks.add(name, values)
    shown = {name: at_places[name] for name in figure.outcomes}
    base = runs.arms.index(figure.baseline)
    n_comparisons = len(shown) * int((places.planned.sum(axis=1) - 1).clip(0).sum())
    each = "run" if places.unit is None else "point"
    contrasts = list(_contrasts(shown, about, runs, places, base, n_comparisons))
    resting = {
        name: [c.effect.n for c in contrasts if c.effect.outcome == name]
        or [row.n for row in rows if row.outcome == name and row.style]
        for name in shown
    }
    question = experiment.texts.get("question", "")
    return Report(
        title=" ".join(question.split()) or experiment.scenario.title,
        scenario=experiment.scenario.title,
        who=who,
        names=tuple(name for name in plan.names if name != who),
        arms=runs.arms,
        figure=figure,
        about=about,
        places=places.values,
        rows=rows,
        contrasts=contrasts,
        marks=marks.found,
        x=marks.x,
        lines=marks.lines,
        columns=marks.columns,
        hidden=tuple(name for name in plan.names if _hidden(name, runs, (*marks.names, who))),
        sampled=_sampled(experiment),
        each=each,
        mark_each="run" if runs.units is None else "point",
        n_comparisons=n_comparisons,
        mark_comparisons=marks.n_comparisons,
        seeds=runs.seeds,
        n_planned=runs.n_planned,
        n_failed=runs.n_failed,
        n_missing=runs.n_missing,
        known=known,
        cautions=tuple(
            cautions(experiment, runs, about, known, resting, each=each, paired=bool(contrasts))
        ),
        shown=shown,
        place="point" if places.are_points else "setting",
    )


def _sampled(experiment: Experiment) -> frozenset[str]:
    """Returns the names whose values were drawn from a range, not from a list."""
    ranges = experiment.written.get("sample", {}).get("ranges", {})
    return frozenset(name for name, given in ranges.items() if not isinstance(given, Mapping))


def _hidden(name: str, runs: StudyRuns, shown: Sequence[str]) -> bool:
    """Whether marks are averages over a name: it varies where all that is shown is equal."""
    if name in shown:
        return False
    if runs.units is not None:
        return True
    found: dict[Any, set[Any]] = {}
    for setting in runs.settings:
        found.setdefault(tuple(setting.get(one) for one in shown), set()).add(setting.get(name))
    return any(len(values) > 1 for values in found.values())


def _about(name: str) -> Outcome:
    metric = METRICS[name]
    return Outcome(name, metric.title, metric.unit, metric.better)


def _rows(
    outcome: str,
    arms: Sequence[str],
    places: Places,
    values: FloatArray,
    values_at: Callable[[int], dict[str, Any]],
) -> Iterator[Row]:
    """Yields the summaries of one outcome (place, arm, run or point)."""
    columns = [column.tolist() for column in summary(values, LEVEL)]
    for place, varied in enumerate(places.values):
        for arm, style in enumerate(arms):
            if places.planned[place, arm]:
                point = places.point_id(place, arm)
                at_point = varied if point is None else values_at(point)
                numbers = [column[place][arm] for column in columns]
                yield Row(place, point, at_point, style, outcome, *numbers)


def _contrasts(
    shown: dict[str, FloatArray],
    about: dict[str, Outcome],
    runs: StudyRuns,
    places: Places,
    base: int,
    n_comparisons: int,
) -> Iterator[Contrast]:
    """Yields each style against the baseline, wherever both are run."""
    for place, values in enumerate(places.values):
        planned = np.flatnonzero(places.planned[place])
        if base not in planned or len(planned) < 2:
            continue
        outcomes = {name: gathered[place, planned] for name, gathered in shown.items()}
        comparison = Comparison(
            scenario="",
            arms=tuple(runs.arms[arm] for arm in planned),
            seeds=tuple(range(next(iter(outcomes.values())).shape[1])),
            paired=True,
            outcomes=outcomes,
            about=about,
        )
        for name in outcomes:
            for effect in comparison.effects(
                name, runs.arms[base], level=LEVEL, n_comparisons=n_comparisons
            ):
                yield Contrast(place, values, effect)


def _cell(value: float) -> float | str:
    """A number for a table, or an empty cell where it is not known."""
    return value if math.isfinite(value) else ""
