"""What a browser may ask of the lab: one JSON table a message."""

from collections.abc import Callable
from typing import Annotated

import msgspec

from sim.errors import UserError


class Command(msgspec.Struct, tag_field="do", tag=str.lower, forbid_unknown_fields=True):
    """What a browser asks for."""


class Open(Command):
    """Shows a session: this one if it lives, else one from this link, else the usual one."""

    session: str | None = None
    link: str | None = None
    have: Annotated[int, msgspec.Meta(ge=0)] = 0


class Play(Command):
    """Steps on and on."""


class Pause(Command):
    """Steps no more."""


class Step(Command):
    """Steps once."""


class Speed(Command):
    """Sets the steps a second; 0 is as fast as it goes."""

    value: int


class Restart(Command):
    """Starts anew from step 0."""

    settings: str


class Lever(Command):
    """Moves a lever in one column; without a value it is let go."""

    id: int
    column: int
    lever: str
    value: float | None


class Network(Command):
    """Asks how the network fares; `whole`: and where everything stands."""

    whole: bool = False


class Ack(Command):
    """Says that a frame was drawn."""

    frame: int


read_command: Callable[[str], Command] = msgspec.json.Decoder(
    Open | Play | Pause | Step | Speed | Restart | Lever | Network | Ack
).decode


def read(text: str | None) -> Command | UserError:
    """Returns the command that a message holds, or what is wrong with it."""
    if text is None:
        return UserError("The lab takes messages of text only")
    try:
        return read_command(text)
    except (msgspec.DecodeError, RecursionError) as wrong:
        return UserError(f"The lab knows no such command ({wrong})")
