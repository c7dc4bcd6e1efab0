"""The model as plain Mesa agents: one object a person, the rules their methods.

It tells the rules a second time and gives the bits of the core: the same draws, the same order of
additions (people in blocks, the blocks in their order), and 32 bits of what the core keeps in 32.
The core is also timed against it, so it is written for speed, as a good modeller would: three
passes over the people instead of one a rule, what a company offers to everybody worked out once,
draws that everybody needs made by NumPy at once, and a list of those who have something to do.
`UsualEcosystem` takes the same rules as they are mostly written.

Rules are simultaneous: others are seen as they stood at the end of the last step. Only the search
goes on from person to person.
"""

import math
from array import array
from collections.abc import Callable, Sequence
from math import floor, ldexp, sqrt
from statistics import NormalDist
from typing import Any, NamedTuple

import mesa
import numpy as np

from sim.core.inputs import LEVERS, Levers
from sim.core.motives import MOTIVES
from sim.core.numbers import (
    COSINE,
    EXP,
    EXP_LARGEST,
    EXP_SMALLEST,
    INVERSE_LN2,
    LN2_HIGH,
    LN2_LOW,
    LOG,
    QUANTILE_CENTRE,
    QUANTILE_CENTRE_BELOW,
    QUANTILE_SIDE,
    QUANTILE_SIDE_BELOW,
    QUANTILE_TAIL,
    QUANTILE_TAIL_BELOW,
    ROUNDER,
    SINE,
)
from sim.core.random import GOLDEN, MARGIN, MIX_1, MIX_2, TWO_TO_MINUS_53, Stream
from sim.core.state import BLOCK, COMPANY, PERSON
from sim.model import MAIN_SERIES
from sim.scenario import Scenario
from sim.simulation import Simulation
from sim.styles import Report, Rival, make

COSTLY = ("money", "recognition", "social", "experts", "tools")
WORD = (1 << 64) - 1
SQRT_HALF = float.fromhex("0x1.6a09e00000000p-1")
N_STREAMS = len(Stream)
EXP_5, EXP_4, EXP_3, EXP_2, EXP_1 = EXP

# A member of an enumeration as an index costs a call.
ENTRY, GATE, JUDGE, PROBLEM = map(int, (Stream.ENTRY, Stream.GATE, Stream.JUDGE, Stream.PROBLEM))
AWARD, AWARE, CHOOSE, EFFORT = map(int, (Stream.AWARD, Stream.AWARE, Stream.CHOOSE, Stream.EFFORT))
EXPERTS, LEAVE, LISTEN, RETRIAL = map(
    int, (Stream.EXPERTS, Stream.LEAVE, Stream.LISTEN, Stream.RETRIAL)
)
DRIFT, RENEWAL = int(Stream.WORLD_DRIFT), int(Stream.WORLD_RENEWAL)
SHOCK, STYLE = int(Stream.SHOCK), int(Stream.STYLE)


# Numbers of the core's bits


def polynomial(coefficients: tuple[float, ...], x: float) -> float:
    value = coefficients[0]
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value


def exp(x: float) -> float:
    if x > EXP_LARGEST:
        return math.inf
    if x < EXP_SMALLEST:
        return 0.0
    twos = (x * INVERSE_LN2 + ROUNDER) - ROUNDER
    high = x - twos * LN2_HIGH
    low = twos * LN2_LOW
    rest = high - low
    square = rest * rest
    c = rest - square * (
        (((EXP_5 * square + EXP_4) * square + EXP_3) * square + EXP_2) * square + EXP_1
    )
    return ldexp(1.0 + (rest * c / (2.0 - c) - low + high), int(twos))


def log(x: float) -> float:
    """Natural logarithm of x > 0."""
    part, twos = math.frexp(x)
    if part < SQRT_HALF:
        part, twos = 2.0 * part, twos - 1
    f = part - 1.0
    s = f / (2.0 + f)
    half_square = 0.5 * f * f
    series = polynomial(LOG, s * s)
    return s * (half_square + series) + twos * LN2_LOW - half_square + f + twos * LN2_HIGH


def normal_quantile(p: float) -> float:
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * polynomial(QUANTILE_CENTRE, r) / polynomial(QUANTILE_CENTRE_BELOW, r)
    r = sqrt(-log(p if q < 0.0 else 1.0 - p))
    if r <= 5.0:
        r = r - 1.6
        value = polynomial(QUANTILE_SIDE, r) / polynomial(QUANTILE_SIDE_BELOW, r)
    else:
        r = r - 5.0
        value = polynomial(QUANTILE_TAIL, r) / polynomial(QUANTILE_TAIL_BELOW, r)
    return -value if q < 0.0 else value


def turn(x: float) -> tuple[float, float]:
    """Cosine and sine of x whole turns."""
    quarters = (4.0 * x + ROUNDER) - ROUNDER
    angle = 2.0 * math.pi * (x - 0.25 * quarters)
    square = angle * angle
    sine = angle + angle * square * polynomial(SINE, square)
    half = 0.5 * square
    whole = 1.0 - half
    cosine = whole + (((1.0 - whole) - half) + square * square * polynomial(COSINE, square))
    return ((cosine, sine), (-sine, cosine), (-cosine, -sine), (sine, -cosine))[int(quarters) & 3]


class Numbers(NamedTuple):
    """Elementary functions."""

    exp: Callable[[float], float]
    log: Callable[[float], float]
    turn: Callable[[float], tuple[float, float]]
    normal_quantile: Callable[[float], float]


CORE_NUMBERS = Numbers(exp, log, turn, normal_quantile)
PYTHON_NUMBERS = Numbers(
    math.exp,
    math.log,
    lambda x: (math.cos(2.0 * math.pi * x), math.sin(2.0 * math.pi * x)),
    NormalDist().inv_cdf,
)
"""As fast as Python's are; the bits are those of the machine."""


class CoreLuck:
    """The core's draws: each belongs to a stream, the step, who decides and the draw's number."""

    def __init__(self, key: int, n_people: int) -> None:
        self.streams = [mixed(key, stream) for stream in range(N_STREAMS)]
        self.everyone = np.arange(1, n_people + 1, dtype=np.uint64) * GOLDEN

    def begin(self, t: int) -> None:
        """Begins a step."""
        self.heads = [mixed(stream, t) for stream in self.streams]

    def uniform(self, stream: int, i: int, j: int) -> float:
        z = (self.heads[stream] + (i + 1) * 0x9E3779B97F4A7C15) & WORD
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & WORD
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WORD
        z = ((z ^ (z >> 31)) + (j + 1) * 0x9E3779B97F4A7C15) & WORD
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & WORD
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WORD
        return (((z ^ (z >> 31)) >> 11) | 1) * TWO_TO_MINUS_53

    def of_everyone(self, stream: int, j: int) -> list[float]:
        """Returns draw j of each person."""
        z = stirred(np.uint64(self.heads[stream]) + self.everyone)
        z = stirred(z + np.uint64((j + 1) * int(GOLDEN) & WORD))
        bits = (z >> np.uint64(11)) | np.uint64(1)
        drawn: list[float] = (bits.astype(np.float64) * TWO_TO_MINUS_53).tolist()
        return drawn


def mixed(state: int, x: int) -> int:
    z = (state + (x + 1) * 0x9E3779B97F4A7C15) & WORD
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WORD
    return z ^ (z >> 31)


def stirred(z: Any) -> Any:
    z = (z ^ (z >> np.uint64(30))) * MIX_1
    z = (z ^ (z >> np.uint64(27))) * MIX_2
    return z ^ (z >> np.uint64(31))


class PythonLuck:
    """Draws from a model's own generators one after the other, as most models take them."""

    def __init__(self, model: mesa.Model, n_people: int) -> None:
        self.random, self.rng, self.n_people = model.random.random, model.rng, n_people

    def begin(self, t: int) -> None:
        """Begins a step, which is one like any other."""

    def uniform(self, stream: int, i: int, j: int) -> float:
        return self.random()

    def of_everyone(self, stream: int, j: int) -> list[float]:
        drawn: list[float] = self.rng.random(self.n_people).tolist()
        return drawn


def wrap(x: float) -> float:
    point = x - floor(x)
    return point if point < 1.0 else 0.0


def apart(to: float, start: float) -> float:
    way = to - start
    return way - floor(way + 0.5)


def climb(ring: list[float], at: int, steps: tuple[int, int, int]) -> int:
    n = len(ring)
    height = ring[at]
    failures = 0
    step, following, last = steps
    while failures < 3:
        there = at + step
        if there >= n:
            there -= n
        if ring[there] > height:
            at = there
            height = ring[at]
            failures = 0
        else:
            failures += 1
        step, following, last = following, last, step
    return at


class Numbered:
    """What is read of the parameters, or of a row of a table, by name."""

    def __init__(self, row: Any) -> None:
        for name in row.dtype.names:
            setattr(self, name, row[name].item())


class Task(Numbered):
    """A problem of a company; `winner` is a person or None."""

    winner: Any
    ring: int
    at: int

    def __init__(self, row: Any, rings: list[list[float]]) -> None:
        super().__init__(row)
        self.heights, self.winner = rings[self.ring], None


class Tally:
    """What a block of people add up to for a company, where the order of additions matters."""

    __slots__ = (
        "belief", "created", "crowding", "drive", "effort", "fit", "phase_cos", "phase_sin", "pull",
        "trust",
    )  # fmt: skip

    def __init__(self) -> None:
        self.drive = [0.0] * len(MOTIVES)
        self.effort = self.phase_cos = self.phase_sin = self.pull = 0.0
        self.created = self.fit = self.trust = self.belief = self.crowding = 0.0


class Company(mesa.Agent):
    """A company: how it is managed, what it offers, its books."""

    def __init__(self, model: "Ecosystem", number: int, row: Any, tasks: Any) -> None:
        super().__init__(model)
        Numbered.__init__(self, row)
        self.number = number
        self.tasks = [Task(task, model.rings) for task in tasks]
        self.steps_in_use: set[int] = set()

    def clear(self) -> None:
        """Begins the sums of a step."""
        self.tallies = [Tally() for _ in self.model.blocks]
        self.submitting = self.present = 0

    def total(self, name: str, before: float = 0.0) -> float:
        """Returns what the blocks, one after the other, add to what was there before."""
        for tally in self.tallies:
            before += getattr(tally, name)
        return before

    def follow_policy(self, asked: Any) -> None:
        for name in LEVERS:
            kept = getattr(asked, name)
            setattr(self, name, kept * self.austerity if name in COSTLY else kept)
        if self.model.t <= self.model.unpaid[self.number]:
            self.money = 0.0

    def offer(self) -> None:
        """Works out what is the same for all who think of taking part."""
        par, log = self.model.par, self.model.log
        lift = par.sharing_lift * self.sharing
        self.gives = [(start + lift, rise + lift) for start, rise in self.model.types]
        self.toward_vision = par.goal_pull * self.vision
        self.toward_peers = par.goal_pull * (1.0 - self.vision)
        self.crowds_out = self.money / (self.money + par.crowding_offset)
        self.reach = (1.0 - par.tools_reach * self.tools * (1.0 - self.control)) / par.tolerance
        self.its_fun = (1.0 - par.control_aversion * self.control) * (0.4 + 0.6 * self.fun)
        self.its_money = self.offered_money()
        self.its_use = self.acceptance * (0.4 + 0.6 * self.tools)
        self.its_thanks = self.recognition * (0.4 + 0.6 * self.transparency)
        self.its_circle = self.social * (log(1.0 + self.active / 5.0) / log(41.0))
        self.its_vision = par.vision_appeal * self.vision
        audience = log(1.0 + self.adopters / 200.0) / log(6.0)
        self.welcome = (
            par.tools_appeal * self.tools + par.audience_appeal * (audience - 1.0) - par.effort_cost
        )
        users = self.adopters / self.model.n_people
        self.word = word = par.awareness + par.word_of_mouth * users * (
            1.0 - par.closed_word * self.control
        )
        self.heard_by_friends = 1.0 - self.model.exp(-(word + par.tie_awareness))

    def offered_money(self) -> float:
        par = self.model.par
        rivals = max(1.0, self.submitted / par.months)
        prize = min(1.0, par.prize / (par.prize_dilution * rivals))
        pay = self.piece_rate() / par.pay if par.pay > 0.0 else 0.0
        offered = self.money * ((1.0 - self.contest) * pay + self.contest * prize)
        return offered * (1.0 - 0.5 * self.sharing) + par.share_appeal * self.sharing

    def piece_rate(self) -> float:
        par = self.model.par
        payroll = max(par.pay_purse, par.payroll * self.captured)
        return min(par.pay, payroll / max(1.0, self.accepted))

    def open_gate(self) -> None:
        par, exp = self.model.par, self.model.exp
        self.submitted = self.submitting
        self.gated = par.gated * self.control
        due = self.gated * (self.submitted + self.waiting)
        staffed = 0.5 + 0.5 * (1.0 - self.experts)
        capacity = par.review_capacity * (1.0 + self.tools) * staffed
        self.seen = capacity / due if due > capacity else 1.0
        eyes = 1.0 - exp(-self.active / par.many_eyes)
        openly = (1.0 - self.control) * eyes * (0.3 + 0.7 * self.transparency)
        self.noise = par.judging_noise * (1.0 - 0.95 * (self.control * self.seen + openly))
        self.waits = self.gated * (1.0 - self.seen) * (1.0 - par.stale)
        self.accepted = self.waiting = 0

    def begin_search(self) -> None:
        """Forgets old parts and lets experts work."""
        par = self.model.par
        self.phase_cos *= 1.0 - par.renewal
        self.phase_sin *= 1.0 - par.renewal
        self.parts *= 1.0 - par.renewal
        self.called = par.called * self.contest
        self.shown = 1.0 - par.secrecy * (1.0 - self.transparency)
        staff = len(self.model.experts)
        self.enabled = staff * self.experts * self.facilitation * par.matches
        for task in self.tasks:
            task.winner = None
        if self.open:
            solvers = staff * self.experts * (1.0 - self.facilitation)
            for s, steps in enumerate(self.model.experts):
                self.solve(self.number * staff + s, steps, min(1.0, solvers - s))

    def solve(self, number: int, steps: tuple[int, int, int], busy: float) -> None:
        par, uniform = self.model.par, self.model.luck.uniform
        for k in range(par.expert_problems):
            if uniform(EXPERTS, number, 2 * k) < par.expert_pace * busy:
                task = self.tasks[int(par.problems * uniform(EXPERTS, number, 2 * k + 1))]
                end = climb(task.heights, task.at, steps)
                if end == task.at:
                    start = int(par.ring * uniform(RETRIAL, number, k))
                    end = climb(task.heights, start, steps)
                if task.heights[end] > task.heights[task.at]:
                    task.at = end

    def award_prizes(self) -> None:
        par = self.model.par
        won = [task for task in self.tasks if task.winner is not None]
        purse = par.prize_purse * self.contest * self.money
        for task in won:
            if task.entry > task.heights[task.at]:
                task.at = task.entry_at
            task.winner.accepted += 1
            task.winner.rejected -= 1
            task.winner.earned += purse / len(won)
        self.paid = purse if won else 0.0
        self.accepted = self.rejected = 0

    def steer(self) -> None:
        self.phase_cos = self.total("phase_cos", self.phase_cos)
        self.phase_sin = self.total("phase_sin", self.phase_sin)
        self.pull = self.total("pull")
        self.parts += self.accepted
        if not self.open:
            return
        model, par = self.model, self.model.par
        openness, humility = 1.0 - self.control, 1.0 - self.vision
        pull = self.pull / self.accepted if self.accepted else 0.0
        to_vision = apart(self.goal, self.direction)
        to_work = apart(self.direction + pull, self.goal) if self.accepted else 0.0
        to_market = apart(model.centre, self.goal)
        error = par.vision_noise * model.normal(LISTEN, self.number, 0)
        self.direction = wrap(
            self.direction
            + par.work_pull * openness * pull
            + par.vision_pull * self.control * to_vision
        )
        listens = par.listening * openness * to_work + par.market_pull * to_market
        self.goal = wrap(self.goal + humility * listens + error)

    def present_product(self) -> None:
        """Works out what is the same for all users."""
        par, exp = self.model.par, self.model.exp
        total = 0.0
        for task in self.tasks:
            height = task.heights[task.at] / 100.0
            second = height * height
            fourth = second * second
            total += fourth * fourth
        self.quality = total / len(self.tasks)
        if self.parts > 1e-9:
            length = sqrt(self.phase_cos * self.phase_cos + self.phase_sin * self.phase_sin)
            self.coherence = exp(-par.integrality * (1.0 - min(1.0, length / self.parts)))
        trusted = min(1.2, self.trust / 0.75)
        self.worth = (
            par.worth
            * self.quality
            * self.coherence
            * (1.0 - par.trust_critical + par.trust_critical * trusted)
            * (1.0 - par.rivalry + par.rivalry * self.served)
        )
        self.adopters = 0

    def use_up(self) -> None:
        par = self.model.par
        self.created, self.fit = self.total("created"), self.total("fit")
        if self.adopters:
            self.fit /= self.adopters
        self.stock += par.uses * self.accepted
        wanted = par.rivalry * par.months * self.adopters
        used = min(self.stock, wanted)
        self.served = used / wanted if wanted > 0.0 else 1.0
        self.stock -= used
        self.captured = self.cost = self.rate = self.shared = 0.0
        self.awards = 0

    def budget(self) -> None:
        if not self.open:
            return
        par, active = self.model.par, self.active
        spill = par.spillover * (0.6 * (1.0 - self.control) + 0.4 * self.transparency)
        self.captured = par.margin * self.created * (1.0 - spill)
        self.rate = self.piece_rate() * self.money * (1.0 - self.contest)
        self.paid += self.rate * self.accepted
        reviewed = self.accepted + self.rejected + self.waiting
        together = par.coordination * (1.0 - self.control) * (1.0 - 0.7 * self.tools)
        self.cost = (
            self.paid
            + par.staff_cost * (0.25 + 0.75 * self.experts)
            + par.tools_cost * self.tools
            + par.review_cost * self.control * self.seen * reviewed
            + together * active * active
            + par.community_cost * self.social * active
            + par.award_cost * self.awards
        )
        if self.accepted:
            profit = self.captured - self.cost
            earnings = self.cash + profit - self.endowment
            self.shared = par.payout * self.sharing * max(0.0, min(profit, earnings))

    def close_books(self) -> None:
        if not self.open:
            return
        self.cash += self.captured - self.cost - self.shared
        if self.cash >= 0.0:
            self.overdrawn, self.austerity = 0, 1.0
        else:
            self.overdrawn, self.austerity = self.overdrawn + 1, self.model.par.austerity
            self.open = int(self.overdrawn <= self.model.par.grace)

    def take_stock(self) -> None:
        """Works out what all members learn from."""
        par = self.model.par
        due = self.accepted + self.rejected + self.waiting
        if due:
            self.acceptance = self.accepted / due
        self.effort = self.total("effort") / self.present if self.present else 0.0
        sight = 1.0 + par.belief_sight * (2.0 * self.transparency - 1.0)
        self.gain = min(1.0, par.belief_gain * sight)
        captured = self.captured / self.created if self.created > 0.0 else 0.0
        self.fairness = (
            -0.4
            + par.trust_openness * self.transparency
            + par.trust_sharing * self.sharing
            - par.trust_capture * captured * (1.0 - 0.7 * self.money)
        )
        self.visibly = par.trust_gap * self.transparency
        self.arrivals = self.departures = 0

    def begin_count(self) -> None:
        self.counted = 0
        self.steps_in_use.clear()

    def end_count(self) -> None:
        par = self.model.par
        self.active = self.counted
        self.trust, self.belief = self.total("trust"), self.total("belief")
        self.crowding = self.total("crowding")
        if self.members:
            self.trust /= self.members
            self.belief /= self.members
            self.crowding /= self.members
        else:
            self.trust = par.first_trust
        self.coverage = len(self.steps_in_use) / par.largest_step

    def row(self) -> tuple[Any, ...]:
        return tuple([getattr(self, field.name) for field in COMPANY])

    def drives(self) -> list[float]:
        totals = [0.0] * len(MOTIVES)
        for tally in self.tallies:  # in their order, which sum() does not promise
            totals = [total + more for total, more in zip(totals, tally.drive, strict=True)]
        return totals


OF_PERSON = (*(field.name for field in PERSON), "number", "weights", "ties", "steps")


class Person(mesa.Agent):
    """A user or volunteer; `company` is a Company or None."""

    __slots__ = OF_PERSON

    def __init__(
        self, model: "Ecosystem", number: int, row: Any, weights: list[float], ties: list[int]
    ) -> None:
        super().__init__(model)
        for name in row.dtype.names:
            setattr(self, name, row[name].item())
        self.company: Any = None if row["company"] < 0 else model.firms[row["company"]]
        self.number, self.weights, self.ties = number, tuple(weights), tuple(ties)
        self.steps = self.first_step, self.second_step, self.third_step

    # Three passes, each of rules that need nothing of others but what is settled before.

    def act(self) -> None:
        self.share_vision()
        self.give_effort()

    def look_back(self) -> None:
        if self.company is not None:
            self.learn()
        self.leave_and_join()
        if self.company is not None:
            self.be_counted()

    # Rules

    def share_vision(self) -> None:
        """Follows the market with one's need, and need, vision and peers with one's goal."""
        model, goal, company = self.model, self.goal, self.company
        par = model.par
        need = self.need + model.drift
        need -= floor(need)
        self.need = need if need < 1.0 else 0.0
        way = self.need - goal
        move = par.own_pull * (way - floor(way + 0.5))
        if company is not None:
            way = company.goal - goal
            way -= floor(way + 0.5)
            if abs(way) < par.confidence:
                move += company.toward_vision * way
            goals, companies = model.face_goals, model.face_companies
            total, n = 0.0, 0
            for j in self.ties:
                if companies[j] is company:
                    way = goals[j] - goal
                    half_on = way + 0.5
                    if half_on >= 1.0:
                        way -= 1.0
                    elif half_on < 0.0:
                        way += 1.0
                    total += way
                    n += 1
            way = total / n if n else 0.0
            if abs(way) < par.confidence:
                move += company.toward_peers * way
        goal += move
        goal -= floor(goal)
        self.goal = goal if goal < 1.0 else 0.0

    def give_effort(self) -> None:
        self.submitted = self.accepted = self.rejected = 0
        self.effort = 0.0
        company = self.company
        if company is None:
            return
        model = self.model
        if not self.gone:
            par, exp = model.par, model.exp
            crowding, target = self.crowding, company.crowds_out
            rate = par.crowding_up if target > crowding else par.crowding_down
            self.crowding = crowding = crowding + rate * (target - crowding)
            fun, money, own_use, recognition, social = self.pulls(company)
            appeal = fun + money + own_use + recognition + social
            in_32_bits = model.in_32_bits
            in_32_bits[0] = self.utility_of(company, self.trust, appeal)
            self.utility = utility = in_32_bits[0]
            each = 1.0 / appeal if appeal > 0.0 else 0.0
            free = par.paid_effort * money * each
            start, rise = company.gives[self.reciprocity]
            given = start + rise * self.belief
            given = 0.0 if given < 0.0 else 1.0 if given > 1.0 else given
            gives = given * (1.0 - par.crowding * crowding)
            if utility >= 0.0:
                willing = 1.0 / (1.0 + exp(-utility))
            else:
                grown = exp(utility)
                willing = grown / (1.0 + grown)
            self.effort = effort = willing * (free + (1.0 - free) * gives)
            tally = company.tally
            if par.appeal > 0.0:
                drive, each = tally.drive, effort * each
                drive[0] += each * fun
                drive[1] += each * money
                drive[2] += each * own_use
                drive[3] += each * recognition
                drive[4] += each * social
            tally.effort += effort
            company.present += 1
            n = self.number_made(par.contributions * effort * self.activity)
            if n:
                self.submitted = n
                self.last = model.t
                if self.first < 0:
                    self.first = model.t
                self.made += n
                self.made_here += n
                company.submitting += n
        if self.submitted or self.waiting:
            model.busy_here.append(self)

    def pulls(self, company: Company) -> tuple[float, float, float, float, float]:
        """Returns weight times appeal of each motive, in the order of their names."""
        fun, money, own_use, recognition, social = self.weights
        par = self.model.par
        intact = 1.0 - par.crowding * self.crowding
        if own_use:
            own_use *= (1.0 - self.fit(company)) * company.its_use
        return (
            fun * (company.its_fun * intact),
            money * company.its_money,
            own_use,
            recognition * (company.its_thanks * intact),
            social * (company.its_circle * intact),
        )

    def fit(self, company: Company) -> float:
        way = self.need - company.direction
        way = (way - floor(way + 0.5)) * company.reach
        return self.model.exp(-way * way)

    def utility_of(self, company: Company, trust: float, appeal: float) -> float:
        par = self.model.par
        way = self.goal - company.goal
        near = 1.0 - abs(way - floor(way + 0.5)) / par.vision_reach
        return (
            par.appeal * appeal
            + company.its_vision * (near if near > -1.0 else -1.0)
            + par.trust_appeal * (trust - 0.5)
            + company.welcome
        )

    def number_made(self, mean: float) -> int:
        """Returns the Poisson number of this mean at the person's draw."""
        model = self.model
        u = model.effort_luck[self.number]
        if u < 1.0 - mean - MARGIN:
            return 0
        if mean > 500.0:
            z = model.normal_quantile(u)
            return int(max(0.0, mean + z * sqrt(mean) + (z * z - 1.0) / 6.0 + 0.5))
        count = 0
        chance = below = model.exp(-mean)
        while u > below and (count < mean or below + chance > below):
            count += 1
            chance = chance * mean / count
            below += chance
        return count

    def judge_work(self) -> None:
        """Has what one submitted, and what waits, accepted, rejected or left waiting."""
        model, company = self.model, self.company
        par, exp, uniform = model.par, model.exp, model.luck.uniform
        gated = company.gated
        far = apart(self.goal, company.goal) / par.gate_width
        near = exp(-company.control * far * far)
        works = 1.0 - (1.0 - self.skill) * exp(-self.accepted_ever / par.skill_learning)
        accept = ((1.0 - gated) + gated * company.seen * near) * works
        accept_or_wait = accept + company.waits
        accepted = waiting = rejected = 0
        for k in range(self.submitted + self.waiting):
            u = uniform(GATE, self.number, k)
            if u < accept:
                accepted += 1
            elif u < accept_or_wait:
                waiting += 1
            else:
                rejected += 1
        self.accepted, self.waiting, self.rejected = accepted, waiting, rejected
        company.accepted += accepted
        company.waiting += waiting

    def contribute(self) -> None:
        """Puts accepted contributions to work."""
        if not self.accepted:
            return
        model, company, i = self.model, self.company, self.number
        uniform, tasks, called = model.luck.uniform, company.tasks, company.called
        matched = company.enabled / company.accepted
        for k in range(self.accepted):
            p = int(len(tasks) * uniform(PROBLEM, i, 3 * k))
            task = tasks[p]
            start = self.begin(task, k)
            if uniform(PROBLEM, i, 3 * k + 1) < called:
                self.enter(task, start, k)
            elif uniform(PROBLEM, i, 3 * k + 2) < matched:
                task = self.match(tasks, p)
                self.relay(task, task.at, k)
            elif start >= 0:
                self.relay(task, start, k)

    def begin(self, task: Task, k: int) -> int:
        """Returns where a contribution starts, or -1."""
        par, uniform = self.model.par, self.model.luck.uniform
        if uniform(ENTRY, self.number, 3 * k) < self.company.shown:
            return task.at
        if uniform(ENTRY, self.number, 3 * k + 1) < par.modular:
            return int(par.ring * uniform(ENTRY, self.number, 3 * k + 2))
        return -1

    def match(self, tasks: list[Task], p: int) -> Task:
        """Returns the next problem from p on where one's heuristic still helps, or p."""
        for task in tasks[p:] + tasks[:p]:
            if climb(task.heights, task.at, self.steps) != task.at:
                return task
        return tasks[p]

    def relay(self, task: Task, start: int, k: int) -> None:
        heights, at = task.heights, task.at
        end = climb(heights, start, self.steps)
        if end == at:
            end = (at + self.first_step) % len(heights)
        gain = heights[end] - heights[at]
        better = gain > 0.0
        u = self.model.luck.uniform(JUDGE, self.number, k)
        if better != (u > 0.5):  # an error that speaks against it
            better = gain + self.company.noise * self.model.normal_quantile(u) > 0.0
        if better:
            task.at = end

    def enter(self, task: Task, start: int, k: int) -> None:
        self.accepted -= 1
        self.rejected += 1
        if start >= 0:
            end = climb(task.heights, start, self.steps)
            error = self.company.noise * self.model.normal(JUDGE, self.number, k)
            judged = task.heights[end] + error
            if task.winner is None or judged > task.entry:
                task.entry, task.entry_at, task.winner = judged, end, self

    def take_in(self) -> None:
        """Counts decided work, and where it draws the product."""
        company, accepted, rejected = self.company, self.accepted, self.rejected
        if not accepted + rejected:
            return
        company.accepted += accepted
        company.rejected += rejected
        self.accepted_ever += accepted
        if self.welcomed < 0.0:
            in_32_bits = self.model.in_32_bits
            in_32_bits[0] = accepted / (accepted + rejected)
            self.welcomed = in_32_bits[0]
        if accepted:
            cosine, sine = self.model.turn(self.goal)
            tally = company.tally
            tally.phase_cos += accepted * cosine
            tally.phase_sin += accepted * sine
            tally.pull += accepted * apart(self.goal, company.direction)

    def adopt(self) -> None:
        self.adopted = -1
        if self.gone:
            return
        model = self.model
        best, chosen = model.par.reservation, None
        for company in model.firms:
            if company.open:
                fit = self.fit(company)
                value = company.worth * fit
                if value > best:
                    best, chosen, its_fit = value, company, fit
        if chosen is not None:
            self.adopted = chosen.number
            chosen.adopters += 1
            tally = chosen.tally
            tally.created += best * model.par.months
            tally.fit += its_fit

    def be_honoured(self) -> None:
        if self.accepted:
            model, company = self.model, self.company
            chance = model.par.award_share * company.recognition
            if model.luck.uniform(AWARD, self.number, 0) < chance:
                self.awarded = model.t
                company.awards += 1

    def be_paid(self) -> None:
        if self.accepted:
            company = self.company
            self.earned += self.accepted * (company.rate + company.shared / company.accepted)

    def learn(self) -> None:
        """Moves belief and trust."""
        model, company, belief, trust = self.model, self.company, self.belief, self.trust
        par, exp = model.par, model.exp
        gap = company.effort - belief
        belief = belief + company.gain * gap + (par.belief_rise - par.belief_decay * belief)
        self.belief = 0.0 if belief < 0.0 else 1.0 if belief > 1.0 else belief
        due = self.accepted + self.rejected + self.waiting
        treated = self.accepted / due if due else company.acceptance
        x = company.fairness + par.trust_acceptance * (treated - 0.5) + company.visibly * gap
        if x >= 0.0:
            target = 1.0 / (1.0 + exp(-x))
        else:
            grown = exp(x)
            target = grown / (1.0 + grown)
        self.trust = trust + (par.trust_up if target > trust else par.trust_down) * (target - trust)

    def leave_and_join(self) -> None:
        self.aware = 0
        company = self.company
        if company is None:
            if self.invited and self.model.firms[self.invited - 1].open:
                self.enrol(self.model.firms[self.invited - 1])
            elif not self.gone:
                self.choose()
            self.invited = 0
        elif self.leaves():
            self.part()
        elif len(self.model.firms) > 1:
            self.choose()

    def leaves(self) -> bool:
        model, company = self.model, self.company
        par, exp, t = model.par, model.exp, model.t
        if not company.open or self.gone:
            return True
        if self.joined > 0 and t - self.joined == par.three_months:
            company.survived += 1
        attachment = par.leave_utility * self.utility
        if self.awarded >= 0 and t - self.awarded <= par.year:
            attachment += par.award_gain
        if self.welcomed >= 0.0:
            attachment -= par.rejection * (1.0 - self.welcomed)
        hazard = par.leave_early * exp(min(700.0, -attachment)) / (1.0 + self.made_here) + par.leave
        u = model.leave_luck[self.number]
        return u < hazard + MARGIN and u < 1.0 - exp(-hazard)

    def part(self) -> None:
        company, par = self.company, self.model.par
        company.departures += 1
        company.members -= 1
        company.rejected += self.waiting
        company.waiting -= self.waiting
        if self.joined > 0 and self.model.t - self.joined < par.three_months:
            company.lost += 1
        self.rejected += self.waiting
        self.waiting = 0
        self.company, self.joined, self.trust = None, -1, par.first_trust

    def enrol(self, company: Company) -> None:
        company.arrivals += 1
        company.members += 1
        self.company, self.joined, self.made_here = company, self.model.t, 0

    def choose(self) -> None:
        """Chooses among the companies one hears of and where one is."""
        model, i, here = self.model, self.number, self.company
        par, exp = model.par, model.exp
        chosen = here
        total = 0.0
        for company in model.firms:
            u = company.aware_luck[i]
            if u >= company.heard_by_friends or company is here or not company.open:
                continue  # most would not hear of it even if all their friends were members
            if u < 1.0 - exp(-(company.word + par.tie_awareness * self.friends(company))):
                if here is None:
                    self.aware = 1
                if not total:
                    stay = par.join_cost if here is None else self.utility + par.switch_cost
                    total = exp(min(700.0, stay))
                fun, money, own_use, recognition, social = self.pulls(company)
                appeal = fun + money + own_use + recognition + social
                option = exp(min(700.0, self.utility_of(company, par.first_trust, appeal)))
                total += option
                if model.luck.uniform(CHOOSE, i, company.number) * total < option:
                    chosen = company
        if chosen is not here:
            if here is not None:
                self.part()
            self.enrol(chosen)

    def friends(self, company: Company) -> float:
        """Returns the share of one's ties who are members."""
        companies = self.model.face_companies
        near = [companies[j] for j in self.ties]
        return near.count(company) / len(near) if near else 0.0

    def be_counted(self) -> None:
        model, company = self.model, self.company
        tally = company.tally
        tally.trust += self.trust
        tally.belief += self.belief
        tally.crowding += self.crowding
        last = self.last
        if last >= 0 and model.t - last < model.par.month and last > self.joined:
            company.counted += 1
            company.steps_in_use.update(self.steps)


class Ecosystem(mesa.Model):
    """A run of a scenario under a style from its beginning, which is the core's.

    `exact` gives the core's bits; otherwise draws and elementary functions are Python's own, the
    fastest that Mesa models have. `rng` is Mesa's newer name of the seed. `history` (step, company)
    and `drive` (step, company, motive) are what the core records.
    """

    Person = Person
    FIRST, LAST = ("act",), ("look_back",)
    """Passes over all people at the beginning and the end of a step."""

    def __init__(
        self,
        scenario: Scenario,
        style: Any = None,
        *,
        seed: int = 1,
        rep: int = 0,
        exact: bool = True,
        rng: int | None = None,
    ) -> None:
        seed = seed if rng is None else rng
        super().__init__(rng=seed)
        if list(MOTIVES) != ["fun", "money", "own_use", "recognition", "social"]:
            raise ValueError("plain agents know the five motives of the model alone")
        eco = Simulation(scenario, style, seed=seed, rep=rep)
        state = eco.state
        self.t, self.world = 0, scenario
        self.par: Any = Numbered(eco.par[0])
        numbers = CORE_NUMBERS if exact else PYTHON_NUMBERS
        self.exp, self.log, self.turn, self.normal_quantile = numbers
        self.n_people = len(state.people)
        self.luck: Any = (
            CoreLuck(int(eco.key), self.n_people) if exact else PythonLuck(self, self.n_people)
        )
        self.styles, self.asked = eco.styles, eco.asked
        self.unpaid = [0] * len(self.styles)
        self.history, self.drive = eco.history, eco.drive
        self.centre, self.drift = float(state.world["centre"][0]), 0.0
        self.rings: list[list[float]] = state.rings.tolist()
        self.types: list[tuple[float, float]] = state.types.tolist()
        self.in_32_bits = array("f", [0.0])
        self.experts = [tuple(steps) for steps in state.experts.tolist()]
        self.firms = [
            Company(self, c, *rows)
            for c, rows in enumerate(zip(state.companies, state.problems, strict=True))
        ]
        offsets, neighbours = state.offsets.tolist(), state.neighbours.tolist()
        self.everyone = [
            self.Person(self, i, row, weights, neighbours[offsets[i] : offsets[i + 1]])
            for i, (row, weights) in enumerate(
                zip(state.people, state.weights.tolist(), strict=True)
            )
        ]
        self.blocks = [
            mesa.agent.AgentSet(self.everyone[first : first + BLOCK], random=self.random)
            for first in range(0, self.n_people, BLOCK)
        ]
        self.users = [block.select(lambda me: not me.volunteer) for block in self.blocks]
        self.busy: list[list[Person]] = []
        self.show_faces()

    def normal(self, stream: int, i: int, j: int) -> float:
        return self.normal_quantile(self.luck.uniform(stream, i, j))

    def begin_block(self, b: int) -> None:
        """Has companies add up what the people of a block do."""
        self.busy_here = self.busy[b]
        for company in self.firms:
            company.tally = company.tallies[b]

    def everybody(self, blocks: Sequence[Any], *rules: str) -> None:
        """Has each of some people, in the order of their numbers, do one rule after the other."""
        for rule in rules:
            do = getattr(self.Person, rule)
            for b, block in enumerate(blocks):
                self.begin_block(b)
                block.do(do)

    def workers(self, rule: str) -> None:
        """Has those do a rule who have submitted something, or have something that waits."""
        do = getattr(self.Person, rule)
        for b, block in enumerate(self.busy):
            self.begin_block(b)
            for me in block:
                do(me)

    def step(self) -> None:
        self.manage()
        self.t += 1
        self.luck.begin(self.t)
        self.effort_luck = self.luck.of_everyone(EFFORT, 0)
        self.leave_luck = self.luck.of_everyone(LEAVE, 0)
        self.turn_world()
        for company, asked in zip(self.firms, self.asked, strict=True):
            company.clear()
            company.follow_policy(asked)
            company.offer()
        self.busy = [[] for _ in self.blocks]
        self.everybody(self.blocks, *self.FIRST)
        self.do_work()
        for company in self.firms:
            company.present_product()
        self.everybody(self.users, "adopt")
        self.settle_accounts()
        for company in self.firms:
            company.take_stock()
            company.offer()
        for company in self.firms:
            company.aware_luck = self.luck.of_everyone(AWARE, company.number)
            company.begin_count()
        self.everybody(self.blocks, *self.LAST)
        self.record()
        self.running = self.t < self.world.time.steps

    def manage(self) -> None:
        """Lets dated events happen, and asks the styles before any answer comes into force."""
        self.luck.begin(self.t)
        new: set[int] = set()
        for event in self.world.events:
            if event.at == self.t + 1:
                for company, declared in zip(self.firms, self.world.companies, strict=True):
                    if event.company in ("", declared.name):
                        self.befall(event, company, new)
        if self.t % self.world.time.review == 0:
            due = [c for c in range(len(self.firms)) if c not in new]
            for c, answer in [(c, self.review(c)) for c in due]:
                self.asked[c] = answer

    def befall(self, event: Any, company: Company, new: set[int]) -> None:
        """Lets an event happen to a company; `new` takes the companies under a new style."""
        c, size, uniform = company.number, event.size, self.luck.uniform
        match event.kind:
            case "loss_of_core":
                members = [me for me in self.everyone if me.company is company]
                members.sort(key=lambda me: -me.made_here)
                for me in members[: math.ceil(size * len(members))]:
                    me.gone = 1
            case "loss_of_audience":
                n = len(self.firms)
                for me in self.everyone:
                    reached = me.company is company or me.company is None
                    if reached and uniform(SHOCK, me.number, n) < size:
                        me.gone = 1
            case "pay_withdrawal":
                self.unpaid[c] = self.t + event.lasts if event.lasts else self.world.time.steps
            case "new_vision":
                company.goal = (company.goal + size) % 1.0
            case "newcomers":
                for me in self.everyone if company.open else ():
                    if me.company is None and not me.gone and uniform(SHOCK, me.number, c) < size:
                        me.invited = c + 1
            case "new_style":
                self.styles[c] = make(event.style)
                self.asked[c] = self.review(c)
                new.add(c)

    def review(self, c: int) -> Levers:
        rivals = tuple(
            Rival(self.asked[other.number], self.report(other.number).profit())
            for other in self.firms
            if other.number != c and other.open
        )
        return self.styles[c].decide(self.report(c, rivals))

    def report(self, c: int, rivals: tuple[Rival, ...] = ()) -> Report:
        series = self.history[: self.t + 1, c]
        return Report(
            self.t,
            self.world.time.review,
            self.asked[c],
            series,
            rivals,
            lambda j: self.luck.uniform(STYLE, c, j),
        )

    def turn_world(self) -> None:
        par, uniform = self.par, self.luck.uniform
        self.drift = par.drift * self.normal(DRIFT, 0, 0)
        self.centre = wrap(self.centre + self.drift)
        for p in range(par.problems):
            if uniform(RENEWAL, p, 0) < par.renewal:
                ring = int(par.pool * uniform(RENEWAL, p, 1))
                at = int(par.ring * uniform(RENEWAL, p, 2))
                for company in self.firms:
                    task = company.tasks[p]
                    task.ring, task.heights, task.at = ring, self.rings[ring], at
                    task.winner = None

    def do_work(self) -> None:
        """Has contributions judged and put to work; moves products and visions."""
        for company in self.firms:
            company.open_gate()
        self.workers("judge_work")
        for company in self.firms:
            company.begin_search()
        self.workers("contribute")
        for company in self.firms:
            company.award_prizes()
        self.workers("take_in")
        for company in self.firms:
            company.steer()

    def settle_accounts(self) -> None:
        for company in self.firms:
            company.use_up()
        self.workers("be_honoured")
        for company in self.firms:
            company.budget()
        self.workers("be_paid")
        for company in self.firms:
            company.close_books()

    def record(self) -> None:
        for company in self.firms:
            company.end_count()
            self.history[self.t, company.number] = company.row()
            self.drive[self.t, company.number] = company.drives()
        self.show_faces()

    def show_faces(self) -> None:
        """Takes the snapshot that others see in the next step."""
        self.face_goals = array("f", [me.goal for me in self.everyone]).tolist()
        self.face_companies = [me.company for me in self.everyone]


class UsualPerson(Person):
    """A person who looks at everything, and works out anew what others have worked out before."""

    __slots__ = ()

    def pulls(self, company: Company) -> tuple[float, float, float, float, float]:
        company.offer()
        return super().pulls(company)

    def judge_work(self) -> None:
        if self.company is not None and self.submitted + self.waiting:
            super().judge_work()

    def learn(self) -> None:
        if self.company is not None:
            super().learn()

    def choose(self) -> None:
        for company in self.model.firms:
            company.heard_by_friends = 1.0
        super().choose()

    def be_counted(self) -> None:
        if self.company is not None:
            super().be_counted()


class UsualEcosystem(Ecosystem):
    """The same rules as they are mostly written.

    One pass a rule over all people, by the rule's name; what a company offers worked out by each
    person who looks at it; a DataCollector that keeps the main series, and three variables of each
    person, at each step.
    """

    Person = UsualPerson
    FIRST, LAST = ("share_vision", "give_effort"), ("learn", "leave_and_join", "be_counted")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.datacollector = mesa.DataCollector(
            model_reporters={
                name: lambda model, name=name: sum(getattr(one, name) for one in model.firms)
                for name in MAIN_SERIES
            },
            agenttype_reporters={
                UsualPerson: {name: name for name in ("effort", "trust", "submitted")}
            },
        )

    def step(self) -> None:
        super().step()
        self.datacollector.collect(self)

    def everybody(self, blocks: Sequence[Any], *rules: str) -> None:
        for rule in rules:
            for b, block in enumerate(blocks):
                self.begin_block(b)
                block.do(rule)

    def workers(self, rule: str) -> None:
        self.everybody(self.blocks, rule)
