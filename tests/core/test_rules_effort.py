import numpy as np
import pytest
from scipy import stats

from sim import Levers
from sim.core.motives import MOTIVES
from sim.core.random import Stream

NEVER = "0 per month"
HOLD = dict.fromkeys(("leave", "leave_early", "awareness"), NEVER)
LEFT = 0.65  # what full crowding takes away
SINGLE = float(np.finfo(np.float32).eps)  # utility and effort are kept as 32-bit floats


def share(rate):
    return 1 - np.exp(-rate)


def test_effort__is_utility_times_reciprocity(begin, one_step, dice):
    """The whole of step 2, from the state before and the goals after step 1."""
    levers = [Levers(vision=0.9, tools=1.0, sharing=0.6), Levers(money=0.8, contest=0.4)]
    eco = begin(*levers, population={"founders": 0.9, "need_spread": 0.3, "activity_spread": 2.0})
    eco.state.people["crowding"] = np.linspace(0, 1, 200)
    for name, values in {
        "adopters": (0, 400), "submitted": (0, 50), "accepted": (0, 100), "captured": (0, 80),
    }.items():  # fmt: skip
        eco.state.companies[name] = values
    before, after = one_step(eco)
    people = after.people
    inside = before.people["company"] >= 0
    me = before.people[inside]
    vision, tools, sharing, money = (
        np.array([getattr(each, name) for each in levers])[me["company"]]
        for name in ("vision", "tools", "sharing", "money")
    )
    target = money / (money + 0.05)
    pace = np.where(target > me["crowding"], share(1.5), share(0.02))
    crowding = me["crowding"] + pace * (target - me["crowding"])
    np.testing.assert_allclose(people["crowding"][inside], crowding, rtol=1e-12)
    assert 0 < (pace == share(1.5)).sum() < len(pace)

    utility, effort = (people[name][inside].astype(float) for name in ("utility", "effort"))
    away = (people["goal"][inside] - before.companies["goal"][me["company"]] + 0.5) % 1 - 0.5
    near = np.clip(1 - np.abs(away) / 0.15, -1, 1)
    audience = np.array([0.0, np.log(1 + 400 / 200) / np.log(6)])[me["company"]]
    rest = 2 * vision * near + 2 * (me["trust"] - 0.5) + 0.5 * tools + 2.4 * (audience - 1) + 0.8
    assert (near == -1).any()
    assert (near > 0).any()
    appeal = (utility - rest) / 5
    assert ((appeal >= 0) & (appeal <= 1)).all()

    pay = 40 / 100 / 0.5  # half of what was captured, over 100 accepted, of 0.5
    prize = 30 / (3 * 50)
    offered = np.array([0.3 * 0.6, 0.8 * (0.6 * pay + 0.4 * prize)])[me["company"]]
    for_money = before.weights[inside, list(MOTIVES).index("money")] * offered
    free = for_money / appeal
    assert ((free > 0) & (free < 1)).all()
    lift = 0.1 * sharing
    line = before.types[me["reciprocity"]]
    gives = np.clip(line["intercept"] + (line["slope"] + lift) * me["belief"] + lift, 0, 1)
    gives *= 1 - LEFT * crowding
    expected = (free + (1 - free) * gives) / (1 + np.exp(-utility))
    # The appeal is found from the rounded utility, and so is known to that precision.
    close = SINGLE * (1 + np.abs(utility) / (5 * appeal)) / 2
    assert (np.abs(effort - expected) <= close * expected).all()

    mean = 4 * effort * me["activity"]
    drawn = stats.poisson.ppf(dice(eco, Stream.EFFORT)[inside], mean)
    assert (people["submitted"][inside] == drawn).all()
    assert (people["submitted"][~inside] == 0).all()
    assert (people["effort"][~inside] == 0).all()
    assert (people["crowding"][~inside] == before.people["crowding"][~inside]).all()

    for c in range(2):
        here = me["company"] == c
        assert after.drive[c].sum() == pytest.approx(effort[here].sum())
        drawn_by_money = after.drive[c, list(MOTIVES).index("money")]
        assert drawn_by_money == pytest.approx((effort * free)[here].sum())
    assert after.drive[0, list(MOTIVES).index("recognition")] == 0


def test_drive__is_none_where_motives_count_for_nothing(begin, one_step):
    after = one_step(begin(Levers(fun=1.0), effort={"appeal": 0.0}))[1]
    assert after.people["effort"].max() > 0
    assert (after.drive == 0).all()


def test_reciprocity__waits_for_others_as_far_as_no_money_moves(begin, one_step):
    """Free riders work for pay and for prizes, and for nothing else unless it is shared."""

    def effort(belief, motive, paid_effort=1.0, **levers):
        eco = begin(Levers(**levers), motives={motive: 1.0}, effort={"paid_effort": paid_effort})
        eco.state.people["belief"] = belief
        people = one_step(eco)[1].people
        free = people["reciprocity"] == 1
        return people["effort"][free].mean(), people["effort"][~free].mean()

    assert effort(1.0, "fun")[0] == effort(0.0, "fun")[0] == 0
    assert effort(1.0, "fun")[1] > effort(0.5, "fun")[1] > effort(0.0, "fun")[1] > 0
    assert effort(0.5, "fun", sharing=1.0)[0] > 0
    for contest in (0.0, 1.0):
        work = {"money": 1.0, "contest": contest}
        assert effort(0.0, "money", **work) == effort(1.0, "money", **work)
        assert effort(0.0, "money", **work)[0] > 0
        assert effort(1.0, "fun", **work)[0] == 0  # whom money does not move is not freed by it
        assert effort(1.0, "money", paid_effort=0.0, **work)[0] == 0
        half = effort(0.0, "money", paid_effort=0.5, **work)[0]
        assert half == pytest.approx(effort(0.0, "money", **work)[0] / 2)


def test_reciprocity__is_crowded_out_by_pay(begin, one_step):
    """Whose utility is the same gives less by 0.65 of their crowding."""

    def effort(crowding):
        eco = begin(
            Levers(),
            motives={"own_use": 1.0},  # the appeal of which is not crowded out
            population={"volunteers": 0.0},
            learning={"crowding_down": NEVER},
        )
        eco.state.people["crowding"] = crowding
        return one_step(eco)[1].people["effort"].astype(float)

    free = effort(0.0)
    assert (free > 0).sum() > 100
    np.testing.assert_allclose(effort(0.5), (1 - LEFT / 2) * free, rtol=SINGLE)
    np.testing.assert_allclose(effort(1.0), (1 - LEFT) * free, rtol=SINGLE)


@pytest.mark.parametrize(("intercept", "slope", "belief"), [(0.0, -2.0, 1.0), (1.0, 2.0, 1.0)])
def test_reciprocity__stays_a_share(begin, one_step, intercept, slope, belief):
    eco = begin(Levers(sharing=0.5), effort={"effort_cost": -100.0, "paid_effort": 0.0})
    eco.state.types["intercept"], eco.state.types["slope"] = intercept, slope
    eco.state.people["belief"] = belief
    assert set(np.round(one_step(eco)[1].people["effort"], 12)) == {float(slope > 0)}


def test_crowding__comes_with_the_pay_on_offer_a_little_does_it_already(begin, one_step):
    """In the very step, and half of all crowding at a twentieth of full pay (m / (m + 0.05))."""

    def crowding(money, **learning):
        after = one_step(begin(Levers(money=money), learning=learning))[1]
        assert len(set(after.people["crowding"])) == 1
        return after.people["crowding"][0]

    assert crowding(0.0) == 0
    assert crowding(0.05) == pytest.approx(share(1.5) * 0.5)
    assert crowding(0.2) == pytest.approx(share(1.5) * 0.8)
    assert crowding(1.0) == pytest.approx(share(1.5) * 1 / 1.05)
    assert crowding(0.2, crowding_offset=0.6) == pytest.approx(share(1.5) * 0.25)
    assert crowding(0.2, crowding_up="100 per month") == pytest.approx(0.8)


def test_crowding__lowers_the_effort_of_the_step_in_which_pay_is_offered(begin, one_step):
    """Pay enough or do not pay at all: with little pay people give less than with none."""

    def effort(money):
        eco = begin(Levers(money=money, fun=0.8, recognition=0.5, social=0.5))
        return one_step(eco)[1].people["effort"].mean()

    assert effort(0.05) < 0.8 * effort(0.0)
    assert effort(1.0) > 1.2 * effort(0.05)


def test_crowding__outlasts_the_pay(begin):
    """Paid for half a year, then not any more (Gneezy & Rustichini 2000)."""
    eco = begin(
        Levers(money=0.8),
        turnover=HOLD,
        time={"steps": 18, "review": 6},
        money={"seed_money": 100.0},
    )
    eco.advance(6)
    paid = eco.state.people["crowding"].mean()
    eco.styles[0].levers = Levers()
    eco.advance()
    later = eco.state.people["crowding"].mean()
    assert paid == pytest.approx((1 - np.exp(-1.5 * 6)) * 0.8 / 0.85)
    assert later == pytest.approx(paid * np.exp(-0.02 * 12))


def test_audience__adds_to_the_utility_nothing_at_1000_users(begin, one_step):
    """log(1 + users / 200) / log 6, less 1: half of all that a thousand are worth at 290 users."""

    def utility(users, appeal):
        eco = begin(effort={"audience_appeal": appeal})
        eco.state.companies["adopters"] = users
        return one_step(eco)[1].people["utility"]

    def added(users, appeal):
        difference = utility(users, appeal) - utility(users, 0.0)
        assert difference == pytest.approx(difference[0])
        return difference[0]

    assert added(1000, 2.4) == pytest.approx(0, abs=1e-12)
    assert added(0, 2.4) == pytest.approx(-2.4)
    assert added(200, 2.4) == pytest.approx(2.4 * (np.log(2) / np.log(6) - 1))
    assert added(7000, 0.5) == pytest.approx(0.5)  # the square of 6, less 1, times 200
    assert added(290, 2.4) == pytest.approx(-1.2, abs=0.01)


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
