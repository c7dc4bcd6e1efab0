"""One run: the dialogue between the styles of the companies and the core."""

import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, Self

import numpy as np

from sim.core.draws import draw_all
from sim.core.inputs import LEVERS, Levers
from sim.core.motives import MOTIVES, STREAMS, USERS_ONLY
from sim.core.numbers import all_finite
from sim.core.random import Stream, new_key
from sim.core.settle import settle
from sim.core.state import COMPANY, State, new_desk, records
from sim.errors import UserError, unknown
from sim.scenario import Scenario
from sim.shocks import KINDS
from sim.styles import Report, Rival, Style, make
from sim.threads import advance_together
from sim.ties import tie

WEIGHTS = {
    **dict.fromkeys(("effort", "trust", "belief", "crowding", "acceptance"), "members"),
    **dict.fromkeys(("fit", "quality", "coherence"), "adopters"),
}
"""What a mean over several companies is weighted by; others by being open."""

ADDED = {f.name for f in COMPANY if f.kind == "i" or f.unit in ("money", "uses")}
"""Series that add up over companies."""

EVENT_NAMES = (
    "aware",
    "join",
    "submit",
    "accept",
    "reject",
    "paid",
    "award",
    "adopt",
    "switch",
    "leave",
)
EVENT_DTYPE = np.dtype(
    [("step", "i4"), ("person", "i4"), ("company", "i4"), ("event", "i1"), ("value", "f8")]
)


WATCHED = {"people": "a person", "companies": "a company", "world": "the world"}
"""The arrays in which a number that is not finite stops a run."""

SETTLED = ("weights", "types", "offsets", "neighbours", "rings", "experts")
"""The arrays that no step changes."""


class RunError(RuntimeError):
    """A run that had to stop; the message says when and why."""


class Simulation:
    """A run under way: `advance` it as far as you like, then ask for the `result`.

    `style` manages the companies that the scenario gives no style: a name, a `Style` class or
    a function that makes one. `seed` and `rep` together are one draw of the world and its
    people, the same for every style. `threads` share the people of one big world out (50,000 or
    more are worth it); they change no number.
    """

    def __init__(
        self,
        scenario: Scenario,
        style: str | Callable[[], Style] | None = None,
        *,
        seed: int = 1,
        rep: int = 0,
        events: bool = False,
        threads: int = 1,
    ) -> None:
        self.scenario, self.seed, self.rep = scenario, _whole("seed", seed), _whole("rep", rep)
        self.threads = _whole("threads", threads, least=1)
        self._manage(style)
        self.key = new_key(self.seed, self.rep)
        self.step = 0
        self.par = _copied(scenario.constants)
        n_companies = len(scenario.companies)
        steps = scenario.time.steps
        self.state = _empty(scenario)
        self.state.offsets, self.state.neighbours = tie(scenario, self.key)
        self.history = records(COMPANY, (steps + 1, n_companies))
        self.drive = np.zeros((steps + 1, n_companies, len(MOTIVES)))
        concentration = scenario.population.motive_concentration
        shapes = [concentration * scenario.motives.get(name, 0.0) for name in MOTIVES]
        settle(
            self.key,
            self.par,
            np.array([shapes, np.where(USERS_ONLY, 0.0, shapes)]),
            np.array(STREAMS, np.int64),
            np.empty(len(MOTIVES)),
            np.empty(scenario.world.ring, np.uint64),
            new_desk(len(MOTIVES)),
            self.history,
            self.drive,
            *self.state.arrays(),
        )
        self._log: list[Any] | None = [] if events else None

    def under(self, style: str | Callable[[], Style] | None) -> "Simulation":
        """Returns another run of the same world and people, which are settled already.

        Only before the first step: a UserError afterwards.
        """
        if self.step > 0:
            raise UserError("a run that has begun cannot begin again under another style")
        twin = object.__new__(type(self))
        vars(twin).update(vars(self))
        twin.state = _copy(self.state)
        twin.history, twin.drive = _copied(self.history), _copied(self.drive)
        twin._log = None if self._log is None else []
        twin._manage(style)
        return twin

    @property
    def done(self) -> bool:
        """Whether the last step or the scenario's own end has been reached."""
        stop = self.scenario.stop
        if self.step >= self.scenario.time.steps:
            return True
        if not stop.outcome:
            return False
        value = total(self.history[self.step], stop.outcome)
        return not stop.below <= value <= stop.above

    def advance(self, steps: int | None = None) -> None:
        """Advances by a number of steps, or to the end; stops early where the scenario says so.

        RunError says at which step what became a number that is not finite.
        """
        last = self.scenario.time.steps
        target = last if steps is None else min(last, self.step + steps)
        while self.step < target and not self.done:
            self._meet_events()
            if self.step % self.scenario.time.review == 0:
                due = [c for c, last in enumerate(self._reviewed) if last != self.step]
                for company, answer in [(c, self._review(c)) for c in due]:
                    self.asked[company] = answer
            self._set_levers()
            self._move(min(target, self._next_stop()))
        if self.done:
            self._check_state(self.step)

    def appoint(self, company: int, style: str | Callable[[], Style]) -> None:
        """Puts another style in charge of a company; it reviews at once."""
        self.styles[company] = _start(style, {})
        self.names[company] = _name(style)
        self.asked[company] = self._review(company)

    def result(self, *, copy: bool = True) -> "Run":
        """Returns what has been recorded so far.

        Without a copy everything is handed over as it is: a big world is then in memory only once,
        but the simulation must not go on.
        """
        every = self.scenario.time.every
        steps = np.arange(0, self.step + every, every, dtype=np.int64)
        steps[-1] = self.step
        companies, drive = self.history[: self.step + 1], self.drive[: self.step + 1]
        return Run(
            scenario=self.scenario,
            styles=tuple(self.names),
            seed=self.seed,
            rep=self.rep,
            steps=steps,
            companies=_copied(companies) if copy else companies,
            drive=_copied(drive) if copy else drive,
            state=_copy(self.state) if copy else self.state,
            end=self.step,
            log=None
            if self._log is None
            else np.concatenate([np.zeros(0, EVENT_DTYPE), *self._log]),
        )

    def _manage(self, style: str | Callable[[], Style] | None) -> None:
        """Puts styles in charge of the companies."""
        companies = self.scenario.companies
        chosen = [company.style or style or self.scenario.style for company in companies]
        self.names = [_name(one) for one in chosen]
        self.styles = [
            _start(one, company.options if company.style else {})
            for one, company in zip(chosen, companies, strict=True)
        ]
        self.asked = [getattr(style, "levers", Levers()) for style in self.styles]
        self.unpaid = [0] * len(companies)
        self._reviewed = [-1] * len(companies)

    def _meet_events(self) -> None:
        for event in self.scenario.events:
            if event.at == self.step + 1:
                for company, declared in enumerate(self.scenario.companies):
                    if event.company in ("", declared.name):
                        KINDS[event.kind](self, event, company)

    def _review(self, company: int) -> Levers:
        """Returns what a company's style answers to what it sees, which it cannot change."""
        self._reviewed[company] = self.step
        style, name = self.styles[company], self.names[company]
        if _is_constant(style):
            return _checked(style.levers, name, self.step)
        seen = self.history[: self.step + 1].view()
        seen.flags.writeable = False

        def uniform(j: int) -> float:
            lot = np.empty(company + 1)
            draw_all(self.key, int(Stream.STYLE), self.step, int(j), lot)
            return float(lot[company])

        def report_on(c: int, rivals: tuple[Rival, ...] = ()) -> Report:
            review = self.scenario.time.review
            return Report(self.step, review, self.asked[c], seen[:, c], rivals, uniform)

        rivals = tuple(
            Rival(self.asked[c], report_on(c).profit())
            for c in range(len(self.styles))
            if c != company and self.state.companies["open"][c]
        )
        return _checked(style.decide(report_on(company, rivals)), name, self.step)

    def _set_levers(self) -> None:
        for c, asked in enumerate(self.asked):
            self.state.levers[c] = tuple(getattr(asked, lever) for lever in LEVERS)
            if self.step < self.unpaid[c]:
                self.state.levers["money"][c] = 0.0

    def _next_stop(self) -> int:
        """Returns the next step after which Python has something to do."""
        if self._log is not None or self.scenario.stop.outcome:
            return self.step + 1
        time = self.scenario.time
        stops = [time.steps, *self.unpaid, *(event.at - 1 for event in self.scenario.events)]
        if not all(_is_constant(style) for style in self.styles):
            stops.append((self.step // time.review + 1) * time.review)
        return min(stop for stop in stops if stop > self.step)

    def _move(self, target: int) -> None:
        self._check_state(self.step + 1)
        before = self.state.people.copy() if self._log is not None else None
        advance_together(
            self.step, target, self.threads, self.key, self.par, self.history, self.drive,
            *self.state.arrays(),
        )  # fmt: skip
        self._check(self.step + 1, target)
        self.step = target
        if self._log is not None:
            self._log.append(happened(target, before, self.state.people))

    def _check_state(self, step: int) -> None:
        """Raises a RunError that names what a step starts from, or ends with, and is not finite."""
        for array, whose in WATCHED.items():
            if name := _not_finite(getattr(self.state, array)):
                raise RunError(f"step {step}: {name} of {whose} is not a finite number")

    def _check(self, first: int, last: int) -> None:
        """Raises a RunError that names the first step and the variable that is not finite."""
        if not _not_finite(self.history[first : last + 1]):
            return
        step = next(t for t in range(first, last + 1) if _not_finite(self.history[t]))
        self.step = step - 1  # the last one that was sound
        origin = _not_finite(self.state.people)
        what = (
            f"{origin} of a person" if origin else f"{_not_finite(self.history[step])} of a company"
        )
        raise RunError(f"step {step}: {what} is not a finite number any more")


@dataclass(frozen=True)
class Run:
    """What one run left behind.

    `companies` are records (step, company) of all steps from 0; `drive` (step, company, motive)
    is effort by motive; `steps` (row,) are the steps that the scenario wants to see; `state` is
    the state after the last step, `end`. `log` holds events (step, person, company, event,
    value) if they were asked for.
    """

    scenario: Scenario
    styles: tuple[str, ...]
    seed: int
    rep: int
    steps: Any
    companies: Any
    drive: Any
    state: State
    end: int
    log: Any = None
    company: int | None = None
    """The one company in view, or None for the whole ecosystem."""

    def __getitem__(self, name: str) -> Any:
        """Returns a series (row,) at `steps`, of the ecosystem or of the company in view."""
        return self.every_step(name)[self.steps]

    def every_step(self, name: str) -> Any:
        """Returns a series (step,) from 0 to the end."""
        return total(self.companies, name)

    def of(self, company: int | str) -> Self:
        """Returns the same run with only one company in view, by number or name."""
        names = [declared.name for declared in self.scenario.companies]
        if isinstance(company, str):
            if company not in names:
                raise unknown("company", company, names)
            company = names.index(company)
        return replace(
            self, companies=self.companies[:, [company]], drive=self.drive[:, [company]],
            company=company,
        )  # fmt: skip

    @cached_property
    def people(self) -> Any:
        """The people in view at the end: all, or the members of the company in view."""
        people = self.state.people
        return people if self.company is None else people[people["company"] == self.company]

    @property
    def made(self) -> Any:
        """Contributions (person,) of the people in view, to all or to the company in view."""
        return self.people["made" if self.company is None else "made_here"]

    def fingerprint(self) -> str:
        """Returns a SHA-256 over all rows, people and events: equal runs have equal ones."""
        digest = hashlib.sha256()
        tables = {
            "company": self.companies[self.steps],
            "person": self.state.people,
            "event": self.log,
        }
        for kind, table in tables.items():
            for name in sorted(table.dtype.names) if table is not None else ():
                little = table.dtype[name].newbyteorder("<")
                digest.update(f"{kind}.{name}\0".encode())
                digest.update(np.ascontiguousarray(table[name], little).data)
        digest.update(self.steps.astype("<i8").tobytes())
        for m, motive in enumerate(MOTIVES):
            if motive in self.scenario.motives:  # others have no part in the run
                effort = self.drive[self.steps, :, m].astype("<f8")
                digest.update(f"effort.{motive}\0".encode() + effort.tobytes())
        return digest.hexdigest()


def run(
    scenario: Scenario,
    style: str | Callable[[], Style] | None = None,
    *,
    seed: int = 1,
    rep: int = 0,
    events: bool = False,
    threads: int = 1,
) -> Run:
    """Runs a scenario under a style to its end; see `Simulation`."""
    simulation = Simulation(scenario, style, seed=seed, rep=rep, events=events, threads=threads)
    simulation.advance()
    return simulation.result(copy=False)


def total(companies: Any, name: str) -> Any:
    """Returns a series of the whole from records (..., company): a sum or a weighted mean."""
    if name not in companies.dtype.names:
        raise unknown("series", name, companies.dtype.names)
    values = companies[name]
    if values.shape[-1] == 1:
        return values[..., 0]
    if name in ADDED:
        return values.sum(axis=-1)
    weights = companies[WEIGHTS.get(name, "open")]
    summed = weights.sum(axis=-1)
    mean = (values * weights).sum(axis=-1) / np.maximum(summed, 1)
    return np.where(summed > 0, mean, values.mean(axis=-1))


def happened(step: int, before: Any, after: Any) -> Any:
    """Returns the events of one step, from the people before and after it.

    Where many things happened to one person the value is their number, for money its amount.
    """
    was, now = before["company"], after["company"]
    there = np.where(was >= 0, was, now)
    earned = after["earned"] - before["earned"]
    decided = {
        "aware": (after["aware"] == 1, now, 1.0),
        "join": ((was < 0) & (now >= 0), now, 1.0),
        "submit": (after["submitted"] > 0, was, after["submitted"]),
        "accept": (after["accepted"] > 0, was, after["accepted"]),
        "reject": (after["rejected"] > 0, was, after["rejected"]),
        "paid": (earned > 0, was, earned),
        "award": (after["awarded"] == step, was, 1.0),
        "adopt": (
            (after["adopted"] >= 0) & (after["adopted"] != before["adopted"]),
            after["adopted"],
            1.0,
        ),
        "switch": ((was >= 0) & (now >= 0) & (was != now), now, 1.0),
        "leave": ((was >= 0) & (now < 0), there, 1.0),
    }
    rows = []
    for number, name in enumerate(EVENT_NAMES):
        who, company, value = decided[name]
        person = np.flatnonzero(who)
        row = np.zeros(len(person), EVENT_DTYPE)
        row["step"], row["person"], row["event"] = step, person, number
        row["company"] = company[person]
        row["value"] = np.broadcast_to(value, len(after))[person]
        rows.append(row)
    return np.concatenate(rows)


def _whole(name: str, value: int, least: int = 0) -> int:
    """Returns a whole number, or raises a UserError where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise UserError(f"{name} must be a whole number of at least {least}, but is {value!r}")
    return int(value)


def _empty(scenario: Scenario) -> State:
    return State.empty(
        n_people=scenario.population.people,
        n_companies=len(scenario.companies),
        n_problems=scenario.world.problems,
        motives=tuple(MOTIVES),
        n_rings=scenario.world.pool + 1,
        ring_length=scenario.world.ring,
        n_staff=scenario.search.staff,
        largest_step=scenario.world.largest_step,
    )


def _copy(state: State) -> State:
    """Returns a state of its own, but for what is settled once and for all."""
    named = [(name, getattr(state, name)) for name in state.__slots__]
    return State(*(array if name in SETTLED else _copied(array) for name, array in named))


def _copied(array: Any) -> Any:
    """Returns a copy of an array; records are copied as they are and not column by column."""
    if array.dtype.names is None:
        return array.copy()
    return array.view(f"V{array.itemsize}").copy().view(array.dtype)


def _not_finite(table: Any) -> str:
    """Returns the first column of a table that holds a number that is not finite, or nothing."""
    words = np.ndarray((table.size, table.itemsize // 4), np.float32, table)
    if all_finite(words, _telling(table.dtype)):
        return ""
    floats = [name for name in table.dtype.names if table.dtype[name].kind == "f"]
    return next((name for name in floats if not np.isfinite(table[name]).all()), "")


@cache
def _telling(dtype: Any) -> Any:
    """Returns which words of 4 bytes (float,) of a record tell whether its floats are finite.

    Of 8 bytes the upper half tells, read as a float itself: if it is finite, all is. A huge number
    may look as if it were not; that costs a second look.
    """
    return np.array(
        [
            (offset + (kind.itemsize - 4 if sys.byteorder == "little" else 0)) // 4
            for kind, offset, *_ in dtype.fields.values()
            if kind.kind == "f"
        ]
    )


def _name(style: str | Callable[[], Style]) -> str:
    return style if isinstance(style, str) else getattr(style, "__name__", type(style).__name__)


def _is_constant(style: Style) -> bool:
    """Whether a style has no answer of its own, which would take a look at the company."""
    return type(style).decide is Style.decide


def _start(style: str | Callable[[], Style], options: dict[str, float]) -> Style:
    if isinstance(style, str):
        return make(style, options)
    if not callable(style):
        raise UserError(
            f"style must be a name or a class, so that each run makes its own, but is {style!r}"
        )
    return style()


def _checked(answer: Levers, style: str, step: int) -> Levers:
    """Returns the levers that a style answered with, or says which one is not in [0, 1]."""
    if not isinstance(answer, Levers):
        raise RunError(f"step {step}: the style {style!r} must answer with Levers, not {answer!r}")
    for lever in LEVERS:
        value = getattr(answer, lever)
        if not isinstance(value, int | float | np.number) or not 0.0 <= value <= 1.0:
            raise RunError(
                f"step {step}: the style {style!r} sets {lever} to {value!r}, not within [0, 1]"
            )
    return answer
