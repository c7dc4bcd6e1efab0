"""The parameters of an address: each known, and given once."""

import re
from collections.abc import Collection, Iterable, Mapping

from sim.errors import UserError, unknown


def read_parameters(
    parameters: Iterable[tuple[str, str]], names: Collection[str], of: str
) -> dict[str, str]:
    """Returns the parameters of `of`, such as "a study"; a UserError for one unknown or doubled.

    The token may be among them, as with every address of the lab.
    """
    given: dict[str, str] = {}
    for name, text in parameters:
        if name not in (*names, "token"):
            raise unknown(f"parameter of {of}", name[:40], names)
        if name in given:
            raise UserError(f"{of.capitalize()} takes one {name}, but was given several")
        given[name] = text
    return given


def read_number(given: Mapping[str, str], name: str, allowed: tuple[str, str], of: str) -> float:
    """Returns the number that a parameter of `of` writes plainly, if it is allowed.

    What is allowed is said as a pattern and in words; a UserError for any other, and for none.
    """
    text = given.get(name, "")
    pattern, words = allowed
    if not re.fullmatch(pattern, text):
        shown = f"{text[:40]}…" if len(text) > 40 else text
        got = f"is {shown!r}" if text else "is missing"
        raise UserError(f"The {name} of {of} must be {words}, but {got}")
    return float(text)
