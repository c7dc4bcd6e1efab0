"""The turns of people within a step: what each of them does, one after the other.

People stand in blocks of BLOCK. A block adds up what its people do for each company, so that no
sum depends on which thread takes which blocks.
"""

from typing import Any

from sim.core.jit import rule
from sim.core.numbers import exp_all, sigmoid_all
from sim.core.rules.effort import feel, give_effort
from sim.core.rules.gate import distance, experience, screen
from sim.core.rules.learning import come_to_trust, learn
from sim.core.rules.money import honour, pay
from sim.core.rules.record import be_counted, show_face
from sim.core.rules.search import conclude, contribute, take_in
from sim.core.rules.turnover import estrangement, leave_and_join
from sim.core.rules.value import adopt, compare
from sim.core.rules.vision import share_vision
from sim.core.rules.world import change_needs
from sim.core.space import log_fit
from sim.core.state import BLOCK


@rule
def take_part(
    t: int,
    first: int,
    last: int,
    key: Any,
    par: Any,
    people: Any,
    faces: Any,
    weights: Any,
    types: Any,
    offsets: Any,
    neighbours: Any,
    companies: Any,
    offers: Any,
    world: Any,
    busy: Any,
    n_busy: Any,
    tallies: Any,
    drives: Any,
    pulls: Any,
    willing: Any,
    fits: Any,
) -> None:
    """Lets all people change their goals, and members decide how much to give."""
    for b in range(first, last):
        begin_sums(b, tallies, drives)
        start, n = b * BLOCK, min(BLOCK, len(people) - b * BLOCK)
        for k in range(n):
            change_needs(people[start + k], world)
        for k in range(n):
            i = start + k
            me = people[i]
            share_vision(i, par, me, faces, companies, offsets, neighbours)
            fits[k] = (
                0.0 if me.company < 0 else log_fit(me, companies[me.company], offers[me.company])
            )
        exp_all(fits, n)
        for k in range(n):
            i = start + k
            me = people[i]
            c = me.company
            if c >= 0 and me.gone == 0:
                feel(k, i, par, me, weights, fits[k], companies[c], offers[c], pulls)
                willing[k] = me.utility
        sigmoid_all(willing, n)
        for k in range(n_busy[b]):
            people[busy[start + k]].rejected = 0  # also of those who have left
        n_busy[b] = 0
        for k in range(n):
            i = start + k
            me = people[i]
            c = me.company
            me.submitted, me.accepted, me.effort = 0, 0, 0.0
            if c >= 0:
                me.rejected = 0
                if me.gone == 0:
                    give_effort(
                        t, i, k, b, c, key, par, me, willing[k], types[me.reciprocity],
                        offers[c], pulls, tallies[b, c], drives,
                    )  # fmt: skip
            if me.submitted + me.waiting > 0:
                busy[start + n_busy[b]] = i
                n_busy[b] += 1


@rule
def begin_sums(b: int, tallies: Any, drives: Any) -> None:
    """Begins the sums of a block; the last row of tallies is blank."""
    for c in range(tallies.shape[1]):
        tallies[b, c] = tallies[len(tallies) - 1, c]
        for m in range(drives.shape[2]):
            drives[b, c, m] = 0.0


@rule
def submit(
    t: int,
    first: int,
    last: int,
    key: Any,
    par: Any,
    people: Any,
    companies: Any,
    busy: Any,
    n_busy: Any,
    tallies: Any,
    near: Any,
    unlearned: Any,
) -> None:
    """Has the work of those who have some screened."""
    for b in range(first, last):
        start, n = b * BLOCK, n_busy[b]
        for k in range(n):
            me = people[busy[start + k]]
            near[k] = distance(par, me, companies[me.company])
            unlearned[k] = experience(par, me)
        exp_all(near, n)
        exp_all(unlearned, n)
        for k in range(n):
            i = int(busy[start + k])
            me = people[i]
            c = me.company
            screen(t, i, key, par, me, near[k], unlearned[k], companies[c], tallies[b, c])


@rule
def search(
    t: int,
    worker: int,
    workers: int,
    key: Any,
    par: Any,
    people: Any,
    companies: Any,
    problems: Any,
    rings: Any,
    experts: Any,
    busy: Any,
    n_busy: Any,
) -> None:
    """Puts accepted work to use: all people in their order, on the problems of one worker."""
    for b in range(len(n_busy)):
        accepted = 0
        for k in range(b * BLOCK, b * BLOCK + n_busy[b]):
            accepted += people[busy[k]].accepted
        if accepted == 0:
            continue
        for k in range(b * BLOCK, b * BLOCK + n_busy[b]):
            i = int(busy[k])
            me = people[i]
            if me.accepted > 0:
                contribute(
                    t, i, worker, workers, key, par, me, companies[me.company], problems,
                    rings, experts,
                )  # fmt: skip


@rule
def take_in_work(
    t: int,
    first: int,
    last: int,
    key: Any,
    par: Any,
    people: Any,
    companies: Any,
    offers: Any,
    problems: Any,
    busy: Any,
    n_busy: Any,
    tallies: Any,
    decided: Any,
) -> None:
    """Counts what came of each person's work, and honours some."""
    for b in range(first, last):
        start, n = b * BLOCK, n_busy[b]
        for k in range(n):
            i = int(busy[start + k])
            me = people[i]
            c = me.company
            decided[k] = conclude(t, i, key, par, me, companies[c], offers[c], problems)
        for k in range(n):
            i = int(busy[start + k])
            me = people[i]
            c = me.company
            if decided[k] > 0.0:
                take_in(me, companies[c], tallies[b, c])
            if me.accepted > 0:
                honour(t, i, key, par, me, companies[c], tallies[b, c])


@rule
def use(
    first: int,
    last: int,
    par: Any,
    people: Any,
    companies: Any,
    offers: Any,
    tallies: Any,
    suits: Any,
    best: Any,
    fits: Any,
) -> None:
    """Lets each user adopt the best product above what they can do without."""
    for b in range(first, last):
        start, n = b * BLOCK, min(BLOCK, len(people) - b * BLOCK)
        for k in range(n):
            people[start + k].adopted = -1
            best[k] = par.reservation
        for c in range(len(companies)):
            if companies[c].open == 0 or offers[c].worth <= par.reservation:
                continue
            for k in range(n):
                suits[k] = log_fit(people[start + k], companies[c], offers[c])
            exp_all(suits, n)
            for k in range(n):
                compare(k, c, people[start + k], suits[k], offers[c], best, fits)
        for k in range(n):
            c = people[start + k].adopted
            if c >= 0:
                adopt(par, best[k], fits[k], tallies[b, c])


@rule
def stay_or_go(
    t: int,
    first: int,
    last: int,
    key: Any,
    par: Any,
    people: Any,
    faces: Any,
    weights: Any,
    offsets: Any,
    neighbours: Any,
    companies: Any,
    offers: Any,
    marks: Any,
    tallies: Any,
    pulls: Any,
    deserved: Any,
    strange: Any,
) -> None:
    """Pays members and lets them learn; then people leave, hear of companies and join."""
    for b in range(first, last):
        start, n = b * BLOCK, min(BLOCK, len(people) - b * BLOCK)
        for k in range(n):
            me = people[start + k]
            c = me.company
            if me.accepted > 0:
                pay(me, companies[c])
            if c >= 0:
                deserved[k] = learn(par, me, companies[c], offers[c])
                strange[k] = estrangement(t, par, me)
        sigmoid_all(deserved, n)
        exp_all(strange, n)
        for k in range(n):
            i = start + k
            me = people[i]
            if me.company >= 0:
                come_to_trust(par, me, deserved[k])
            leave_and_join(
                t, i, key, par, me, strange[k], faces, weights, companies, offers, b, tallies,
                offsets, neighbours, pulls,
            )  # fmt: skip
            be_counted(t, par, me, b, tallies, marks)


@rule
def be_seen(first: int, last: int, people: Any, faces: Any) -> None:
    """Shows what others see of people in the next step."""
    for i in range(first * BLOCK, min(len(people), last * BLOCK)):
        show_face(people[i], faces[i])
