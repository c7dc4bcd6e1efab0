"""The parameters of an address: each known, and given once."""

from collections.abc import Collection, Iterable

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
