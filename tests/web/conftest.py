"""What tests of the lab's engine share: a page that looks on, and frames read from their bytes."""

import struct
import sys
import threading
import time
import tracemalloc
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from sim.web.session import Session
from sim.web.settings import Column, Settings
from sim.work import load_code

PATIENCE = 90.0  # seconds


@pytest.fixture(scope="session", autouse=True)
def _code():
    """The core is compiled before a test waits for a lab."""
    load_code()


def read_frame(content):
    """Reads a frame by its layout in words, not by the code that writes it."""
    names = "magic frame step first rows columns n_series n_levers shown flags n_moves companies"
    names = names.split()
    head = SimpleNamespace(**dict(zip(names, struct.unpack("<12I", content[:48]), strict=True)))
    at = 48

    def array(kind, *shape):
        nonlocal at
        found = np.frombuffer(content, kind, np.prod(shape, dtype=int), at).reshape(shape)
        at += found.nbytes
        return found

    read = {
        "series": array("<f8", head.columns, head.rows, head.n_series),
        "levers": array("<f8", head.columns, head.companies, head.n_levers),
        "held": array("u1", head.columns, head.companies, head.n_levers),
        "people": array("u1", head.columns, head.shown),
        "moves": [
            (s, c, lever, v) for s, c, lever, _, v in struct.iter_unpack("<3Ifd", content[at:])
        ],
    }
    assert len(read["moves"]) == head.n_moves
    return SimpleNamespace(**vars(head) | read)


class Page:
    """A page in a browser: keeps what it is sent, and acknowledges frames unless told not to."""

    def __init__(self, session, have=0, acknowledges=True):
        self.messages, self.frames, self.acknowledges = [], [], acknowledges
        self.news = threading.Condition()
        self.viewer = None
        self.viewer = session.attach(self.take, have)

    def take(self, message):
        with self.news:
            if isinstance(message, bytes):
                self.frames.append(read_frame(message))
                if self.acknowledges and self.viewer:
                    self.viewer.acknowledge(self.frames[-1].frame)
            else:
                self.messages.append(message)
            self.news.notify_all()

    def wait(self, condition, seconds=PATIENCE):
        """Waits until something holds of the page, and returns it."""
        end = time.monotonic() + seconds
        with self.news:
            while not (found := condition(self)):
                assert self.news.wait(end - time.monotonic()) or condition(self), "nothing came"
            return found

    def last(self, kind):
        found = [message for message in self.messages if message["is"] == kind]
        return found[-1] if found else None

    @property
    def step(self):
        return self.frames[-1].step if self.frames else -1

    def rows(self):
        """All rows (column, step, series) that it has been sent since the run last began."""
        start = max(n for n, frame in enumerate(self.frames) if frame.first == 0)
        frames = self.frames[start:]
        for before, after in pairwise(frames):
            assert after.first == before.first + before.rows
        return np.concatenate([frame.series for frame in frames], axis=1)


@pytest.fixture
def opened():
    """Starts sessions, and closes them in the end."""
    sessions = []

    def start(settings, own=None):
        session = Session(settings, own)
        sessions.append(session)
        session.start()
        return session

    yield start
    for session in sessions:
        session.close()


@pytest.fixture
def page():
    return Page


@pytest.fixture
def effort():
    """Tells what work costs on any machine: lines of Python run, and bytes held at most."""

    def told(work):
        n_lines, before = 0, sys.gettrace()

        def trace(frame, event, argument):
            nonlocal n_lines
            n_lines += event == "line"
            return trace

        tracemalloc.start()
        sys.settrace(trace)
        try:
            work()
        finally:
            sys.settrace(before)
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return n_lines, most

    return told


@pytest.fixture
def settings():
    """Makes settings of columns named by their styles."""

    def make(*styles, scenario="default", seed=1, people=1500, moves=()):
        columns = [s if isinstance(s, Column) else Column(s, {}) for s in styles]
        return Settings(scenario, tuple(columns), seed, people, tuple(moves))

    return make
