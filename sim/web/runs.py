"""Runs side by side: the same people with the same luck, always at the same step."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import structs

from sim.core.inputs import LEVERS, Levers
from sim.design.arms import Arm, Held, factory
from sim.errors import UserError
from sim.scenario import Scenario
from sim.simulation import RunError, Simulation
from sim.study import is_market
from sim.styles import Style
from sim.web.checks import move_value
from sim.web.picture import main_motives, picture
from sim.web.series import measured
from sim.web.settings import WRITTEN, Column, Move, Settings, in_study, world_of

if TYPE_CHECKING:
    from sim.web.studying import Studied


class Moved(Held):
    """A column's style, some of whose levers are held where they were moved amid the run."""


def hold(simulation: Simulation, levers: Mapping[str, float | None]) -> None:
    """Holds levers of the companies that are managed here, from the next step on.

    Whatever the style answers at its reviews; it is not asked anew for that. None lets go of a
    lever: it is back where it began, and the style moves it from there. A new style that comes by
    the scenario's own events lets go of all.
    """
    for c in managed(simulation):
        style, held = simulation.styles[c], dict[str, float]()
        if isinstance(style, Moved):
            held, style = {**style.held}, style.style
        kept = {lever: value for lever, value in {**held, **levers}.items() if value is not None}
        began = getattr(style, "levers", Levers())
        stand = {lever: kept.get(lever, getattr(began, lever)) for lever in levers}
        simulation.styles[c] = Moved(style, kept) if kept else style
        simulation.asked[c] = replace(simulation.asked[c], **stand)


def held_by(style: Style) -> set[str]:
    """Returns the levers that are held, whatever the style within answers."""
    return {*style.held, *held_by(style.style)} if isinstance(style, Held) else set()


def managed(simulation: Simulation) -> list[int]:
    """Returns the companies that the scenario gives no style, so that a column's is theirs."""
    companies = simulation.scenario.companies
    return [c for c, company in enumerate(companies) if not company.style]


def begin(
    scenario: Scenario, columns: Sequence[Column], *, seed: int, rep: int = 0
) -> list[Simulation]:
    """Returns a run at step 0 for each column: the same people, with the same luck.

    Where every company of the scenario has a style of its own, a column's style takes its place in
    all of them.
    """
    ruled = freed(scenario) if is_market(scenario) else scenario
    begun: list[Simulation] = []
    for column in columns:
        world, style = scenario, None
        if column.style != WRITTEN:
            arm = Arm(column.label, column.style, {})
            world, style = ruled, factory(arm, column.options, column.levers)
        settled = next((one for one in begun if one.scenario is world), None)
        begun.append(
            settled.under(style) if settled else Simulation(world, style, seed=seed, rep=rep)
        )
    return begun


def freed(scenario: Scenario) -> Scenario:
    """Returns a scenario whose companies have no styles of their own."""
    companies = [structs.replace(one, style="", options={}) for one in scenario.companies]
    return structs.replace(scenario, companies=tuple(companies))


class Runs:
    """The runs of a session's columns, in lock-step.

    `settings` grow by the moves that are made; `step` is the one that all runs have reached;
    `start` holds the levers (column, company, lever) that they began with.
    """

    def __init__(
        self, settings: Settings, own: Scenario | None = None, study: "Studied | None" = None
    ) -> None:
        self.settings = settings
        self.scenario = world_of(settings, own, study)
        self._met = 0  # moves that have been made
        self._before: dict[tuple[int, int, str], float] = {}  # where their levers stood
        self._begin()
        self._motives = main_motives(self.simulations[0])

    @property
    def done(self) -> bool:
        """Whether one of the runs has come to its end, and with it all."""
        return any(simulation.done for simulation in self.simulations)

    def advance(self) -> None:
        """Takes all runs one step on; a RunError says in words which one had to stop, and why.

        All are then where they were before.
        """
        step = self.step
        for number, simulation in enumerate(self.simulations):
            try:
                simulation.advance(1)
            except (Exception, SystemExit) as problem:
                words = self._told(number, problem)
                self._go_back(step)
                raise RunError(words) from None
        self.step += 1
        self._meet_moves()

    def move(self, column: int, lever: str, value: float | None) -> None:
        """Holds a lever of a column from here on, or lets go of it, and notes it in the settings.

        A second move of a lever within a step takes the place of the first.
        """
        if self.done:
            raise UserError("The run has ended: restart it to move a lever")
        move = Move(self.step, column, lever, move_value(lever, value))
        kept = [old for old in self.moves() if old.place != move.place]
        ahead = self.settings.moves[self._met :]
        self.settings = replace(self.settings, moves=(*kept, move, *ahead))
        self._met = len(kept)
        self._make(move)

    def levers(self) -> tuple[Any, Any]:
        """Returns the levers (column, company, lever) as they stand, and which of them are held.

        Companies are those that are managed here, see `managed`; NaN where a column has fewer.
        """
        whose = [managed(one) for one in self.simulations]
        shape = len(whose), max(map(len, whose)), len(LEVERS)
        values, held = np.full(shape, np.nan), np.zeros(shape, bool)
        for column, one in enumerate(self.simulations):
            for place, c in enumerate(whose[column]):
                at, style = (column, place), one.styles[c]
                values[at] = [getattr(one.asked[c], lever) for lever in LEVERS]
                held[at] = [lever in held_by(style) for lever in LEVERS]
        return values, held

    def moves(self) -> tuple[Move, ...]:
        """Returns the moves that have been made so far."""
        return self.settings.moves[: self._met]

    def before(self) -> tuple[float, ...]:
        """Returns where the first company's lever of each of these moves stood before."""
        return tuple(self._before[move.place] for move in self.moves())

    def records(self, first: int = 0, stop: int | None = None) -> Any:
        """Returns a copy of records (column, row, company), from step `first` to before `stop`."""
        stop = self.step + 1 if stop is None else min(stop, self.step + 1)
        histories = [simulation.history[first:stop] for simulation in self.simulations]
        kind = histories[0].dtype
        whole = f"V{kind.itemsize}"  # in one piece and not column by column, which takes long
        return np.stack([history.view(whole) for history in histories]).view(kind)

    def series(self, first: int = 0, stop: int | None = None) -> Any:
        """Returns the series (column, row, series), from step `first` to before `stop`."""
        return measured(self.records(first, stop), self.scenario)

    def pictures(self) -> Any:
        """Returns the people shown (column, person), a byte each, as they are now."""
        return np.stack([picture(simulation, self._motives) for simulation in self.simulations])

    def _begin(self) -> None:
        """Puts each column's style in charge of the world at step 0."""
        settings = self.settings
        place = in_study(settings.scenario)
        rep = place.rep if place else 0
        self.simulations = begin(self.scenario, settings.columns, seed=settings.seed, rep=rep)
        self.start = self.levers()[0]
        self.step = self._met = 0
        self._before = {}
        self._meet_moves()

    def _meet_moves(self) -> None:
        """Makes the moves of the settings whose step has come."""
        for move in self.settings.moves[self._met :]:
            if move.step > self.step:
                break
            self._make(move)

    def _make(self, move: Move) -> None:
        """Makes the next move of the settings."""
        stood = self.levers()[0][move.column, :, LEVERS.index(move.lever)]
        self._before.setdefault(move.place, float(stood[0]) if len(stood) else np.nan)
        hold(self.simulations[move.column], {move.lever: move.value})
        self._met += 1

    def _go_back(self, step: int) -> None:
        """Takes all runs to a step that they had reached before one of them had to stop."""
        self._begin()
        with suppress(Exception, SystemExit):  # a style that does not do the same thing twice
            while self.step < step:
                for simulation in self.simulations:
                    simulation.advance(1)
                self.step += 1
                self._meet_moves()

    def _told(self, number: int, problem: BaseException) -> str:
        """Returns in words which column had to stop, and why."""
        style = self.settings.columns[number].label
        if isinstance(problem, RunError | UserError):
            return f"{style}: {problem}"
        return f"{style}: step {self.step}: {type(problem).__name__}: {problem}"
