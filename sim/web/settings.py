"""What a link to the lab holds: a world, two to six ways of managing it, a seed, and the moves."""

import json
import re
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.core.inputs import LEVERS
from sim.design.experiment import digest_of, plain, untitled
from sim.design.sources import file_digest
from sim.errors import UserError, unknown
from sim.reading import change, load, shipped
from sim.scenario import Scenario
from sim.study import is_market
from sim.styles import STYLES

if TYPE_CHECKING:
    from sim.web.studying import Studied

COLUMNS = (2, 6)
PEOPLE = (10, 200_000)
PEOPLE_IN_ALL = 400_000  # in all columns together, about half a gigabyte
SEEDS = (0, 2**53 - 1)  # whole numbers in JavaScript, too
MOST_MOVES = 300
MOST_CHARACTERS = 12_000  # of a link: as many moves as that fit into it
MOST_ROWS = 100_000  # steps times columns times companies that are kept
VERSION = 1

KEYS = ("v", "scenario", "columns", "seed", "people", "moves")

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
    """One way of managing: a style by name, and levers that are held from the start."""

    style: str
    levers: dict[str, float]


@dataclass(frozen=True)
class Move:
    """A lever of a column that is held at a value in all that happens after a step."""

    step: int
    column: int
    lever: str
    value: float


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
            _named("scenario", self.scenario, shipped())
        _within("seed", self.seed, SEEDS)
        _within("people", self.people, PEOPLE)
        _within("The number of columns", len(self.columns), COLUMNS)
        if self.people * len(self.columns) > PEOPLE_IN_ALL:
            raise UserError(
                f"people times columns must be at most {PEOPLE_IN_ALL:,}, but is "
                f"{self.people:,} times {len(self.columns)}"
            )
        for column in self.columns:
            _named("style", column.style, STYLES)
            for lever, value in column.levers.items():
                lever_value(lever, value)
        if len(self.moves) > MOST_MOVES:
            raise UserError(
                f"At most {MOST_MOVES} moves of levers are kept, but there are {len(self.moves):,}"
            )
        last = 0
        for move in self.moves:
            lever_value(move.lever, move.value)
            _within("The column of a move", move.column, (0, len(self.columns) - 1))
            _within("The step of a move", move.step, (last, MOST_ROWS))
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
            "columns": [[column.style, column.levers] for column in self.columns],
            "seed": self.seed,
            "people": self.people,
            "moves": [[move.step, move.column, move.lever, move.value] for move in self.moves],
        }

    def packed(self) -> str:
        """Returns the settings as a word that a link can hold."""
        text = json.dumps(self.table(), ensure_ascii=False, separators=(",", ":"))
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_settings(
    packed: object, own: Scenario | None = None, study: "Studied | None" = None
) -> Settings:
    """Returns the settings that a link holds; a UserError says in a sentence what is wrong.

    `own` and `study` are the scenario and the study that were given on the command line.
    """
    settings = _settings(_unpacked(packed))
    world_of(settings, own, study)
    return settings


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
    if is_market(declared):
        raise UserError(
            f"In {declared.title!r} every company has a style of its own, so that columns would "
            "not differ; choose another scenario"
        )
    steps = declared.time.steps
    rows = steps * len(declared.companies) * len(settings.columns)
    if rows > MOST_ROWS:
        raise UserError(
            f"steps times companies times columns must be at most {MOST_ROWS:,}, but is {rows:,}; "
            "take fewer columns or a shorter run"
        )
    if settings.moves:
        _within("The step of a move", settings.moves[-1].step, (0, steps - 1))
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


def _unpacked(packed: object) -> Any:
    """Returns what a word holds, whatever that is."""
    if not isinstance(packed, str):
        raise UserError(f"A link must hold its settings as a text, but holds {_shown(packed)}")
    if len(packed) > MOST_CHARACTERS:
        raise UserError(
            f"A link has at most {MOST_CHARACTERS:,} characters, but this {len(packed):,}"
        )
    try:
        return json.loads(b64decode(packed + "=" * (-len(packed) % 4), b"-_", validate=True))
    except (ValueError, RecursionError):
        raise UserError("The link cannot be read; it was cut off or changed on its way") from None


def _settings(table: Any) -> Settings:
    if not isinstance(table, dict):
        raise UserError(f"A link must hold a table of settings, but holds {_shown(table)}")
    for key in table:
        if key not in KEYS:
            _named("setting", key, KEYS)
    for key in KEYS:
        if key not in table:
            raise UserError(f"The link lacks {key!r}; it must hold {', '.join(KEYS)}")
    if table["v"] != VERSION or isinstance(table["v"], bool):
        raise UserError(
            f"The link is of version {_shown(table['v'])}, but this lab reads {VERSION}"
        )
    return Settings(
        scenario=table["scenario"],
        columns=tuple(_column(item) for item in _list("columns", table["columns"])),
        seed=table["seed"],
        people=table["people"],
        moves=tuple(_move(item) for item in _list("moves", table["moves"])),
    )


def _column(item: Any) -> Column:
    if not isinstance(item, list) or len(item) != 2 or not isinstance(item[1], dict):
        raise UserError(
            'A column must be a style and its levers, such as ["commons", {}], '
            f"but is {_shown(item)}"
        )
    return Column(item[0], {lever: lever_value(lever, value) for lever, value in item[1].items()})


def _move(item: Any) -> Move:
    if not isinstance(item, list) or len(item) != 4:
        raise UserError(
            'A move must be step, column, lever and value, such as [12, 0, "money", 0.4], '
            f"but is {_shown(item)}"
        )
    step, column, lever, value = item
    return Move(step, column, lever, lever_value(lever, value))


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise UserError(f"{name} must be a list, but is {_shown(value)}")
    return value


def _named(kind: str, name: object, known: Iterable[str]) -> None:
    """Raises a UserError for what is no name of its kind; it says which one is near."""
    if not isinstance(name, str):
        raise UserError(f"A {kind} must be named by a text, but is {_shown(name)}")
    if name not in known:
        raise unknown(kind, name if len(name) <= 40 else f"{name[:40]}…", known)


def _within(what: str, value: object, limits: Sequence[int]) -> None:
    """Raises a UserError for what is no whole number within its limits."""
    low, high = limits
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise UserError(
            f"{what} must be a whole number from {low:,} to {high:,}, but is {_shown(value)}"
        )


def lever_value(lever: object, value: object) -> float:
    """Returns the value of a lever as a float; a UserError for no lever, or no value of one."""
    _named("lever", lever, LEVERS)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise UserError(f"The lever {lever} must be a number from 0 to 1, but is {_shown(value)}")
    return abs(float(value))  # there is no -0.0


def _shown(value: object) -> str:
    """Returns what was got, in a few words."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a table"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}" if abs(value) < 10**18 else "a number of more than 18 digits"
    words = repr(value)
    return words if len(words) <= 40 else f"{words[:40]}…"
