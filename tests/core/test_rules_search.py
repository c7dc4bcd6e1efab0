import numpy as np
import pytest

from sim import Levers
from sim.core.random import Stream

CERTAIN = {"judging_noise": 0.0}
STILL = {"renewal": "0 per month"}
BUSY = {"contributions": "30 per month"}


def heights(state):
    return state.rings[state.problems["ring"], state.problems["at"]]


def start_low(eco):
    """Puts every problem at the lowest place of its ring."""
    problems, rings = eco.state.problems, eco.state.rings
    problems["at"] = rings.argmin(axis=1)[problems["ring"]]


def test_relay__never_goes_down_when_judging_is_certain(begin, one_step):
    eco = begin(Levers(), world=STILL, gate=CERTAIN, time={"steps": 8})
    start_low(eco)
    low = heights(eco.state).copy()
    for _ in range(8):
        before, after = one_step(eco)
        assert (heights(after) >= heights(before)).all()
    assert (heights(eco.state) > low).all()


def test_relay__may_lose_a_good_solution_when_judging_errs(begin, one_step):
    eco = begin(Levers(), world=STILL, gate={"judging_noise": 100.0}, effort=BUSY)
    eco.state.problems["at"] = eco.state.rings.argmax(axis=1)[eco.state.problems["ring"]]
    before, after = one_step(eco)
    assert (heights(after) < heights(before)).any()


def test_problems__of_one_company_do_not_move_those_of_another(begin, one_step):
    eco = begin(Levers(), Levers(), world=STILL)
    eco.state.people["activity"][eco.state.people["company"] == 1] = 0.0
    before, after = one_step(eco)
    assert (after.problems["at"][0] != before.problems["at"][0]).any()
    assert (after.problems["at"][1] == before.problems["at"][1]).all()


@pytest.mark.parametrize(("facilitation", "solve"), [(0.0, True), (1.0, False)])
def test_experts__solve_or_enable(begin, one_step, facilitation, solve):
    eco = begin(
        Levers(experts=1.0, facilitation=facilitation),
        population={"founders": 0.0},
        world=STILL,
        search={"expert_problems": "90 per month"},
    )
    start_low(eco)
    before, after = one_step(eco)
    rings = after.rings
    if not solve:
        assert (after.problems["at"] == before.problems["at"]).all()
        return
    for ring, at in zip(after.problems["ring"][0], after.problems["at"][0], strict=True):
        n = rings.shape[1]
        reached = (at + after.experts) % n
        assert (rings[ring, reached] <= rings[ring, at]).all()  # nobody of them gets further


def test_experts__choose_their_problems_company_by_company(begin, one_step, dice):
    eco = begin(
        Levers(experts=1.0),
        Levers(experts=1.0),
        population={"founders": 0.0},
        world={**STILL, "problems": 60},
        search={"staff": 10, "expert_problems": "3 per month"},
    )
    start_low(eco)
    before, after = one_step(eco)
    tries = [np.floor(60 * dice(eco, Stream.EXPERTS, 2 * k + 1)).astype(int) for k in range(3)]
    chosen = [{int(n) for each in tries for n in each[10 * c : 10 * c + 10]} for c in (0, 1)]
    moved = after.problems["at"] != before.problems["at"]
    assert [set(np.flatnonzero(row).tolist()) for row in moved] == chosen
    assert chosen[0] != chosen[1]


def test_facilitation__brings_people_to_where_they_help(begin, one_step):
    """Of many problems one is open; without help few of the contributions find it."""

    def solved(**levers):
        eco = begin(
            Levers(**levers),
            world={**STILL, "problems": 60},
            gate=CERTAIN,
            search={"matches": "1000 per month"},
            effort={"contributions": "0.2 per month"},
        )
        problems, rings = eco.state.problems, eco.state.rings
        problems["at"] = rings.argmax(axis=1)[problems["ring"]]
        problems["at"][0, 0] = rings.argmin(axis=1)[problems["ring"][0, 0]]
        before, after = one_step(eco)
        assert 0 < after.companies["accepted"][0] < 30
        return heights(after)[0, 0] > heights(before)[0, 0]

    assert solved(experts=1.0, facilitation=1.0)
    assert not solved()


def test_contest__pays_the_best_entry_of_each_problem_alone(begin, one_step):
    levers = Levers(contest=1.0, money=0.8)
    eco = begin(levers, world=STILL, gate=CERTAIN, effort=BUSY)
    start_low(eco)
    before, after = one_step(eco)
    people, problems, company = after.people, after.problems[0], after.companies[0]
    winners = problems["winner"]
    assert (winners >= 0).all()
    assert company["accepted"] == people["accepted"].sum() == len(winners)
    earned = people["earned"] - before.people["earned"]
    prize = 30 * 1.0 * 0.8 / len(winners)
    np.testing.assert_allclose(earned, prize * np.bincount(winners, minlength=len(people)))
    assert company["paid"] == pytest.approx(30 * 0.8)
    assert (problems["at"] == problems["entry_at"]).all()
    assert (problems["entry"] == heights(after)[0]).all()
    assert (heights(after) > heights(before)).all()


def test_contest__entries_start_from_the_same_place(begin, one_step):
    """Nobody builds on an entry of the same step: the best is the best single climb."""
    many = {"contributions": "300 per month"}
    eco = begin(Levers(contest=1.0), world=STILL, gate=CERTAIN, effort=many)
    start_low(eco)
    before, after = one_step(eco)
    entrants = np.flatnonzero(after.people["accepted"] + after.people["rejected"] > 0)
    for p, task in enumerate(before.problems[0]):
        ring = after.rings[task["ring"]]
        best = max(ring[climb(ring, task["at"], after.people[i])] for i in entrants)
        assert heights(after)[0, p] == best


def climb(ring, at, me):
    """Hong & Page (2004), by their words: try the steps in turn, stop after three failures."""
    steps = [me["first_step"], me["second_step"], me["third_step"]]
    failures, turn = 0, 0
    while failures < 3:
        there = (at + steps[turn % 3]) % len(ring)
        if ring[there] > ring[at]:
            at, failures = there, 0
        else:
            failures += 1
        turn += 1
    return at


def test_contest__does_not_undo_what_the_relay_found(begin, one_step, dice):
    """Ann's entry reaches 50. Then Ben, who works openly, reaches 90: that is kept."""
    for seed in range(1, 200):
        eco = begin(
            Levers(contest=0.5),
            seed=seed,
            population={"people": 2, "skill": 1.0, "skill_spread": 0.0},
            world={"problems": 1, "ring": 12, "pool": 1, "largest_step": 6, **STILL},
            effort={"contributions": "1 per month", "effort_cost": -100.0},
            gate=CERTAIN,
        )
        eco.state.rings[0] = (10, 50, 0, 0, 0, 90, 0, 0, 0, 0, 0, 0)
        eco.state.problems["at"] = 0
        eco.state.people["intercept"] = eco.state.people["activity"] = 1.0
        for n, name in enumerate(("first_step", "second_step", "third_step")):
            eco.state.people[name] = ((1, 2, 3)[n], (5, 6, 2)[n])
        people = one_step(eco)[1].people
        entered = dice(eco, Stream.PROBLEM, 1) < 0.5
        if people["submitted"].tolist() == [1, 1] and entered.tolist() == [True, False]:
            break
    assert people["accepted"].tolist() == [1, 1]
    assert heights(eco.state)[0, 0] == 90


def test_work__is_spread_evenly_over_problems(begin, dice):
    eco = begin(population={"people": 3000}, world={"problems": 3})
    eco.advance(1)
    chosen = np.floor(3 * dice(eco, Stream.PROBLEM)).astype(int)
    # Each share is binomial with standard deviation 0.0086; five of them.
    assert np.abs(np.bincount(chosen) / 3000 - 1 / 3).max() < 0.043


def test_first_decision__is_remembered(begin):
    eco = begin(time={"steps": 4})
    first = np.full(200, -1.0)
    for _ in range(4):
        eco.advance(1)
        people = eco.state.people
        decided = people["accepted"] + people["rejected"]
        new = (first < 0) & (decided > 0)
        first[new] = people["accepted"][new] / decided[new]
    assert (first == people["welcomed"]).all()
    assert 0 < first[first >= 0].mean() < 1
