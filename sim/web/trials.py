"""What single turns do to one person, one problem or one company, each tried out in a tiny world.

A trial sets up the world as two sliders say, takes the turns in question, and returns what has
come of it: a number for each of its lines, NaN where there is none. Whatever happens in between
the core does. Where a draw of luck would decide what is seen, it returns the mean of many.
"""

from math import nan
from typing import Any

import numpy as np

from sim.web.sandbox import WORLD
from sim.web.settings import ready
from sim.web.tinyworld import BEFORE, TinyWorld

Values = Any
"""A number for each line, in their order."""

YEAR = 12
PIECES = 2_000  # of work by which a share is estimated
LOAD = 200  # pieces of work that a company has to decide on
CONTRIBUTORS = 500
COLLEAGUES = 100
AWAY = 0.2  # from the contributors' goals to the vision [circle]
DRAWS = 50  # of problems, or of a contest, whose mean is shown
SPELLS = 6  # likewise, in which experts are at work
SPELL = 2 * YEAR


def pay(money: float, cash: float) -> Values:
    """What a company's pay is worth and how far it crowds out; without cash it is cut."""
    world = TinyWorld(money=money)
    world.company.austerity = 1.0 if cash else world.par.austerity
    world.take(0)
    return world.offer.money, world.offer.crowding


def motives(money: float, control: float) -> Values:
    """The effort of members who come for joy, thanks, money and all that people come for."""
    world = TinyWorld(money=money, control=control)
    people = world.members(4)
    world.stand_still()
    world.come_for({"fun": 1}, {"recognition": 1}, {"money": 1}, ready(WORLD).motives)
    for _ in range(YEAR):
        world.take(0, 1)
    return people["effort"]


def others(belief: float, sharing: float) -> Values:
    """The effort of each type of reciprocity, given what one believes that others give."""
    world = TinyWorld(sharing=sharing)
    people = world.members(4, belief=belief, reciprocity=range(4))
    world.come_for(*4 * [{"fun": 1.0}])
    world.take(1)
    return people["effort"]


def vision(months: float, strength: float) -> Values:
    """How far from the vision goals are that began near, farther and far away from it."""
    world = TinyWorld(vision=strength)
    goals = world.company.goal + np.array([0.1, 0.18, 0.25])
    people = world.members(3, need=goals, goal=goals)
    world.stand_still()
    world.take(*int(months) * [1])
    return people["goal"] - world.company.goal


def seen(load: float, control: float) -> Values:
    """The share of the work that reviewers look at, without tools and with full ones."""
    for tools in (0.0, 1.0):
        world = TinyWorld(control=control, tools=tools)
        world.company.waiting = load
        world.take(2)
        yield world.company.seen


def judged(control: float, active: float) -> Values:
    """The error with which solutions are judged, where nothing and where all can be seen."""
    for transparency in (0.0, 1.0):
        world = TinyWorld(control=control, transparency=transparency)
        world.company.waiting, world.company.active = LOAD, active
        world.take(2)
        yield world.company.noise


def gate(distance: float, control: float) -> Values:
    """The shares of first work that are accepted, must wait and are rejected."""
    world = TinyWorld(control=control)
    world.company.waiting = LOAD
    world.take(2)
    people = world.members(1, goal=world.company.goal + distance, submitted=PIECES)
    world.list_busy(1)
    world.take(3)
    return (people[fate][0] / PIECES for fate in ("accepted", "waiting", "rejected"))


def experts(work: float, share: float) -> Values:
    """Mean quality over two years where experts solve problems, do both, and show them others."""
    for facilitation in (0.0, 0.5, 1.0):
        world = TinyWorld(experts=share, facilitation=facilitation)
        world.members(int(work))
        qualities = []
        for month in range(SPELLS * SPELL):
            if month % SPELL == 0:
                world.pose_anew()
            else:
                world.take(0)
            world.accept(int(work))
            world.take(2, 4, 5, 8)
            qualities.append(world.company.quality)
        yield np.mean(qualities)


def search(work: float, transparency: float) -> Values:
    """Quality after so much work on new problems, by the like of the best expert or by all."""
    for alike in (True, False):
        world = TinyWorld(transparency=transparency, experts=0.0)
        people = world.members(int(work))
        if alike:
            people["first_step"], people["second_step"], people["third_step"] = world.state.experts[
                0
            ]
        qualities = []
        for _ in range(DRAWS):
            world.pose_anew()
            world.accept(int(work))
            world.take(2, 4, 5, 8)
            qualities.append(world.company.quality)
        yield np.mean(qualities)


def purse(entries: float, money: float) -> Values:
    """What each winner of a contest gets on average, and what an entry gets."""
    world = TinyWorld(contest=1.0, money=money)
    people = world.members(int(entries))
    prizes = []
    for _ in range(DRAWS):
        world.accept(int(entries))
        world.take(4, 5, 6, 7)
        prizes.append(world.offer.prize)
    return np.mean(prizes), people["earned"].mean() / DRAWS


def heard(contest: float, recognition: float) -> Values:
    """The shares of contributors who hear that they are accepted, have lost, get an award."""
    world = TinyWorld(contest=contest, recognition=recognition)
    people = world.members(CONTRIBUTORS)
    shares = []
    for _ in range(DRAWS):
        people["awarded"] = -1
        world.accept(CONTRIBUTORS)
        world.take(4, 5, 6, 7)
        fates = people["accepted"] > 0, people["rejected"] > 0, people["awarded"] > BEFORE
        shares.append(np.mean(fates, axis=1))
    return np.mean(shares, axis=0)


def steer(control: float, strength: float) -> Values:
    """Where the contributors' goals, the product and the vision are after a year.

    The vision's errors are left out: nothing that is shown depends on them on average.
    """
    world = TinyWorld(control=control, vision=strength)
    world.par.vision_noise = 0.0
    start = 0.5 - AWAY  # far from the ends of the circle
    world.company.goal = world.company.direction = world.state.world[0].centre = start
    world.members(COLLEAGUES, goal=start + AWAY)
    for _ in range(YEAR):
        world.accept(COLLEAGUES)
        world.take(4, 7, 8)
    return AWAY, world.company.direction - start, world.company.goal - start


def worth(height: float, trust: float) -> Values:
    """What a product is worth whose problems are solved to this height."""
    world = TinyWorld()
    world.state.rings = np.full_like(world.state.rings, height)
    world.company.trust = trust
    world.take(8)
    return (world.offer.worth,)


def use(distance: float, tools: float) -> Values:
    """What the product is worth to a user, if they use it, and what they have without it."""
    world = TinyWorld(tools=tools)
    world.members(1, need=world.company.direction + distance)
    world.take(9, 10)
    company, par = world.company, world.par
    return company.created / par.months if company.adopters else nan, par.reservation


def accounts(sharing: float, active: float) -> Values:
    """What users, contributors and the company have of the value that a month creates."""
    world = TinyWorld()
    world.take(*range(1, 10))
    company = world.company
    company.sharing, company.active, company.cash = sharing, active, company.endowment
    world.take(10)
    return (
        company.created - company.captured,
        company.paid + company.shared,
        company.captured - company.cost - company.shared,
    )


def trust(months: float, transparency: float) -> Values:
    """Trust of members whose work is always, only in the first year, and never accepted."""
    world = TinyWorld(transparency=transparency)
    world.take(*range(1, 11))
    people = world.members(3, belief=world.company.effort)
    world.keep()
    for month in range(int(months)):
        people["accepted"] = 1, month < YEAR, 0
        people["rejected"] = 1 - people["accepted"]
        world.take(11)
    return people["trust"]


def leaving(made: float, utility: float) -> Values:
    """The share of members who leave, first work rejected, accepted, and with an award, too."""
    for welcomed, awarded in ((0.0, -1), (1.0, -1), (1.0, BEFORE)):
        world = TinyWorld()
        people = world.members(
            PIECES, made_here=made, utility=utility, welcomed=welcomed, awarded=awarded
        )
        world.take(11)
        yield np.mean(people["company"] < 0)


def word(users: float, control: float) -> Values:
    """The share of outsiders who hear of the company in a year, by their friends who are in it."""
    for friends in range(3):
        world = TinyWorld(control=control)
        world.company.adopters = users * len(world.people)
        world.take(0)
        people = world.members(PIECES, company=-1)
        world.tie_to(0, 1)
        world.state.faces["company"] = -1
        world.state.faces["company"][:friends] = 0
        heard = np.zeros(PIECES, bool)
        for _ in range(YEAR):
            world.take(11)
            heard |= people["aware"] == 1
        yield np.mean(heard)


def record(leavers: float, trust: float) -> Values:
    """Mean trust on record where so many of a hundred members have not left yet, or have left."""
    for gone in (0, 1):
        world = TinyWorld()
        people = world.members(COLLEAGUES)
        world.keep()
        people["trust"][: int(leavers)] = trust
        people["gone"][: int(leavers)] = gone
        world.take(11, 12)
        yield world.company.trust


def faces(distance: float, strength: float) -> Values:
    """How far a goal moves to that of a friend who has joined, before and after faces are shown."""
    world = TinyWorld(vision=strength)
    goals = world.company.goal + np.array([0.0, distance])
    people = world.members(2, need=goals, goal=goals)
    world.tie_to(1)
    world.stand_still()
    world.state.faces["goal"][1] = goals[1]
    world.state.faces["company"][1], world.state.faces["coming"][1] = -1, 0
    for turns in ((1,), (13, 1)):
        before = people["goal"][0]
        world.take(*turns)
        yield people["goal"][0] - before
