"""The lab in the browser: `open` starts its server, on this machine only, and shows its page."""

import asyncio
import atexit
import errno
import os
import shutil
import socket
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sim.errors import UserError

if TYPE_CHECKING:
    from types import TracebackType

    from sim.scenario import Scenario
    from sim.web.server import Lab
    from sim.web.settings import Settings

__all__ = ["OpenLab", "has_display", "open", "start"]

HOST, PORT = "127.0.0.1", 8765
PORTS_TRIED = 100
COLUMNS = 4
"""How many styles are shown where none is asked for."""

NO_EXTRA = "the lab needs packages that are not installed; type: pip install 'cocreate[web]'"
START, END = 20.0, 5.0  # seconds that the server may take for them
LIBRARY_LIMIT = 2**20  # bytes of a message that is read at all, to be refused with words


def open(
    world: "Scenario | str | Path" = "sharing_platform",
    *styles: str,
    people: int | None = None,
    seed: int = 1,
    host: str = HOST,
    port: int = PORT,
    browser: bool = True,
    allow_origin: Iterable[str] = (),
    study: str | Path | None = None,
) -> "OpenLab":
    """Opens the lab in the browser, and returns it with its `url` and `close()`.

    It shows a world, a shipped one by name, a TOML file or a `Scenario`, under two to six styles.
    One style alone is shown beside the world's own. Only who has the address with its token can use
    it; that address is printed where no browser can be shown. `study` is the folder of a study that
    the page shows besides. A UserError says what is missing.
    """
    lab = start(
        world,
        *styles,
        people=people,
        seed=seed,
        host=host,
        port=port,
        allow_origin=allow_origin,
        study=study,
    )
    if not (browser and has_display() and lab.show()):
        print(f"The lab is open at: {lab.url}")
    return lab


def start(
    world: "Scenario | str | Path" = "sharing_platform",
    *styles: str,
    people: int | None = None,
    seed: int = 1,
    host: str = HOST,
    port: int = PORT,
    allow_origin: Iterable[str] = (),
    study: str | Path | None = None,
) -> "OpenLab":
    """Starts the lab as `open` does, and opens no browser."""
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
        import websockets  # noqa: F401
    except ImportError:
        raise UserError(NO_EXTRA) from None
    from sim.web.assets import read_assets
    from sim.web.guard import new_guard, read_key
    from sim.web.server import Lab
    from sim.work import load_code

    guard, files = new_guard(host, allow_origin), read_assets()
    settings, own = begin(world, styles, people, seed)
    studied = None
    if study is not None:
        from sim.web.studying import open_studied  # which loads what few labs need

        studied = open_studied(study)
    listening = listen(host, port)
    load_code()  # so that no page that plays waits for it, deaf to whoever wants to pause
    guard = guard.remembering(read_key(), listening.getsockname()[1])
    return OpenLab(Lab(guard, files, settings, own, study=studied), listening)


def begin(
    world: "Scenario | str | Path", styles: Iterable[str], people: int | None, seed: int
) -> "tuple[Settings, Scenario | None]":
    """Returns the settings that a lab starts with, and a scenario that is not a shipped one."""
    from sim.reading import load, shipped
    from sim.scenario import Scenario
    from sim.web.settings import Column, Settings, own_name, world_of

    scenario = world if isinstance(world, Scenario) else load(world)
    own = None if isinstance(world, str) and world in shipped() else scenario
    usual = usual_styles(scenario)
    names = list(styles) or usual[:COLUMNS]
    if len(names) == 1:
        names.insert(0, next(name for name in usual if name != names[0]))
    columns = tuple(Column(name, {}) for name in names)
    n_people = scenario.population.people if people is None else people
    settings = Settings(own_name(own) if own else str(world), columns, seed, n_people)
    world_of(settings, own)
    return settings, own


def usual_styles(scenario: "Scenario") -> list[str]:
    """Returns the styles to show where none is asked for: a world's own, then those that stand."""
    from sim.study import is_market
    from sim.styles import constant_styles
    from sim.web.settings import WRITTEN

    own = WRITTEN if is_market(scenario) else scenario.style
    return list(dict.fromkeys([own, *constant_styles()]))


class OpenLab:
    """A lab that runs in threads of its own, until it is closed or Python ends."""

    def __init__(self, application: "Lab", listening: socket.socket) -> None:
        import uvicorn

        self._application = application
        self._closed = threading.Event()
        self._doors: Path | None = None
        name, self.port = listening.getsockname()[:2]
        """The one asked for or, where that is in use, the next that is free."""
        if name in ("0.0.0.0", "::"):
            name = HOST
        self.address = f"http://{f'[{name}]' if ':' in name else name}:{self.port}/"
        config = uvicorn.Config(
            application,
            # It writes the address of each request, and so the token, into its log.
            access_log=False,
            log_config=None,
            log_level="warning",
            loop="asyncio",
            http="h11",
            ws="websockets-sansio",
            ws_max_size=LIBRARY_LIMIT,
            # Its pings draw from Python's global random state, which belongs to the user.
            ws_ping_interval=None,
            ws_per_message_deflate=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(
            target=self._run, args=[listening], name="lab-server", daemon=True
        )
        self._started = threading.Event()
        self._thread.start()
        self._started.wait(START)
        if not self._server.started:
            self.close()
            raise RuntimeError("the server of the lab did not start")
        atexit.register(self.close)

    @property
    def url(self) -> str:
        """The address of the page, with the token in it: whoever has it can use the lab."""
        return f"{self.address}?token={self._application.guard.token}"

    def __repr__(self) -> str:
        return f"OpenLab({self.address!r})"  # without the token: a notebook keeps what it shows

    def __enter__(self) -> "OpenLab":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: "TracebackType | None",
    ) -> None:
        self.close()

    def _run(self, listening: socket.socket) -> None:
        """Serves until `close`, in the thread of the server."""

        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            serving = asyncio.create_task(self._server.serve([listening]))
            while not (self._server.started or serving.done()):
                await asyncio.sleep(0.005)
            self._started.set()
            await serving
            for connection in self._server.server_state.connections:
                connection.transport.abort()  # to a browser that does not read what is left
            await asyncio.sleep(0)

        try:
            asyncio.run(serve())
        finally:
            self._started.set()
            self._closed.set()

    def show(self) -> bool:
        """Opens the page in the browser; returns whether one was found."""
        # The address must not stand among the arguments of the browser, which others can read.
        if self._doors is None:
            self._doors = Path(tempfile.mkdtemp(prefix="cocreate-lab-"))
            door = self._doors / "lab.html"
            door.write_text(DOOR.replace("URL", self.url), "utf-8")
        with suppress(webbrowser.Error):
            return webbrowser.open((self._doors / "lab.html").as_uri())
        return False

    def wait(self, seconds: float | None = None) -> bool:
        """Waits until the lab is closed; returns whether it is."""
        return self._closed.wait(seconds)

    def close(self) -> None:
        """Ends the server and all its sessions; a second time does nothing."""
        atexit.unregister(self.close)
        loop = self._loop
        if loop is not None and self._thread.is_alive():
            with suppress(Exception):  # the loop has just ended by itself
                asyncio.run_coroutine_threadsafe(self._application.hang_up(), loop).result(END)
        self._server.should_exit = True
        self._thread.join(END)
        self._application.sessions.close()
        if self._doors is not None:
            shutil.rmtree(self._doors, ignore_errors=True)
            self._doors = None


DOOR = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>cocreate lab</title>'
    '<meta http-equiv="refresh" content="0; url=URL"><p><a href="URL">To the lab</a></p></html>\n'
)


def listen(host: str, port: int) -> socket.socket:
    """Returns a socket that listens on a port, or on the next one that is free.

    A UserError says why there is none.
    """
    if not 0 <= port <= 65_535:
        raise UserError(f"port must lie in 0 to 65535, but is {port}")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise UserError(f"No machine is called {host!r}; the usual is --host {HOST}") from None
    tried = range(port, min(port + PORTS_TRIED, 65_535) + 1) if port else [0]
    for number in tried:
        # Named as TCP it lets asyncio send small messages at once, not after 40 ms.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if sys.platform != "win32":  # there it would let two programs have one port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # a browser that is gone is let go in a minute
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 60_000)
        try:
            listening.bind((address[0], number, *address[2:]))
            listening.listen()
        except OSError as problem:
            listening.close()
            if problem.errno == errno.EADDRINUSE:
                continue
            reason = problem.strerror
            raise UserError(f"The lab cannot listen on {host}, port {number} ({reason})") from None
        return listening
    raise UserError(f"The ports {tried[0]} to {tried[-1]} are all in use; choose one with --port")


def has_display() -> bool:
    """Returns whether a browser can be shown here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
