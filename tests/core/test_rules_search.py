import numpy as np
import pytest

from sim import Levers
from sim.core.jit import kernel
from sim.core.numbers import normal_quantile
from sim.core.random import Stream, uniform
from sim.core.rules.search import SMALL, call_for_work, seems_better
from sim.core.rules.search import begin as begin_at

CERTAIN = {"judging_noise": 0.0}
OPEN = {"secrecy": 0.0}
STILL = {"renewal": "0 per month"}
BUSY = {"contributions": "30 per month"}


def heights(state):
    return state.rings[state.problems["ring"], state.problems["at"]]


def start_low(eco):
    """Puts every problem at the lowest place of its ring."""
    problems, rings = eco.state.problems, eco.state.rings
    problems["at"] = rings.argmin(axis=1)[problems["ring"]]


@kernel
def judge(gain, noise, u, out):
    """Whether it seems better, as the core decides and as it is defined."""
    for n in range(len(u)):
        out[n, 0] = seems_better(gain[n], noise[n], u[n])
        out[n, 1] = gain[n] + noise[n] * normal_quantile(u[n]) > 0.0


def test_judging__decides_as_without_its_shortcut():
    """For many gains, errors and draws, and next to where the shortcut ends."""
    some = np.random.default_rng(1).random(50)
    ends = np.concatenate([SMALL, SMALL + 1e-9])
    beside = np.add.outer(np.array([-1.0, 0.0, 1.0]) * 2.0**-53, ends).ravel()
    u = np.clip(np.concatenate([some, beside, 1.0 - beside]), 2.0**-53, 1.0 - 2.0**-53)
    noise = np.array([0.0, 1e-300, 1e-9, 0.37, 5.0, 30.0])
    gain = np.concatenate([[0.0, 1e-300], np.ldexp(1.0, np.arange(-40, 7, 6)), [20.0, 50.0, 100.0]])
    edges = np.multiply.outer(noise, np.arange(1, 27, 5) / 4.0).ravel()
    gain = np.concatenate([gain, edges, np.nextafter(edges, 0.0), np.nextafter(edges, 99.0)])
    gain = np.concatenate([gain, -gain])
    gain, noise, u = (x.ravel() for x in np.meshgrid(gain, noise, u))
    out = np.zeros((len(u), 2), np.bool_)
    judge(gain, noise, u, out)
    assert (out[:, 0] == out[:, 1]).all()
    for where in (noise > 1.0, (noise > 1.0) & (abs(gain) >= 20.0)):
        assert 0.1 < out[where, 0].mean() < 0.9


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


@kernel
def where_all_begin(key, par, companies, offers, problems, rings, out):
    """The start of everybody's contribution number 2 in step 1, on the first problem."""
    call_for_work(0, 0, par[0], companies[0], offers[0], problems)
    for i in range(len(out)):
        sight = uniform(key, Stream.ENTRY, 1, i, 6)
        out[i] = begin_at(1, i, 2, key, par[0], offers[0], problems[0, 0], sight, rings)


@pytest.mark.parametrize(
    ("secrecy", "transparency", "integrality"),
    [(0.8, 0.5, 0.7), (1.0, 0.0, 0.0), (1.0, 0.0, 10.0), (1.0, 1.0, 0.7), (0.0, 0.0, 0.7)],
)
def test_work__begins_at_what_can_be_seen_or_at_ones_own_idea(
    begin, dice, secrecy, transparency, integrality
):
    """Who sees nothing begins anywhere; what was begun so fits with a chance of e^-integrality."""
    eco = begin(
        Levers(),
        population={"people": 20_000},
        world={"integrality": integrality},
        search={"secrecy": secrecy},
    )
    state = eco.state
    state.problems["at"] = 77
    state.companies["transparency"] = transparency
    at = np.full(20_000, -9)
    where_all_begin(
        eco.key, eco.par, state.companies, state.offers, state.problems, state.rings, at
    )
    sees, fits, where = (dice(eco, Stream.ENTRY, j, t=1) for j in (6, 7, 8))
    hidden = secrecy * (1 - transparency)
    modular = np.exp(-integrality)
    own = np.where(fits < modular, np.floor(100 * where), -1)
    assert (at == np.where(sees < 1 - hidden, 77, own)).all()
    # Shares of 20,000, at most 3.9 standard deviations off (an error rate of 1e-4).
    for found, share in ((at == -1, hidden * (1 - modular)), (sees < 1 - hidden, 1 - hidden)):
        assert abs(found.mean() - share) <= 3.9 * np.sqrt(share * (1 - share) / 20_000)


def test_relay__leaves_out_what_does_not_fit(begin, one_step):
    """Nothing that was begun alone fits into an integral product, however good it is."""

    def moved(integrality, transparency):
        eco = begin(
            Levers(transparency=transparency),
            world={**STILL, "integrality": integrality},
            gate=CERTAIN,
            effort=BUSY,
        )
        start_low(eco)
        eco.state.problems["ring"] = 0
        before, after = one_step(eco)
        assert after.companies["accepted"][0] > 50
        return (heights(after) > heights(before)).mean()

    assert moved(10.0, 0.0) == 0  # e^-10 of a few hundred
    assert moved(10.0, 1.0) == moved(0.0, 0.0) == 1


def test_own_idea__leads_to_where_the_relay_does_not(begin, one_step):
    """All are stuck on a low peak that all can see. Who begins anew climbs the high one."""

    def reached(secrecy):
        eco = begin(
            Levers(),
            population={"people": 50, "skill": 1.0, "skill_spread": 0.0},
            world={"problems": 1, "ring": 40, "pool": 1, "largest_step": 3, **STILL},
            search={"secrecy": secrecy},
            gate=CERTAIN,
            effort=BUSY,
        )
        eco.state.rings[0] = [*range(0, 20, 2), 30, *range(18, 0, -2)] * 2
        eco.state.rings[0, 30] = 90
        eco.state.problems["at"] = 10
        return heights(one_step(eco)[1])[0, 0]

    assert reached(secrecy=0.0) == 30
    assert reached(secrecy=1.0) == 90


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


def test_experts__who_are_stuck_begin_anew_and_keep_the_better(begin, one_step, dice):
    """One expert tries each of 60 problems once or not, at the place where none of her steps helps.

    Where the dice let her begin, she climbs; what is no better than before is left.
    """
    better = worse = 0
    for seed in range(12):
        eco = begin(
            Levers(experts=1.0),
            seed=seed,
            population={"founders": 0.0},
            world={**STILL, "problems": 60},
            search={"staff": 1, "expert_problems": "1 per month"},
        )
        state = eco.state
        state.problems["at"] = -1
        steps = dict(zip(STEPS, state.experts[0], strict=True))
        for task in state.problems[0]:
            task["at"] = climb(state.rings[task["ring"]], 0, steps)
        before, after = one_step(eco)
        tried = int(60 * dice(eco, Stream.EXPERTS, 1)[0])
        was, now = before.problems[0, tried], after.problems[0, tried]
        ring = state.rings[was["ring"]]
        again = climb(ring, int(100 * dice(eco, Stream.RETRIAL)[0]), steps)
        assert now["at"] == (again if ring[again] > ring[was["at"]] else was["at"])
        others = np.delete(np.arange(60), tried)
        assert (after.problems["at"][0, others] == before.problems["at"][0, others]).all()
        better += ring[again] > ring[was["at"]]
        worse += ring[again] < ring[was["at"]]
    assert better > 1 < worse


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


def test_facilitation__shows_people_what_is_hidden_from_others(begin, one_step):
    """In a closed and integral product only the work of those whom experts match fits."""

    def moved(matches):
        eco = begin(
            Levers(experts=1.0, facilitation=1.0),
            world={**STILL, "integrality": 10.0},
            gate=CERTAIN,
            search={"matches": f"{matches} per month"},
            effort=BUSY,
        )
        start_low(eco)
        before, after = one_step(eco)
        assert after.companies["accepted"][0] > 50
        return (heights(after) > heights(before)).tolist()

    assert moved(0) == [[False] * 3]
    assert moved(1000) == [[True] * 3]


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
    eco = begin(Levers(contest=1.0), world=STILL, gate=CERTAIN, search=OPEN, effort=many)
    start_low(eco)
    before, after = one_step(eco)
    entrants = np.flatnonzero(after.people["accepted"] + after.people["rejected"] > 0)
    for p, task in enumerate(before.problems[0]):
        ring = after.rings[task["ring"]]
        best = max(ring[climb(ring, task["at"], after.people[i])] for i in entrants)
        assert heights(after)[0, p] == best


STEPS = ("first_step", "second_step", "third_step")


def climb(ring, at, me):
    """Hong & Page (2004), by their words: try the steps in turn, stop after three failures."""
    steps = [me[name] for name in STEPS]
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
            search=OPEN,
        )
        eco.state.rings[0] = (10, 50, 0, 0, 0, 90, 0, 0, 0, 0, 0, 0)
        eco.state.problems["at"] = 0
        eco.state.types["intercept"] = eco.state.people["activity"] = 1.0
        for n, name in enumerate(STEPS):
            eco.state.people[name] = ((1, 2, 3)[n], (5, 6, 2)[n])
        people = one_step(eco)[1].people
        entered = dice(eco, Stream.PROBLEM, 1) < 0.5
        if people["submitted"].tolist() == [1, 1] and entered.tolist() == [True, False]:
            break
    assert people["accepted"].tolist() == [1, 1]
    assert heights(eco.state)[0, 0] == 90


def test_contest__is_won_but_changes_nothing_where_the_product_is_better(begin, one_step):
    """The prize goes to the best entry, 20 high; what is used is the better of the two."""

    def after_contest(height):
        eco = begin(
            Levers(contest=1.0, money=1.0),
            population={"people": 20},
            world={**STILL, "integrality": 0.0, "ring": 5000},
            gate=CERTAIN,
            effort=BUSY,
        )
        for n, name in enumerate(STEPS):
            eco.state.people[name] = n + 1
        eco.state.rings[:] = 20.0  # level but for one place, where nobody happens to begin
        eco.state.rings[:, 50] = height
        eco.state.problems["at"] = 50
        after = one_step(eco)[1]
        assert (after.problems["entry"] == 20).all()
        assert (after.problems["winner"] >= 0).all()
        assert after.companies["paid"][0] == 30
        return after.problems["at"][0].tolist()

    assert after_contest(21.0) == [50] * 3
    assert 50 not in after_contest(19.0)


def test_contest__entry_that_does_not_fit_loses(begin, one_step):
    """Without transparency, in an integral product, nobody wins and nobody is paid a prize."""
    eco = begin(
        Levers(contest=1.0, money=1.0),
        world={**STILL, "integrality": 10.0},
        gate=CERTAIN,
        effort=BUSY,
    )
    start_low(eco)
    before, after = one_step(eco)
    company = after.companies[0]
    assert company["rejected"] > 50
    assert company["accepted"] == company["paid"] == 0
    assert (after.problems["winner"] == -1).all()
    assert (after.problems["at"] == before.problems["at"]).all()


@pytest.mark.parametrize("called", [0.0, 0.4, 1.0])
def test_contest__calls_for_its_part_of_the_work(begin, one_step, dice, called):
    """Who made one contribution was called if it was rejected, or accepted as a winner."""
    eco = begin(
        Levers(contest=0.5),
        population={"people": 3000, "skill": 1.0, "skill_spread": 0.0},
        world={**STILL, "problems": 200},
        search={"called": called, **OPEN},
    )
    after = one_step(eco)[1]
    people, winners = after.people, after.problems["winner"][0]
    once = people["submitted"] == 1
    won = np.isin(np.arange(3000), winners)
    assert once.sum() > 100
    entered = dice(eco, Stream.PROBLEM, 1) < called * 0.5
    assert (((people["rejected"] == 1) | won)[once] == entered[once]).all()
    assert (winners >= 0).any() == (called > 0)


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
    assert (first.astype(np.float32) == people["welcomed"]).all()
    assert 0 < first[first >= 0].mean() < 1
