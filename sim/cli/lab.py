"""The lab: several ways of managing side by side, in the browser."""

import getpass
import json as jsons
import signal
import socket
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

import sim
from sim.cli._common import Flag, Json, Plugin, Set, Whole, app, named, plug

if TYPE_CHECKING:
    from sim.web import OpenLab


@app.command
def lab(
    scenario: str = "sharing_platform",
    /,
    *,
    style: Annotated[list[str] | None, Parameter(negative="", consume_multiple=True)] = None,
    people: Whole | None = None,
    seed: Whole = 1,
    host: str = "127.0.0.1",
    port: Whole = 8765,
    no_browser: Annotated[bool, Flag] = False,
    allow_origin: Annotated[list[str] | None, Parameter(negative="")] = None,
    study: str | None = None,
    set: Set = None,
    plugin: Plugin = None,
    json: Json = False,
) -> int:
    """Open the lab in the browser: ways of managing side by side, to play with.

    Example: `cocreate lab open_source --style directive commons`

    Parameters
    ----------
    scenario
        A shipped scenario by name, or a TOML file.
    style
        Two to six styles, by name or Python file.
    people
        How many people; by default as the scenario says.
    seed
        Seed of the world and its people, 0 or more.
    host
        Address to listen on; the usual one is reached from this machine only.
    port
        Port to listen on or, where it is in use, the next that is free.
    no_browser
        Print the address only.
    allow_origin
        A further address under which it is reached, as behind a proxy: https://lab.example.
    study
        Folder of a study that the page shows besides, such as results/my_study.
    """
    from sim.web import has_display, start

    plug(plugin)
    styles = [named(name) or name for name in style or ()]
    world = sim.load(scenario, set) if set else scenario
    opened = start(
        world,
        *styles,
        people=people,
        seed=seed,
        host=host,
        port=port,
        allow_origin=allow_origin or (),
        study=study,
    )
    ended = ended_by_signals()
    with opened, suppress(KeyboardInterrupt):
        if host not in LOCAL:
            warn(f"the lab listens on {host}: who can reach this machine can try its address")
            if not allow_origin:
                warn("it answers under other names only where --allow-origin allows them")
        if opened.port != port and port:
            warn(f"port {port} is in use; the lab took {opened.port}")
        say(opened, has_display(), no_browser, json)
        while not (ended.is_set() or opened.wait(0.2)):
            pass
    if not json:
        print("\nThe lab is closed.")
    return 0


LOCAL = ("127.0.0.1", "localhost", "::1")


def warn(what: str) -> None:
    """Says on standard error what one should know."""
    print(f"cocreate: {what}", file=sys.stderr, flush=True)


def ended_by_signals() -> threading.Event:
    """Returns what is set once the system asks the program to end."""
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), end)
    return ended


def say(opened: "OpenLab", display: bool, no_browser: bool, json: bool) -> None:
    """Prints the address, once, and opens it in the browser where that is wanted and can be."""
    if json:
        print(jsons.dumps({"url": opened.url, "port": opened.port, "tunnel": tunnel(opened.port)}))
    else:
        print(f"The lab is open at: {opened.url}")
    if not no_browser and not (display and opened.show()) and not json:
        print(
            "There is no display here for a browser. On the machine in front of you type:\n"
            f"  {tunnel(opened.port)}\nand open the address there."
        )
    if not json:
        print("Ctrl-C closes it.")
    sys.stdout.flush()


def tunnel(port: int) -> str:
    """Returns the command that makes a port of this machine one of another."""
    try:
        user = f"{getpass.getuser()}@"
    except (OSError, KeyError):  # a user without a name, as in some containers
        user = ""
    return f"ssh -N -L {port}:127.0.0.1:{port} {user}{socket.gethostname()}"
