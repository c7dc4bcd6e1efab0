"""One step of the ecosystem: the order of events, and nothing else.

Companies and people take turns. In a turn nobody sees what others do in it, but in the search,
where one goes on from another: so people's turns can be shared out among threads.
"""

from typing import Any

from sim.core.jit import kernel
from sim.core.rules.direction import steer
from sim.core.rules.gate import close_gates, open_gates
from sim.core.rules.learning import take_stock
from sim.core.rules.money import settle_accounts
from sim.core.rules.offer import make_offers
from sim.core.rules.policy import follow_policy
from sim.core.rules.record import look_around, record
from sim.core.rules.search import award_prizes, begin_search
from sim.core.rules.value import bring_out, count_users
from sim.core.rules.world import turn_world
from sim.core.together import end_turn, may_begin
from sim.core.turns import be_seen, search, stay_or_go, submit, take_in_work, take_part, use

TURNS = 14
"""Turns in a step: 0, 2, 4 ... are the companies', 1, 3, 5 ... the people's."""


@kernel
def advance(
    start: int,
    stop: int,
    worker: int,
    progress: Any,
    key: Any,
    par: Any,
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
    desk: Any,
) -> int:
    """Takes the turns start to stop - 1 of a run, TURNS a step, in place; returns the next one.

    As one of the threads whose `progress` it is: the first takes the turns of companies, all share
    those of people. None begins a turn before the last is ended by all; if one has come to grief,
    all others end there. `desk` is a thread's own room to work in.
    """
    par, lot = par[0], desk[0]
    for n in range(start, stop):
        t, now = n // TURNS + 1, n % TURNS
        if worker > 0 and now % 2 == 0:
            continue
        if not may_begin(n, worker, progress):
            return n
        if now == 0:
            turn_world(t, key, par, world, problems, rings)
            follow_policy(companies, levers)
            make_offers(len(people), par, companies, offers)
        elif now == 1:
            take_part(
                t, worker, progress, key, par, people, faces, weights, types, offsets, neighbours,
                companies, offers, world, busy, lists, tallies, drives, lot,
            )  # fmt: skip
        elif now == 2:
            open_gates(par, companies, tallies)
        elif now == 3:
            submit(t, worker, progress, key, par, people, companies, busy, lists, tallies, lot)
        elif now == 4:
            close_gates(companies, tallies)
            begin_search(t, key, par, companies, offers, problems, rings, experts)
        elif now == 5:
            search(
                t, worker, progress, key, par, people, companies, offers, problems, rings, busy,
                lists, lot,
            )  # fmt: skip
        elif now == 6:
            award_prizes(par, companies, offers, problems, rings)
        elif now == 7:
            take_in_work(
                t, worker, progress, key, par, people, companies, offers, problems, busy, lists,
                tallies, lot,
            )  # fmt: skip
        elif now == 8:
            steer(t, key, par, companies, tallies, world)
            bring_out(par, companies, offers, problems, rings)
        elif now == 9:
            use(worker, progress, par, people, companies, offers, lists, tallies, lot)
        elif now == 10:
            count_users(par, companies, tallies)
            settle_accounts(par, companies)
            take_stock(par, companies, offers, tallies)
            make_offers(len(people), par, companies, offers)
        elif now == 11:
            stay_or_go(
                t, worker, progress, key, par, people, faces, weights, offsets, neighbours,
                companies, offers, marks, busy, lists, tallies, lot,
            )  # fmt: skip
        elif now == 12:
            look_around(t, par, companies, tallies, marks)
            record(t, companies, drive, drives, history, drive_history)
        else:
            be_seen(worker, progress, faces, lists)
        end_turn(n, worker, progress)
    return stop
