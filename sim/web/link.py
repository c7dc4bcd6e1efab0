"""Reads what a link to the lab holds; whatever is wrong with it is said in a sentence."""

import json
from base64 import b64decode
from typing import TYPE_CHECKING, Any

from sim.errors import UserError
from sim.scenario import Scenario
from sim.web.checks import lever_value, move_value, named, shown
from sim.web.settings import MOST_CHARACTERS, VERSION, Column, Move, Settings, world_of

if TYPE_CHECKING:
    from sim.web.studying import Studied

KEYS = ("v", "scenario", "columns", "seed", "people", "moves")


def read_settings(
    packed: object, own: Scenario | None = None, study: "Studied | None" = None
) -> Settings:
    """Returns the settings that a link holds; a UserError says in a sentence what is wrong.

    `own` and `study` are the scenario and the study that were given on the command line.
    """
    settings = _settings(_unpacked(packed))
    world_of(settings, own, study)
    return settings


def _unpacked(packed: object) -> Any:
    """Returns what a word holds, whatever that is."""
    if not isinstance(packed, str):
        raise UserError(f"A link must hold its settings as a text, but holds {shown(packed)}")
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
        raise UserError(f"A link must hold a table of settings, but holds {shown(table)}")
    for key in table:
        if key not in KEYS:
            named("setting", key, KEYS)
    for key in KEYS:
        if key not in table:
            raise UserError(f"The link lacks {key!r}; it must hold {', '.join(KEYS)}")
    if table["v"] != VERSION or isinstance(table["v"], bool):
        raise UserError(f"The link is of version {shown(table['v'])}, but this lab reads {VERSION}")
    return Settings(
        scenario=table["scenario"],
        columns=tuple(_column(item) for item in _list("columns", table["columns"])),
        seed=table["seed"],
        people=table["people"],
        moves=tuple(_move(item) for item in _list("moves", table["moves"])),
    )


def _column(item: Any) -> Column:
    if not isinstance(item, list) or len(item) not in (2, 3) or not _are_tables(item[1:]):
        raise UserError(
            'A column must be a style, its levers and perhaps its options, such as ["commons", '
            f"{{}}], but is {shown(item)}"
        )
    style, levers, *options = item
    held = {lever: lever_value(lever, value) for lever, value in levers.items()}
    return Column(style, held, *options)


def _are_tables(items: list[Any]) -> bool:
    return all(isinstance(item, dict) for item in items)


def _move(item: Any) -> Move:
    if not isinstance(item, list) or len(item) != 4:
        raise UserError(
            'A move must be step, column, lever and value, such as [12, 0, "money", 0.4], '
            f"but is {shown(item)}"
        )
    step, column, lever, value = item
    return Move(step, column, lever, move_value(lever, value))


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise UserError(f"{name} must be a list, but is {shown(value)}")
    return value
