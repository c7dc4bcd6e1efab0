import numpy as np
import pytest

from sim import Levers
from sim.core.random import Stream

NEVER = "0 per month"
INDIFFERENT = dict.fromkeys(
    ("appeal", "effort_cost", "vision_appeal", "trust_appeal", "audience_appeal"), 0.0
)
HOLD = dict.fromkeys(("leave", "leave_early"), NEVER)
ERROR_RATE = 1e-4  # of each statistical test, with another seed; 3.9 standard deviations


@pytest.mark.parametrize(("step", "steps"), [("1 day", 28), ("1 week", 4)])
def test_q20_leaving__does_not_depend_on_the_length_of_a_step(begin, step, steps):
    eco = begin(
        population={"people": 100_000, "founders": 1.0},
        time={"step": step, "steps": steps},
        turnover={
            "leave": "0.5 per week",
            "leave_early": "0 per week",
            "awareness": NEVER,
            "word_of_mouth": NEVER,
        },
        effort={"contributions": "0.1 per month"},
    )
    eco.advance()
    members = eco.history["members"][:, 0]
    assert members[0] == 100_000
    assert members[-1] / 100_000 == pytest.approx(0.1353, abs=0.0035)
    leave = 1 - members[1] / members[0]
    assert leave == pytest.approx({"1 day": 0.068937, "1 week": 0.393469}[step], abs=0.006)


def test_leaving__gets_rarer_with_work_utility_and_awards(begin, one_step, dice):
    eco = begin(
        population={"people": 2000, "founders": 0.9},
        time={"steps": 20},
        turnover={"award_gain": 3.0, "leave": "0.01 per month"},
        money={"seed_money": 100.0},
    )
    eco.advance(14)
    people = eco.state.people
    people["awarded"] = np.where(np.arange(2000) % 2, 3, 2)  # a year ago, and longer ago
    before, after = one_step(eco)
    now = after.people
    inside = before.people["company"] >= 0
    gain = np.where(eco.step - before.people["awarded"] <= 12, 3.0, 0.0)
    attachment = 0.8 * now["utility"] + gain
    attachment -= np.where(now["welcomed"] >= 0, 0.5 * (1 - now["welcomed"]), 0.0)
    hazard = 2 * np.exp(-attachment) / (1 + now["made_here"]) + 0.01
    leaves = inside & (dice(eco, Stream.LEAVE) < 1 - np.exp(-hazard))
    assert (leaves[inside] == (now["company"][inside] < 0)).all()
    assert leaves.sum() == after.companies["departures"][0] > 0
    assert set(gain[inside]) == {0.0, 3.0}
    assert set(now["welcomed"][inside]) > {0.0, 1.0}


def test_rejection__drives_out_by_the_share_of_the_first_contributions(begin, one_step):
    """With nothing else at work the hazard is 0.3 times e^0.5 for those who were all rejected."""
    eco = begin(
        population={"people": 40_000},
        effort=INDIFFERENT | {"contributions": NEVER},
        turnover={"leave": NEVER, "leave_early": "0.3 per month", "awareness": NEVER},
    )
    eco.state.people["made_here"] = 0
    kind = np.arange(40_000) % 4
    welcomed = np.array([-1.0, 1.0, 0.5, 0.0])
    eco.state.people["welcomed"] = welcomed[kind]
    left = one_step(eco)[1].people["company"] < 0
    for n, driven in enumerate((0.0, 0.0, 0.25, 0.5)):  # nobody is driven out before a decision
        chance = 1 - np.exp(-0.3 * np.exp(driven))
        assert abs(left[kind == n].mean() - chance) < 3.9 * np.sqrt(chance * (1 - chance) / 10_000)


def test_momentum__is_that_of_wilkinson(begin, one_step):
    """Without other reasons the hazard falls with one over the contributions made."""
    eco = begin(
        population={"people": 40_000},
        effort=INDIFFERENT | {"contributions": NEVER},
        turnover={"leave": NEVER, "leave_early": "0.5 per month", "awareness": NEVER},
    )
    made = np.arange(40_000) % 4
    eco.state.people["made_here"] = made
    left = one_step(eco)[1].people["company"] < 0
    for n in range(4):
        chance = 1 - np.exp(-0.5 / (1 + n))
        assert abs(left[made == n].mean() - chance) < 3.9 * np.sqrt(chance * (1 - chance) / 10_000)


def test_outsiders__hear_by_chance_from_users_and_from_ties(begin, one_step):
    eco = begin(
        Levers(control=0.5),
        population={"people": 20_000, "founders": 0.5},
        ties={"kind": "small_world", "degree": 4},
        turnover={
            **HOLD, "awareness": "0.05 per month", "word_of_mouth": "0.4 per month",
            "tie_awareness": "0.6 per month", "closed_word": 0.6, "join_cost": 20.0,
        },
        world={"worth": 20.0},
        time={"steps": 2},
    )  # fmt: skip
    eco.advance(1)
    before, after = one_step(eco)
    outside = before.people["company"] < 0
    users = after.companies["adopters"][0] / 20_000
    assert users > 0.1
    offsets = before.offsets.astype(int)
    member = (before.people["company"] == 0)[before.neighbours]
    friends = np.add.reduceat(member, offsets[:-1]) / np.diff(offsets)
    rate = 0.05 + 0.4 * users * (1 - 0.6 * 0.5) + 0.6 * friends
    chance = 1 - np.exp(-rate)
    heard = after.people["aware"] == 1
    assert not heard[~outside].any()
    for low, high in ((0.0, 0.2), (0.2, 0.45), (0.45, 0.7), (0.7, 1.01)):
        who = outside & (low <= friends) & (friends < high)
        p = chance[who]
        assert who.sum() > 200
        assert abs(heard[who].sum() - p.sum()) < 3.9 * np.sqrt((p * (1 - p)).sum())


@pytest.mark.parametrize(("closed", "control"), [(0.0, 1.0), (0.49, 0.0), (0.49, 1.0), (1.0, 1.0)])
def test_word_of_mouth__is_less_where_control_closes_the_mouths(begin, one_step, closed, control):
    eco = begin(
        Levers(control=control),
        population={"people": 20_000, "founders": 0.0},
        turnover={
            **HOLD, "awareness": NEVER, "word_of_mouth": "2 per month", "closed_word": closed,
        },
        world={"worth": 20.0},
    )  # fmt: skip
    after = one_step(eco)[1]
    users = after.companies["adopters"][0] / 20_000
    assert users > 0.1
    chance = 1 - np.exp(-2 * users * (1 - closed * control))
    most = 3.9 * np.sqrt(chance * (1 - chance) / 20_000)
    assert abs((after.people["aware"] == 1).mean() - chance) <= most


def test_outsiders__join_by_logit_of_utility(begin, one_step):
    """All hear of three companies; McFadden (1974) says how many join which."""
    eco = begin(
        *[Levers(tools=tools) for tools in (0.0, 0.5, 1.0)],
        population={"people": 30_000, "founders": 0.0},
        effort=INDIFFERENT | {"tools_appeal": 2.0, "effort_cost": 1.0},
        turnover={**HOLD, "awareness": "1000 per month", "join_cost": 0.3},
        money={"seed_money": 100.0},
    )
    after = one_step(eco)[1]
    attraction = np.exp([0.3, -1.0, 0.0, 1.0])  # staying out, and 2 tools - 1 of the companies
    expected = attraction / attraction.sum()
    chosen = np.bincount(after.people["company"] + 1, minlength=4) / 30_000
    assert (np.abs(chosen - expected) < 3.9 * np.sqrt(expected * (1 - expected) / 30_000)).all()
    assert (after.people["aware"] == 1).all()


def test_members__switch_to_where_they_are_better_off(begin, one_step):
    def switched(cost):
        eco = begin(
            Levers(),
            Levers(tools=1.0),
            population={"people": 20_000},
            effort=INDIFFERENT | {"tools_appeal": 2.0, "effort_cost": 1.0, "trust_appeal": 2.0},
            turnover={**HOLD, "awareness": "1000 per month", "switch_cost": cost},
            money={"seed_money": 100.0},
        )
        before, after = one_step(eco)
        was, now = before.people["company"], after.people["company"]
        moved = now != was
        assert (now >= 0).all()
        assert (after.people["joined"] == moved).all()
        assert (after.people["made_here"][moved] == 0).all()
        assert (after.people["trust"][moved] == 0.5).all()
        assert (after.companies["departures"] == np.bincount(was[moved], minlength=2)).all()
        assert (after.companies["arrivals"] == np.bincount(now[moved], minlength=2)).all()
        return moved[was == 0].mean(), moved[was == 1].mean()

    # From the first: exp(1) against exp(-1 + cost); from the second exp(-1) against exp(1 + cost).
    # (Trust moves before, by too little to be seen at this precision.)
    for cost in (0.0, 2.0):
        up, down = 1 / (1 + np.exp(cost - 2)), 1 / (1 + np.exp(cost + 2))
        assert switched(cost) == pytest.approx((up, down), abs=0.02)


def test_newcomers__who_stay_three_months_have_survived(begin):
    """Founders do not count: they were there before."""
    eco = begin(
        population={"people": 2000, "founders": 0.3},
        turnover={
            "awareness": "0.3 per month", "join_cost": -3.0, "leave": "0.2 per month",
            "leave_early": "0.2 per month",
        },
        time={"steps": 10},
        money={"seed_money": 100.0},
    )  # fmt: skip
    survived = lost = founders_stayed = founders_lost = 0
    was = eco.state.people.copy()
    for step in range(1, 11):
        eco.advance(1)
        now = eco.state.people
        member = was["company"] >= 0
        age = step - was["joined"]
        left = member & (now["company"] < 0)
        new = was["joined"] > 0
        survived += (member & new & (age == 3)).sum()
        lost += (left & new & (age < 3)).sum()
        founders_stayed += (member & ~new & (age == 3)).sum()
        founders_lost += (left & ~new & (age < 3)).sum()
        company = eco.state.companies[0]
        assert (company["survived"], company["lost"]) == (survived, lost)
        was = now.copy()
    assert survived > 50 < lost
    assert founders_stayed > 50 < founders_lost


def test_those_gone__never_come_back(begin):
    eco = begin(
        turnover={"awareness": "1000 per month", "join_cost": -50.0, **HOLD}, time={"steps": 5}
    )
    eco.state.people["gone"][:50] = 1
    eco.advance(1)
    assert (eco.state.people["company"][:50] == -1).all()
    eco.advance()
    assert (eco.state.people["company"][:50] == -1).all()
    assert (eco.state.people["company"][50:] == 0).all()


def test_huge_utility__still_means_that_people_join(begin, one_step):
    """An appeal of 100 is allowed; with sharing at its strongest the utility passes 709."""
    eco = begin(
        Levers(sharing=1.0),
        population={"founders": 0.0},
        motives={"money": 1.0},
        effort={"appeal": 100.0, "share_appeal": 10.0},
        turnover={"awareness": "1000 per month"},
    )
    assert (one_step(eco)[1].people["company"] == 0).all()


def test_huge_disutility__does_not_keep_people(begin, one_step):
    """0 early leaving times infinite displeasure must not undo the leaving of everybody else."""
    eco = begin(
        effort={"effort_cost": 100.0},
        turnover={"leave": "1000 per month", "leave_early": NEVER, "leave_utility": 10.0},
    )
    assert (one_step(eco)[1].people["company"] == -1).all()
