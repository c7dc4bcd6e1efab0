from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sim import Levers
from sim.core.jit import kernel
from sim.core.motives import MOTIVES
from sim.core.random import Stream
from sim.core.rules.gate import close_gates, open_gates
from sim.core.state import BLOCK, new_desk
from sim.core.together import new_progress
from sim.core.turns import submit


def apart(to, start):
    return (to - start + 0.5) % 1 - 0.5


def test_gate__decides_by_one_draw_for_each_contribution(begin, one_step, dice):
    """The whole of step 3, for a busy gate with a backlog and an open one."""
    eco = begin(
        Levers(control=0.7, tools=0.5, experts=0.4, transparency=0.6),
        Levers(control=0.1, transparency=0.9),
        population={"founders": 0.9},
        effort={"contributions": "60 per month"},
        gate={"review_capacity": "15 per month"},
        time={"steps": 3},
    )
    eco.advance(2)
    before, after = one_step(eco)
    control, tools, experts = np.array([0.7, 0.1]), np.array([0.5, 0.0]), np.array([0.4, 0.0])
    openness = np.array([0.6, 0.9])
    was, now, people = before.companies, after.companies, after.people
    due = control * (was["waiting"] + now["submitted"])
    seen = np.minimum(1, 15 * (1 + tools) * (0.5 + 0.5 * (1 - experts)) / due)
    np.testing.assert_allclose(now["seen"], seen, rtol=1e-12)
    assert seen[0] < 0.5 < 1 == seen[1]
    eyes = (1 - np.exp(-was["active"] / 80)) * (0.3 + 0.7 * openness)
    screened = 0.95 * (control * seen + (1 - control) * eyes)
    np.testing.assert_allclose(now["noise"], 12 * (1 - screened), rtol=1e-12)

    member = before.people["company"]
    inside = member >= 0
    c = np.maximum(member, 0)
    far = apart(people["goal"], was["goal"][c]) / 0.2
    works = 1 - (1 - people["skill"]) * np.exp(-before.people["accepted_ever"] / 3.6)
    accept = (1 - control[c] + control[c] * seen[c] * np.exp(-control[c] * far**2)) * works
    wait = control[c] * (1 - seen[c]) * np.exp(-0.3)
    n = np.where(inside, before.people["waiting"] + people["submitted"], 0)
    draws = np.array([dice(eco, Stream.GATE, j) for j in range(n.max())])
    cast = np.arange(n.max())[:, None] < n
    accepted = (cast & (draws < accept)).sum(axis=0)
    waiting = (cast & (draws >= accept) & (draws < accept + wait)).sum(axis=0)
    stayed = people["company"] == member
    assert (people["accepted"] == accepted).all()
    assert (people["waiting"] == np.where(stayed, waiting, 0)).all()
    assert waiting.sum() > 20
    assert before.people["waiting"].sum() > 20


def test_gate__without_control_accepts_whatever_works(begin, one_step):
    eco = begin(Levers(), population={"skill": 1.0, "skill_spread": 0.0})
    company = one_step(eco)[1].companies
    assert company["accepted"] == company["submitted"] > 20
    eco = begin(Levers(), population={"skill": 0.0, "skill_spread": 0.0})
    company = one_step(eco)[1].companies
    assert company["rejected"] == company["submitted"] > 20


def test_gate__without_reviewers_lets_wait_until_it_goes_stale(begin):
    eco = begin(
        Levers(control=1.0),
        gate={"review_capacity": "0 per month", "stale": "0.5 per month"},
        turnover=dict.fromkeys(("leave", "leave_early"), "0 per month"),
        effort={"contributions": "900 per month"},
    )
    eco.advance(1)
    first = eco.state.companies[0]
    assert first["seen"] == 0
    assert first["accepted"] == 0
    assert first["waiting"] / first["submitted"] == pytest.approx(np.exp(-0.5), abs=0.02)


def test_gate__is_passed_by_nothing_where_control_sends_nothing_through_it(begin, one_step):
    """At a load of 0 all that works is accepted, and at 0.4 the gate decides on 0.4 of it."""

    def decided(gated):
        eco = begin(
            Levers(control=1.0),
            population={"people": 2000, "skill": 1.0, "skill_spread": 0.0},
            gate={"gated": gated, "review_capacity": "0 per month", "stale": "0 per month"},
            effort={"contributions": "20 per month"},
            turnover=dict.fromkeys(("leave", "leave_early"), "0 per month"),
        )
        company = one_step(eco)[1].companies[0]
        assert company["submitted"] > 1000
        assert company["accepted"] + company["waiting"] == company["submitted"]
        return company["seen"], company["waiting"] / company["submitted"]

    assert decided(0.0) == (1.0, 0.0)
    assert decided(0.4) == (0.0, pytest.approx(0.4, abs=0.06))  # 3.9 standard deviations
    assert decided(1.0) == (0.0, 1.0)


@kernel
def open_all(par, companies, tallies):
    open_gates(par[0], companies, tallies)


@kernel
def submit_all(t, worker, progress, key, par, people, companies, busy, lists, tallies, desk):
    submit(t, worker, progress, key, par[0], people, companies, busy, lists, tallies, desk[0])


@kernel
def close_all(companies, tallies):
    close_gates(companies, tallies)


def contribute(every, state):
    """Every `every`-th person, from the last, submits one contribution, as their turn leaves it."""
    state.people["accepted"] = state.people["rejected"] = 0
    state.people["submitted"] = (np.arange(len(state.people)) + 1) % every == 0
    who = np.flatnonzero(state.people["submitted"])
    block = who // BLOCK
    n_busy = np.bincount(block, minlength=len(state.lists))
    state.lists["busy"] = n_busy
    before = np.cumsum(n_busy) - n_busy
    state.busy[block * BLOCK + np.arange(len(who)) - before[block]] = who
    state.tallies[:] = state.tallies[-1]
    of_company = np.bincount(3 * block + state.people["company"][who], minlength=3 * block[-1] + 3)
    state.tallies["submitted"][:-1] = of_company.reshape(-1, 3)


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("repeats", [2, pytest.param(50, marks=pytest.mark.slow)])
def test_q07_totals__of_a_million_contributions_are_exact(begin, threads, repeats):
    eco = begin(
        *[Levers()] * 3,
        population={"people": 100_000, "skill": 1.0, "skill_spread": 0.0, "founders": 1.0},
        world={"problems": 1},
    )
    state = eco.state
    in_plain_python = sum(1 for _ in range(10) for _ in state.people["company"])

    def count(every, start):
        """Ten steps on these threads, which share the blocks out; counts what was accepted."""
        total, of_company = start, np.zeros(3, np.int64)
        for t in range(1, 11):
            contribute(every, state)
            open_all(eco.par, state.companies, state.tallies)
            rest = eco.par, state.people, state.companies, state.busy, state.lists, state.tallies
            progress = new_progress(threads)
            turns = [
                pool.submit(submit_all, t, w, progress, eco.key, *rest, new_desk(len(MOTIVES)))
                for w in range(threads)
            ]
            for turn in turns:
                turn.result()
            close_all(state.companies, state.tallies)
            for name in ("submitted", "accepted"):
                found = np.bincount(state.people["company"], state.people[name])
                assert (state.companies[name] == found).all()
            total += int(state.companies["accepted"].sum())
            of_company += state.companies["accepted"]
        assert start + of_company.sum() == total
        assert (of_company > 0).all()
        return total

    with ThreadPoolExecutor(threads) as pool:
        counts = [count(*each) for each in [(1, 0), (2, 0), (1, 1)] * repeats]
    assert in_plain_python == 1_000_000
    assert counts == [1_000_000, 500_000, 1_000_001] * repeats
