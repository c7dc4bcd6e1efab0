"""What all commands share: the app, options that mean the same everywhere, how to say things."""

import json as jsons
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter, Token

import sim

if TYPE_CHECKING:
    from rich.console import Console

WELCOME = """\
cocreate simulates ecosystems of co-creation and compares ways of managing them.

  cocreate list                          what there is: styles, scenarios, outcomes
  cocreate run open_source               one run of a world
  cocreate compare open_source           which way of managing works there, and how sure that is
  cocreate sweep styles_by_world         which works where: many runs of many worlds

Every command explains itself: cocreate COMMAND --help"""


def whole(kind: type, tokens: Sequence[Token]) -> int:
    """Reads a whole number; 1.5 is none, and is not rounded."""
    try:
        return int(tokens[0].value)
    except ValueError:
        raise ValueError(f"{tokens[0].value!r} is no whole number.") from None


app = App(
    name="cocreate",
    version=sim.__version__,
    help=WELCOME.split("\n\n")[0],
    suppress_keyboard_interrupt=False,
)
Flag = Parameter(negative="")
Whole = Annotated[int, Parameter(converter=whole)]
Set = Annotated[
    list[str] | None,
    Parameter("--set", negative="", help="Change a value: --set population.people=500."),
]
Plugin = Annotated[
    list[Path] | None,
    Parameter(negative="", help="A Python file with a style or a metric of your own."),
]
Json = Annotated[bool, Parameter("--json", negative="", help="Print JSON for machines.")]
Out = Annotated[Path | None, Parameter(help="A new folder for the results.")]


def discard_output() -> None:
    """Sends what is still to be printed nowhere, so that Python does not fail at its exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(what: str, code: int) -> int:
    """Says on standard error what went wrong."""
    print("\n".join(f"cocreate: {line}" for line in what.splitlines()), file=sys.stderr)
    return code


def plug(files: list[Path] | None) -> None:
    """Takes in a user's own files."""
    from sim.registry import plug_in

    for file in files or ():
        plug_in(file, sim.STYLES, sim.METRICS)


def named(style: str) -> str | None:
    """Returns the name of a style given by name or by its Python file; None for none."""
    if style.endswith(".py"):
        from sim.registry import plug_in

        return plug_in(style, sim.STYLES)
    return style or None


def terminal() -> "Console":
    """Returns the console that tables are printed on; names are never read as markup."""
    from rich.console import Console

    class Terminal(Console):
        def on_broken_pipe(self) -> None:
            raise  # to `call`, instead of leaving the program

    return Terminal(highlight=False, markup=False, emoji=False)


def say_json(value: Any) -> None:
    """Prints JSON in ASCII, which every locale can; what is not a finite number becomes null."""
    from sim.analysis.comparison import json_safe

    print(jsons.dumps(json_safe(value), indent=1))
