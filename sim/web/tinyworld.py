"""A small world in which the turns of a step are taken one by one, to see what each does."""

from functools import lru_cache
from typing import Any

import numpy as np

from sim.core.motives import MOTIVES
from sim.core.state import BLOCK, COMPANY, new_desk, records
from sim.core.step import TURNS, advance
from sim.core.together import new_progress
from sim.simulation import Simulation
from sim.styles import Style
from sim.web.sandbox import MIDDLE, PEOPLE, settled

BEFORE = 24  # steps after which the world is as we find it: its company has members and users
DONE_NOW = ("submitted", "accepted", "rejected")  # what a person's step begins without
NOTHING_YET = (
    *DONE_NOW, "waiting", "accepted_ever", "made", "made_here", "earned", "aware", "crowding",
    "utility", "effort",
)  # fmt: skip
NEVER_YET = ("first", "last", "awarded", "welcomed", "adopted")
"""What is 0 of a newcomer, and what is -1."""

OF_MEMBERS = (3, 5, 7, 11)
"""Turns that look up the company of everybody who is listed as having work."""


class TinyWorld:
    """The world of the sandboxes after two years, with some levers elsewhere from now on.

    Its one `company` makes its `offer`; `people` are all who might take part; `par` are the numbers
    of the world. What a trial does not change is as those years left it. Turn 0 of the next step
    has been taken, so that the levers are in force, and nobody has done anything in it yet.
    """

    def __init__(self, **levers: float) -> None:
        begun = two_years_on()
        self.state = begun.result().state
        numbers = begun.par.copy()
        self.par = numbers[0]
        self.people = self.state.people
        self.company, self.offer = self.state.companies[0], self.state.offers[0]
        history, drive = records(COMPANY, begun.history.shape), begun.drive.copy()
        self._run = begun.key, numbers, history, drive
        self._last = TURNS * begun.step - 1
        for lever, value in levers.items():
            self.state.levers[lever] = value
        self.rest()
        self.take(0)

    def take(self, *turns: int) -> None:
        """Takes turns of this step, in their order; one that is past is that of the next step."""
        for turn in turns:
            if turn in OF_MEMBERS:
                self._check_listed()
            now = self._last + 1 + (turn - self._last - 1) % TURNS
            arrays = (*self._run, *self.state.arrays(), new_desk(len(MOTIVES)))
            advance(now, now + 1, 0, new_progress(1, now), *arrays)
            self._last = now

    def _check_listed(self) -> None:
        """Raises a ValueError if somebody without a company is listed as having work.

        The core does not ask: it would write where no company is.
        """
        for b, n in enumerate(self.state.lists["busy"]):
            listed = self.state.busy[b * BLOCK : b * BLOCK + n]
            outside = listed[self.people["company"][listed] < 0]
            if len(outside):
                raise ValueError(f"person {outside[0]} has work, but is a member of no company")

    def rest(self) -> None:
        """Begins a step in which nobody does anything, as turn 1 would leave it."""
        self.state.lists[:] = 0
        self.state.tallies[:] = self.state.tallies[-1]
        for count in DONE_NOW:
            self.people[count] = 0

    def members(self, n: int, **traits: Any) -> Any:
        """Returns n newcomers who agree with the vision, alike but for the traits that are named.

        They are the only members, and know nobody; all others are gone for good, with their work.
        Their heuristics and motives stay their own.
        """
        self.rest()
        self.tie_to()
        self.people["company"], self.people["gone"], self.people["waiting"] = -1, 1, 0
        self.company.members = n
        alike = {
            **dict.fromkeys(NOTHING_YET, 0),
            **dict.fromkeys(NEVER_YET, -1),
            **dict.fromkeys(("company", "gone", "volunteer", "reciprocity"), 0),
            "joined": BEFORE,
            "need": self.company.direction,
            "goal": self.company.goal,
            "belief": self.par.first_belief,
            "trust": self.par.first_trust,
            "skill": self.par.skill,
            "activity": 1.0,
        }
        found = self.people[:n]
        for trait, value in (alike | traits).items():
            found[trait] = value
        return found

    def come_for(self, *mixes: dict[str, float]) -> None:
        """Sets what each of the first people comes for: their motives, by name, with weights."""
        self.state.weights = np.zeros_like(self.state.weights)
        for i, mix in enumerate(mixes):
            for motive, weight in mix.items():
                self.state.weights[i, list(MOTIVES).index(motive)] = weight

    def accept(self, n: int) -> None:
        """Accepts one contribution of each of the first n members, and nothing else."""
        self.rest()
        self.people["accepted"][:n] = 1
        self.list_busy(n)
        self.state.lists["accepted"] = self.state.lists["busy"]
        self.state.tallies["accepted"][0] = n

    def list_busy(self, n: int) -> None:
        """Lists the first n people as those who have work to decide on."""
        firsts = np.arange(0, len(self.people), BLOCK)
        self.state.lists["busy"] = np.clip(n - firsts, 0, BLOCK)
        self.state.busy[:n] = np.arange(n)

    def tie_to(self, *others: int) -> None:
        """Ties everybody to the people with these numbers, and to nobody but them."""
        n = len(self.people)
        self.state.offsets = np.arange(n + 1, dtype=np.uint64) * np.uint64(len(others))
        self.state.neighbours = np.tile(np.array(others, np.uint32), n)

    def pose_anew(self) -> None:
        """Begins a step in which all problems give way to others, not only some."""
        usual, self.par.renewal = self.par.renewal, 1.0
        self.take(0)
        self.par.renewal = usual

    def stand_still(self) -> None:
        """Lets the market, and with it needs, stay where they are."""
        self.par.drift = self.state.world["drift"] = 0.0

    def keep(self) -> None:
        """Lets nobody leave."""
        self.par.leave = self.par.leave_early = 0.0


@lru_cache(maxsize=1)
def two_years_on() -> Simulation:
    """Returns the world under levers in the middle. Not to be changed."""

    class Middle(Style):
        """All levers in the middle."""

        levers = MIDDLE

    simulation = settled(PEOPLE[-1], 1).under(Middle)
    simulation.advance(BEFORE)
    return simulation
