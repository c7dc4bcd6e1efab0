import numpy as np
import pytest

from sim.classics.fischbacher_gachter import (
    OWN,
    PERFECT,
    SCHEDULES,
    STRAIGHT,
    FischbacherGachter,
    by_rule,
    draw_people,
    play,
    straight_lines,
    strangers,
)
from sim.core.jit import kernel
from sim.core.random import new_key
from sim.errors import UserError
from sim.scenario import Population

KEY = new_key(1, 0)
CONDITIONAL, FREE_RIDER, TRIANGLE, OTHER = range(4)
LEARNING = (0.118 / 20, 0.415, 1 - 0.415 - 0.569)
WEIGHTS = (-0.473, 0.242, 0.666)


@kernel
def rules(schedule, beliefs, weights, out):
    for i in range(len(beliefs)):
        out[i] = by_rule(schedule, beliefs[i], weights)


@kernel
def orders(key, out):
    for t in range(len(out)):
        out[t] = strangers(key, t, out.shape[1])


def given(type_, *beliefs):
    out = np.empty(len(beliefs))
    rules(SCHEDULES[type_], np.array(beliefs, float), WEIGHTS, out)
    return out.tolist()


def means(line, types, beliefs, *, whole=True, periods=3):
    found = np.empty(periods)
    first, lines = np.array(beliefs, float), straight_lines()
    play(KEY, line, np.array(types), first, SCHEDULES, lines, LEARNING, WEIGHTS, whole, found)
    return found.tolist()


def test_rule__weighs_schedule_and_belief():
    expected = [0.242 * 6.9 + 6.66 - 0.473, 0.242 * (6.9 + 0.5 * 1.1) + 0.666 * 10.5 - 0.473]
    assert given(CONDITIONAL, 10, 10.5) == pytest.approx(expected)
    assert given(CONDITIONAL, 20) == pytest.approx([0.242 * 14.9 + 13.32 - 0.473])
    assert given(FREE_RIDER, 0, 10) == pytest.approx([0, 6.187])
    assert given(TRIANGLE, 9) == pytest.approx([0.242 * 5.0 + 5.994 - 0.473])


def test_schedules__of_all_are_the_mean_line_of_the_authors():
    """.956 + .425 belief, as rounded; it is where the others' schedule comes from."""
    shares = np.array([0.55, 0.229, 0.121, 0.1])
    slope, intercept = np.polyfit(np.arange(21), shares @ SCHEDULES, 1)
    assert intercept == pytest.approx(0.956, abs=0.002)
    assert slope == pytest.approx(0.425, abs=0.001)
    assert SCHEDULES[OTHER][0] == 7.7


def test_play__free_riders_go_on_with_their_own_schedules():
    """Gifts 6.187, 4.855 and 4.189, beliefs 10, 8.298 and 6.745, each to the nearest point."""
    assert means(OWN, [FREE_RIDER] * 4, [10.0] * 4) == [6, 5, 4]


def test_play__perfect_matching_keeps_what_the_first_period_brought_about():
    assert means(PERFECT, [FREE_RIDER] * 8, [10.2] * 8) == [6, 8, 8]


def test_play__the_ecosystem_gives_by_straight_lines_of_beliefs_that_are_not_rounded():
    """At belief 10 of 20 conditional cooperators give 7.4."""
    assert means(STRAIGHT, [FREE_RIDER] * 4, [10.0] * 4) == [0, 0, 0]
    belief = 0.118 + 0.415 * 7.4 + 0.569 * 10
    path = means(STRAIGHT, [CONDITIONAL] * 4, [10.0] * 4, whole=False, periods=2)
    assert path == pytest.approx([7.4, 0.74 * belief])


def test_play__people_see_the_others_of_their_group_only():
    """Four different people, by hand."""
    beliefs = np.array([2.0, 8.0, 14.0, 20.0])
    schedules = [SCHEDULES[t] for t in range(4)]
    expected = []
    for _ in range(4):
        wanted = [np.interp(b, range(21), s) for b, s in zip(beliefs, schedules, strict=True)]
        gifts = np.clip(-0.473 + 0.242 * np.array(wanted) + 0.666 * beliefs, 0, 20)
        beliefs = 0.118 + 0.415 * (gifts.sum() - gifts) / 3 + 0.569 * beliefs
        expected.append(gifts.mean())
    found = means(OWN, range(4), [2.0, 8.0, 14.0, 20.0], whole=False, periods=4)
    assert found == pytest.approx(expected)


def test_strangers__are_all_people_in_another_order_each_period():
    out = np.empty((50, 12), np.int64)
    orders(KEY, out)
    assert (np.sort(out, axis=1) == np.arange(12)).all()
    assert len({tuple(row) for row in out.tolist()}) == 50
    assert {int(row[0]) for row in out} == set(range(12))


def test_people__have_the_shares_and_beliefs_asked_for():
    """5 standard errors of 20,000 people, so that 1 of 1,000,000 checks fails by chance."""
    types, beliefs = np.empty(20_000, np.int64), np.empty(20_000)
    draw_people(KEY, np.cumsum([0.55, 0.229, 0.121]), 9.8, 4.86, types, beliefs)
    assert np.bincount(types) / 20_000 == pytest.approx([0.55, 0.229, 0.121, 0.1], abs=0.0176)
    assert (beliefs.min(), beliefs.max()) == (0, 20)
    assert beliefs.mean() == pytest.approx(9.83, abs=5 * 4.7 / 20_000**0.5)
    assert beliefs[types == FREE_RIDER].mean() == pytest.approx(9.83, abs=0.4)


def test_straight_lines__are_those_of_the_default_world():
    default = Population()
    lines = straight_lines()
    assert lines[CONDITIONAL].tolist() == [default.conditional_start, default.conditional_slope]
    assert lines[FREE_RIDER].tolist() == [0, 0]
    assert lines[TRIANGLE].tolist() == [default.triangle_start, default.triangle_slope]
    assert lines[OTHER].tolist() == [default.other_start, default.other_slope]


def test_simulate__only_own_schedules_decay():
    """Means of 30 runs have standard errors of .06; each claim holds in every run."""
    classic = FischbacherGachter()
    runs = [classic.simulate(1, rep) for rep in range(30)]
    found = {cell: np.array([run[cell] for run in runs]) for cell in runs[0]}
    for cell, (value, tolerance, _) in classic.published().items():
        assert found[cell].mean() == pytest.approx(value, abs=tolerance), cell
    for claim in classic.claims():
        assert claim.excess(found).mean() > 0, claim.says


def test_simulate__unrounded_the_decline_goes_further():
    """3.5 and 2.4 points in period 10, standard error of 30 runs .06."""
    ends = []
    for whole in (True, False):
        classic = FischbacherGachter(whole_points=whole)
        ends.append(np.mean([list(classic.simulate(1, rep).values())[9] for rep in range(30)]))
    assert ends == pytest.approx([3.5, 2.4], abs=0.3)


def test_published__holds_for_the_published_parameters_and_any_number_of_people():
    assert FischbacherGachter(people=40).published() == FischbacherGachter().published()
    assert len(FischbacherGachter().published()) == 11
    for other in ({"gain": 0.4}, {"periods": 20}, {"whole_points": False}, {"triangle": 0.2}):
        assert FischbacherGachter(**other).published() == {}
        assert FischbacherGachter(**other).claims() == ()


@pytest.mark.parametrize(
    "wrong",
    [{"people": 0}, {"people": 6}, {"periods": 0}, {"conditional": 0.7}, {"belief_spread": -1.0}],
)
def test_parameters__that_make_no_sense_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(UserError, match=name):
        FischbacherGachter(**wrong)
