"""One browser's socket: reads its commands, and writes what its session says."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from typing import Any

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from sim.errors import UserError
from sim.web import commands
from sim.web.guard import MOST_BYTES, Rate
from sim.web.session import Session, Viewer
from sim.web.sessions import NoRoomError, Sessions
from sim.web.settings import Settings

log = logging.getLogger(__name__)

BEAT = 4.0  # seconds without a word to a browser, which else could not tell silence from a break
MOST_WAITING = 1_000  # messages that a browser has not taken; frames wait for its credit elsewhere

SAYS_WHY = "where it was started, it says why"


class Closed(IntEnum):
    """Codes with which a socket is closed."""

    THE_SERVER_ENDS = 1001
    THE_SERVER_FAILS = 1011
    NO_TOKEN = 4401
    WRONG_ORIGIN = 4403
    TOO_MANY = 4408
    TOO_LARGE = 4409
    NO_ROOM = 4410


class Channel:
    """The socket of one browser, and the session that it looks at.

    `settings` reads a link, and knows the usual ones where there is none.
    """

    def __init__(
        self, socket: WebSocket, sessions: Sessions, settings: Callable[[str | None], Settings]
    ) -> None:
        self._socket, self._sessions, self._settings = socket, sessions, settings
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
                    continue
                try:
                    text = msgspec.json.encode(message).decode()
                except Exception:
                    log.exception("A message of the lab cannot be written")
                    # The reader sees that, too, and lets go of the session.
                    await self.close(Closed.THE_SERVER_FAILS, f"the lab failed; {SAYS_WHY}")
                    return
                await self._socket.send_text(text)

    async def _read(self) -> tuple[int, str]:
        """Does what the browser asks; returns why it is closed."""
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1005))
            text = message.get("text")
            if len(message.get("bytes") or b"" if text is None else text.encode()) > MOST_BYTES:
                return Closed.TOO_LARGE, f"a message has at most {MOST_BYTES:,} bytes"
            command = commands.read(text)
            rate = self._acks if isinstance(command, commands.Ack) else self._commands
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
                words = f"That failed in the lab itself; {SAYS_WHY}."
                self.say({"is": "refused", "words": words})

    async def _do(self, command: commands.Command | UserError) -> None:
        """Does one command, or says why not."""
        if isinstance(command, UserError):
            raise command
        if isinstance(command, commands.Open):
            await self._open(command)
            return
        session, viewer = self._session, self._viewer
        if session is None or viewer is None:
            raise UserError("No session is open on this socket; the first message opens one")
        match command:
            case commands.Ack(frame):
                viewer.acknowledge(frame)
            case commands.Play():
                session.play()
            case commands.Pause():
                session.pause()
            case commands.Step():
                session.step()
            case commands.Speed(value):
                session.set_speed(value)
            case commands.Lever(number, column, lever, value):
                session.move(number, column, lever, value, viewer)
            case commands.Network(whole):
                session.network(whole, viewer)
            case commands.Restart(packed):
                settings = await self._sessions.apart(self._settings, packed)
                await self._sessions.apart(session.restart, settings)

    async def _open(self, asked: commands.Open) -> None:
        if self._session is not None:
            raise UserError("This socket shows a session already")
        session, have = self._sessions.get(asked.session), asked.have
        if session is None:
            have = 0
            settings = await self._sessions.apart(self._settings, asked.link)
            session = await self._sessions.add(settings)
        self._session = session
        self._viewer = session.attach(self.say, have)  # which says what it is
