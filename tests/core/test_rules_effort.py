import numpy as np
import pytest
from scipy import stats

from sim import Levers
from sim.core.motives import MOTIVES
from sim.core.random import Stream


def test_effort__is_utility_times_reciprocity(begin, one_step, dice):
    """The whole of step 2, from the state before and the goals after step 1."""
    levers = [Levers(vision=0.9, tools=1.0, sharing=0.6), Levers(money=0.8, contest=0.4)]
    eco = begin(*levers, population={"founders": 0.9, "need_spread": 0.3, "activity_spread": 2.0})
    before, after = one_step(eco)
    people = after.people
    inside = before.people["company"] >= 0
    me = before.people[inside]
    vision, tools, sharing, money, contest = (
        np.array([getattr(each, name) for each in levers])[me["company"]]
        for name in ("vision", "tools", "sharing", "money", "contest")
    )
    utility, effort = people["utility"][inside], people["effort"][inside]
    away = (people["goal"][inside] - before.companies["goal"][me["company"]] + 0.5) % 1 - 0.5
    near = np.clip(1 - np.abs(away) / 0.15, -1, 1)
    rest = 1.2 * vision * near + 2 * (me["trust"] - 0.5) + 0.5 * tools - 2
    assert (near == -1).any()
    assert (near > 0).any()
    appeal = (utility - rest) / 5
    assert ((appeal >= 0) & (appeal <= 1)).all()

    paid = money * (1 - contest)
    lift = 0.1 * sharing
    gives = np.clip(me["intercept"] + (me["slope"] + lift) * me["belief"] + lift, 0, 1)
    expected = (paid + (1 - paid) * gives) / (1 + np.exp(-utility))
    np.testing.assert_allclose(effort, expected, rtol=1e-12)

    mean = 3 * effort * me["activity"]
    drawn = stats.poisson.ppf(dice(eco, Stream.EFFORT)[inside], mean)
    assert (people["submitted"][inside] == drawn).all()
    assert (people["submitted"][~inside] == 0).all()
    assert (people["effort"][~inside] == 0).all()

    for c in range(2):
        here = me["company"] == c
        assert after.drive[c].sum() == pytest.approx(effort[here & (appeal > 0)].sum())
    assert after.drive[0, list(MOTIVES).index("recognition")] == 0


def test_reciprocity__waits_for_others_unless_work_is_paid(begin, one_step):
    def effort(belief, **levers):
        eco = begin(Levers(**levers))
        eco.state.people["belief"] = belief
        people = one_step(eco)[1].people
        free = people["reciprocity"] == 1
        return people["effort"][free].mean(), people["effort"][~free].mean()

    assert effort(1.0)[0] == effort(0.0)[0] == 0
    assert effort(1.0)[1] > effort(0.5)[1] > effort(0.0)[1] > 0
    assert effort(0.0, money=1.0) == effort(1.0, money=1.0)
    assert effort(0.0, money=1.0, contest=1.0)[0] == 0
    assert effort(0.5, sharing=1.0)[0] > 0


@pytest.mark.parametrize(("intercept", "slope", "belief"), [(0.0, -2.0, 1.0), (1.0, 2.0, 1.0)])
def test_reciprocity__stays_a_share(begin, one_step, intercept, slope, belief):
    eco = begin(Levers(sharing=0.5), effort={"effort_cost": -100.0})
    for name, value in {"intercept": intercept, "slope": slope, "belief": belief}.items():
        eco.state.people[name] = value
    assert set(np.round(one_step(eco)[1].people["effort"], 12)) == {float(slope > 0)}


def test_first_and_latest_contribution__are_dated(begin):
    eco = begin(effort={"contributions": "1 per month"}, time={"steps": 6})
    eco.state.people["made"] = 0
    seen = []
    for _ in range(6):
        eco.advance(1)
        seen.append(eco.state.people["submitted"].copy())
    seen = np.array(seen) > 0
    people = eco.state.people
    ever = seen.any(axis=0)
    assert 0 < ever.sum() < len(ever)
    assert (people["first"] == np.where(ever, 1 + seen.argmax(axis=0), -1)).all()
    assert (people["last"] == np.where(ever, 6 - seen[::-1].argmax(axis=0), -1)).all()
