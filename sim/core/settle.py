"""The beginning: a world, its people and its companies, drawn from their own streams."""

from typing import Any

from sim.core.jit import kernel, rule
from sim.core.landscape import draw_heuristic, draw_ring, train_experts
from sim.core.numbers import exp
from sim.core.random import Stream, gamma, normal, uniform
from sim.core.rules.record import (
    be_counted,
    look_around,
    mark_steps,
    prepare_face,
    record,
    show_face,
)
from sim.core.rules.world import pose
from sim.core.space import wrap
from sim.core.state import BLOCK


@kernel
def settle(
    key: Any,
    par: Any,
    shapes: Any,
    streams: Any,
    drawn: Any,
    rises: Any,
    desk: Any,
    history: Any,
    drive_history: Any,
    people: Any,
    faces: Any,
    weights: Any,
    types: Any,
    offsets: Any,
    neighbours: Any,
    companies: Any,
    levers: Any,
    offers: Any,
    problems: Any,
    world: Any,
    rings: Any,
    experts: Any,
    marks: Any,
    drive: Any,
    busy: Any,
    lists: Any,
    tallies: Any,
    drives: Any,
) -> None:
    """Fills all arrays with the state at step 0.

    `shapes` (2, motive) are the Dirichlet parameters of the motive mix, of users and of
    volunteers, `streams` (motive,) the number of each motive in its draws; `drawn` (motive,),
    `rises` (position,) and `desk` are room to work in. Whoever is drawn keeps their traits whatever
    else is in the world: each draw belongs to a person, company or ring.
    """
    par = par[0]
    last = len(rings) - 1
    for r in range(len(rings)):
        draw_ring(rings[r], par.smoothness, key, r)
    train_experts(experts, rings, last, par.largest_step, par.expert_sample, key, rises, desk[0])
    world[0].centre = uniform(key, Stream.WORLD_DRIFT, 0, 0, 0)
    for p in range(problems.shape[1]):
        pose(p, 0, key, problems, rings)
    for c in range(len(companies)):
        found(c, key, par, companies[c], world)
        companies[c].endowment = par.seed_money * len(people) / len(companies)
        companies[c].cash = companies[c].endowment
    set_types(par, types)
    for i in range(len(people)):
        be_born(i, key, par, people[i], world)
        draw_motives(i, key, people[i].volunteer, shapes, streams, weights, drawn)
        join_founders(i, key, par, people[i], companies)
        prepare_face(people[i], faces[i])
        show_face(faces[i])
        if be_counted(0, par, people[i], i // BLOCK, tallies):
            mark_steps(0, people[i], marks)
    look_around(0, par, companies, tallies, marks)
    for c in range(len(companies)):
        companies[c].active = companies[c].members
    record(0, companies, drive, drives, history, drive_history)


@rule
def found(c: int, key: Any, par: Any, company: Any, world: Any) -> None:
    """Founds company c with a vision of what the market wants, and an error in it."""
    error = par.vision_error * normal(key, Stream.VISION, 0, c, 0)
    company.goal = wrap(world[0].centre + error)
    company.direction = company.goal
    company.open = 1
    company.austerity = 1.0
    company.seen = 1.0
    company.acceptance = 1.0
    company.coherence = 1.0
    company.served = 1.0


@rule
def be_born(i: int, key: Any, par: Any, me: Any, world: Any) -> None:
    """Draws the traits of person i."""
    spread = par.need_spread * normal(key, Stream.NEED, 0, i, 0)
    me.need = wrap(world[0].centre + spread)
    me.goal = me.need
    sigma = par.activity_spread
    me.activity = exp(sigma * normal(key, Stream.ACTIVITY, 0, i, 0) - 0.5 * sigma * sigma)
    skill = par.skill + par.skill_spread * normal(key, Stream.SKILL, 0, i, 0)
    me.skill = max(0.0, min(1.0, skill))
    first, second, third = draw_heuristic(key, Stream.STEPS, i, par.largest_step)
    me.first_step, me.second_step, me.third_step = first, second, third
    me.volunteer = 1 if uniform(key, Stream.KIND, 0, i, 0) < par.volunteers else 0
    me.reciprocity = draw_type(uniform(key, Stream.RECIPROCITY, 0, i, 0), par)
    belief = par.first_belief + par.belief_spread * normal(key, Stream.RECIPROCITY, 0, i, 1)
    me.belief = max(0.0, min(1.0, belief))
    me.trust = par.first_trust
    me.company, me.adopted, me.joined = -1, -1, -1
    me.first, me.last, me.awarded, me.welcomed = -1, -1, -1, -1.0


@rule
def set_types(par: Any, types: Any) -> None:
    """Sets the schedule of each of the four types of Fischbacher & Gaechter (2010)."""
    types[0].intercept, types[0].slope = par.conditional_start, par.conditional_slope
    types[1].intercept, types[1].slope = 0.0, 0.0
    types[2].intercept, types[2].slope = par.triangle_start, par.triangle_slope
    types[3].intercept, types[3].slope = par.other_start, par.other_slope


@rule
def draw_type(u: float, par: Any) -> int:
    """Returns the type of reciprocity at quantile u."""
    if u < par.conditional:
        return 0
    if u < par.conditional + par.free_riders:
        return 1
    if u < par.conditional + par.free_riders + par.triangle:
        return 2
    return 3


@rule
def draw_motives(
    i: int, key: Any, kind: int, shapes: Any, streams: Any, weights: Any, drawn: Any
) -> None:
    """Draws the motive weights of person i from a Dirichlet; a shape of 0 is a weight of 0."""
    total = 0.0
    for m in range(len(streams)):
        drawn[m] = 0.0
        if shapes[kind, m] > 0.0:
            drawn[m] = gamma(shapes[kind, m], key, Stream.MOTIVES, 0, i, streams[m])
            total += drawn[m]
    for m in range(len(streams)):
        weights[i, m] = drawn[m] / total if total > 0.0 else 0.0


@rule
def join_founders(i: int, key: Any, par: Any, me: Any, companies: Any) -> None:
    """Makes a share of the people members from the start, of a company by lot."""
    if uniform(key, Stream.FOUNDER, 0, i, 0) < par.founders:
        c = int(len(companies) * uniform(key, Stream.FOUNDER, 0, i, 1))
        me.company = c
        me.joined = 0
        companies[c].members += 1
