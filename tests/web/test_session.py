"""A session shows the runs with its settings, in lock-step, and does what it is asked for."""

import gc
import threading
import time
import weakref
from itertools import pairwise
from pathlib import Path
from types import ModuleType, SimpleNamespace

import msgspec
import numpy as np
import pytest

from sim.core.inputs import LEVERS
from sim.design.arms import Arm, factory
from sim.errors import UserError
from sim.reading import change, load
from sim.simulation import run
from sim.styles import STYLES, Style
from sim.web import session as sessions
from sim.web.frames import ANEW, ENDED, PLAYING
from sim.web.link import read_settings
from sim.web.runs import Runs
from sim.web.series import SERIES, measured
from sim.web.session import Session
from sim.web.settings import Column, Settings, own_name

STEPS = load("default").time.steps
NAMES = [series.name for series in SERIES]


def headless(settings, number):
    """The run of a column without moves, by the library alone."""
    scenario = change(load(settings.scenario), population={"people": settings.people})
    column = settings.columns[number]
    return run(
        scenario,
        factory(Arm(column.style, column.style, {}), {}, column.levers),
        seed=settings.seed,
    )


def same(one, other):
    return one.shape == other.shape and np.ascontiguousarray(one).tobytes() == (
        np.ascontiguousarray(other).tobytes()
    )


def finish(session, page, speed=0):
    """Plays a session to its end, and returns all its rows."""
    session.set_speed(speed)
    session.play()
    page.wait(lambda p: p.frames and p.frames[-1].flags & ENDED and p.rows().shape[1] == STEPS + 1)
    return page.rows()


def wait_until(holds):
    end = time.monotonic() + 90
    while not holds():
        assert time.monotonic() < end, "never came true"
        time.sleep(0.01)


def plugged(monkeypatch, style):
    """Makes a style known under its name in small letters."""
    module = ModuleType(style.__name__.lower())
    setattr(module, style.__name__, style)
    monkeypatch.setitem(STYLES._members, module.__name__, style)
    return module.__name__


def test_q31_session__shows_the_run_with_its_settings_from_the_first_frame_on(
    opened, page, settings
):
    session = opened(settings("commons", "directive", seed=7, people=20))
    looking = page(session)
    for n, people in enumerate((20, 30, 30)):
        asked = settings("commons", "directive", seed=7, people=people)
        if n > 0:
            session.restart(asked)
        first = looking.wait(lambda p, n=n: len(p.frames) == n + 1 and p.frames[-1])
        assert (first.step, first.first, first.rows, first.shown) == (0, 0, 1, people)
        assert first.flags == ANEW
        assert looking.last("session")["about"]["people"] == people
        expected = [
            measured(headless(asked, k).companies, session.snapshot().scenario) for k in (0, 1)
        ]
        assert same(first.series, np.stack(expected)[:, :1])
    for step in range(1, 11):
        session.step()
        looking.wait(lambda p, step=step: p.step == step)
    assert same(looking.rows(), np.stack(expected)[:, :11])


def test_session__equals_the_run_of_each_style_to_its_end(opened, page, settings):
    asked = settings("commons", Column("adaptive", {"money": 0.7}), "explorer", seed=5, people=400)
    session = opened(asked)
    rows = finish(session, page(session))
    scenario = session.snapshot().scenario
    for k in range(3):
        assert same(rows[k], measured(headless(asked, k).companies, scenario)), k
    active = NAMES.index("participation")
    assert rows[0, -1, active] == headless(asked, 0)["active"][-1] / 400


def test_frame__has_the_levers_as_they_stand_at_its_step(opened, page, settings):
    session = opened(settings("adaptive", Column("explorer", {"fun": 0.9}), people=400))
    looking = page(session)
    looking.wait(lambda p: p.step == 0)
    for step in range(1, 41):
        session.step()
        looking.wait(lambda p, step=step: p.step == step)
    records, seen = session.snapshot().records[:, :, 0], set()
    for frame in looking.frames[1:]:
        for k, company in enumerate(records[:, frame.step]):
            if company["austerity"] == 1:  # without cash, levers that cost money are cut
                assert frame.levers[k].tolist() == [[company[lever] for lever in LEVERS]]
                seen.add((k, frame.levers[k].tobytes()))
        assert np.argwhere(frame.held).tolist() == [[1, 0, LEVERS.index("fun")]]
    assert {k for k, _ in seen} == {0, 1}
    assert len(seen) > 5
    assert looking.frames[0].levers.tolist() == session.about()["start"]


def test_session__has_all_columns_at_the_same_step_in_every_frame(opened, page, settings):
    session = opened(settings("commons", "directive", "contest"))
    looking = page(session)
    finish(session, looking, speed=100)
    frames = looking.frames
    assert len(frames) > 3
    assert all(frame.series.shape == (3, frame.rows, len(SERIES)) for frame in frames)
    assert all(frame.first + frame.rows == frame.step + 1 for frame in frames)
    assert all(a.step <= b.step and a.frame + 1 == b.frame for a, b in pairwise(frames))


def test_session__gives_equal_policies_equal_series(opened, page, settings):
    session = opened(settings("commons", Column("commons", {"money": 0.25}), "directive"))
    looking = page(session)
    rows = finish(session, looking)
    assert same(rows[0], rows[1])
    assert not same(rows[0], rows[2])
    assert same(looking.frames[-1].people[0], looking.frames[-1].people[1])


def test_move__changes_its_own_column_from_its_step_on_and_no_other(opened, page, settings):
    session = opened(settings("commons", "commons", "adaptive"))
    looking = page(session)
    for _ in range(10):
        session.step()
    session.move(7, 1, "money", 0.9, looking.viewer)
    assert looking.wait(lambda p: p.last("done")) == {"is": "done", "id": 7, "step": 10}
    rows = finish(session, looking)
    assert same(rows[0, :11], rows[1, :11])
    assert not same(rows[0, 11], rows[1, 11])
    for k in (0, 2):
        assert same(
            rows[k], measured(headless(session.settings, k).companies, session.snapshot().scenario)
        )
    assert looking.frames[-1].moves == [(10, 1, LEVERS.index("money"), 0.9)]


def test_move__is_replayed_by_the_settings_to_the_byte(opened, page, settings):
    session = opened(settings("commons", "adaptive"))
    looking = page(session)
    session.move(1, 1, "control", 0.9, looking.viewer)
    for number, lever in enumerate(("money", "sharing", "money"), start=2):
        for _ in range(3):
            session.step()
        session.move(number, number % 2, lever, number / 7, looking.viewer)
    rows = finish(session, looking)
    kept = read_settings(session.settings.packed())
    assert [move.step for move in kept.moves] == [0, 3, 6, 9]
    again = opened(kept)
    other = page(again)
    assert same(finish(again, other), rows)
    assert other.frames[-1].moves == looking.frames[-1].moves
    assert same(other.frames[-1].people, looking.frames[-1].people)
    assert again.snapshot().records.tobytes() == session.snapshot().records.tobytes()


def test_move__that_lets_go_is_told_with_where_the_lever_stood(opened, page, settings):
    session = opened(settings("commons", "adaptive"))
    looking = page(session)
    money = LEVERS.index("money")
    session.move(1, 1, "money", 0.9, looking.viewer)
    looking.wait(lambda p: p.frames and p.frames[-1].held[1, 0, money])
    session.step()
    session.move(2, 1, "money", None, looking.viewer)
    assert looking.wait(lambda p: (m := p.last("done")) and m["id"] == 2 and m)["step"] == 1
    frame = looking.wait(lambda p: len(p.frames[-1].moves) == 2 and p.frames[-1])
    assert frame.moves[0] == (0, 1, money, 0.9)
    assert frame.moves[1][:3] == (1, 1, money)
    assert np.isnan(frame.moves[1][3])
    assert not frame.held.any()
    assert frame.levers[1, 0, money] == session.about()["start"][1][0][money] != 0.9


def test_move__that_cannot_be_is_refused_in_words_and_changes_nothing(opened, page, settings):
    session = opened(settings("commons", "directive"))
    looking = page(session)
    wrong = [
        (0, "mony", 0.5, "did you mean 'money'?"),
        (2, "money", 0.5, "from 0 to 1"),
        (0, "money", 1.5, "from 0 to 1"),
        (0, "money", float("nan"), "from 0 to 1"),
        (True, "money", 0.5, "whole number"),
    ]
    for number, (column, lever, value, words) in enumerate(wrong):
        session.move(number, column, lever, value, looking.viewer)
        refused = looking.wait(lambda p, n=number: (m := p.last("refused")) and m["id"] == n and m)
        assert words in refused["words"]
    assert session.settings.moves == ()
    finish(session, looking)
    session.move(9, 0, "money", 0.5, looking.viewer)
    assert (
        "restart"
        in looking.wait(lambda p: p.last("refused")["id"] == 9 and p.last("refused"))["words"]
    )
    assert session.settings.moves == ()


def test_credit__a_page_that_never_answers_gets_two_frames_and_holds_nothing_up(
    opened, page, settings
):
    session = opened(settings("commons", "directive"))
    deaf, looking = page(session, acknowledges=False), page(session)
    rows = finish(session, looking, speed=100)
    assert len(deaf.frames) == 2
    assert len(looking.frames) > 2
    for bad in (0, 3, 99, -1):
        deaf.viewer.acknowledge(bad)
    session.snapshot()
    assert len(deaf.frames) == 2
    deaf.viewer.acknowledge(2)
    deaf.wait(lambda p: len(p.frames) == 3)
    assert same(deaf.rows(), rows)
    assert same(deaf.frames[-1].people, looking.frames[-1].people)
    assert deaf.frames[-1].step == STEPS


def test_attach__goes_on_from_the_rows_that_a_page_has(opened, page, settings):
    session = opened(settings("commons", "directive"))
    looking = page(session)
    rows = finish(session, looking)
    for have, first in ((0, 0), (40, 40), (STEPS + 1, STEPS + 1), (STEPS + 2, 0), (10**9, 0)):
        again = page(session, have)
        frame = again.wait(lambda p: p.frames and p.frames[0])
        assert (frame.first, frame.rows) == (first, STEPS + 1 - first)
        assert bool(frame.flags & ANEW) == (first == 0)
        assert same(frame.series, rows[:, first:])
        assert [message["is"] for message in again.messages[:2]] == ["session", "state"]


def test_frame__holds_a_limited_number_of_rows(opened, page, settings, monkeypatch):
    monkeypatch.setattr("sim.web.frames.MOST_ROWS", 30)
    session = opened(settings("commons", "directive"))
    rows = finish(session, page(session))
    again = page(session)
    again.wait(lambda p: p.frames and p.rows().shape[1] == STEPS + 1)
    assert [frame.rows for frame in again.frames] == [30, 30, 30, STEPS + 1 - 90]
    assert same(again.rows(), rows)


@pytest.mark.parametrize("speed", [0, 100])
def test_pause__is_obeyed_within_two_steps(opened, page, settings, monkeypatch, speed):
    session = opened(settings("commons", "directive"))
    looking = page(session)
    advance = Runs.advance

    def advance_and_meet_a_pause(runs):
        advance(runs)
        if runs.step % 20 == 0:
            session.pause()  # which comes in the midst of a batch

    monkeypatch.setattr(Runs, "advance", advance_and_meet_a_pause)
    session.set_speed(speed)
    for target in (20, 40, 60):
        session.play()
        looking.wait(lambda p, target=target: p.step >= target and not p.last("state")["playing"])
        assert target <= session.snapshot().step <= target + 2
        shown = looking.wait(lambda p: not p.frames[-1].flags & PLAYING and p.frames[-1])
        assert shown.step == looking.last("state")["step"] == session.snapshot().step


def test_step__takes_one_and_stops_there(opened, page, settings):
    session = opened(settings("commons", "directive"))
    looking = page(session)
    session.play()
    looking.wait(lambda p: p.step >= 2)
    session.step()
    step = session.snapshot().step
    time.sleep(0.3)
    assert session.snapshot().step == step
    session.step()
    assert session.snapshot().step == step + 1


@pytest.mark.parametrize("speed", [10, 50])
def test_speed__is_in_steps_a_second(settings, monkeypatch, speed):
    now = 100.0
    monkeypatch.setattr(sessions, "time", SimpleNamespace(monotonic=lambda: now))
    session = Session(settings("commons", "directive", people=100))
    session.set_speed(speed)
    session.play()
    session._obey()
    for n in range(1, speed + 1):
        session._go_on()
        assert session._runs.step == n
        session._go_on()  # too soon
        assert session._runs.step == n
        wait = session._patience()
        assert wait == pytest.approx(1 / speed)
        now += wait + 1e-9
    now += 3.0  # as where the machine was busy: what is made up for is limited
    session._go_on()
    assert speed < session._runs.step <= 1.25 * speed + 1


@pytest.mark.parametrize("speed", [3, -1, 1e9, True, "fast", None])
def test_speed__that_there_is_not_is_refused(opened, settings, speed):
    with pytest.raises(UserError, match="The speed must be one of 1, 2, 5"):
        opened(settings("commons", "directive")).set_speed(speed)


def test_playing__stops_while_nobody_looks_and_goes_on_with_the_next_page(
    opened, page, settings, monkeypatch
):
    monkeypatch.setattr(sessions, "PATIENCE", 0.3)
    session = opened(settings("commons", "directive", scenario="open_source"))
    assert session.idle_since is not None
    looking = page(session)
    session.set_speed(10)
    session.play()
    looking.wait(lambda p: p.step >= 1)
    assert session.idle_since is None
    looking.viewer.close()
    wait_until(lambda: session.idle_since is not None)
    time.sleep(0.4)
    left = session.snapshot().step
    time.sleep(0.5)
    assert session.snapshot().step == left
    again = page(session)
    assert again.wait(lambda p: p.step > left)
    assert again.last("session")["playing"] is True


def test_end__is_said_and_stays(opened, page, settings):
    session = opened(settings("commons", "directive"))
    looking = page(session)
    finish(session, looking)
    state = looking.last("state")
    assert (state["playing"], state["ended"], state["step"]) == (False, True, STEPS)
    assert state["reason"] == ""
    session.play()
    session.step()
    assert session.snapshot().step == STEPS
    session.restart(session.settings)
    looking.wait(lambda p: p.step == 0)
    assert looking.last("state")["ended"] is False


def test_end__of_one_column_by_the_scenario_is_the_end_of_all(opened, page):
    scenario = load("default")
    declared = change(scenario, stop={"outcome": "accepted", "above": 20.0})
    asked = Settings(own_name(declared), (Column("commons", {}), Column("contest", {})), 1, 1500)
    session = opened(asked, declared)
    looking = page(session)
    session.set_speed(0)
    session.play()
    looking.wait(lambda p: p.frames and p.frames[-1].flags & ENDED)
    rows = looking.rows()
    accepted = rows[:, :, NAMES.index("accepted")]
    assert 0 < session.snapshot().step < STEPS
    assert (accepted[:, -1] > 20).sum() == 1
    assert (accepted[:, :-1] <= 20).all()


class Breaks(Style):
    """Fails at its second review."""

    levers = STYLES["commons"].levers

    def decide(self, report):
        if report.step >= 4:
            raise ZeroDivisionError("no members")
        return self.levers


class Leaves(Breaks):
    """Ends its process, as it thinks."""

    def decide(self, report):
        if report.step >= 4:
            raise SystemExit(3)
        return self.levers


class Overdoes(Breaks):
    """Answers what no lever can be."""

    def decide(self, report):
        return self.levers if report.step < 4 else [2.0]


@pytest.mark.parametrize(
    ("style", "words"),
    [
        (Breaks, "breaks: step 4: ZeroDivisionError: no members"),
        (Leaves, "leaves: step 4: SystemExit: 3"),
        (Overdoes, "overdoes: step 4: the style 'overdoes' must answer with Levers, not [2.0]"),
    ],
)
def test_style__that_fails_stops_its_session_in_words(
    opened, page, settings, monkeypatch, style, words
):
    name = plugged(monkeypatch, style)
    session = opened(settings("commons", name, "directive"))
    looking = page(session)
    session.set_speed(0)
    session.play()
    state = looking.wait(lambda p: (m := p.last("state")) and m["ended"] and m)
    assert state["reason"] == words
    last = looking.wait(lambda p: p.step == 4 and p.frames[-1].flags & ENDED and p.frames[-1])
    plain = Runs(settings("commons", "commons", "directive"))
    for _ in range(4):
        plain.advance()
    assert same(looking.rows(), plain.series())  # all at the step before
    assert same(last.people, plain.pictures())
    session.move(1, 0, "money", 0.5, looking.viewer)
    assert "had to stop" in looking.wait(lambda p: p.last("refused"))["words"]
    session.restart(settings("commons", "directive"))
    looking.wait(lambda p: p.step == 0)
    session.step()
    looking.wait(lambda p: p.step == 1)
    assert looking.last("state")["reason"] == ""


def test_style__that_cannot_start_is_refused_and_leaves_what_there_is(
    opened, page, settings, monkeypatch
):
    class Halts(Style):
        """Cannot be made."""

        def __init__(self):
            raise OSError("no file")

    name = plugged(monkeypatch, Halts)
    with pytest.raises(UserError, match="cannot start: OSError: no file"):
        Session(settings("commons", name))
    session = opened(settings("commons", "directive"))
    looking = page(session)
    session.step()
    session.restart(settings("commons", name))
    assert "OSError" in looking.wait(lambda p: p.last("refused"))["words"]
    session.step()
    assert looking.wait(lambda p: p.step == 2)
    assert session.settings == settings("commons", "directive")


def test_q32_sessions__never_see_or_stop_each_other(opened, page, settings):
    asked = [settings("commons", "contest", seed=1), settings("directive", "steward", seed=2)]
    alone = []
    for one in asked:
        session = Session(one)
        runs = session._runs
        while not runs.done:
            runs.advance()
        alone.append(runs.series())
    for _ in range(3):
        both = [opened(one) for one in asked]
        pages = [page(session) for session in both]
        for session in both:
            session.set_speed(0)
            session.play()
        third = opened(asked[0])
        third.play()
        third.close()
        for looking, expected in zip(pages, alone, strict=True):
            looking.wait(lambda p: p.step == STEPS and p.rows().shape[1] == STEPS + 1)
            assert same(looking.rows(), expected)
        assert both[0].id != both[1].id
        for session in both:
            session.close()


def test_close__ends_the_thread_within_a_step_and_lets_go_of_the_runs(
    opened, page, settings, monkeypatch
):
    advance, late = Runs.advance, []

    def advance_and_tell(runs):
        late.append(session._closing)
        advance(runs)

    monkeypatch.setattr(Runs, "advance", advance_and_tell)
    session = opened(settings("commons", "directive", people=20_000))
    looking = page(session)
    session.set_speed(0)
    session.play()
    looking.wait(lambda p: p.step >= 2)
    dead = weakref.ref(session._runs.simulations[0])
    people = weakref.ref(session._runs.simulations[1].state.people)
    session.close()
    assert sum(late) <= 1
    assert not session._thread.is_alive()
    gc.collect()
    assert dead() is None
    assert people() is None
    frames = len(looking.frames)
    session.play()
    session.step()
    looking.viewer.acknowledge(frames)
    session.close()
    assert len(looking.frames) == frames
    with pytest.raises(UserError, match="has ended"):
        session.snapshot()
    assert session.settings.people == 20_000


def test_page__that_cannot_be_reached_is_forgotten(opened, page, settings):
    def lost(message):
        raise RuntimeError("the loop is closed")

    session = opened(settings("commons", "directive"))
    session.attach(lost)
    looking = page(session)
    session.step()
    looking.wait(lambda p: p.step == 1)
    assert len(session._viewers) == 1


def resident():
    """Resident memory of this process [MB]."""
    words = Path("/proc/self/statm").read_text().split()
    return int(words[1]) * 4096 / 1e6


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_q27_session__does_not_grow_with_restarts(opened, page, settings):
    session = opened(settings("commons", "directive"))
    looking = page(session)
    asked = settings("commons", "directive", people=1000)
    looking.wait(lambda p: p.frames)
    dead = weakref.ref(session._runs.simulations[0])
    for n in range(1, 301):
        session.restart(asked)
        session.step()
        looking.wait(lambda p: p.step == 1)
        looking.frames.clear()
        looking.messages.clear()
        if n == 50:
            gc.collect()
            before = resident()
    gc.collect()
    assert dead() is None
    assert resident() - before < 20


def test_q27_session__does_not_grow_with_a_page_that_never_answers(opened, page, settings):
    session = opened(settings("commons", "directive"))
    deaf = page(session, acknowledges=False)
    looking = page(session)
    for _ in range(20):
        finish(session, looking)
        session.restart(session.settings)
        looking.wait(lambda p: p.step == 0)
    assert len(deaf.frames) == 2
    assert session._asked.qsize() < 5


def test_methods__are_safe_from_many_threads(opened, page, settings):
    session = opened(settings("commons", "directive", people=100))
    looking = page(session)

    def ask(number):
        for n in range(20):
            session.move(number * 100 + n, number % 2, LEVERS[n % 12], 0.5, looking.viewer)
            session.step()
            session.described()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert session.snapshot().step == 80
    done = [message for message in looking.messages if message["is"] == "done"]
    assert len(done) == 80
    replayed = Runs(session.settings)
    for _ in range(80):
        replayed.advance()
    assert same(replayed.series(), session.snapshot().series)


def test_about__says_what_the_page_needs(opened, settings):
    session = opened(settings("commons", Column("directive", {"money": 0.5})))
    about = session.about()
    assert about["people"] == 1500
    assert [series["name"] for series in about["series"]] == NAMES
    assert len(NAMES) == 15
    assert [series["chart"] for series in about["series"]] == ["large"] * 4 + ["small"] * 11
    assert about["start"][1][0][LEVERS.index("money")] == 0.5
    assert about["start"][0][0][LEVERS.index("money")] == STYLES["commons"].levers.money
    assert {style["name"] for style in about["styles"]} == set(STYLES)
    markets = {scenario["name"]: scenario["market"] for scenario in about["scenarios"]}
    assert markets["open_source"] is False
    assert markets["mixed_market"] is True
    described = session.described()
    assert read_settings(described["link"]) == session.settings
    assert described["settings"]["columns"][1] == ["directive", {"money": 0.5}]


def test_about__of_a_market_says_who_is_managed_how_and_where_no_levers_are(opened, page, settings):
    session = opened(settings("", "commons", scenario="mixed_market", people=300))
    looking = page(session)
    first = looking.wait(lambda p: p.frames and p.frames[0])
    assert np.isnan(first.levers).all(axis=2).tolist() == [[True] * 4, [False] * 4]
    about = msgspec.json.decode(msgspec.json.encode(session.about()))
    assert about["start"] == [[[None] * len(LEVERS)] * 4, first.levers[1].tolist()]
    assert about["managed"] == [[], ["Command", "Kit", "Commons", "Steward"]]
    own = about["styles"][0]
    assert (own["name"], own["title"]) == ("", "own styles")
    assert "Command (directive), Kit (toolkit), " in own["doc"]
    session.move(1, 0, "fun", 0.5, looking.viewer)
    refused = looking.wait(lambda p: p.last("refused"))
    assert "there are no levers to hold" in refused["words"]
    assert session.settings.moves == ()
