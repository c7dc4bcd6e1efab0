"""One step of three people and one company, worked out on paper with fourteen digits.

Ann and Ben are members, Cem is not yet. Ann knows Ben and Cem. Each test does one part of the
step by plain arithmetic; a number that a later part needs stands in capitals. The dice are the
core's draws, whose values stand here too. Where the core keeps a number in 32 bits and goes on with
that, `single` does.
"""

from math import cos, exp, log, pi, sin, sqrt
from statistics import NormalDist

import numpy as np
import pytest

from sim import Levers, Style
from sim.core.draws import draw_all
from sim.core.motives import MOTIVES
from sim.core.random import Stream
from sim.reading import change
from sim.scenario import Scenario
from sim.simulation import Simulation

ANN, BEN, CEM = 0, 1, 2
PEOPLE = {
    "need": (0.20, 0.40, 0.30),
    "goal": (0.25, 0.38, 0.30),
    "activity": (2.0, 1.0, 1.0),
    "skill": (0.6, 0.5, 0.7),
    "belief": (0.5, 0.3, 0.6),
    "trust": (0.6, 0.4, 0.5),
    "crowding": (0.1, 0.95, 0.0),
    "utility": (0.0, 0.0, 0.0),
    "effort": (0.0, 0.0, 0.0),
    "earned": (3.0, 1.0, 0.0),
    "welcomed": (1.0, -1.0, -1.0),
    "first_step": (1, 4, 2),
    "second_step": (2, 1, 5),
    "third_step": (3, 5, 1),
    "volunteer": (0, 1, 0),
    "reciprocity": (0, 1, 2),
    "company": (0, 0, -1),
    "adopted": (-1, -1, -1),
    "joined": (0, 0, -1),
    "first": (0, 0, -1),
    "last": (0, 0, -1),
    "awarded": (-1, -1, -1),
    "made": (3, 2, 0),
    "made_here": (3, 2, 0),
    "accepted_ever": (2, 0, 0),
    "submitted": (0, 0, 0),
    "accepted": (0, 0, 0),
    "rejected": (0, 0, 0),
    "waiting": (0, 2, 0),
    "aware": (0, 0, 0),
    "gone": (0, 0, 0),
    "invited": (0, 0, 0),
}
TYPES = ((0.0, 0.74), (0.0, 0.0), (0.12, 0.06), (0.25, 0.11))  # each one's start and slope
WEIGHTS = {  # sum 1 for each person; Ben, a volunteer, has no own use
    "fun": (0.1, 0.2, 0.2),
    "money": (0.4, 0.3, 0.2),
    "own_use": (0.2, 0.0, 0.2),
    "recognition": (0.2, 0.1, 0.2),
    "social": (0.1, 0.4, 0.2),
}
COMPANY = {
    "goal": 0.30,
    "direction": 0.24,
    "endowment": 6.0,
    "cash": 5.0,
    "members": 2,
    "active": 1,
    "submitted": 3,
    "accepted": 3,
    "waiting": 2,
    "parts": 20.0,
    "phase_cos": -4.0,
    "phase_sin": 18.0,
    "captured": 1.5,
    "acceptance": 0.7,
    "trust": 0.5,
    "stock": 4.0,
    "served": 0.8,
    "adopters": 1,
}
RING = (40, 10, 20, 90, 30, 50, 35, 80, 60, 20)
CENTRE = 0.28


class Mixed(Style):
    """A bit of everything."""

    levers = Levers(
        control=0.4,
        vision=0.5,
        money=0.5,
        recognition=0.6,
        fun=0.5,
        social=0.5,
        transparency=0.6,
        sharing=0.3,
        experts=0.5,
        tools=0.8,
        contest=0.25,
        facilitation=0.5,
    )


def begin():
    """The world before the step."""
    eco = Simulation(
        change(
            Scenario("three people"),
            population={"people": 3},
            time={"steps": 1},
            motives=dict.fromkeys(WEIGHTS, 0.2),
            world={
                "problems": 2,
                "ring": 10,
                "pool": 1,
                "largest_step": 5,
                "renewal": "0.5 per month",
                "trust_critical": 0.5,
                "rivalry": 0.5,
                "worth": 60.0,
            },
            effort={
                "audience_appeal": 2.4,
                "contributions": "30 per month",
                "paid_effort": 0.8,
            },
            gate={"review_capacity": "1.5 per month", "gated": 0.9},
            search={
                "staff": 2,
                "expert_sample": 1,
                "expert_problems": "3 per month",
                "matches": "1 per month",
                "secrecy": 0.75,
                "called": 0.8,
            },
            money={
                "award_share": "1 per month",
                "wage": "0.5 per month",
                "tools_cost": "2 per month",
                "prize": "3 per month",
                "pay_purse": "1 per month",
                "payroll": 0.2,
                "payout": 0.9,
            },
            learning={"belief_sight": 0.5},
            turnover={
                "awareness": "1 per month",
                "leave_early": "0.5 per month",
                "closed_word": 0.6,
                "join_cost": -3.0,
            },
        ),
        Mixed,
        seed=831563,
    )
    state = eco.state
    for name, values in PEOPLE.items():
        state.people[name] = values
    for name, values in WEIGHTS.items():
        state.weights[:, list(MOTIVES).index(name)] = values
    for name, value in COMPANY.items():
        state.companies[name] = value
    state.faces["goal"] = state.people["goal"]
    state.faces["company"] = state.faces["coming"] = state.people["company"]
    state.world["centre"] = CENTRE
    state.rings[0] = RING
    state.experts[:] = ((1, 2, 3), (3, 1, 2))
    state.problems["ring"] = 0
    state.problems["at"] = ((0, 8),)
    state.offsets[:] = (0, 2, 3, 4)
    state.neighbours = np.array((BEN, CEM, ANN, ANN), state.neighbours.dtype)
    assert state.types.tolist() == list(TYPES)
    return eco


class Step:
    """The world after the step, and the dice that were cast in it."""

    def __init__(self):
        eco = begin()
        self.key = eco.key
        eco.advance()
        self.people, self.faces = eco.state.people, eco.state.faces
        self.company, self.problems = eco.state.companies[0], eco.state.problems[0]
        self.world, self.marks = eco.state.world[0], eco.state.marks[0]
        self.offer, self.tally = eco.state.offers[0], eco.state.tallies[0, 0]
        self.blank = eco.state.tallies[1]
        self.drive = dict(zip(MOTIVES, eco.state.drive[0], strict=True))
        self.run = eco.result()
        self.unseen = {("people", name) for name in self.people.dtype.names}
        for record in ("company", "offer", "tally"):
            self.unseen |= {(record, name) for name in getattr(self, record).dtype.names}

    def dice(self, stream, who, first=0, count=1):
        """Draws `first` .. of one person, problem or company in step 1."""
        cast = np.empty(who + 1)
        values = []
        for j in range(first, first + count):
            draw_all(self.key, int(stream), 1, j, cast)
            values.append(float(cast[who]))
        return values

    def people_are(self, **columns):
        for name, values in columns.items():
            if self.people[name].dtype == np.float32:
                values = [single(value) for value in values]
            assert self.people[name].tolist() == near(values), name
            self.unseen.discard(("people", name))

    def _is(self, record, fields):
        for name, value in fields.items():
            assert getattr(self, record)[name] == near(value), name
            self.unseen.discard((record, name))

    def company_is(self, **fields):
        self._is("company", fields)

    def offer_is(self, **fields):
        self._is("offer", fields)

    def tally_is(self, **fields):
        self._is("tally", fields)


def single(x):
    """A number as it is kept in 32 bits."""
    return float(np.float32(x))


def normal(u):
    return NormalDist().inv_cdf(u)


def near(value):
    return pytest.approx(value, rel=1e-12, abs=0)


@pytest.fixture(scope="module")
def step():
    return Step()


NEEDS = (0.191570302377256, 0.391570302377256, 0.291570302377256)
MARKET = 0.271570302377256


def test_world__drifts_and_keeps_its_problems(step):
    assert step.dice(Stream.WORLD_DRIFT, 0) == [0.1996226775910116]
    drift = 0.01 * normal(0.1996226775910116)
    assert 0.28 + drift == near(MARKET)
    assert step.world["centre"] == near(MARKET)
    assert [need + drift for need in (0.20, 0.40, 0.30)] == near(list(NEEDS))
    step.people_are(need=NEEDS)
    renewed = 1 - exp(-0.5)  # 0.5 per month, in a month
    assert step.dice(Stream.WORLD_RENEWAL, 0) == [0.9516572957166333] > [renewed]
    assert step.dice(Stream.WORLD_RENEWAL, 1) == [0.8452522415334972] > [renewed]
    assert step.problems["ring"].tolist() == [0, 0]


def test_levers__are_those_of_the_style(step):
    step.company_is(
        control=0.4, vision=0.5, money=0.5, recognition=0.6, fun=0.5, social=0.5,
        transparency=0.6, sharing=0.3, experts=0.5, tools=0.8, contest=0.25, facilitation=0.5,
    )  # fmt: skip


GOALS = (0.2560655904834, 0.370109365688097, 0.299580864227187)


def test_goals__move_to_vision_peers_and_need(step):
    mu, kappa = 1 - exp(-0.105), 1 - exp(-0.051)
    pull = 0.5 * mu  # half for the vision at 0.30, half for the peer's face; all within 0.2
    ann = 0.25 + kappa * (NEEDS[ANN] - 0.25) + pull * (0.30 - 0.25) + pull * (single(0.38) - 0.25)
    ben = 0.38 + kappa * (NEEDS[BEN] - 0.38) + pull * (0.30 - 0.38) + pull * (0.25 - 0.38)
    cem = 0.30 + kappa * (NEEDS[CEM] - 0.30)  # nobody's member: only the need
    assert (ann, ben, cem) == near(GOALS)
    step.people_are(goal=[ann, ben, cem])


CROWDINGS = (0.728558324970816, 0.949189945726185)
UTILITIES = (-1.61468291416245, -2.46538435306838)
EFFORTS = (0.101689339552155, 0.0405053664983643)
REACH = 1 - 0.8 * 0.8 * 0.6  # tools bridge 0.8 of the way, where they are and as far as it is open


def test_effort__follows_motives_and_reciprocity(step):
    target = 0.5 / (0.5 + 0.05)
    ann_crowded = 0.1 + (1 - exp(-1.5)) * (target - 0.1)
    ben_crowded = 0.95 + (1 - exp(-0.02)) * (target - 0.95)  # was paid better before
    assert (ann_crowded, ben_crowded) == near(CROWDINGS)
    left = [1 - 0.65 * crowding for crowding in CROWDINGS]

    prize = 3 / (3 * 3)  # 3 a month, for 3 contributions of the step before, each worth 3
    rate = max(1, 0.2 * 1.5) / 3  # the purse is more than is captured for pay; 3 were accepted
    pay = 0.5 * (0.75 * rate / 0.5 + 0.25 * prize)
    money = pay * (1 - 0.5 * 0.3) + 0.3 * 0.3
    recognition = 0.6 * (0.4 + 0.6 * 0.6)
    social = 0.5 * log(1 + 1 / 5) / log(41)
    fun = (1 - 0.8 * 0.4) * (0.4 + 0.6 * 0.5)
    fit = exp(-(((0.24 - NEEDS[ANN]) * REACH / 0.15) ** 2))
    own_use = (1 - fit) * 0.7 * (0.4 + 0.6 * 0.8)
    ann = {
        "fun": single(0.1) * fun * left[ANN],
        "money": single(0.4) * money,
        "own_use": single(0.2) * own_use,
        "recognition": single(0.2) * recognition * left[ANN],
        "social": single(0.1) * social * left[ANN],
    }
    ben = {
        "fun": single(0.2) * fun * left[BEN],
        "money": single(0.3) * money,
        "own_use": 0.0,  # a volunteer
        "recognition": single(0.1) * recognition * left[BEN],
        "social": single(0.4) * social * left[BEN],
    }

    def utility(appeal, goal, trust):
        vision = 2 * 0.5 * (1 - abs(goal - 0.30) / 0.15)
        audience = 2.4 * (log(1 + 1 / 200) / log(6) - 1)  # one user
        return 5 * appeal + vision + 2 * (trust - 0.5) + 0.5 * 0.8 + audience - 1.6

    utilities = (
        utility(sum(ann.values()), GOALS[ANN], 0.6),
        utility(sum(ben.values()), GOALS[BEN], 0.4),
    )
    assert utilities == near(UTILITIES)
    lift = 0.1 * 0.3
    ann_gives = (0.0 + (0.74 + lift) * 0.5 + lift) * left[ANN]
    ben_gives = (0.0 + (0.0 + lift) * 0.3 + lift) * left[BEN]
    ann_free = 0.8 * ann["money"] / sum(ann.values())  # does not wait for others
    ben_free = 0.8 * ben["money"] / sum(ben.values())
    efforts = (
        (ann_free + (1 - ann_free) * ann_gives) / (1 + exp(-single(UTILITIES[ANN]))),
        (ben_free + (1 - ben_free) * ben_gives) / (1 + exp(-single(UTILITIES[BEN]))),
    )
    assert efforts == near(EFFORTS)
    step.people_are(
        crowding=[*CROWDINGS, 0.0], utility=[*UTILITIES, 0.0], effort=[*EFFORTS, 0.0]
    )  # fmt: skip
    step.tally_is(present=2, effort=sum(EFFORTS))
    step.offer_is(crowding=target, lift=lift, fun=fun, recognition=recognition)
    for motive in MOTIVES:
        by_ann = EFFORTS[ANN] * ann[motive] / sum(ann.values())
        by_ben = EFFORTS[BEN] * ben[motive] / sum(ben.values())
        assert step.drive[motive] == near(by_ann + by_ben)


def poisson(mean, u):
    """The smallest count whose Poisson distribution function reaches u."""
    count, chance = 0, exp(-mean)
    below = chance
    while below < u:
        count += 1
        chance *= mean / count
        below += chance
    return count


def test_contributions__are_poisson(step):
    assert step.dice(Stream.EFFORT, ANN) == [0.31719854824783467]
    assert step.dice(Stream.EFFORT, BEN) == [0.7357902420951864]
    assert poisson(30 * EFFORTS[ANN] * 2.0, 0.31719854824783467) == 5
    assert poisson(30 * EFFORTS[BEN] * 1.0, 0.7357902420951864) == 2
    step.people_are(
        submitted=[5, 2, 0], made=[3 + 5, 2 + 2, 0], made_here=[3 + 5, 2 + 2, 0],
        first=[0, 0, -1], last=[1, 1, -1],
    )  # fmt: skip
    step.company_is(submitted=7)
    step.tally_is(submitted=7)


SEEN = 0.625
NOISE = 9.08882315187227


def test_gate__accepts_rejects_and_lets_wait(step):
    gated = 0.9 * 0.4
    capacity = 1.5 * (1 + 0.8) * (0.5 + 0.5 * 0.5)
    assert capacity / (gated * (7 + 2)) == near(SEEN)
    openly = 0.6 * (1 - exp(-1 / 80)) * (0.3 + 0.7 * 0.6)
    noise = 12 * (1 - 0.95 * (0.4 * SEEN + openly))
    assert noise == near(NOISE)
    step.company_is(seen=SEEN, noise=noise)

    def chances(goal, skill, accepted):
        agreed = SEEN * exp(-0.4 * ((goal - 0.30) / 0.2) ** 2)
        works = 1 - (1 - single(skill)) * exp(-accepted / 3.6)
        return ((1 - gated) + gated * agreed) * works, gated * (1 - SEEN) * exp(-0.3)

    accept, wait = chances(GOALS[ANN], 0.6, 2)
    dice = [0.4101225628676438, 0.09277502620031253, 0.6867702357137936, 0.21878561898679616]
    dice += [0.8149548740235181]
    assert step.dice(Stream.GATE, ANN, 0, 5) == dice
    # 3 are accepted, 1 waits, 1 is rejected
    assert sorted(dice)[2] < accept < sorted(dice)[3] < accept + wait < sorted(dice)[4]
    accept, wait = chances(GOALS[BEN], 0.5, 0)
    dice = [0.4368001337271833, 0.06956669789547199, 0.41119304997713957, 0.8840500536210615]
    assert step.dice(Stream.GATE, BEN, 0, 4) == dice  # two old ones and two new ones
    # 2 accepted, 1 waits, 1 is rejected
    assert sorted(dice)[1] < accept < sorted(dice)[2] < accept + wait < sorted(dice)[3]
    step.people_are(waiting=[1, 1, 0])
    step.company_is(waiting=2)
    step.tally_is(waiting=2, withdrawn=0)


def test_search__experts_then_relay_and_contest(step):
    # The first expert solves half of the time: in two of three tries, both on problem 1, where
    # none of 1, 2, 3 leads higher than 60, at 8. So she begins anew at 6, goes 1 to 7 (80) and
    # is stuck there. The second time she begins anew at 4, goes 1 and 2, to 7 again: no better.
    tries = step.dice(Stream.EXPERTS, 0, 0, 6)
    assert [die < 0.5 for die in tries[::2]] == [True, True, False]
    assert [int(2 * die) for die in tries[1:4:2]] == [1, 1]
    assert [int(10 * die) for die in step.dice(Stream.RETRIAL, 0, 0, 2)] == [6, 4]
    assert RING[8] > max(RING[9], RING[0], RING[1])
    assert RING[6] < RING[7] > max(RING[8], RING[9], RING[0])
    assert RING[4] < RING[5] < RING[7]

    # Enabling experts bring half a person to the right problem, of five accepted: one in ten.
    # A contest calls for 0.8 of a quarter. Three quarters of what transparency leaves are hidden.
    fits = exp(-0.3)
    ann, ben = step.dice(Stream.PROBLEM, ANN, 0, 9), step.dice(Stream.PROBLEM, BEN, 0, 6)
    assert [int(2 * die) for die in ann[::3] + ben[::3]] == [1, 1, 0, 1, 1]
    assert [die < 0.2 for die in ann[1::3] + ben[1::3]] == [False, False, False, False, True]
    assert [die < 0.1 for die in ann[2::3] + ben[2::3]] == [True, False, False, False, False]
    ann, ben = step.dice(Stream.ENTRY, ANN, 0, 9), step.dice(Stream.ENTRY, BEN, 0, 6)
    assert [die < 1 - 0.75 * 0.4 for die in (ann + ben)[3::3]] == [False, True, False, False]
    assert [die < fits for die in (ann[4], ben[1], ben[4])] == [True, False, True]
    assert [int(10 * die) for die in (ann[5], ben[5])] == [0, 0]
    judged = [normal(die) for die in step.dice(Stream.JUDGE, ANN, 0, 3)]
    judged += [normal(die) for die in step.dice(Stream.JUDGE, BEN, 0, 2)]

    # Ann's first: on problem 1 her 1, 2, 3 lead nowhere from 7, so she is brought to problem 0,
    # where 3 leads from 0 to 3 (40 to 90) and no further.
    assert RING[3] - RING[0] + NOISE * judged[0] > 0
    assert RING[3] > max(RING[4], RING[5], RING[6])
    # Her second is her own idea for problem 1, and fits: from 0 to 3, better than 7 (80).
    assert RING[3] - RING[7] + NOISE * judged[1] > 0
    # Her third sees problem 0 at 3, finds nothing and proposes 3 + 1; it is judged to be worse.
    assert RING[4] - RING[3] + NOISE * judged[2] < 0
    # Ben's first is an idea of his own that does not fit. His second is one that does and the
    # only entry to a contest: 5 leads from 0 to 5 (50), nothing further. It wins the prize, but
    # the relay has got to 90 meanwhile.
    assert RING[5] > RING[0] > max(RING[4], RING[1])
    assert RING[5] > max(RING[9], RING[6], RING[0])
    entry = RING[5] + NOISE * judged[4]
    assert entry < RING[3]

    step.offer_is(called=0.8 * 0.25, matched=0.5 / 5, seen=1 - 0.75 * 0.4)
    assert step.problems["at"].tolist() == [3, 3]
    assert step.problems["winner"].tolist() == [-1, BEN]
    assert step.problems["entry"].tolist() == [0.0, near(entry)]
    assert step.problems["entry_at"].tolist() == [0, 5]
    step.people_are(
        accepted=[3, 2, 0], rejected=[1, 1, 0], accepted_ever=[2 + 3, 0 + 2, 0],
        welcomed=[1.0, 2 / 3, -1.0],
    )  # fmt: skip
    step.company_is(accepted=5, rejected=2)
    step.tally_is(accepted=5, rejected=2)


DIRECTION, GOAL = 0.251572330896819, 0.297328422766453


def test_direction__moves_to_work_and_vision(step):
    pull = 3 * (GOALS[ANN] - 0.24) + 2 * (GOALS[BEN] - 0.24)
    mean = pull / 5
    direction = 0.24 + (1 - exp(-0.163)) * 0.6 * mean + (1 - exp(-0.288)) * 0.4 * (0.30 - 0.24)
    assert step.dice(Stream.LISTEN, 0) == [0.3127442139339097]
    listens = (1 - exp(-0.105)) * 0.6 * (0.24 + mean - 0.30)
    market = (1 - exp(-0.02)) * (MARKET - 0.30)
    goal = 0.30 + (1 - 0.5) * (listens + market) + 0.005 * normal(0.3127442139339097)
    assert (direction, goal) == near((DIRECTION, GOAL))
    step.company_is(direction=DIRECTION, goal=GOAL, pull=pull)
    step.tally_is(pull=pull)


FIT = (0.941089468962106, 0.973379929251156)
QUALITY, COHERENCE, CREATED = 0.43046721, 0.978027780056847, 36.2703886139869


def test_value__comes_from_those_who_adopt(step):
    quality = ((90 / 100) ** 8 + (90 / 100) ** 8) / 2
    kept = exp(-0.5)  # of the older parts; the others' problems were renewed
    parts = 20 * kept + 5
    new_cosine = 3 * cos(2 * pi * GOALS[ANN]) + 2 * cos(2 * pi * GOALS[BEN])
    new_sine = 3 * sin(2 * pi * GOALS[ANN]) + 2 * sin(2 * pi * GOALS[BEN])
    cosine, sine = -4 * kept + new_cosine, 18 * kept + new_sine
    coherence = exp(-0.3 * (1 - sqrt(cosine**2 + sine**2) / parts))
    assert (quality, coherence) == near((QUALITY, COHERENCE))
    ann = exp(-(((DIRECTION - NEEDS[ANN]) * REACH / 0.15) ** 2))
    cem = exp(-(((DIRECTION - NEEDS[CEM]) * REACH / 0.15) ** 2))
    assert (ann, cem) == near(FIT)
    trusted = 0.5 + 0.5 * 0.5 / 0.75
    served = 0.5 + 0.5 * 0.8
    worth = 60 * quality * coherence * trusted * served
    assert worth * cem > 0.15 < worth * ann  # more than they have without it
    assert worth * (ann + cem) == near(CREATED)
    step.people_are(adopted=[0, -1, 0])  # Ben is a volunteer
    step.company_is(
        quality=quality, parts=parts, phase_cos=cosine, phase_sin=sine, coherence=coherence,
        adopters=2, fit=(ann + cem) / 2, created=CREATED,
        stock=4 + 10 * 5 - 0.5 * 2, served=1.0,
    )  # fmt: skip
    step.offer_is(reach=REACH / 0.15, worth=worth)
    step.tally_is(
        phase_cos=new_cosine, phase_sin=new_sine, adopters=2, created=CREATED, fit=ann + cem
    )


CAPTURED = 8.88624521042678


def test_money__flows(step):
    captured = 0.35 * CREATED * (1 - 0.5 * (0.6 * 0.6 + 0.4 * 0.6))
    assert captured == near(CAPTURED)
    payroll = 0.2 * CAPTURED
    assert 1 < payroll < 0.5 * 5  # more than the purse, less than full pay for five
    wage = payroll / 5 * 0.5 * 0.75
    purse = 3 * 0.25 * 0.5
    paid = purse + 5 * wage
    award_chance = (1 - exp(-1)) * 0.6
    assert step.dice(Stream.AWARD, ANN) == [0.3578898371632583] < [award_chance]
    assert step.dice(Stream.AWARD, BEN) == [0.8540316210996733] > [award_chance]
    cost = (
        paid
        + 0.5 * 2 * (0.25 + 0.75 * 0.5)  # staff
        + 2 * 0.8  # tools
        + 0.05 * 0.4 * SEEN * (7 + 2)  # review, also of what had waited
        + 0.004 * 0.6 * (1 - 0.7 * 0.8) * 1**2  # coordination
        + 0.05 * 0.5 * 1  # community
        + 0.5 * 1  # award
    )
    profit = captured - cost
    earnings = 5 + profit - 6  # 1 was lost before
    shared = 0.9 * 0.3 * earnings
    step.people_are(
        earned=[3 + 3 * (wage + shared / 5), 1 + purse + 2 * (wage + shared / 5), 0.0],
        awarded=[1, -1, -1],
    )
    step.company_is(
        captured=captured, rate=wage, paid=paid, cost=cost, shared=shared, awards=1, endowment=6,
        cash=5 + profit - shared, austerity=1.0, overdrawn=0, open=1,
    )  # fmt: skip
    step.offer_is(prize=purse)
    step.tally_is(awards=1)


BELIEFS = (0.302145531493791, 0.196627070503616)
TRUSTS = (0.531339053699031, 0.378066215243476)


def test_learning__moves_beliefs_and_trust(step):
    effort = (EFFORTS[ANN] + EFFORTS[BEN]) / 2
    gain = (1 - exp(-0.536)) * (1 + 0.5 * (2 * 0.6 - 1))
    beliefs = [b + gain * (effort - b) + 0.0059 - 0.016 * b for b in (0.5, 0.3)]

    fair = -0.4 + 0.6 + 0.3 - 3 * CAPTURED / CREATED * (1 - 0.7 * 0.5)

    def trusted(accepted, decided, gap, trust):
        u = fair + 2.5 * (accepted / decided - 0.5) + 8 * 0.6 * gap
        target = 1 / (1 + exp(-u))
        pace = 0.051 if target > trust else 0.163
        return trust + (1 - exp(-pace)) * (target - trust)

    trusts = (trusted(3, 5, effort - 0.5, 0.6), trusted(2, 4, effort - 0.3, 0.4))
    assert beliefs == near(list(BELIEFS))
    assert trusts == near(TRUSTS)
    step.people_are(belief=[*BELIEFS, 0.6], trust=[*TRUSTS, 0.5])
    step.company_is(effort=effort, present=2, acceptance=5 / 9)
    step.offer_is(gain=gain, fairness=fair)


def test_turnover__lets_cem_join(step):
    for who, u, made, welcomed, award in (
        (ANN, 0.9459907277931793, 8, 1, 0.37),
        (BEN, 0.847724293880043, 4, 2 / 3, 0),
    ):
        attachment = 0.8 * single(UTILITIES[who]) + award - 0.5 * (1 - single(welcomed))
        hazard = 0.5 * exp(-attachment) / (1 + made) + 0.002
        assert step.dice(Stream.LEAVE, who) == [u] > [1 - exp(-hazard)]
    # By chance, from users (two of the three), and from Ann, his only tie and a member.
    word = 1 + 0.03 * 2 / 3 * (1 - 0.6 * 0.4)
    assert step.dice(Stream.AWARE, CEM) == [0.3470422990237604] < [1 - exp(-(word + 0.03))]
    prize = 3 / (3 * 7)  # seven contributions compete now
    rate = 0.2 * CAPTURED / 5
    money = 0.5 * (0.75 * rate / 0.5 + 0.25 * prize) * (1 - 0.5 * 0.3) + 0.3 * 0.3
    own_use = 5 / 9 * (0.4 + 0.6 * 0.8)
    social = 0.5 * log(1 + 1 / 5) / log(41)
    appeal = single(0.2) * (
        money
        + 0.6 * (0.4 + 0.6 * 0.6)
        + (1 - 0.8 * 0.4) * (0.4 + 0.6 * 0.5)
        + social
        + (1 - FIT[1]) * own_use
    )
    vision = 2 * 0.5 * (1 - abs(GOALS[CEM] - GOAL) / 0.15)
    welcome = 0.5 * 0.8 + 2.4 * (log(1 + 2 / 200) / log(6) - 1) - 1.6
    utility = 5 * appeal + vision + 2 * (0.5 - 0.5) + welcome
    joins = exp(utility) / (exp(-3.0) + exp(utility))
    assert step.dice(Stream.CHOOSE, CEM) == [0.2058565488211671] < [joins]
    step.people_are(company=[0, 0, 0], joined=[0, 0, 1], aware=[0, 0, 1], invited=[0, 0, 0])
    step.company_is(members=3, arrivals=1, departures=0, survived=0, lost=0)
    step.offer_is(word=word, welcome=welcome, money=money, own_use=own_use, social=social)
    step.tally_is(arrivals=1, departures=0, survived=0, lost=0)


def test_snapshot__is_what_the_next_step_sees(step):
    assert step.faces["goal"].tolist() == [single(goal) for goal in GOALS]
    assert step.faces["company"].tolist() == [0, 0, 0]
    assert step.marks.tolist() == [-1, 1, 1, 1, 1, 1]  # 1, 2, 3 and 4, 1, 5 are in use
    step.company_is(
        active=2, coverage=5 / 5, trust=(sum(TRUSTS) + 0.5) / 3, belief=(sum(BELIEFS) + 0.6) / 3,
        crowding=(sum(CROWDINGS) + 0.0) / 3,
    )  # fmt: skip
    step.tally_is(
        active=2, trust=sum(TRUSTS) + 0.5, belief=sum(BELIEFS) + 0.6, crowding=sum(CROWDINGS)
    )
    assert not any(step.blank.tobytes())  # what the sums of the next step begin with


def test_traits__stay(step):
    names = "activity skill volunteer reciprocity gone".split()
    names += ["first_step", "second_step", "third_step"]
    step.people_are(**{name: list(PEOPLE[name]) for name in names})


def test_history__records_the_step(step):
    assert step.run.steps.tolist() == [0, 1]
    assert step.run.companies[1, 0] == step.company
    assert step.run.drive[1, 0].tolist() == list(step.drive.values())


def test_paper__covers_every_field():
    """Every field of people, company, its offer and sums is compared by one of the tests above."""
    step = Step()
    for name, test in list(globals().items()):
        if name.startswith("test_") and "paper" not in name:
            test(step)
    assert step.unseen == set()
