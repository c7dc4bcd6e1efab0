"""A session: runs side by side that go on in a thread of their own, and the pages that look on."""

import secrets
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.errors import UserError
from sim.scenario import Scenario
from sim.simulation import RunError
from sim.web import frames
from sim.web.about import about
from sim.web.network import Network
from sim.web.runs import Runs
from sim.web.series import measured
from sim.web.settings import SPEEDS, Settings, world_of

if TYPE_CHECKING:
    from sim.web.studying import Studied

Message = bytes | dict[str, Any]

BATCH = 0.02  # seconds of stepping between two looks at what is asked for
BEHIND = 0.25  # seconds that a run may have to make up for
LEAST = 1 / 30  # seconds between two frames while playing: an eye sees no more
CREDIT = 2  # frames on their way to a page
PATIENCE = 5.0  # seconds that a run goes on when nobody looks


class Snapshot(NamedTuple):
    """What a session has come to at a step.

    `records` (column, row, company), `drive` (column, row, company, motive) and `series` (column,
    row, series) have a row for each step so far.
    """

    settings: Settings
    scenario: Scenario
    step: int
    records: Any
    drive: Any
    series: Any


class Viewer:
    """A page that looks at a session; made by `Session.attach`."""

    def __init__(self, session: "Session", send: Callable[[Message], None], have: int) -> None:
        self.session, self.send = session, send
        self.row = have  # the first one that it has not been sent
        self.anew = False  # whether its next frame is of another run
        self.sent = self.acknowledged = 0  # frames, which are numbered from 1
        self.seen: Any = None  # what its last frame showed
        self.when = 0.0  # when that was
        self.open = True

    def acknowledge(self, frame: int) -> None:
        """Takes note that a frame has been drawn, and all before it; then more may be sent."""
        if self.acknowledged < frame <= self.sent:
            self.acknowledged = frame
            self.session.wake()

    def close(self) -> None:
        """Ends the sending; the session goes on for a while."""
        self.open = False
        self.session.wake()


class Session:
    """Runs in lock-step; what its methods ask for is done by its thread, between two steps."""

    def __init__(
        self, settings: Settings, own: Scenario | None = None, study: "Studied | None" = None
    ) -> None:
        self.id = secrets.token_urlsafe(16)
        self._own, self._study = own, study
        self._runs = _started(settings, own, study)
        self._network = Network(self._runs.simulations[0])
        self._asked: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._viewers: list[Viewer] = []
        self._thread = Thread(target=self._work, name="lab", daemon=True)
        self._playing, self._speed, self._reason = False, 10, ""
        self._due = 0.0  # when the next step is to be taken
        self._closing = False
        self._picture: tuple[int, Any] = (-1, None)
        self.idle_since: float | None = time.monotonic()
        """Since when no page looks on, on the monotonic clock; None while one does."""

    @property
    def settings(self) -> Settings:
        """What the session shows, with the moves made so far."""
        return self._runs.settings

    def start(self) -> None:
        """Starts the session's thread."""
        self._thread.start()

    def close(self) -> None:
        """Ends the thread within a step, and lets go of the runs. Not to be called from `send`."""
        self._closing = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join()
        self._viewers = []
        self._runs.simulations = []
        self._picture = (-1, None)

    def wake(self) -> None:
        """Makes the thread look whether there is something to do."""
        self._asked.put(lambda: None)

    def attach(self, send: Callable[[Message], None], have: int = 0) -> Viewer:
        """Takes in a page that has `have` rows already.

        `send`, which must not block, is called by the session's thread: with what the session is,
        its state, then frames.
        """
        viewer = Viewer(self, send, have)
        self.idle_since = None
        self._asked.put(lambda: self._take_in(viewer))
        return viewer

    def play(self) -> None:
        """Goes on by itself."""
        self._asked.put(lambda: self._set_playing(True))

    def pause(self) -> None:
        """Stops where the runs are."""
        self._asked.put(lambda: self._set_playing(False))

    def step(self) -> None:
        """Takes one step, and stops there."""
        self._asked.put(self._take_one)

    def set_speed(self, steps_a_second: int) -> None:
        """Sets how fast the runs go on; a UserError for a speed that there is not."""
        if isinstance(steps_a_second, bool) or steps_a_second not in SPEEDS:
            raise UserError(
                f"The speed must be one of {', '.join(map(str, SPEEDS))} steps a second"
            )
        self._asked.put(lambda: self._set_speed(steps_a_second))

    def restart(self, settings: Settings) -> None:
        """Starts anew, with other settings; a UserError for those with which there is no session.

        All pages are told; a start that fails leaves what there is.
        """
        world_of(settings, self._own, self._study)
        self._asked.put(lambda: self._start_anew(settings))

    def move(
        self, number: int, column: int, lever: str, value: float | None, viewer: Viewer
    ) -> None:
        """Holds a lever of a column, or lets go; the page is told after which step, or why not."""
        self._asked.put(lambda: self._move(number, column, lever, value, viewer))

    def network(self, whole: bool, viewer: Viewer) -> None:
        """Tells a page how its network fares; `whole`: and where everything stands."""
        self._asked.put(lambda: self._tell_network(whole, viewer))

    def snapshot(self) -> Snapshot:
        """Returns what the session has come to, all at one step; waits until that is taken."""
        if self._closing:
            raise UserError("This session has ended")
        if not self._thread.is_alive():
            return self._taken()
        answer: Future[Snapshot] = Future()
        self._asked.put(lambda: answer.set_result(self._taken()))
        while True:
            try:
                return answer.result(timeout=0.5)
            except TimeoutError:
                if not self._thread.is_alive():
                    raise UserError("This session has ended") from None

    def about(self) -> dict[str, Any]:
        """Returns what a page needs to know of the world, the columns and what else there is."""
        return about(self._runs, self._own, self._study)

    def described(self) -> dict[str, Any]:
        """Returns what a page is told of the session at first, and when it starts anew."""
        runs = self._runs
        return {
            "is": "session",
            "session": self.id,
            "settings": runs.settings.table(),
            "link": runs.settings.packed(),
            "about": about(runs, self._own, self._study),
            "playing": self._playing,
            "speed": self._speed,
        }

    def _work(self) -> None:
        """Does what is asked for, steps on, and shows it, until the session is closed."""
        while not self._closing:
            self._obey()
            self._go_on()
            self._show()

    def _obey(self) -> None:
        """Does all that is asked for; waits for it until the next step is due."""
        try:
            self._asked.get(timeout=self._patience())()
            while not self._closing:
                self._asked.get_nowait()()
        except Empty:
            return

    def _patience(self) -> float | None:
        """Returns the seconds until the next step is due; None if none is."""
        if not self._is_going():
            return None
        return max(0.0, self._due - time.monotonic()) if self._speed else 0.0

    def _is_going(self) -> bool:
        idle = self.idle_since
        watched = idle is None or time.monotonic() - idle < PATIENCE
        return self._playing and watched and not self._closing

    def _go_on(self) -> None:
        """Takes the steps that are due, until the batch is over or something is asked for."""
        start = time.monotonic()
        while self._is_going() and self._asked.empty():
            now = time.monotonic()
            if now - start > BATCH or (self._speed and now < self._due):
                return
            if self._speed:
                self._due = max(self._due, now - BEHIND) + 1 / self._speed
            self._advance()

    def _advance(self) -> None:
        """Takes a step; stops at the end of the runs, or where one cannot go on."""
        try:
            self._runs.advance()
        except RunError as problem:
            self._reason = str(problem)
        if self._ended():
            self._set_playing(False)

    def _ended(self) -> bool:
        return bool(self._reason) or self._runs.done

    def _show(self) -> None:
        """Sends a frame to each page that has drawn the last but one and has not seen this."""
        self._viewers = [viewer for viewer in self._viewers if viewer.open]
        if not self._viewers:
            if self.idle_since is None:
                self.idle_since = time.monotonic()
            return
        runs, now = self._runs, time.monotonic()
        flags = self._playing * frames.PLAYING + self._ended() * frames.ENDED
        seen = (runs.step, flags, runs.settings)
        for viewer in self._viewers:
            rows = runs.step + 1 - viewer.row
            hasty = self._playing and rows < frames.MOST_ROWS and now - viewer.when < LEAST
            news = rows > 0 or viewer.seen != seen
            if not news or hasty or viewer.sent - viewer.acknowledged >= CREDIT:
                continue
            series = runs.series(viewer.row, viewer.row + frames.MOST_ROWS)
            viewer.sent += 1
            content = frames.frame(
                viewer.sent, runs.step, viewer.row, series, *runs.levers(), self._pictures(),
                flags + viewer.anew * frames.ANEW, runs.moves(), runs.before(),
            )  # fmt: skip
            viewer.row += series.shape[1]
            viewer.anew, viewer.seen, viewer.when = False, seen, now
            self._send(viewer, content)

    def _pictures(self) -> Any:
        """Returns the people as they are now, which are looked up once a step."""
        step, pictures = self._picture
        if step != self._runs.step:
            pictures = self._runs.pictures()
            self._picture = (self._runs.step, pictures)
        return pictures

    def _send(self, viewer: Viewer, message: Message) -> None:
        """Sends to a page; one that cannot be reached any more is forgotten."""
        if not viewer.open:
            return
        try:
            viewer.send(message)
        except Exception:
            viewer.open = False

    def _tell(self, message: Message) -> None:
        for viewer in self._viewers:
            self._send(viewer, message)

    def _state(self) -> dict[str, Any]:
        return {
            "is": "state",
            "playing": self._playing,
            "speed": self._speed,
            "step": self._runs.step,
            "ended": self._ended(),
            "reason": self._reason,
        }

    def _take_in(self, viewer: Viewer) -> None:
        if not 0 <= viewer.row <= self._runs.step + 1:
            viewer.row = 0
        viewer.anew = viewer.row == 0
        self._viewers.append(viewer)
        self.idle_since = None
        self._send(viewer, self.described())
        self._send(viewer, self._state())

    def _set_playing(self, playing: bool) -> None:
        self._playing = playing and not self._ended()
        self._due = time.monotonic()
        self._tell(self._state())

    def _set_speed(self, speed: int) -> None:
        self._speed = speed
        self._due = time.monotonic()
        self._tell(self._state())

    def _take_one(self) -> None:
        self._playing = False
        if not self._ended():
            self._advance()
        self._tell(self._state())

    def _start_anew(self, settings: Settings) -> None:
        try:
            self._runs = _started(settings, self._own, self._study)
        except UserError as problem:
            self._tell({"is": "refused", "words": str(problem)})
            return
        self._network = Network(self._runs.simulations[0])
        self._playing, self._reason, self._picture = False, "", (-1, None)
        for viewer in self._viewers:
            viewer.row, viewer.anew, viewer.seen = 0, True, None
        self._tell(self.described())
        self._tell(self._state())

    def _move(
        self, number: int, column: int, lever: str, value: float | None, viewer: Viewer
    ) -> None:
        try:
            if self._reason:
                raise UserError("The run had to stop: restart it to move a lever")
            self._runs.move(column, lever, value)
        except UserError as problem:
            self._send(viewer, {"is": "refused", "id": number, "words": str(problem)})
            return
        self._send(viewer, {"is": "done", "id": number, "step": self._runs.step})

    def _tell_network(self, whole: bool, viewer: Viewer) -> None:
        runs = self._runs
        self._send(viewer, self._network.told(runs.simulations, runs.step, whole))

    def _taken(self) -> Snapshot:
        runs = self._runs
        drive = np.stack([s.drive[: runs.step + 1] for s in runs.simulations])
        records = runs.records()
        return Snapshot(
            runs.settings,
            runs.scenario,
            runs.step,
            records,
            drive,
            measured(records, runs.scenario),
        )


def _started(settings: Settings, own: Scenario | None, study: "Studied | None") -> Runs:
    """Returns runs at step 0; a UserError for whatever keeps them from starting."""
    try:
        return Runs(settings, own, study)
    except UserError:
        raise
    except (Exception, SystemExit) as problem:
        words = f"The session cannot start: {type(problem).__name__}: {problem}"
        raise UserError(words) from None
