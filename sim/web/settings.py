"""What a session shows: a world, two to six ways of managing it, a seed, and moves of levers."""

import json
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.design.arms import label_of
from sim.design.experiment import digest_of, plain, untitled
from sim.design.sources import file_digest
from sim.errors import UserError
from sim.reading import change, load, shipped
from sim.scenario import Scenario
from sim.study import is_market
from sim.styles import STYLES
from sim.web.checks import check_option, lever_value, move_value, named, within

if TYPE_CHECKING:
    from sim.web.studying import Studied

COLUMNS = (2, 6)
PEOPLE = (10, 200_000)
PEOPLE_IN_ALL = 400_000  # in all columns together, about half a gigabyte
SEEDS = (0, 2**53 - 1)  # whole numbers in JavaScript, too
MOST_MOVES = 300
MOST_CHARACTERS = 12_000  # of a link: as many moves as that fit into it
MOST_ROWS = 100_000  # steps times columns times companies that are kept
SPEEDS = (1, 2, 5, 10, 25, 50, 100, 0)  # steps a second; 0 is as fast as possible
VERSION = 1

WRITTEN, OWN_STYLES = "", "own styles"
"""The style of a column that leaves each company the style of its own, and what it is called."""

NO_LEVERS = (
    "Where every company has a style of its own there are no levers to hold, and no options to set"
)

OWN = re.compile("own:[0-9a-f]{8}")
"""The name of the scenario that was given on the command line, see `own_name`."""

IN_STUDY = re.compile(r"study:(0|[1-9][0-9]{0,8}):(0|[1-9][0-9]{0,8}):([0-9a-f]{8})")


class InStudy(NamedTuple):
    """The world of a point of a study, and a replicate in it; `digest` tells which study."""

    point: int
    rep: int
    digest: str

    def __str__(self) -> str:
        """Returns the name of the scenario in a link."""
        return f"study:{self.point}:{self.rep}:{self.digest}"


def in_study(scenario: object) -> InStudy | None:
    """Returns the point of a study that a scenario names; None if it names none."""
    found = IN_STUDY.fullmatch(scenario) if isinstance(scenario, str) else None
    return InStudy(int(found[1]), int(found[2]), found[3]) if found else None


def is_own(scenario: object) -> bool:
    """Returns whether a scenario names one of a command line, of this lab or of another."""
    return isinstance(scenario, str) and OWN.fullmatch(scenario) is not None


def own_name(own: Scenario) -> str:
    """Returns the name in a link of a scenario that is not a shipped one.

    It tells by a digest all that changes a run, but for the number of people, which the link says.
    """
    table = untitled(plain(own))
    del table["population"]["people"]
    ties = Path(own.ties.file)
    if ties.is_file():
        table["ties"]["file"] = file_digest(ties)
    return f"own:{digest_of(table)[:8]}"


@dataclass(frozen=True)
class Column:
    """One way of managing: a style by name, levers held from the start, options of the style.

    `WRITTEN` is the style of the one that has none of these.
    """

    style: str
    levers: dict[str, float]
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.style == WRITTEN and (self.levers or self.options):
            raise UserError(NO_LEVERS)
        if self.style != WRITTEN:
            named("style", self.style, STYLES)
        for lever, value in self.levers.items():
            lever_value(lever, value)
        for option, value in self.options.items():
            check_option(self.style, option, value)

    @property
    def label(self) -> str:
        """The style and its options in a few words."""
        return label_of(self.style or OWN_STYLES, self.options)

    def table(self) -> list[Any]:
        """Returns the column as JSON holds it; options stand there where there are some."""
        return [self.style, self.levers, *([self.options] if self.options else [])]


@dataclass(frozen=True)
class Move:
    """A lever of a column that is held at a value in all that happens after a step.

    None lets go of it.
    """

    step: int
    column: int
    lever: str
    value: float | None

    @property
    def place(self) -> tuple[int, int, str]:
        """Step, column and lever: of those with the same the last move counts."""
        return self.step, self.column, self.lever


@dataclass(frozen=True)
class Settings:
    """All that decides what a session shows; a UserError says what is wrong with it.

    `scenario` is a shipped one by name, that of the command line (see `own_name`), or that of a
    study's point (see `InStudy`). `moves` are in the order in which they are made.
    """

    scenario: str
    columns: tuple[Column, ...]
    seed: int
    people: int
    moves: tuple[Move, ...] = ()

    def __post_init__(self) -> None:
        if not is_own(self.scenario) and in_study(self.scenario) is None:
            named("scenario", self.scenario, shipped())
        within("seed", self.seed, SEEDS)
        within("people", self.people, PEOPLE)
        within("The number of columns", len(self.columns), COLUMNS)
        if self.people * len(self.columns) > PEOPLE_IN_ALL:
            raise UserError(
                f"people times columns must be at most {PEOPLE_IN_ALL:,}, but is "
                f"{self.people:,} times {len(self.columns)}"
            )
        if len(self.moves) > MOST_MOVES:
            raise UserError(
                f"At most {MOST_MOVES} moves of levers are kept, but there are {len(self.moves):,}"
            )
        last = 0
        for move in self.moves:
            move_value(move.lever, move.value)
            within("The column of a move", move.column, (0, len(self.columns) - 1))
            within("The step of a move", move.step, (last, MOST_ROWS))
            if self.columns[move.column].style == WRITTEN:
                raise UserError(NO_LEVERS)
            last = move.step
        if (length := len(self.packed())) > MOST_CHARACTERS:
            raise UserError(
                f"A link has at most {MOST_CHARACTERS:,} characters, but this {length:,}"
            )

    def table(self) -> dict[str, Any]:
        """Returns the settings as JSON holds them."""
        return {
            "v": VERSION,
            "scenario": self.scenario,
            "columns": [column.table() for column in self.columns],
            "seed": self.seed,
            "people": self.people,
            "moves": [[move.step, move.column, move.lever, move.value] for move in self.moves],
        }

    def packed(self) -> str:
        """Returns the settings as a word that a link can hold."""
        text = json.dumps(self.table(), ensure_ascii=False, separators=(",", ":"))
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def world_of(
    settings: Settings, own: Scenario | None = None, study: "Studied | None" = None
) -> Scenario:
    """Returns the scenario of a session, with as many people as it asks for.

    A UserError says why there is no session with these settings in it.
    """
    if is_own(settings.scenario):
        declared = _own(settings.scenario, own)
    elif place := in_study(settings.scenario):
        if study is None:
            raise UserError(
                "The link is for a run of a study; start the lab with --study and the folder of "
                "that study to open it"
            )
        declared = study.world(place)
    else:
        declared = ready(settings.scenario)
    if not is_market(declared) and any(column.style == WRITTEN for column in settings.columns):
        raise UserError(
            f"In {declared.title!r} not every company has a style of its own, so that each column "
            "must name one"
        )
    steps = declared.time.steps
    rows = steps * len(declared.companies) * len(settings.columns)
    if rows > MOST_ROWS:
        raise UserError(
            f"steps times companies times columns must be at most {MOST_ROWS:,}, but is {rows:,}; "
            "take fewer columns or a shorter run"
        )
    if settings.moves:
        within("The step of a move", settings.moves[-1].step, (0, steps - 1))
    if settings.people == declared.population.people:
        return declared
    return change(declared, population={"people": settings.people})


def _own(name: str, own: Scenario | None) -> Scenario:
    """Returns the scenario of the command line, where it is the one that is named so."""
    if own is None:
        raise UserError("The link is for a scenario file; start the lab with that file to open it")
    if name != own_name(own):
        raise UserError(
            "The link is for another scenario file, or this one was changed since; start the lab "
            "with the file as it was then to open it"
        )
    return own


@cache
def ready(scenario: str) -> Scenario:
    """Returns a shipped scenario, which is read once."""
    return load(scenario)
