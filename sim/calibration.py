"""From the log of a real community to what a world anchored in it needs, and its test.

The same patterns are measured in a log and in a run (`patterns`), printed for a scenario
(`anchor`), and compared (`side_by_side`).
"""

from __future__ import annotations

import json
import math
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim import measures, tail
from sim.errors import UserError
from sim.events import from_simulation
from sim.simulation import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from sim.events import Activity, Log
    from sim.scenario import Scenario

HALF_WIDTH = {
    "retention_3": 0.07,
    "retention_12": 0.06,
    "gini": 0.09,
    "top_1_share": 0.18,
    "one_event_share": 0.12,
    "tail_exponent": 0.2,
    "core_turnover": 0.22,
    "return_share": 0.07,
    "newcomer_share": 0.09,
    "acceptance": 0.06,
}
"""So far from the real pattern a simulated one may lie and still match, from 28 communities.
Patterns that are not here get no verdict."""

PRINTED = (
    "people",
    "arrivals",
    "monthly_active",
    "contributions_per_active",
    "activity_sigma",
    "retention_1",
    "retention_3",
    "retention_12",
    "newcomer_share",
    "one_event_share",
    "gini",
    "top_1_share",
    "truck_factor",
    "first_acceptance",
    "acceptance",
)
"""Patterns that stand in a scenario's table of origin."""

EVER_SUBMIT = 0.38
"""Share of those who know of a community who ever submit (OpenStreetMap's registered mappers)."""

RANGE = (0.05, 0.95)
"""Nine of ten simulated runs lie in here."""


@dataclass(frozen=True)
class Anchor:
    """What is known of a real community: aggregates only, no ids.

    `months`: observed, whole ones. `patterns`: those of `patterns()`.
    """

    log: str
    sha256: str
    first_day: date
    last_day: date
    months: int
    patterns: Mapping[str, float]

    def parameters(self) -> dict[str, dict[str, float | str]]:
        """Compute what a scenario takes from the log: length, people, activity, skill, awareness.

        Only a part of those who know of a community ever submit (`EVER_SUBMIT`), so that many
        more people know of it than the log holds, and as many more hear of it in a month than
        arrive. What the log does not tell is left out.
        """
        real = self.patterns
        people = real["people"]
        known = {
            "time": {"steps": float(self.months)},
            "population": {
                "people": float(round(people / EVER_SUBMIT)),
                "activity_spread": real["activity_sigma"],
                "skill": real["first_acceptance"],
            },
        }
        told: dict[str, dict[str, float | str]] = {
            table: {key: value for key, value in values.items() if not math.isnan(value)}
            for table, values in known.items()
        }
        return told | {
            "turnover": {"awareness": f"{_rounded(real['arrivals'] / people)} per month"}
        }

    def toml(self) -> str:
        """Print what a scenario takes from the log, to 4 significant digits.

        First the parameters, then the table of origin with the real patterns.
        """
        known = [name for name in PRINTED if not math.isnan(self.patterns[name])]
        lines = [f"# Computed by: cocreate anchor {shlex.quote(self.log)}"]
        for table, values in self.parameters().items():
            lines += [f"[{table}]"]
            for key, value in values.items():
                shown = json.dumps(value) if isinstance(value, str) else _rounded(value)
                lines += [f"{key} = {shown}"]
            lines += [""]
        lines += [
            "[origin]",
            f"log = {json.dumps(self.log, ensure_ascii=False)}",
            f'sha256 = "{self.sha256}"',
            f'span = "{self.first_day} to {self.last_day}"',
            "",
            "[origin.real]",
            *(f"{name} = {_rounded(self.patterns[name])}" for name in known),
        ]
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Row:
    """One pattern in reality and in simulated runs.

    `simulated`: median of the runs; `low`, `high`: nine of ten runs lie between. `half_width`:
    so far from `real` the median may lie; NaN where none is known. `verdict`: match, too low, too
    high, not judged or not measured.
    """

    pattern: str
    real: float
    simulated: float
    low: float
    high: float
    half_width: float
    verdict: str


def patterns(activity: Activity) -> dict[str, float]:
    """Measure the patterns of a community, real or simulated; what cannot be known is NaN.

    `arrivals`, `monthly_active`: people a month. `contributions_per_active`: a month. The other
    names are those of the functions in `measures`. In steps of a month retention after 1 month
    reads .02 to .09 higher than in days, after 3 and 12 months at most .02, as two days apart may
    be two months.
    """
    counts, first, last = activity.spells()
    clock = {"start": activity.start, "month": activity.month}
    actives = measures.monthly_actives(activity.time, activity.person, activity.end, **clock)
    arrivals = measures.monthly_arrivals(first, activity.end, **clock)
    made = np.count_nonzero(activity.time < activity.start + actives.size * activity.month)

    def retention(months: int) -> float:
        return measures.retention(first, last, activity.end, months, month=activity.month)

    return {
        "people": float(counts.size),
        "arrivals": _mean(arrivals),
        "monthly_active": _mean(actives),
        "contributions_per_person": _mean(counts),
        "contributions_per_active": float(made / actives.sum()) if actives.any() else math.nan,
        "activity_sigma": measures.activity_sigma(activity.time, activity.person, **clock),
        "retention_1": retention(1),
        "retention_3": retention(3),
        "retention_12": retention(12),
        "return_share": measures.return_share(
            activity.time, activity.person, activity.end, silence=activity.silence
        ),
        "newcomer_share": measures.newcomer_share(actives, arrivals),
        "one_event_share": measures.one_event_share(counts),
        "gini": measures.gini(counts),
        "top_1_share": measures.top_share(counts),
        "top_10_share": measures.top_share(counts, 0.1),
        "tail_exponent": _tail_exponent(counts),
        "truck_factor": float(measures.truck_factor(counts)),
        "yearly_truck_factor": measures.yearly_truck_factor(
            activity.time, activity.person, **clock
        ),
        "core_turnover": measures.core_turnover(activity.time, activity.person, **clock),
        "first_acceptance": measures.first_acceptance(activity.proposer, activity.accepted),
        "acceptance": measures.acceptance(activity.proposer, activity.accepted),
        "acceptance_after_5": measures.acceptance(activity.proposer, activity.accepted, already=5),
    }


def anchor(log: Log) -> Anchor:
    """Measure what a scenario anchored in a real community needs."""
    activity = log.activity()
    if activity.person.size == 0:
        raise UserError(
            f"{log.name}: there are no contributions (kind authored) by people in this log; "
            f"left out: {dict(log.excluded)}"
        )
    return Anchor(
        log=log.name,
        sha256=log.sha256,
        first_day=log.first_day,
        last_day=log.last_day,
        months=measures.whole_months(activity.start, activity.end, activity.month),
        patterns=patterns(activity),
    )


def side_by_side(real: Mapping[str, float], simulated: Mapping[str, Sequence[float]]) -> list[Row]:
    """Compare each real pattern with the same pattern of simulated runs, one value a run.

    A pattern matches if the median of the runs lies within its half-width of the real value. Runs
    in which it could not be measured (NaN) are left out.
    """
    rows = []
    for pattern, value in real.items():
        runs = np.asarray(simulated.get(pattern, ()), np.float64)
        runs = runs[~np.isnan(runs)]
        low, median, high = (
            np.quantile(runs, (RANGE[0], 0.5, RANGE[1])) if runs.size else (math.nan,) * 3
        )
        half_width = HALF_WIDTH.get(pattern, math.nan)
        rows.append(
            Row(
                pattern=pattern,
                real=float(value),
                simulated=float(median),
                low=float(low),
                high=float(high),
                half_width=half_width,
                verdict=_verdict(float(median) - float(value), half_width),
            )
        )
    return rows


def _verdict(difference: float, half_width: float) -> str:
    """Judge how far the simulated median lies from the real value."""
    if math.isnan(difference):
        return "not measured"
    if math.isnan(half_width):
        return "not judged"
    # The rounding of decimals must not decide at the edge.
    if abs(difference) <= half_width + measures.ROUNDING:
        return "match"
    return "too low" if difference < 0 else "too high"


def _tail_exponent(counts: measures.IntArray) -> float:
    """Exponent of the tail; NaN where the counts are unsuitable."""
    try:
        return tail.tail_exponent(counts).exponent
    except UserError:
        return math.nan


def _mean(values: measures.IntArray) -> float:
    return float(values.mean()) if values.size else math.nan


def _rounded(value: float) -> str:
    """Write a number to 4 significant digits, as TOML reads it."""
    return np.format_float_positional(value, 4, unique=False, fractional=False, trim="-")


def simulated_patterns(
    scenario: Scenario, reps: int, seed: int, progress: Callable[[int, int], None]
) -> dict[str, list[float]]:
    """Measure the patterns in runs of a scenario under its own style, one value a run."""
    found: dict[str, list[float]] = {}
    for rep in range(reps):
        result = run(scenario, seed=seed, rep=rep, events=True)
        activity = from_simulation(result.log, steps=result.end, months_per_step=scenario.months)
        for name, value in patterns(activity).items():
            found.setdefault(name, []).append(value)
        progress(rep + 1, reps)
    return found
