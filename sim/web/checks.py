"""What comes from outside is checked here; a UserError says in a sentence what is wrong with it."""

from collections.abc import Iterable, Sequence

from sim.core.inputs import LEVERS
from sim.design.parameters import read_option
from sim.errors import UserError, unknown


def named(kind: str, name: object, known: Iterable[str]) -> None:
    """Raises a UserError for what is no name of its kind; it says which one is near."""
    if not isinstance(name, str):
        raise UserError(f"A {kind} must be named by a text, but is {shown(name)}")
    if name not in known:
        raise unknown(kind, name if len(name) <= 40 else f"{name[:40]}…", known)


def within(what: str, value: object, limits: Sequence[int]) -> None:
    """Raises a UserError for what is no whole number within its limits."""
    low, high = limits
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise UserError(
            f"{what} must be a whole number from {low:,} to {high:,}, but is {shown(value)}"
        )


def lever_value(lever: object, value: object) -> float:
    """Returns the value of a lever as a float; a UserError for no lever, or no value of one."""
    named("lever", lever, LEVERS)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise UserError(f"The lever {lever} must be a number from 0 to 1, but is {shown(value)}")
    return abs(float(value))  # there is no -0.0


def move_value(lever: object, value: object) -> float | None:
    """Returns the value of a move, as of a lever; None, which lets go of it, is one, too."""
    if value is not None:
        return lever_value(lever, value)
    named("lever", lever, LEVERS)
    return None


def check_option(style: str, option: str, value: object) -> None:
    """Raises a UserError for no option of a style, or no value of one, as an experiment does."""
    try:
        read_option(style, option, value)
    except ValueError as problem:
        words = f"The option {option!r} {problem}"
        raise UserError(words if len(words) <= 300 else f"{words[:300]}…") from None


def shown(value: object) -> str:
    """Returns what was got, in a few words."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a table"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}" if abs(value) < 10**18 else "a number of more than 18 digits"
    words = repr(value)
    return words if len(words) <= 40 else f"{words[:40]}…"
