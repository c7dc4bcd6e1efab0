"""The sandboxes of the rules show what the rules of the core do, worked out here by hand.

The numbers of the world `default` stand here as its scenario declares them.
"""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from sim.core import step
from sim.core.draws import draw_all
from sim.core.random import Stream
from sim.errors import UserError
from sim.styles import Style
from sim.web import trials
from sim.web.rulebook import TRIALS, found, read_turn, rules_of
from sim.web.sandbox import MIDDLE, settled
from sim.web.tinyworld import TinyWorld, two_years_on

ROOT = Path(__file__).parents[2]
TITLES = [trial.title for trial in TRIALS]
SINGLE = float(np.finfo(np.float32).eps)  # of efforts, which are kept as 32-bit floats


MIX = (0.29, 0.12, 0.25, 0.15, 0.19)  # joy, thanks, money, company and own use


class Middle(Style):
    levers = MIDDLE


def share(rate):
    return 1 - np.exp(-rate)


def logistic(x):
    return 1 / (1 + np.exp(-x))


def apart(to, start):
    return (to - start + 0.5) % 1 - 0.5


def company():
    """The company as two years have left it."""
    return two_years_on().state.companies[0].copy()


# The world


def test_members__are_the_only_ones_alike_and_know_nobody():
    world = TinyWorld()
    others = world.people[5:].copy()
    world.take(1)
    assert world.state.lists["busy"].sum() > 5
    people = world.members(5, belief=[0, 0, 0, 0, 1])
    told_apart = {name for name in people.dtype.names if len(set(people[name].tolist())) > 1}
    assert told_apart == {"belief", "first_step", "second_step", "third_step"}
    assert (others["company"] == 0).any()
    assert world.state.lists["busy"].sum() == 0
    world.take(*range(1, 14))
    assert set(np.flatnonzero(world.people["company"] == 0)) <= set(range(5))
    assert len(set(people["goal"].tolist())) == 1  # nobody is drawn by a friend
    assert world.state.offsets[-1] == 0


def test_world__is_the_run_of_the_sandboxes_until_something_is_changed():
    world = TinyWorld()
    world.take(*range(1, 14), *range(14))
    run = settled(3000, 1).under(Middle)
    run.advance(26)
    np.testing.assert_array_equal(world.people, run.state.people)
    np.testing.assert_array_equal(world.company, run.state.companies[0])
    assert two_years_on().step == 24  # and is there to begin with again


@pytest.mark.parametrize("turn", [3, 5, 7, 11])
def test_work__of_who_is_no_member_is_refused_in_words(turn):
    world = TinyWorld()
    world.members(1100)
    world.accept(1100)  # more than a block
    world.take(turn)
    world.members(1099)
    world.accept(1100)
    before = world.people.copy()
    with pytest.raises(ValueError, match="person 1099 has work, but is a member of no company"):
        world.take(turn)
    np.testing.assert_array_equal(world.people, before)


def test_problems__are_all_posed_anew_and_then_as_often_as_usual():
    world = TinyWorld()
    before = world.state.problems[0].copy()
    world.pose_anew()
    posed = world.state.problems[0].copy()
    changed = (posed["ring"] != before["ring"]) | (posed["at"] != before["at"])
    assert changed.mean() > 0.9  # by chance a problem may be the same again
    world.take(0)
    same = (world.state.problems[0]["at"] == posed["at"]).sum()
    assert 12 < same < 24
    assert two_years_on().par[0].renewal == world.par.renewal == pytest.approx(share(0.105))


def test_world__stands_still_and_keeps_its_people_where_it_is_told_to():
    world = TinyWorld()
    people = world.members(500, utility=-3.0)
    world.keep()
    world.stand_still()
    centre, needs = world.state.world["centre"][0], people["need"].copy()
    world.take(1)
    for _ in range(5):
        world.take(11, 0, 1)
    assert (people["company"] == 0).all()
    assert world.state.world["centre"][0] == centre
    np.testing.assert_array_equal(people["need"], needs)
    other = TinyWorld()
    people = other.members(500, utility=-3.0)
    other.take(11, 0, 1)
    assert (people["company"] < 0).any()
    assert other.state.world["centre"][0] != centre
    assert (people["need"] != needs).all()


# What the rules do


@pytest.mark.parametrize("money", [0.0, 0.05, 0.7])
@pytest.mark.parametrize("cash", [0, 1])
def test_pay__is_worth_what_the_payroll_bears_and_crowds_out_at_once(money, cash):
    was = company()
    force = money if cash else 0.5 * money
    pay = min(0.5, max(30, 0.5 * was["captured"]) / was["accepted"]) / 0.5
    assert pay < 1
    expected = force * pay * (1 - 0.5 * 0.2) + 0.3 * 0.2, force / (force + 0.05)
    assert trials.pay(money, cash) == pytest.approx(expected, rel=1e-12)


def utility(goal, appeal):
    """The utility of a newcomer with this goal, all levers in the middle."""
    was = company()
    near = 1 - abs(apart(goal, was["goal"])) / 0.15
    audience = np.log(1 + was["adopters"] / 200) / np.log(6)
    return 5 * appeal + 2 * 0.4 * np.clip(near, -1, 1) + 0.5 * 0.4 + 2.6 * (audience - 1) - 1.6


def joy(control, crowding):
    return (1 - 0.8 * control) * (0.4 + 0.6 * 0.4) * (1 - 0.65 * crowding)


@pytest.mark.parametrize(("belief", "sharing"), [(0.0, 0.0), (0.45, 0.2), (1.0, 1.0)])
def test_others__are_answered_by_the_schedule_of_each_type(belief, sharing):
    world = TinyWorld()
    need = world.company.direction + world.state.world["drift"][0]
    goal = world.company.goal + share(0.051) * apart(need, world.company.goal)
    starts, slopes = np.array([[0, 0, 0.12, 0.25], [0.74, 0, 0.06, 0.11]]) + 0.1 * sharing
    crowding = share(1.5) * 0.4 / 0.45
    given = np.clip(starts + slopes * belief, 0, 1) * (1 - 0.65 * crowding)
    expected = logistic(utility(goal, joy(0.4, crowding))) * given
    assert list(trials.others(belief, sharing)) == pytest.approx(expected, rel=2 * SINGLE)


@pytest.mark.parametrize(("money", "control"), [(0.0, 0.4), (0.05, 1.0), (0.8, 0.0)])
def test_motives__bring_what_is_left_of_them_after_a_year_of_pay(money, control):
    was, goal, crowding = company(), TinyWorld().company.goal, 0.0
    vision = goal
    for _ in range(12):
        heard = share(0.105) * 0.4 * apart(vision, goal)
        goal = goal + share(0.051) * apart(was["direction"], goal) + heard
        crowding += share(1.5) * (money / (money + 0.05) - crowding)
    left = 1 - 0.65 * crowding
    pay = min(0.5, max(30, 0.5 * was["captured"]) / was["accepted"]) / 0.5
    appeals = np.array(
        [
            joy(control, crowding),
            0.4 * (0.4 + 0.6 * 0.4) * left,
            money * pay * (1 - 0.5 * 0.2) + 0.3 * 0.2,
            0.4 * np.log(1 + was["active"] / 5) / np.log(41) * left,
            0,  # the product is what they need
        ]
    )
    mixes = np.array([[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0], MIX])
    pulls = mixes * appeals
    total = pulls.sum(1)
    paid = pulls[:, 2] / total
    given = (0.02 + (0.74 + 0.02) * 0.49) * left
    expected = logistic(utility(goal, total)) * (paid + (1 - paid) * given)
    assert trials.motives(money, control) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("strength", [0.0, 0.4, 1.0])
def test_vision__draws_those_near_enough_to_listen(strength):
    away = need = np.array([0.1, 0.18, 0.25])
    for _ in range(5):
        heard = np.where(away < 0.2, share(0.105) * strength * away, 0)
        away = away + share(0.051) * (need - away) - heard
    assert trials.vision(5, strength) == pytest.approx(away, rel=1e-12)


@pytest.mark.parametrize(("load", "control"), [(0, 0.4), (140, 1.0), (400, 0.3)])
def test_reviewers__see_what_their_capacity_and_tools_allow(load, control):
    staffed = 0.5 + 0.5 * (1 - 0.4)
    expected = [min(1, 60 * (1 + tools) * staffed / max(1e-9, control * load)) for tools in (0, 1)]
    assert list(trials.seen(load, control)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("control", "active"), [(0.0, 90), (0.7, 90), (0.3, 0), (1.0, 300)])
def test_judging__errs_less_under_review_and_under_many_eyes(control, active):
    capacity = 60 * 1.4 * (0.5 + 0.5 * 0.6)
    seen = min(1, capacity / max(1e-9, control * trials.LOAD))
    eyes = (1 - control) * share(active / 80)
    expected = [12 * (1 - 0.95 * (control * seen + eyes * bright)) for bright in (0.3, 1.0)]
    assert list(trials.judged(control, active)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("distance", "control"), [(0.0, 0.0), (0.1, 0.4), (0.3, 0.9)])
def test_gate__decides_each_piece_by_its_draw(distance, control):
    seen = min(1, 60 * 1.4 * 0.8 / max(1e-9, control * trials.LOAD))
    near = np.exp(-control * (distance / 0.2) ** 2)
    accept = (1 - control + control * seen * near) * 0.65
    wait = control * (1 - seen) * (1 - share(0.3))
    lot, draws = np.empty(1), np.empty(trials.PIECES)
    for k in range(trials.PIECES):
        draw_all(two_years_on().key, int(Stream.GATE), 25, k, lot)
        draws[k] = lot[0]
    accepted, waits = np.mean(draws < accept), np.mean((draws >= accept) & (draws < accept + wait))
    told = list(trials.gate(distance, control))
    assert told == pytest.approx([accepted, waits, 1 - accepted - waits], abs=1e-12)
    assert (told[1] > 0.3) == (control == 0.9)


def test_experts__who_show_need_people_to_show_problems_to():
    solve, _, show = trials.experts(5, 1.0)
    assert show < solve - 0.2
    few, many = ([*trials.experts(work, 0.4)][2] for work in (5, 85))
    assert many > few + 0.2
    assert len({*trials.experts(25, 0.0)}) == 1  # without experts nothing of theirs matters


def test_search__goes_on_longer_among_different_people_where_all_see_all():
    heights = (TinyWorld().state.rings[:-1] / 100) ** 8  # the last one is never posed
    spread = np.std(heights) / np.sqrt(24 * trials.DRAWS)
    start, other = trials.search(0, 0.4)
    assert start == other == pytest.approx(np.mean(heights), abs=4 * spread)
    alike, different = trials.search(400, 1.0)
    earlier, _ = trials.search(120, 1.0)
    assert alike == pytest.approx(earlier, abs=0.01)  # they have been stuck for long
    assert different > alike + 0.2


def winners(entries, fits):
    """The chances of 0, 1, 2 ... 24 winners, where each entry fits in by this chance."""
    chances = np.zeros(25)
    chances[0] = 1
    taken = np.arange(25) / 24
    for _ in range(entries):
        new = fits * (1 - taken) * chances
        chances = chances - new + np.append(0, new[:-1])
    return chances


FITS = 0.4 + 0.6 * 0.7  # who sees the work of others, and whose own idea fits in


@pytest.mark.parametrize(("entries", "money"), [(10, 1.0), (50, 0.4), (200, 0.6), (50, 0.0)])
def test_purse__is_divided_among_the_winners(entries, money):
    chances, prizes = winners(entries, FITS), 30 * money / np.maximum(1, np.arange(25))
    expected = chances @ prizes
    spread = np.sqrt(chances @ (prizes - expected) ** 2 / trials.DRAWS)
    prize, mean = trials.purse(entries, money)
    assert prize == pytest.approx(expected, abs=4 * spread + 1e-9)
    assert mean == pytest.approx(30 * money / entries, rel=1e-12)


@pytest.mark.parametrize(("contest", "recognition"), [(0.0, 1.0), (0.3, 0.4), (1.0, 0.0)])
def test_contributors__lose_by_contests_and_are_honoured_by_lot(contest, recognition):
    people = trials.CONTRIBUTORS
    entered = contest * people
    won = winners(people, contest * FITS) @ np.arange(25)
    accepted = 1 - (entered - won) / people
    awarded = accepted * share(0.062) * recognition
    expected = np.array([accepted, 1 - accepted, awarded])
    spread = np.sqrt(expected * (1 - expected) / people / trials.DRAWS)
    assert (abs(trials.heard(contest, recognition) - expected) <= 4 * spread + 1e-9).all()


@pytest.mark.parametrize(("control", "strength"), [(0.0, 0.0), (0.3, 0.6), (1.0, 1.0), (0.9, 0.2)])
def test_product__follows_work_where_it_is_open_and_the_vision_where_it_is_not(control, strength):
    product = vision = 0.0
    for _ in range(12):
        to_work = share(0.105) * (1 - control) * (trials.AWAY - vision)
        heard = (1 - strength) * (to_work - share(0.02) * vision)
        led = share(0.288) * control * (vision - product)
        product += share(0.163) * (1 - control) * (trials.AWAY - product) + led
        vision += heard
    told = trials.steer(control, strength)
    assert told == pytest.approx((trials.AWAY, product, vision), abs=1e-12)


@pytest.mark.parametrize(("height", "trust"), [(50, 0.0), (90, 0.5), (100, 1.0)])
def test_worth__rises_with_the_eighth_power_of_the_height(height, trust):
    coherence = TinyWorld().company.coherence  # before old parts fall out of use
    quality = (height / 100) ** 8
    trusted = 1 - 0.2 + 0.2 * min(1.2, trust / 0.75)
    (told,) = trials.worth(height, trust)
    assert told / (quality * trusted) == pytest.approx(coherence, rel=1e-3)


@pytest.mark.parametrize(("distance", "tools"), [(0.0, 0.0), (0.15, 0.4), (0.3, 1.0), (0.5, 0.4)])
def test_use__pays_as_far_as_the_product_fits(distance, tools):
    narrow = (1 - 0.8 * tools * (1 - 0.4)) / 0.15
    value = TinyWorld().offer.worth * np.exp(-((distance * narrow) ** 2))
    told, without = trials.use(distance, tools)
    assert without == 0.15
    if value > without:
        assert told == pytest.approx(value, rel=1e-12)
    else:
        assert np.isnan(told)
        assert distance > 0.2


@pytest.mark.parametrize(("sharing", "active"), [(0.0, 60), (0.5, 60), (1.0, 10), (1.0, 300)])
def test_accounts__give_each_their_part(sharing, active):
    world = TinyWorld()
    world.take(*range(1, 11))
    now = world.company  # the same month, closed under levers in the middle
    captured = 0.35 * now.created * (1 - 0.5 * (0.6 * 0.6 + 0.4 * 0.4))
    cost = (
        now.paid
        + 2 * 10 * (0.25 + 0.75 * 0.4)
        + 40 * 0.4
        + 0.05 * 0.4 * now.seen * (now.accepted + now.rejected + now.waiting)
        + 0.004 * 0.6 * (1 - 0.7 * 0.4) * active**2
        + 0.05 * 0.4 * active
        + 0.5 * now.awards
    )
    profit = captured - cost
    assert (profit < 0) == (active == 300)
    shared = sharing * max(0, profit)
    expected = now.created - captured, now.paid + shared, profit - shared
    assert trials.accounts(sharing, active) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("transparency", [0.0, 0.6])
def test_trust__grows_slowly_and_breaks_fast(transparency):
    world = TinyWorld(transparency=transparency)
    world.take(*range(1, 11))
    now = world.company
    fair = -0.4 + transparency + 0.2 - 3 * now.captured / now.created * (1 - 0.7 * 0.4)
    gain = min(1, share(0.536) * (0.3 + 1.4 * transparency))
    trust, belief = np.full(3, 0.5), now.effort
    for month in range(14):
        gap = now.effort - belief
        belief += gain * gap + 0.0059 - 0.016 * belief
        treated = np.array([1, month < 12, 0])
        target = logistic(fair + 2.5 * (treated - 0.5) + 8 * transparency * gap)
        rate = np.where(target > trust, share(0.051), share(0.163))
        trust = trust + rate * (target - trust)
    assert trials.trust(14, transparency) == pytest.approx(trust, rel=1e-12)
    assert trust[0] > trust[1] > trust[2]


@pytest.mark.parametrize(("made", "utility"), [(0, 2.0), (3, 0.5), (12, -1.0)])
def test_leaving__follows_the_hazard(made, utility):
    strange = np.exp(-0.8 * utility + np.array([0.5, 0, -0.37]))
    chance = share(2 * strange / (1 + made) + 0.002)
    lot = np.empty(trials.PIECES)
    draw_all(two_years_on().key, int(Stream.LEAVE), 25, 0, lot)
    assert list(trials.leaving(made, utility)) == [np.mean(lot < each) for each in chance]
    assert chance[0] > chance[1] > chance[2] > 0.02


@pytest.mark.parametrize(("users", "control"), [(0.0, 0.0), (0.5, 0.4), (1.0, 1.0)])
def test_word__comes_by_chance_by_users_and_by_friends(users, control):
    told = list(trials.word(users, control))
    for friends, heard in enumerate(told):
        chance = share(12 * (0.01 + 0.03 * users * (1 - 0.49 * control) + 0.03 * friends / 2))
        spread = np.sqrt(chance * (1 - chance) / trials.PIECES)
        assert heard == pytest.approx(chance, abs=4 * spread)
    assert told[0] < told[1] < told[2]


@pytest.mark.parametrize(("leavers", "trust"), [(0, 0.2), (30, 0.2), (95, 1.0)])
def test_record__forgets_those_who_have_left(leavers, trust):
    was = company()
    captured = was["captured"] / was["created"]
    fair = -0.4 + 0.4 + 0.2 - 3 * captured * (1 - 0.7 * 0.4)
    treated = 2.5 * (was["acceptance"] - 0.5) + 8 * 0.4 * (was["effort"] - 0.49)
    target = logistic(fair + treated)
    each = np.array([trust, 0.5])
    each += np.where(target > each, share(0.051), share(0.163)) * (target - each)
    before, after = trials.record(leavers, trust)
    assert before == pytest.approx((leavers * each[0] + (100 - leavers) * each[1]) / 100, rel=1e-9)
    assert after == pytest.approx(each[1], rel=1e-9)


def test_face__is_seen_a_step_later():
    away = share(0.105) * (1 - 0.4)
    for distance in (0.05, 0.15):
        assert list(trials.faces(distance, 0.4)) == [
            0,
            pytest.approx(away * distance, rel=1e-6),  # faces are kept as 32-bit floats
        ]
    assert list(trials.faces(0.3, 0.4)) == [0, 0]


# What the hints say is seen, over all that the sliders may say: values (turned, line, along)


def falls(values, axis=-1):
    """Whether values get less with each step."""
    return (np.diff(values, axis=axis) < 0).all()


def rises(values, axis=-1):
    return falls(-values, axis)


def never_rises(values, axis=-1):
    """Whether values get no more with any step, and less from the first to the last."""
    ends = np.take(values, [0, -1], axis)
    return (np.diff(values, axis=axis) <= 0).all() and falls(ends, axis)


def never_falls(values, axis=-1):
    return never_rises(-values, axis)


def stays(values, axis=-1):
    return np.ptp(values, axis=axis).max() < 1e-12


def pay_is_seen_to_crowd_out_at_once(values):
    worth, crowding = values[:, 0], values[:, 1]
    assert rises(worth)
    assert stays(np.diff(worth))
    assert rises(crowding)
    assert falls(np.diff(crowding))


def motives_are_seen_to_change_with_pay(values):
    joy, thanks, money, mix = values.swapaxes(0, 1)
    assert falls(joy)
    assert falls(thanks)
    assert rises(money)
    assert (mix[:, 1:3] < mix[:, :1]).all()
    assert (mix[:, -1] > mix[:, 0]).all()
    assert falls(joy, axis=0)
    assert stays(thanks, axis=0)
    assert stays(money, axis=0)


def others_are_seen_to_be_answered(values):
    gain = values[:, :, -1] - values[:, :, 0]
    assert (gain[:, 0] > 3 * gain[:, 1:].max(1)).all()
    assert (gain >= 0).all()
    assert rises(values, axis=0)


def vision_is_seen_to_draw_the_near(values):
    near, farther, far = values.swapaxes(0, 1)
    for drawn in (near, farther):
        assert falls(drawn[:, 1:], axis=0)
        assert falls(drawn[1:])
        assert (drawn > 0.03).all()
    assert stays(far, axis=0)
    assert stays(far)


def reviewers_are_seen_to_reach_their_end(values):
    bare, tooled = values.swapaxes(0, 1)
    assert (values[:, :, :2] == 1).all()
    assert never_rises(values[4:])
    both = (bare < 1) & (tooled < 1)
    assert both[4:].any(1).all()
    assert tooled[both] == pytest.approx(2 * bare[both])


def eyes_are_seen_to_judge(values):
    hidden, opened = values.swapaxes(0, 1)
    assert falls(values[:, :, :-1], axis=0)
    assert falls((opened - hidden)[:, :-1], axis=0)
    assert stays(values[:, :, -1], axis=0)


def gate_is_seen_to_keep_out(values):
    accepted, _, rejected = values[1:].swapaxes(0, 1)
    assert never_rises(accepted)
    assert never_falls(rejected)
    assert stays(values[0])


def experts_are_seen_to_need_people(values):
    solve, both, show = values[1:].swapaxes(0, 1)
    assert (show[:, 0] < np.minimum(solve, both)[:, 0]).all()
    assert (both[:, -1] > np.maximum(solve, show)[:, -1]).all()


def search_is_seen_to_need_differences(values):
    alike, different = values[:, :, -11:].swapaxes(0, 1)
    assert falls(alike, axis=0)
    assert (different[1:] > alike[1:]).all()


def purse_is_seen_to_be_divided(values):
    winner, entry = values[1:].swapaxes(0, 1)
    assert falls(entry)
    assert never_rises(winner)
    assert winner[:, -1] == pytest.approx(entry[:, 0] * 10 / 24, rel=0.01)  # 24 problems
    assert rises(values, axis=0)


def contests_are_seen_to_have_losers(values):
    accepted, lost, awarded = values.swapaxes(0, 1)
    assert rises(lost)
    assert rises(awarded, axis=0)
    assert (awarded <= accepted).all()


def control_is_seen_to_hold_the_product(values):
    _, product, vision = values.swapaxes(0, 1)
    assert falls(product)
    assert product[:, -1] == pytest.approx(vision[:, -1], abs=1e-12)
    assert falls(vision[:, :-1], axis=0)


def worth_is_seen_to_come_with_the_last_points(values):
    assert rises(values)
    assert rises(np.diff(values))
    assert rises(values[:-1], axis=0)
    assert stays(values[-2:], axis=0)


def tools_are_seen_to_reach_farther(values):
    worth, without = values.swapaxes(0, 1)
    used = ~np.isnan(worth)
    assert (np.diff(used.astype(int)) <= 0).all()
    assert (np.diff(worth)[used[:, 1:]] < 0).all()
    assert (worth[used] > without[used]).all()
    assert not used[:, -1].any()
    assert never_falls(used.sum(1))


def sharing_is_seen_to_leave_less_to_the_company(values):
    users, contributors, company = values.swapaxes(0, 1)
    assert stays(users)
    assert np.ptp(contributors + company, axis=1).max() < 1e-9
    assert rises(contributors[:-1])
    assert stays(contributors[-1:])


def trust_is_seen_to_break(values):
    broken = values[:, 1]
    assert (broken[:, 6] - broken[:, 12] > broken[:, 6] - broken[:, 0]).all()
    assert rises(values[:, :, 1:], axis=0)


def leaving_is_seen_to_become_rarer(values):
    assert never_rises(values)
    assert never_rises(values, axis=0)
    assert falls(values, axis=1)


def word_is_seen_to_spread(values):
    assert rises(values)
    assert rises(values, axis=1)
    assert never_rises(values[:, :, 1:], axis=0)


def record_is_seen_to_forget(values):
    before, after = values.swapaxes(0, 1)
    assert rises(before[:, 1:], axis=0)
    assert falls(before[:4])
    assert rises(before[6:])
    assert np.ptp(after) < 1e-12


def friend_is_seen_to_draw(values):
    _, drawn = values.swapaxes(0, 1)
    assert rises(drawn[:-1, :8])
    assert (drawn[:, 8:] == 0).all()
    assert falls(drawn[:, 1:8], axis=0)


HINTS = dict(
    zip(
        TITLES,
        (
            pay_is_seen_to_crowd_out_at_once, motives_are_seen_to_change_with_pay,
            others_are_seen_to_be_answered, vision_is_seen_to_draw_the_near,
            reviewers_are_seen_to_reach_their_end, eyes_are_seen_to_judge,
            gate_is_seen_to_keep_out, experts_are_seen_to_need_people,
            search_is_seen_to_need_differences, purse_is_seen_to_be_divided,
            contests_are_seen_to_have_losers, control_is_seen_to_hold_the_product,
            worth_is_seen_to_come_with_the_last_points, tools_are_seen_to_reach_farther,
            sharing_is_seen_to_leave_less_to_the_company, trust_is_seen_to_break,
            leaving_is_seen_to_become_rarer, word_is_seen_to_spread, record_is_seen_to_forget,
            friend_is_seen_to_draw,
        ),
        strict=True,
    )
)  # fmt: skip


@pytest.mark.parametrize("trial", TRIALS, ids=TITLES)
def test_hint__says_what_is_seen_wherever_the_sliders_stand(trial):
    HINTS[trial.title](found(trial))


# The table


def test_turns__each_has_a_sandbox_that_takes_it(monkeypatch):
    take, taken = TinyWorld.take, []

    def noted(world, *turns):
        taken.extend(turns)
        take(world, *turns)

    monkeypatch.setattr(TinyWorld, "take", noted)
    for trial in TRIALS:
        taken.clear()
        list(trial.by(trial.along.usual, trial.turned.usual))
        assert taken[0] == 0  # the stage is set for every trial
        assert trial.turn in taken[1:], trial.title
    assert [trial.turn for trial in TRIALS] == sorted(trial.turn for trial in TRIALS)
    assert {trial.turn for trial in TRIALS} == set(range(step.TURNS))


@pytest.mark.parametrize("trial", TRIALS, ids=TITLES)
def test_answer__has_a_value_for_all_that_the_sliders_may_say(trial):
    (told,) = [one for one in json.loads(rules_of(trial.turn)) if one["title"] == trial.title]
    values = np.array(told["values"], float)  # (turned, line, along)
    assert values.shape == (len(trial.turned.values), len(trial.lines), len(trial.along.values))
    for along in (0, 1, -1):
        for turned in (0, -1):
            alone = [*trial.by(trial.along.values[along], trial.turned.values[turned])]
            assert values[turned, :, along].tolist() == pytest.approx(alone, nan_ok=True, abs=0)
    assert len(told["lines"]) <= 6  # looks by which they are told apart
    for axis in (0, 2):  # each slider moves something
        assert np.ptp(np.nan_to_num(values), axis=axis).max() > 0
    for slider in (told["along"], told["turned"]):
        assert slider["values"] == sorted(slider["values"]) or slider["names"]
        assert slider["usual"] in slider["values"]
        assert len(slider["names"]) in (0, len(slider["values"]))


@pytest.mark.parametrize("trial", TRIALS, ids=TITLES)
def test_sources__are_those_of_the_core_and_of_the_scenario(trial):
    (told,) = [one for one in json.loads(rules_of(trial.turn)) if one["title"] == trial.title]
    for rule, said in zip(trial.rules, told["rules"], strict=True):
        assert rule.__module__.startswith("sim.core.")
        assert said["name"].endswith(f".{rule.__name__}")
        assert " ".join(said["doc"].split()) == " ".join(rule.__doc__.split())
        assert len(said["doc"]) > 20
    reference = (ROOT / "docs" / "parameters.md").read_text()
    for number in told["parameters"]:
        pattern = rf"^\| `{number['name']}` \| `\"?(.*?)\"?` .*\| (.*?) \| (.*?) \|$"
        (expected,) = re.findall(pattern, reference, re.MULTILINE)
        assert (number["value"], number["meaning"], number["source"]) == expected


# What is asked


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ([], "The turn of a step must be a whole number from 0 to 13, but is missing"),
        ([("turn", "14")], "from 0 to 13, but is '14'"),
        ([("turn", "-1")], "but is '-1'"),
        ([("turn", "01")], "but is '01'"),
        ([("turn", "\u0663")], "but is"),
        ([("turn", "1\n")], "but is"),
        ([("turn", "9" * 500)], "9…'"),
        ([("turn", "1"), ("turn", "1")], "A step takes one turn"),
        ([("turn", "1"), ("shift", "1")], "parameter of a step"),
    ],
)
def test_nonsense__is_refused_in_words(query, words):
    with pytest.raises(UserError) as refused:
        read_turn(query)
    assert words in str(refused.value)
    assert len(str(refused.value)) < 200


def test_turn__is_read_as_it_is_written():
    assert [read_turn([("token", "x"), ("turn", f"{turn}")]) for turn in range(14)] == [*range(14)]
