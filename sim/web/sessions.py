"""Who has which session: at most so many, started and ended apart from the server's loop."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from sim.errors import UserError
from sim.web.session import Session
from sim.web.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

MOST_SESSIONS = 8
PATIENCE = 600.0  # seconds without a viewer, after which a session ends


class NoRoomError(UserError):
    """There are as many sessions as there may be."""


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
