"""Companies and people take turns: however these are shared out, the bits are the same."""

import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from sim import Levers, Simulation, Style, threads
from sim.core import turns
from sim.core.jit import INTERPRETED, kernel
from sim.core.motives import MOTIVES
from sim.core.state import BLOCK, LOT, PILE, State, new_desk
from sim.core.step import TURNS, advance
from sim.core.together import new_progress, next_block
from sim.reading import change
from sim.scenario import Scenario

CALLING = Levers(
    control=0.3, vision=0.5, money=0.6, recognition=0.6, fun=0.5, social=0.5, transparency=0.5,
    sharing=0.3, experts=0.2, tools=0.5, contest=0.5,
)  # fmt: skip
ENABLING = Levers(
    control=0.5, vision=0.4, money=0.3, recognition=0.4, fun=0.7, social=0.6, transparency=0.7,
    sharing=0.5, experts=0.6, tools=0.6, contest=0.2, facilitation=0.6,
)  # fmt: skip
CLOSED = Levers(control=0.8, vision=0.7, recognition=0.5, sharing=0.2, experts=0.8, tools=0.3)
ALL_LEVERS = (CALLING, ENABLING, CLOSED)
CROWD = change(
    Scenario("crowd"),
    population={"people": 5000, "founders": 0.6},
    time={"steps": 8},
    world={"ring": 150, "pool": 5, "problems": 8, "worth": 20.0, "rivalry": 0.5},
    effort={"contributions": "6 per month", "effort_cost": -1.0},
    gate={"review_capacity": "300 per month"},
    search={"staff": 4, "expert_sample": 5, "matches": "200 per month"},
    money={"award_share": "0.5 per month"},
    turnover={
        "awareness": "0.3 per month", "leave_early": "0.5 per month",
        "join_cost": -1.0, "switch_cost": 0.5,
    },
    companies=[{"name": name} for name in "ABC"],
    events=[
        {"at": 3, "kind": "newcomers", "size": 0.2, "company": "B"},
        {"at": 5, "kind": "loss_of_core", "size": 0.1},
    ],
)  # fmt: skip


class Lasting(Style):
    """Stays where it begins."""


def begin(n_threads=1, world=CROWD):
    eco = Simulation(world, Lasting, seed=5, threads=n_threads)
    eco.asked = list(ALL_LEVERS)
    for style, levers in zip(eco.styles, ALL_LEVERS, strict=True):
        style.levers = levers
    return eco


def bits(eco):
    """The bits of all arrays, of all steps, and of all that a result shows, by name."""
    arrays = {f.name: getattr(eco.state, f.name) for f in fields(State)}
    arrays |= {"history": eco.history, "effort by motive": eco.drive}
    found = {name: hashlib.sha256(array.tobytes()).hexdigest() for name, array in arrays.items()}
    return found | {"fingerprint": eco.result().fingerprint()}


@pytest.fixture(scope="module")
def alone():
    """The crowd at its end, on one thread."""
    eco = begin()
    eco.advance()
    return eco


def test_crowd__does_all_that_threads_could_get_wrong(alone):
    """Contests, facilitation and without, awards, coming, going and switching, in all blocks."""
    history, people = alone.history[1:], alone.state.people
    for name in ("accepted", "waiting", "awards", "arrivals", "departures", "adopters", "shared"):
        assert (history[name].sum(axis=0) > 0).all(), name
    assert (history["facilitation"] > 0).any(axis=0).tolist() == [False, True, False]
    assert (alone.state.problems["winner"] >= 0).any(axis=1).tolist() == [True, True, False]
    starts = np.arange(0, 5000, BLOCK)
    for name in ("made", "accepted_ever", "earned"):
        assert (np.add.reduceat(people[name], starts) > 0).all(), name
    assert len(starts) == len(alone.state.lists) == 5
    assert (people["awarded"] > 0).any()
    assert people["gone"].sum() > 50


@pytest.mark.parametrize("n_threads", [2, 3, 7])
def test_threads__give_the_same_bits(alone, n_threads):
    eco = begin(n_threads)
    eco.advance()
    assert bits(eco) == bits(alone)


def test_threads__give_the_same_bits_where_python_looks_in_at_each_step(alone):
    eco = begin(2)
    for _ in range(8):
        eco.advance(1)
    assert bits(eco) == bits(alone)


@pytest.mark.parametrize("n_threads", [2, 3])
def test_threads__give_the_same_bits_where_people_contribute_very_much(n_threads):
    """More than a group of people can have listed at once."""
    world = change(
        CROWD,
        time={"steps": 3},
        effort={"contributions": "40 per month"},
        gate={"review_capacity": "3000 per month"},
    )
    one, several = begin(1, world), begin(n_threads, world)
    one.advance()
    several.advance()
    assert bits(several) == bits(one)
    assert one.history["accepted"].sum(axis=1).max() > PILE * (5000 / LOT)


def left_alone(state, block):
    """The bits of all that a turn of the people must not touch as it goes through a block."""
    others = np.arange(len(state.lists)) != block
    rows = np.repeat(others, BLOCK)[: len(state.people)]
    parts = [state.people[rows], state.faces[rows], state.busy[rows], state.lists[others]]
    parts += [state.drives[others], state.tallies[:-1][others], state.problems]
    return [part.tobytes() for part in parts] + only_read(state)


def only_read(state):
    """The bits of all that no turn of the people may touch."""
    parts = [state.weights, state.types, state.companies, state.levers, state.offers, state.world]
    return [part.tobytes() for part in (*parts, state.tallies[-1])]


@pytest.mark.parametrize("workers", [1, 2, 4, 9])
def test_turns__one_by_one_give_the_bits_of_all_at_once(alone, monkeypatch, workers):
    """Whoever is first: in each step the workers come in another order."""
    taken = []

    def one_by_one(start, stop, worker, progress, *rest):
        assert (start % TURNS, stop % TURNS, worker, len(progress)) == (0, 0, 0, 1)
        progress = new_progress(workers, start)
        *arrays, _ = rest
        for n in range(start, stop):
            t, turn = divmod(n, TURNS)
            order = np.roll(range(workers), t)[:: (-1) ** t].tolist() if turn % 2 else [0]
            taken.extend([turn] * len(order))
            before = only_read(eco.state)
            with ThreadPoolExecutor(workers) as pool:
                ended = [
                    pool.submit(advance, n, n + 1, w, progress, *arrays, new_desk(len(MOTIVES)))
                    for w in order
                ]
                assert {turn.result() for turn in ended} == {n + 1}
            assert turn % 2 == 0 or before == only_read(eco.state)
        return stop

    eco = begin()
    monkeypatch.setattr(threads, "advance", one_by_one)
    eco.advance()
    assert bits(eco) == bits(alone)
    assert np.bincount(taken).tolist() == [8, 8 * workers] * (TURNS // 2)


@pytest.mark.parametrize("worker", [0, 1, 2])
@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_threads__all_end_when_one_is_interrupted(monkeypatch, worker, error):
    """None waits for ever for the one that is gone, and what ended it is told."""
    taken = []

    def interrupted(start, stop, who, *rest):
        for n in range(start, stop):
            taken.append(n)
            if who == worker and n >= 20:
                raise error
            if advance(n, n + 1, who, *rest) == n:
                return n
        return stop

    eco = begin(3)
    monkeypatch.setattr(threads, "advance", interrupted)
    with pytest.raises(error):
        eco.advance()
    assert 20 <= max(taken) < 8 * TURNS - 1


@kernel
def take_block(worker, n_blocks, progress):
    return next_block(worker, n_blocks, progress)


def test_blocks__of_ones_own_share_come_first_and_all_are_taken_once():
    """Of ten blocks, three threads have 0 to 2, 3 to 5 and 6 to 9."""
    progress = new_progress(3)
    assert [take_block(1, 10, progress) for _ in range(4)] == [3, 4, 5, 6]
    assert [take_block(2, 10, progress) for _ in range(4)] == [7, 8, 9, 0]
    assert [take_block(0, 10, progress) for _ in range(3)] == [1, 2, 10]
    assert [take_block(worker, 10, progress) for worker in range(3)] == [10] * 3


def test_blocks__are_enough_where_there_are_fewer_than_threads():
    progress = new_progress(5)
    taken = [take_block(worker, 2, progress) for worker in (4, 3, 0, 1, 2)]
    assert sorted(taken) == [0, 1, 2, 2, 2]


def hand_out_backwards(eco):
    """Hands the blocks of a turn out from the last to the first, where nothing is compiled.

    Returns those handed out. Nobody may touch another block than the one at hand.
    """
    given, before = [], []

    def last_block(worker, n_blocks, progress):
        if before:
            assert before.pop() == left_alone(eco.state, given[-1])
        b = n_blocks - 1 - next_block(worker, n_blocks, progress)
        if b < 0:
            return n_blocks
        given.append(b)
        before.append(left_alone(eco.state, b))
        return b

    turns.next_block = last_block
    return given


SCRIPT = """
import json, runpy, sys
from sim.core.jit import INTERPRETED
tests = runpy.run_path(sys.argv[1])
eco, other = tests["begin"](2, tests["FEW"]), tests["begin"](1, tests["FEW"])
eco.advance()
given = tests["hand_out_backwards"](other)
other.advance()
print(json.dumps([INTERPRETED, tests["bits"](eco), tests["bits"](other), given]))
"""
FEW = change(CROWD, population={"people": BLOCK + 60}, time={"steps": 2}, events=[])
SHARED_OUT = 2 * 6  # turns of people in two steps in which they take blocks; in the search none do


def test_blocks__have_the_same_bits_compiled_and_interpreted():
    """A block and a part of one, on two threads, on one, and from the last block to the first."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    other = subprocess.run(
        [sys.executable, "-c", SCRIPT, __file__],
        env=environment | {"NUMBA_DISABLE_JIT": "0" if INTERPRETED else "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    interpreted, found, backwards, given = json.loads(other.stdout)
    eco = begin(world=FEW)
    eco.advance()
    assert interpreted != INTERPRETED
    assert found == backwards == bits(eco)
    assert given == ([1, 0] * SHARED_OUT if interpreted else [])
    assert eco.history["accepted"][2].sum() > 100


def test_threads__all_end_when_one_cannot_start(monkeypatch):
    """Nor do those wait for ever that were there already."""
    submit = ThreadPoolExecutor.submit
    started = []

    def one_only(pool, *call):
        if started:
            raise RuntimeError("can't start new thread")
        started.append(submit(pool, *call))
        return started[0]

    monkeypatch.setattr(ThreadPoolExecutor, "submit", one_only)
    with pytest.raises(RuntimeError, match="new thread"):
        begin(3).advance()
    assert started[0].result() is None
