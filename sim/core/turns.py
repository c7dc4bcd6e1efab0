"""The turns of people within a step: what each of them does, one after the other.

People stand in blocks of BLOCK, of which each thread takes one after the other. A block adds up
what its people do for each company, so that no sum depends on who takes which. Within a block they
are taken in lots of LOT; what rules compute for a whole lot stands in columns, and people who have
something to do are listed.
"""

from typing import Any

import numpy as np

from sim.core.jit import claim, fetch, fetch_first, long_rule, rule
from sim.core.numbers import exp_all, sigmoid_all, turn_all
from sim.core.random import Stream, uniform_all
from sim.core.rules.effort import count_drives, feel, give_effort, make_up_minds, rest
from sim.core.rules.gate import distance, experience, screen
from sim.core.rules.learning import come_to_trust, learn
from sim.core.rules.money import honour, pay
from sim.core.rules.record import be_counted, mark_steps, prepare_face, show_face
from sim.core.rules.search import conclude, contribute, take_in
from sim.core.rules.turnover import (
    accept_invitations,
    begin_choice,
    estrangement,
    hear,
    leaves,
    move,
    part,
)
from sim.core.rules.value import compare, count_adopters, look_out
from sim.core.rules.vision import share_vision
from sim.core.rules.world import change_needs
from sim.core.state import BLOCK, FACES, LOT, PILE
from sim.core.together import next_block

AHEAD = 24
"""People who are asked of the memory before it is their turn: they lie anywhere."""

FEW = 4
"""Contributions of a person that are listed at once: not many have more."""


@long_rule
def take_part(
    t: int,
    worker: int,
    progress: Any,
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
    lists: Any,
    tallies: Any,
    drives: Any,
    lot: Any,
) -> None:
    """Lets all people change their goals, and members decide how much to give.

    Where there are few, members of several lots decide together.
    """
    b = next_block(worker, len(lists), progress)
    while b < len(lists):
        begin_block(b, lists, tallies, drives)
        end, n_members = min((b + 1) * BLOCK, len(people)), 0
        for start in range(b * BLOCK, end, LOT):
            n = min(LOT, end - start)
            for k in range(n):
                i: Any = np.uint64(start + k)
                fetch(soon(i, people))
                change_needs(people[i], world)
                share_vision(i, par, people[i], faces, companies, offsets, neighbours)
                rest(people[i])
                lot.member[np.uint64(n_members)] = i
                n_members += int(people[i].company >= 0)
            while n_members >= LOT or (n_members > 0 and start + n == end):
                n_deciding = min(LOT, n_members)
                for c in range(len(companies)):
                    n_present = list_present(c, n_deciding, people, lot)
                    feel(n_present, par, people, weights, types, companies[c], offers[c], lot)
                    make_up_minds(n_present, par, lot)
                    give_effort(t, n_present, key, people, lot, tallies[b, c])
                    count_drives(b, c, n_present, par, lot, drives)
                list_busy(b, n_deciding, people, busy, lists, lot)
                n_members = put_off(n_deciding, n_members, lot)
        b = next_block(worker, len(lists), progress)


@rule
def soon(i: int, people: Any) -> Any:
    """Returns the person who stands one lot behind person i: that is next."""
    return people[min(i + np.uint64(LOT), np.uint64(len(people) - 1))]


@rule
def soon_busy(k: int, people: Any, busy: Any) -> Any:
    """Returns the person who stands AHEAD behind the k-th on the list of the busy."""
    return people[busy[np.uint64(min(k + AHEAD, len(busy) - 1))]]


@rule
def begin_block(b: int, lists: Any, tallies: Any, drives: Any) -> None:
    """Begins the list and the sums of a block; the last row of tallies is blank."""
    lists[b].busy = 0
    for c in range(tallies.shape[1]):
        tallies[b, c] = tallies[len(tallies) - 1, c]
        for m in range(drives.shape[2]):
            drives[b, c, m] = 0.0


@rule
def list_present(c: int, n: int, people: Any, lot: Any) -> int:
    """Lists those of n members who decide for company c in this step; returns how many they are."""
    found = 0
    for k in range(n):
        i = lot.member[k]
        lot.who[np.uint64(found)] = i
        found += int(people[i].company == c) & int(people[i].gone == 0)
    return found


@rule
def put_off(n: int, n_members: int, lot: Any) -> int:
    """Puts members from the n-th on at the beginning of their list; returns how many they are."""
    for k in range(n, n_members):
        lot.member[k - n] = lot.member[k]
    return n_members - n


@rule
def list_busy(b: int, n: int, people: Any, busy: Any, lists: Any, lot: Any) -> None:
    """Lists those of n members of a block who have work to decide on."""
    found = b * BLOCK + lists[b].busy
    for k in range(n):
        i = lot.member[k]
        busy[np.uint64(found)] = i  # never beyond i
        found += 1 if people[i].submitted + people[i].waiting > 0 else 0
    lists[b].busy = found - b * BLOCK


@long_rule
def submit(
    t: int,
    worker: int,
    progress: Any,
    key: Any,
    par: Any,
    people: Any,
    companies: Any,
    busy: Any,
    lists: Any,
    tallies: Any,
    lot: Any,
) -> None:
    """Has the work of those who have some screened."""
    b = next_block(worker, len(lists), progress)
    while b < len(lists):
        for start in range(b * BLOCK, b * BLOCK + lists[b].busy, LOT):
            n = min(LOT, b * BLOCK + lists[b].busy - start)
            for k in range(n):
                fetch(soon_busy(start + k, people, busy))
                me = people[busy[np.uint64(start + k)]]
                lot.near[k] = distance(par, me, companies[np.uint64(me.company)])
                lot.unlearned[k] = experience(par, me)
            exp_all(lot.near, n)
            exp_all(lot.unlearned, n)
            for k in range(n):
                i = busy[np.uint64(start + k)]
                me = people[i]
                c = np.uint64(me.company)
                screen(
                    t, i, key, par, me, lot.near[k], lot.unlearned[k], companies[c], tallies[b, c]
                )
        lists[b].accepted = bring_forward(b * BLOCK, lists[b].busy, people, busy)
        b = next_block(worker, len(lists), progress)


@rule
def bring_forward(first: int, n: int, people: Any, busy: Any) -> int:
    """Brings those of n busy people forward who have accepted work; returns how many they are.

    They stay in their order: each goes on from the work of the one before.
    """
    found = 0
    for k in range(n):
        here, there = np.uint64(first + k), np.uint64(first + found)
        i, other = busy[here], busy[there]
        is_one = people[i].accepted > 0
        busy[there] = i if is_one else other
        busy[here] = other if is_one else i
        found += int(is_one)
    return found


@long_rule
def search(
    t: int,
    worker: int,
    progress: Any,
    key: Any,
    par: Any,
    people: Any,
    companies: Any,
    offers: Any,
    problems: Any,
    rings: Any,
    busy: Any,
    lists: Any,
    lot: Any,
) -> None:
    """Puts accepted work to use in the order of people, who are taken in groups of LOT.

    Threads take groups by turns, and one goes on where another is done with a share of problems.
    """
    group, b, first = 0, 0, 0
    while b < len(lists):
        n_people, b, first = list_group(b, first, busy, lists, lot)
        if group % len(progress) == worker:
            for k in range(n_people):
                fetch_first(people[lot.member[k]])
            person, listed = 0, 0
            while person < n_people:
                n, person, listed = list_work(person, listed, n_people, people, lot)
                contribute(
                    n, person == n_people, group, t, worker, progress, key, par, people, companies,
                    offers, problems, rings, lot,
                )  # fmt: skip
        group += 1


@rule
def list_group(b: int, first: int, busy: Any, lists: Any, lot: Any) -> tuple[int, int, int]:
    """Lists LOT people with accepted work from the first one of block b on, or all who are left.

    Returns how many they are, and where the next group begins.
    """
    n = 0
    while b < len(lists) and n < LOT:
        taken = min(LOT - n, lists[b].accepted - first)
        for k in range(b * BLOCK + first, b * BLOCK + first + taken):
            lot.member[np.uint64(n)] = busy[np.uint64(k)]
            n += 1
        first += taken
        if first == lists[b].accepted:
            b, first = b + 1, 0
    return n, b, first


@rule
def list_work(
    person: int, listed: int, n_people: int, people: Any, lot: Any
) -> tuple[int, int, int]:
    """Lists what the people of a group contribute, FEW at once; too many are written over.

    It goes on with a person of the group of whom so many are listed. Returns how many contributions
    they are, and where to go on: with nobody, but where the PILE is full.
    """
    n = 0
    while person < n_people and n <= PILE - FEW:
        i = lot.member[np.uint64(person)]
        left = int(people[i].accepted) - listed
        for m in range(FEW):
            place = np.uint64(n + m)
            lot.maker[place], lot.number[place] = i, listed + m
        n += min(FEW, left)
        is_last = int(left <= FEW)
        person += is_last
        listed = (listed + FEW) * (1 - is_last)
    return n, person, listed


@long_rule
def take_in_work(
    t: int,
    worker: int,
    progress: Any,
    key: Any,
    par: Any,
    people: Any,
    companies: Any,
    offers: Any,
    problems: Any,
    busy: Any,
    lists: Any,
    tallies: Any,
    lot: Any,
) -> None:
    """Counts what came of each person's work, and honours some."""
    b = next_block(worker, len(lists), progress)
    while b < len(lists):
        for start in range(b * BLOCK, b * BLOCK + lists[b].busy, LOT):
            n = min(LOT, b * BLOCK + lists[b].busy - start)
            for k in range(n):
                fetch(soon_busy(start + k, people, busy))
                i = busy[np.uint64(start + k)]
                me = people[i]
                c = np.uint64(me.company)
                lot.decided[k] = conclude(t, i, key, me, offers[c], problems)
                lot.goal[k] = me.goal
            n_accepted = min(n, max(0, b * BLOCK + lists[b].accepted - start))
            turn_all(lot.goal, lot.cosine, lot.sine, n_accepted)
            for k in range(n):
                i = busy[np.uint64(start + k)]
                me = people[i]
                c = np.uint64(me.company)
                if lot.decided[k] > 0:
                    take_in(me, lot.cosine[k], lot.sine[k], companies[c], tallies[b, c])
                if me.accepted > 0:
                    honour(t, i, key, par, me, companies[c], tallies[b, c])
        b = next_block(worker, len(lists), progress)


@long_rule
def use(
    worker: int,
    progress: Any,
    par: Any,
    people: Any,
    companies: Any,
    offers: Any,
    lists: Any,
    tallies: Any,
    lot: Any,
) -> None:
    """Lets each user adopt the best product above what they can do without."""
    reservation = par.reservation  # fetched for some only, it would take a branch
    b = next_block(worker, len(lists), progress)
    while b < len(lists):
        for start in range(b * BLOCK, min((b + 1) * BLOCK, len(people)), LOT):
            n = min(LOT, len(people) - start)
            for k in range(n):
                i: Any = np.uint64(start + k)
                fetch_first(soon(i, people))
                look_out(k, people[i], reservation, lot)
            for c in range(len(companies)):
                if companies[c].open == 1 and offers[c].worth > reservation:
                    for k in range(n):
                        compare(k, c, companies[c], offers[c], lot)
            for k in range(n):
                me = people[np.uint64(start + k)]
                if me.adopted != lot.adopted[k]:  # what is written must go back to memory
                    me.adopted = lot.adopted[k]
            for c in range(len(companies)):
                if companies[c].open == 1 and offers[c].worth > reservation:
                    count_adopters(c, n, par, lot, tallies[b, c])
        b = next_block(worker, len(lists), progress)


@long_rule
def stay_or_go(
    t: int,
    worker: int,
    progress: Any,
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
    busy: Any,
    lists: Any,
    tallies: Any,
    lot: Any,
) -> None:
    """Pays members and lets them learn; then people leave, hear of companies and join."""
    b = next_block(worker, len(lists), progress)
    while b < len(lists):
        for k in range(b * BLOCK, b * BLOCK + lists[b].accepted):
            me = people[busy[np.uint64(k)]]
            if me.accepted > 0:
                pay(me, companies[np.uint64(me.company)])
        for start in range(b * BLOCK, min((b + 1) * BLOCK, len(people)), LOT):
            n = min(LOT, len(people) - start)
            claim_faces(start + LOT, faces)
            n_members, any_befallen = list_sides(start, n, people, lot)
            n_free = n - n_members
            if any_befallen:
                n_free = accept_invitations(t, start, n, n_free, people, companies, b, tallies, lot)
            for k in range(n_members):
                me = people[lot.who[k]]
                c: Any = np.uint64(me.company)
                lot.deserved[k] = learn(par, me, companies[c], offers[c])
                lot.strange[k] = estrangement(t, par, me)
            sigmoid_all(lot.deserved, n_members)
            exp_all(lot.strange, n_members)
            uniform_all(key, Stream.LEAVE, t, 0, lot.who, n_members, lot.chance)
            for k in range(n_members):
                me = people[lot.who[k]]
                c = np.uint64(me.company)
                come_to_trust(par, me, lot.deserved[k])
                if leaves(t, par, me, lot.strange[k], lot.chance[k], companies[c], tallies[b, c]):
                    part(t, par, me, tallies[b, c])
                elif len(companies) > 1:
                    lot.some[n_free] = lot.who[k]
                    n_free += 1
            begin_choice(n_free, lot)
            for c in range(len(companies)):
                if companies[c].open == 1:
                    hear(
                        c, n_free, t, key, par, people, faces, weights, companies[c], offers[c],
                        offsets, neighbours, lot,
                    )  # fmt: skip
            move(t, n_free, par, people, b, tallies, lot)
            n_active = 0
            for k in range(n):
                i: Any = np.uint64(start + k)
                claim(soon(i, people))
                lot.who[n_active] = i
                n_active += int(be_counted(t, par, people[i], b, tallies))
                prepare_face(people[i], faces[i])
            for k in range(n_active):
                mark_steps(t, people[lot.who[k]], marks)
        b = next_block(worker, len(lists), progress)


@rule
def claim_faces(start: int, faces: Any) -> None:
    """Claims the faces of the lot that begins here: others have looked at them in this step."""
    for k in range(start, min(start + LOT, len(faces)), FACES):
        claim(faces[np.uint64(k)])


@rule
def list_sides(start: int, n: int, people: Any, lot: Any) -> tuple[int, bool]:
    """Lists members (`who`) and outsiders (`some`) among n people.

    Returns how many are members, and whether any person is gone or invited to a company.
    """
    members, befallen = 0, 0
    for k in range(n):
        i: Any = np.uint64(start + k)
        me = people[i]
        me.aware = 0
        lot.who[np.uint64(members)] = i
        lot.some[np.uint64(k - members)] = i
        members += int(me.company >= 0)
        befallen |= int(me.gone) | int(me.invited)
    return members, befallen != 0


@rule
def be_seen(worker: int, progress: Any, faces: Any, lists: Any) -> None:
    """Shows what others see of people in the next step."""
    b = next_block(worker, len(lists), progress)
    while b < len(lists):
        for i in range(b * BLOCK, min((b + 1) * BLOCK, len(faces))):
            show_face(faces[i])
        b = next_block(worker, len(lists), progress)
