"""What happened in a community, real or simulated, in one form for all patterns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.errors import UserError
from sim.measures import DAYS_IN_MONTH, ROUNDING, SILENT_DAYS
from sim.simulation import EVENT_NAMES, Run

if TYPE_CHECKING:
    from sim.events import Log

IntArray = npt.NDArray[np.int64]

NOT_TOLD = {
    "aware": "the log does not say who knows of the community",
    "award": "the log does not say who got an award",
    "accept": "the log holds no decisions on proposals",
}


class UnknownError(UserError):
    """A pattern cannot be known here; the message says why."""


class Happened(NamedTuple):
    """Who (numbers) and when, in order of time, shape (event,)."""

    person: IntArray
    time: IntArray


@dataclass(frozen=True)
class History:
    """What happened to whom in a community, and when, in days or steps.

    `events`: those that the log tells, by the names of a run's events; each submit, accept and
    reject is one contribution. `seen`: signs of life, contributions and, in a real log, proposals.
    Observed from `start` until before `end`; a `month` is so long in the unit of time. What no
    log tells: `types` of reciprocity, shape (person,), and the `run` behind a simulated log.
    """

    events: Mapping[str, Happened]
    seen: Happened
    start: int
    end: int
    month: float
    types: IntArray | None = None
    run: Run | None = None

    def of(self, event: str) -> Happened:
        """Who and when; UnknownError where the log does not tell."""
        if event not in self.events:
            raise UnknownError(NOT_TOLD.get(event, f"the log does not tell: {event}"))
        return self.events[event]

    def simulated(self) -> Run:
        """The run behind the log; UnknownError where there is none."""
        if self.run is None:
            raise UnknownError("no log of events tells this")
        return self.run

    @cached_property
    def counts(self) -> IntArray:
        """Contributions of each contributor, shape (contributor,)."""
        made = np.bincount(self.of("submit").person)
        return made[made > 0].astype(np.int64)

    @property
    def silence(self) -> int:
        """Who has been silent for longer counts as gone: 90 days in the unit of time."""
        return round(SILENT_DAYS / DAYS_IN_MONTH * self.month)

    def first_submit(self, n_people: int) -> IntArray:
        """When each of so many people contributed first; `end` for who did not yet."""
        first = np.full(n_people, self.end)
        inside = self.of("submit").person < n_people
        np.minimum.at(first, self.of("submit").person[inside], self.of("submit").time[inside])
        return first

    def last_seen(self, n_people: int) -> IntArray:
        """When each of so many people was seen last; before `start` for who never was."""
        last = np.full(n_people, self.start - 1)
        inside = self.seen.person < n_people
        np.maximum.at(last, self.seen.person[inside], self.seen.time[inside])
        return last

    def span(self, months: float) -> float:
        """Length of so many months in whole units of time; UnknownError if less than one."""
        units = math.floor(months * self.month + ROUNDING)
        if units < 1:
            raise UnknownError(f"steps longer than {months:g} months cannot tell")
        return units


def of_run(run: Run) -> History:
    """The history of a run whose event log was recorded."""
    if run.log is None:
        raise UserError("Patterns need the event log of a run: sim.run(..., events=True)")
    table = {name: run.log[name] for name in run.log.dtype.names}
    return replace(
        of_events(table, run.end, run.scenario.months),
        types=run.state.people["reciprocity"],
        run=run,
    )


def of_events(events: Mapping[str, Any], steps: int, months_per_step: float) -> History:
    """The history in the event log of a run of so many steps: columns as in `Run.log`."""
    kind = np.asarray(events["event"])
    if kind.dtype.kind == "i":
        kind = np.array(EVENT_NAMES)[kind]
    step, person = (np.asarray(events[name], np.int64) for name in ("step", "person"))
    value = np.asarray(events["value"], np.float64)

    def happened(name: str) -> Happened:
        rows = np.flatnonzero(kind == name)
        rows = rows[np.argsort(step[rows], kind="stable")]
        if name in ("submit", "accept", "reject"):
            rows = np.repeat(rows, value[rows].astype(np.int64))
        return Happened(person[rows], step[rows])

    told = {name: happened(name) for name in EVENT_NAMES}
    return History(told, told["submit"], 1, steps + 1, 1 / months_per_step)


def of_log(log: Log) -> History:
    """The history of a real community: contributions are what people authored, without bots."""

    def happened(*kinds: str) -> Happened:
        rows = np.isin(log.kind, kinds) & ~log.bot
        return Happened(log.person[rows], log.day[rows])

    proposals = ("proposal_accepted", "proposal_unmerged")
    told = {"submit": happened("authored")}
    if happened(*proposals).person.size:
        told |= {"accept": happened(proposals[0]), "reject": happened(proposals[1])}
    seen = happened("authored", *proposals, "proposal_pending")
    return History(told, seen, int(log.day[0]), int(log.day[-1]) + 1, DAYS_IN_MONTH)
