"""The lab's server: its page, its exports, and one socket for each browser.

What a session does, it does in threads of its own. The loop of the server only passes on.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, ParamSpec

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from sim.errors import UserError
from sim.web.assets import Asset
from sim.web.channel import Channel, Closed
from sim.web.exports import python_lines, scenario_toml, series_csv
from sim.web.guard import HEADERS, Guard
from sim.web.link import read_settings
from sim.web.rulebook import read_turn, rules_of
from sim.web.sandbox import answer, read_asked
from sim.web.session import Session
from sim.web.sessions import MOST_SESSIONS, PATIENCE, Sessions
from sim.web.settings import Settings

if TYPE_CHECKING:
    from sim.scenario import Scenario
    from sim.web.studying import Studied

P = ParamSpec("P")

MOST_SANDBOXES = 2  # that are worked out at once
MOST_ASKED = 40  # sandboxes that wait for it

NO_TOKEN = "Open the whole address that cocreate printed when it started: it holds the key.\n"
WRONG_HOST = (
    "This lab is not called so; where it is reached under another name, it must be started with "
    "--allow-origin and that address.\n"
)
NO_SESSION = "There is no such session, or it has ended.\n"
NO_SANDBOX = "Too much is asked for at once; move the slider again in a moment.\n"

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

    def settings(self, link: str | None) -> Settings:
        """Returns the settings of a link, without one the usual; a UserError for a bad link."""
        return self.start if link is None else read_settings(link, self.own, self.shown)

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
            channel = Channel(socket, self.sessions, self.settings)
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
