"""The lab's server: its page, its exports, and one socket for each browser.

What a session does, it does in threads of its own. The loop of the server only passes on.
"""

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from enum import IntEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from sim.errors import UserError
from sim.web.assets import Asset
from sim.web.exports import python_lines, scenario_toml, series_csv
from sim.web.guard import HEADERS, MOST_BYTES, Guard, Rate
from sim.web.rulebook import read_turn, rules_of
from sim.web.sandbox import answer, read_asked
from sim.web.session import Session, Viewer
from sim.web.settings import Settings, read_settings

if TYPE_CHECKING:
    from sim.scenario import Scenario
    from sim.web.studying import Studied

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

MOST_SESSIONS = 8
PATIENCE = 600.0  # seconds without a viewer, after which a session ends
BEAT = 4.0  # seconds without a word to a browser, which else could not tell silence from a break
MOST_SANDBOXES = 2  # that are worked out at once
MOST_ASKED = 40  # sandboxes that wait for it
MOST_WAITING = 1_000  # messages that a browser has not taken; frames wait for its credit elsewhere

NO_TOKEN = "Open the whole address that cocreate printed when it started: it holds the key.\n"
WRONG_HOST = (
    "This lab is not called so; where it is reached under another name, it must be started with "
    "--allow-origin and that address.\n"
)
NO_SESSION = "There is no such session, or it has ended.\n"
NO_SANDBOX = "Too much is asked for at once; move the slider again in a moment.\n"


class Closed(IntEnum):
    """Codes with which a socket is closed."""

    THE_SERVER_ENDS = 1001
    NO_TOKEN = 4401
    WRONG_ORIGIN = 4403
    TOO_MANY = 4408
    TOO_LARGE = 4409
    NO_ROOM = 4410


class NoRoomError(UserError):
    """There are as many sessions as there may be."""


# A page on another site, or a file, leads here: what it leads to comes without the strict cookie
# that has just been set. A page of the lab's own that leads on does not.
ENTRANCE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>cocreate lab</title>'
    '<meta http-equiv="refresh" content="0; url=./"><p><a href="./">To the lab</a></p></html>'
)

PREFIX = re.compile(r"((?:/(?!\.+/|(?:page|vendor|export|socket)/)[\w.~-]+)*)(/.*)")
"""Path under which a proxy shows the lab, if it passes it on, and what is asked of the lab."""

EXPORTS: dict[str, tuple[Callable[[Session], str], str]] = {
    "series.csv": (series_csv, "text/csv; charset=utf-8"),
    "scenario.toml": (scenario_toml, "application/toml; charset=utf-8"),
    "lines.py": (python_lines, "text/x-python; charset=utf-8"),
}


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
    """Moves a lever in one column."""

    id: int
    column: int
    lever: str
    value: float


class Network(Command):
    """Asks how the network fares; `whole`: and where everything stands."""

    whole: bool = False


class Ack(Command):
    """Says that a frame was drawn."""

    frame: int


read_command: Callable[[str], Command] = msgspec.json.Decoder(
    Open | Play | Pause | Step | Speed | Restart | Lever | Network | Ack
).decode


class Sessions:
    """The sessions of a lab: at most so many, and none for long that nobody looks at."""

    def __init__(self, new: Callable[[Settings], Session], most: int, patience: float) -> None:
        self._new = new
        self._most = most
        self._patience = patience
        self._open: dict[str, Session] = {}
        self._coming = 0
        # Not the loop's own threads, which Python ends before a lab that nobody closed.
        self._threads = ThreadPoolExecutor(2 * most, thread_name_prefix="lab")

    def __len__(self) -> int:
        return len(self._open) + self._coming

    def get(self, name: str | None) -> Session | None:
        """Returns the session of this id."""
        return self._open.get(name or "")

    async def apart(self, work: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """Does what takes a while in a thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(work, *args, **options))

    async def add(self, settings: Settings) -> Session:
        """Starts a session; the one that nobody has looked at for longest makes room for it.

        NoRoomError where all are looked at.
        """
        if len(self) >= self._most and not await self.end_idle(0.0, 1):
            raise NoRoomError(
                f"All {self._most} sessions are in use; close a page of the lab, and try again"
            )
        self._coming += 1
        try:
            session = await self.apart(self._new, settings)
        finally:
            self._coming -= 1
        session.start()
        self._open[session.id] = session
        return session

    async def end_idle(self, seconds: float, most: int = MOST_SESSIONS) -> int:
        """Ends sessions that nobody has looked at for so long, and returns how many."""
        now = time.monotonic()
        idle = {
            name: since
            for name, session in self._open.items()
            if (since := session.idle_since) is not None and now - since >= seconds
        }
        longest = sorted(idle, key=idle.__getitem__)[:most]
        gone = [self._open.pop(name) for name in longest]
        for session in gone:
            await self.apart(session.close)
        return len(gone)

    async def watch(self) -> None:
        """Ends sessions that nobody looks at any more, as long as the lab runs."""
        while True:
            await asyncio.sleep(min(self._patience / 4, 10.0))
            await self.end_idle(self._patience)

    def close(self) -> None:
        """Ends all sessions, once the loop has ended."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        while self._open:
            self._open.popitem()[1].close()


class Lab:
    """The application of one lab: who comes with its token sees `start`, or a link, and plays."""

    def __init__(
        self,
        guard: Guard,
        files: Mapping[str, Asset],
        start: Settings,
        own: "Scenario | None" = None,
        *,
        study: "Studied | None" = None,
        new_session: Callable[[Settings], Session] | None = None,
        most_sessions: int = MOST_SESSIONS,
        patience: float = PATIENCE,
    ) -> None:
        self.guard = guard
        self.files = files
        self.start = start
        self.own, self.shown = own, study
        new = new_session or (lambda settings: Session(settings, own, study))
        self.sessions = Sessions(new, most_sessions, patience)
        self.channels: set[Channel] = set()
        self._sandboxes, self._asked = asyncio.Semaphore(MOST_SANDBOXES), 0
        routes = [
            Route("/", self.page),
            Route("/sandbox", self.sandbox),
            Route("/rules", self.rules),
            Route("/study", self.study),
            Route("/export/{name}", self.export),
            Route("/{name:path}", self.file),
            WebSocketRoute("/socket", self.socket),
        ]
        self._app = Starlette(routes=routes, lifespan=self._lifespan)
        self._app.router.redirect_slashes = False  # they would be absolute, and miss the prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers what the guard lets in; every answer has its headers."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                message["headers"] = headers.raw
            await send(message)

        said = HTTPConnection(scope)
        if not self.guard.answers_to(said.headers.get("host")):
            await self._refuse(scope, receive, send_guarded, WRONG_HOST)
        elif scope["type"] == "http" and not self.knows(said):
            await self._refuse(scope, receive, send_guarded, NO_TOKEN)
        else:
            found = PREFIX.fullmatch(scope["path"])
            inside = {**scope, "root_path": found[1] if found else ""}
            await self._app(inside, receive, send_guarded)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, words: str) -> None:
        """Answers 403, to a request and to the handshake of a socket."""
        if scope["type"] == "http":
            await PlainTextResponse(words, 403)(scope, receive, send)
        else:
            await WebSocket(scope, receive, send).close()

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        watching = asyncio.create_task(self.sessions.watch())
        yield
        watching.cancel()

    def knows(self, said: HTTPConnection) -> bool:
        """Returns whether a request comes with the token or its cookie."""
        token, cookie = said.query_params.get("token"), said.cookies.get(self.guard.cookie)
        return self.guard.knows(token, cookie)

    # Answers

    async def page(self, request: Request) -> Response:
        """The page. Who comes with the token in the address gets a cookie first."""
        if not self.guard.knows(request.query_params.get("token")):
            return await self._content(self.files["page/index.html"], request)
        answer: Response
        if request.headers.get("sec-fetch-site") == "cross-site":
            answer = Response(ENTRANCE, media_type="text/html")
        else:
            answer = RedirectResponse("./", 303)
        # Without a path it is that of the address, as the browser sees it.
        answer.set_cookie(
            self.guard.cookie, self.guard.value, path=None, httponly=True, samesite="strict"
        )
        return answer

    async def file(self, request: Request) -> Response:
        """A file of the page, looked up by its whole name."""
        asset = self.files.get(request.path_params["name"])
        if asset is None:
            return PlainTextResponse("There is no such page.\n", 404)
        return await self._content(asset, request)

    async def _content(self, asset: Asset, request: Request) -> Response:
        headers = {}
        if asset.digest:
            headers = {"Cache-Control": "no-cache", "ETag": f'"{asset.digest}"'}
            if request.headers.get("if-none-match") == headers["ETag"]:
                return Response(status_code=304, headers=headers)
        content = await self.sessions.apart(asset.path.read_bytes)
        return Response(content, headers=headers | {"Content-Type": asset.kind})

    async def export(self, request: Request) -> Response:
        """What a session has done so far, as a file."""
        name = request.path_params["name"]
        if name not in EXPORTS:
            return PlainTextResponse("There is no such export.\n", 404)
        session = self.sessions.get(request.query_params.get("session"))
        if session is None:
            return PlainTextResponse(NO_SESSION, 404)
        write, kind = EXPORTS[name]
        try:
            text = await self.sessions.apart(write, session)
        except UserError as mistake:
            return PlainTextResponse(f"{mistake}\n", 409)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": kind}
        return Response(text.encode(), headers=headers)

    async def sandbox(self, request: Request) -> Response:
        """What follows in a small world when the levers of a shift move so far."""
        try:
            asked = read_asked(request.query_params.multi_items())
        except UserError as mistake:
            return PlainTextResponse(f"{mistake}\n", 400)
        return await self._worked_out(answer, asked)

    async def rules(self, request: Request) -> Response:
        """What the rules of a turn make of all that their sliders may say."""
        try:
            turn = read_turn(request.query_params.multi_items())
        except UserError as mistake:
            return PlainTextResponse(f"{mistake}\n", 400)
        return await self._worked_out(rules_of, turn)

    async def study(self, request: Request) -> Response:
        """What the study says or, of a style at a place, its runs."""
        from sim.web import studying  # which loads what a lab without a study does not need

        if self.shown is None:
            return PlainTextResponse(f"{studying.NOT_THERE}.\n", 404)
        try:
            asked = studying.read_asked(request.query_params.multi_items())
        except UserError as mistake:
            return PlainTextResponse(f"{mistake}\n", 400)
        if asked is None:
            return await self._worked_out(self.shown.told)
        return await self._worked_out(self.shown.runs_of, asked)

    async def _worked_out(
        self, work: Callable[P, bytes], *args: P.args, **options: P.kwargs
    ) -> Response:
        """What takes a while to be worked out, as JSON: little of it at once."""
        if self._asked >= MOST_ASKED:
            return PlainTextResponse(NO_SANDBOX, 503)
        self._asked += 1
        try:
            async with self._sandboxes:
                content = await self.sessions.apart(work, *args, **options)
        except UserError as mistake:
            return PlainTextResponse(f"{mistake}\n", 409)
        finally:
            self._asked -= 1
        return Response(content, media_type="application/json")

    async def socket(self, socket: WebSocket) -> None:
        """Talks with one browser until one of the two ends it."""
        said = socket.headers
        known = self.knows(socket)
        own = self.guard.belongs(said.get("origin"), said.get("host"))
        if not known and not own:
            await socket.close()
            return
        await socket.accept()
        if not known:
            await socket.close(Closed.NO_TOKEN, "no token")
        elif not own:
            await socket.close(Closed.WRONG_ORIGIN, "the page comes from elsewhere")
        else:
            channel = Channel(self, socket)
            self.channels.add(channel)
            try:
                await channel.run()
            finally:
                self.channels.discard(channel)

    async def hang_up(self) -> None:
        """Tells all browsers that the server ends, at most for a moment."""
        told = [
            asyncio.create_task(channel.close(Closed.THE_SERVER_ENDS, "the lab was closed"))
            for channel in self.channels
        ]
        if told:
            await asyncio.wait(told, timeout=0.5)


class Channel:
    """The socket of one browser, and what it looks at."""

    def __init__(self, lab: Lab, socket: WebSocket) -> None:
        self._lab = lab
        self._socket = socket
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Queue[bytes | dict[str, Any]] = asyncio.Queue()
        self._commands, self._acks = Rate(), Rate()
        self._session: Session | None = None
        self._viewer: Viewer | None = None

    def say(self, message: bytes | dict[str, Any]) -> None:
        """Sends a message, from any thread, without waiting for it."""
        with suppress(RuntimeError):  # the loop has ended, and nobody listens
            self._loop.call_soon_threadsafe(self._waiting.put_nowait, message)

    async def run(self) -> None:
        """Reads and writes until the browser goes, or must."""
        writing = asyncio.create_task(self._write())
        try:
            code, reason = await self._read()
            await self.close(code, reason)
        except WebSocketDisconnect:
            pass
        finally:
            writing.cancel()
            if self._viewer:
                self._viewer.close()

    async def close(self, code: int, reason: str) -> None:
        """Closes the socket, with a reason that its page can read."""
        with suppress(RuntimeError, WebSocketDisconnect):  # it is closed
            await self._socket.close(code, reason)

    async def _write(self) -> None:
        """Passes on what is to be said; a browser that takes its time holds up only this."""
        with suppress(RuntimeError, WebSocketDisconnect):  # closed, which the reader sees too
            while True:
                try:
                    message = await asyncio.wait_for(self._waiting.get(), BEAT)
                except TimeoutError:
                    message = {"is": "beat"}
                if isinstance(message, bytes):
                    await self._socket.send_bytes(message)
                else:
                    await self._socket.send_text(msgspec.json.encode(message).decode())

    async def _read(self) -> tuple[int, str]:
        """Does what the browser asks; returns why it is closed."""
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1005))
            text = message.get("text")
            if len(message.get("bytes") or b"" if text is None else text.encode()) > MOST_BYTES:
                return Closed.TOO_LARGE, f"a message has at most {MOST_BYTES:,} bytes"
            command = read(text)
            rate = self._acks if isinstance(command, Ack) else self._commands
            if not rate.allows(time.monotonic()):
                return Closed.TOO_MANY, "too many messages a second"
            if self._waiting.qsize() > MOST_WAITING:
                return Closed.TOO_MANY, "too many answers not read"
            try:
                await self._do(command)
            except NoRoomError as full:
                await self._socket.send_json({"is": "refused", "words": str(full)})
                return Closed.NO_ROOM, "no room for another session"
            except UserError as mistake:
                self.say({"is": "refused", "words": str(mistake)})
            except Exception:
                log.exception("A command of the lab failed")
                words = "That failed in the lab itself; where it was started, it says why."
                self.say({"is": "refused", "words": words})

    async def _do(self, command: Command | UserError) -> None:
        """Does one command, or says why not."""
        if isinstance(command, UserError):
            raise command
        if isinstance(command, Open):
            await self._open(command)
            return
        session, viewer = self._session, self._viewer
        if session is None or viewer is None:
            raise UserError("No session is open on this socket; the first message opens one")
        match command:
            case Ack(frame):
                viewer.acknowledge(frame)
            case Play():
                session.play()
            case Pause():
                session.pause()
            case Step():
                session.step()
            case Speed(value):
                session.set_speed(value)
            case Lever(number, column, lever, value):
                session.move(number, column, lever, value, viewer)
            case Network(whole):
                session.network(whole, viewer)
            case Restart(packed):
                settings = await self._settings(packed)
                await self._lab.sessions.apart(session.restart, settings)

    async def _open(self, asked: Open) -> None:
        if self._session is not None:
            raise UserError("This socket shows a session already")
        sessions = self._lab.sessions
        session, have = sessions.get(asked.session), asked.have
        if session is None:
            have = 0
            start = self._lab.start if asked.link is None else await self._settings(asked.link)
            session = await sessions.add(start)
        self._session = session
        self._viewer = session.attach(self.say, have)  # which says what it is

    async def _settings(self, packed: str) -> Settings:
        return await self._lab.sessions.apart(read_settings, packed, self._lab.own, self._lab.shown)


def read(text: str | None) -> Command | UserError:
    """Returns the command that a message holds, or what is wrong with it."""
    if text is None:
        return UserError("The lab takes messages of text only")
    try:
        return read_command(text)
    except (msgspec.DecodeError, RecursionError) as wrong:
        return UserError(f"The lab knows no such command ({wrong})")
