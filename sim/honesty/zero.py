"""Without any gain of a lever the styles must differ in cost only, bit for bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sim.core.inputs import LEVERS
from sim.metrics import METRICS
from sim.simulation import Run

COMPANY_MAY = (*LEVERS, "cash", "cost", "rate", "paid", "shared", "awards")
"""Series of a company that may differ: what management sets, and what it pays for it."""

PERSON_MAY = ("earned", "awarded")
"""Fields of a person that may differ: what the person got from the company."""


@dataclass(frozen=True)
class Zero:
    """What was found without any gain of a lever.

    `differs` names the series and fields that are not the same under every style, though they
    should be; value created and contributions [a month] are means over all runs, which tell that
    people take part at all; costs [money a month] are means by style.
    """

    differs: tuple[str, ...]
    value_created: float
    contributions: float
    costs: dict[str, float]

    @property
    def lives(self) -> bool:
        """Whether there is a life without gains that could have differed."""
        return self.value_created > 0 and self.contributions > 0


def without_gains(runs: Sequence[dict[str, Run]]) -> Zero:
    """Returns how runs without gains differ, those of one replicate by style."""
    every = [run for replicate in runs for run in replicate.values()]
    differs: dict[str, None] = {}
    for replicate in runs:
        first, *others = replicate.values()
        for other in others:
            differs |= dict.fromkeys(_differing(first, other))

    def mean(name: str, of: Sequence[Run]) -> float:
        return sum(METRICS[name](run) for run in of) / len(of)

    return Zero(
        differs=tuple(differs),
        value_created=mean("value_created", every),
        contributions=mean("contributions", every),
        costs={style: mean("cost", [replicate[style] for replicate in runs]) for style in runs[0]},
    )


def _differing(run: Run, other: Run) -> list[str]:
    """Returns what differs, in any bit, of what may not."""

    def same(a: Any, b: Any) -> bool:
        return bool(a.shape == b.shape and a.tobytes() == b.tobytes())

    series, people = run.companies, run.state.people
    return [
        f"{name} of a company"
        for name in series.dtype.names
        if name not in COMPANY_MAY and not same(series[name], other.companies[name])
    ] + [
        f"{name} of a person"
        for name in people.dtype.names
        if name not in PERSON_MAY and not same(people[name], other.state.people[name])
    ]
