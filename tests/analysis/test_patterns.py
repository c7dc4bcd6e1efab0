"""Each pattern on histories worked out by hand, and on worlds whose answer is known."""

import math
from dataclasses import replace

import numpy as np
import pytest

from sim.analysis.history import Happened, History, UnknownError, of_run
from sim.analysis.patterns import PATTERNS, Arm
from sim.analysis.patterns._experiments import alone, closed, managed
from sim.analysis.patterns._ratios import odds_ratio, ratio
from sim.analysis.patterns.audience_shock import MONTHS, made_by
from sim.analysis.patterns.crowding_out import PAY
from sim.analysis.patterns.momentum import LARGEST, hazard, slope
from sim.core.inputs import LEVERS
from sim.reading import change
from sim.scenario import Scenario
from sim.simulation import run
from sim.styles import STYLES

WORLD = change(
    Scenario("small"),
    population={"people": 120, "founders": 0.5},
    time={"steps": 24},
    world={"ring": 200, "pool": 3},
    effort={"audience_appeal": 0.0},  # so few people are no audience
    search={"expert_sample": 3},
    money={"seed_money": 1000.0},
    turnover={"leave_early": "0.35 per month"},
)
USE = {
    "cal": {1, 6, 10, 11, 12, 15, 16},
    "val": {2, 3, 4, 5, 8, 18, 20},
}  # fmt: skip


def community(end=25, **events):
    """A history in months from 1 on: lists of (person, time) by event."""
    told = {
        name: Happened(*np.array(sorted(rows, key=lambda row: row[1]), np.int64).reshape(-1, 2).T)
        for name, rows in events.items()
    }
    return History(told, told.get("submit", Happened(*np.zeros((2, 0), np.int64))), 1, end, 1.0)


def counts(*made):
    """A history of people who made so many contributions in the first month."""
    return community(submit=[(i, 1) for i, n in enumerate(made) for _ in range(n)])


def experiment(name, world, seed=5):
    """Measures a pattern in one replicate of its experiment."""
    pattern = PATTERNS[name]
    arms = pattern.arms(Arm(world))
    return pattern(*(of_run(run(arm.scenario, arm.style, seed=seed, events=True)) for arm in arms))


def test_patterns__of_the_table_are_there_each_for_its_use():
    numbers = [pattern.number for pattern in PATTERNS.values()]
    assert len(set(numbers)) == len(numbers)
    for use, listed in USE.items():
        uses = {pattern.use for pattern in PATTERNS.values() if pattern.number in listed}
        assert uses == {use}
        assert listed <= set(numbers)


@pytest.mark.parametrize("name", PATTERNS)
def test_every_pattern__says_what_it_is_and_gives_one_number_a_range(name):
    pattern = PATTERNS[name]
    assert any(character.isdigit() for character in pattern.source)
    assert pattern.function.__doc__
    assert all(one.low < one.high for one in pattern.ranges)
    assert len({one.what for one in pattern.ranges}) == len(pattern.ranges)
    found = experiment(name, WORLD)
    assert len(found) == len(pattern.ranges)
    assert all(isinstance(number, float) for number in found)


@pytest.mark.parametrize("name", PATTERNS)
def test_every_pattern__is_nan_or_not_known_where_nothing_happened(name):
    pattern = PATTERNS[name]
    barren = replace(
        community(submit=[], accept=[], reject=[], award=[], aware=[], join=[]),
        run=run(change(WORLD, effort={"effort_cost": 100.0}), events=True),
    )
    try:
        found = pattern(*[barren] * len(pattern.arms(Arm(WORLD))))
    except (UnknownError, IndexError):
        return
    assert all(math.isnan(number) for number in found)


def test_few_ever_contribute__of_all_who_know():
    """Of three who heard and one founder, two submitted."""
    history = community(
        aware=[(1, 2), (1, 5), (2, 3), (3, 3)], join=[(1, 5)], submit=[(0, 1), (1, 6), (1, 7)]
    )
    assert PATTERNS["few_ever_contribute"](history) == (0.5,)


def test_few_are_active__of_those_who_know_by_then():
    """Four know from month 1 and four more from month 13; one submits a month, from 13 on two."""
    history = community(
        aware=[(i, 1) for i in range(4)] + [(i, 13) for i in range(4, 8)],
        join=[],
        submit=[(0, t) for t in range(1, 25)] + [(5, t) for t in range(13, 25)] + [(5, 20)],
    )
    assert PATTERNS["few_are_active"](history) == (2 / 8,)
    assert PATTERNS["few_are_active"](replace(history, end=13)) == (1 / 4,)
    assert PATTERNS["few_are_active"](replace(history, end=19)) == (18 / 72,)


def test_few_are_active__needs_months():
    with pytest.raises(UnknownError, match="longer than 1 month"):
        PATTERNS["few_are_active"](replace(community(submit=[], aware=[], join=[]), month=0.5))


def test_concentration_and_inequality__of_contributors():
    history = counts(0, 3, 0, 1)
    assert PATTERNS["concentration"](history) == (0.75,)
    assert PATTERNS["inequality"](history) == pytest.approx((0.25,))


def test_long_tail__of_a_zeta_sample():
    """A thousand quantiles of a power law, and of one with a cutoff, which then fits better."""
    k = np.arange(1, 3000.0)

    def sample(weights):
        quantiles = (np.arange(1, 1001) - 0.5) / 1000
        return 1 + np.searchsorted(np.cumsum(weights) / weights.sum(), quantiles)

    exponent, better = PATTERNS["long_tail"](counts(*sample(k**-2.5)))
    assert exponent == pytest.approx(2.5, abs=0.05)
    assert 0 <= better < 1.92
    assert PATTERNS["long_tail"](counts(*sample(k**-1.6 * np.exp(-k / 30))))[1] > 1.92


def test_long_tail__of_few_people_is_not_known():
    with pytest.raises(UnknownError, match="at least 25 people"):
        PATTERNS["long_tail"](counts(1, 2, 3))


def test_slope__of_a_hazard_that_is_a_power_is_its_exponent():
    k = np.arange(1, LARGEST + 1)
    exposed = np.full(LARGEST, 1e9)
    assert slope(0.5 / k * exposed, exposed) == pytest.approx(-1, abs=0.03)
    assert slope(0.5 / np.sqrt(k) * exposed, exposed) == pytest.approx(-0.5, abs=0.03)
    assert slope(0.5 * exposed, exposed) == pytest.approx(0)


@pytest.mark.parametrize(("a", "found"), [(1.5, -0.92), (2.0, -0.86), (2.5, -0.81)])
def test_slope__of_wilkinsons_process(a, found):
    k = np.arange(1, LARGEST + 1)
    stop = (a - 1) / (k + a - 1)
    exposed = 1e6 * np.append(1, np.cumprod(1 - stop)[:-1])
    assert slope(stop * exposed, exposed) == pytest.approx(found, abs=0.01)


def test_hazard__leaves_the_last_contribution_of_the_censored_out():
    stopped, exposed = hazard(np.array([1, 1, 2, 3, 500]), np.array([1, 0, 1, 1, 1], bool))
    assert [*stopped[:4]] == [1, 1, 1, 0]
    assert [*exposed[:4]] == [4, 3, 2, 1]
    assert stopped.sum() == 3


def test_momentum__censors_who_was_seen_in_the_last_three_months():
    gone = community(submit=[(i, 1) for i in range(8)] + [(i, 2) for i in range(4)])
    assert PATTERNS["momentum"](gone)[0] == pytest.approx(math.log(1 / 0.5) / math.log(2))
    assert math.isnan(PATTERNS["momentum"](replace(gone, end=4))[0])


def test_rejection__compares_the_odds_of_staying_three_months():
    """Of four rejected first one stays, of four accepted first three; half a person each more."""
    history = community(
        reject=[(0, 2), (1, 2), (2, 2), (3, 2), (4, 3)],
        accept=[(4, 2), (5, 2), (6, 2), (7, 2), (0, 3)],
        submit=[(i, 2) for i in range(8)] + [(1, 4), (0, 5), (4, 5), (5, 9), (6, 24)],
    )
    assert PATTERNS["rejection"](history)[0] == pytest.approx((1.5 / 3.5) / (3.5 / 1.5))


def test_rejection__of_first_work_decided_on_together_counts_in_parts():
    """One person with one accepted and three rejected of four, who stays."""
    history = community(
        reject=[(0, 2)] * 3 + [(1, 2)], accept=[(0, 2)], submit=[(0, 2), (1, 2), (0, 8)]
    )
    assert PATTERNS["rejection"](history)[0] == pytest.approx((1.25 / 1.5) / (0.75 / 0.5))


def test_rejection__leaves_those_out_who_may_still_come_back():
    early = {"reject": [(0, 2)], "accept": [(1, 2)], "submit": [(0, 2), (1, 2), (1, 6)]}
    late = {"reject": [(2, 19)], "accept": [(3, 19)], "submit": [(2, 19), (3, 19), (3, 24)]}
    both = {name: rows + late[name] for name, rows in early.items()}
    found = PATTERNS["rejection"](community(**early))
    assert PATTERNS["rejection"](community(**both)) == found
    assert PATTERNS["rejection"](community(**both, end=26)) != found


def test_awards__compares_newcomers_who_had_a_chance():
    """Two awarded of whom one stays, four others of whom one does; old hands do not count."""
    people = range(6)
    history = community(
        accept=[(i, 2) for i in people] + [(9, 12), (9, 13)],
        award=[(0, 2), (1, 2), (9, 13)],
        submit=[(i, 2) for i in people] + [(0, 5), (2, 5), (1, 4), (9, 1), (9, 20)],
    )
    expected = math.log((1.5 / 1.5) / (1.5 / 3.5))
    assert PATTERNS["awards"](history)[0] == pytest.approx(expected)


def test_awards__after_an_award_there_is_no_chance_more():
    told = {"award": [(0, 2), (0, 3)], "submit": [(0, 2), (1, 2), (0, 6)]}
    once = community(accept=[(0, 2), (1, 2)], **told)
    again = community(accept=[(0, 2), (1, 2), (0, 3), (0, 4)], **told)
    assert PATTERNS["awards"](once) == PATTERNS["awards"](again)


def test_awards__world_with_a_gain_keeps_more_than_one_without():
    """Pooled over 8 worlds; the gain is ten times as large as measured."""

    def mean(gain):
        world = change(
            WORLD,
            population={"people": 400},
            turnover={"award_gain": gain, "awareness": "0.05 per month"},
        )
        arm = PATTERNS["awards"].arms(Arm(world))[0].scenario
        found = [PATTERNS["awards"](of_run(run(arm, rep=r, events=True)))[0] for r in range(8)]
        return np.nanmean(found)

    assert abs(mean(0.0)) < 0.5
    assert mean(3.7) > 0.8


def test_reciprocity_decay__is_the_tenth_period_over_the_first():
    history = community(submit=[(0, 1)] * 8 + [(0, 2)] * 5 + [(1, 10)] * 2)
    assert PATTERNS["reciprocity_decay"](history) == (0.25,)


def test_reciprocity_decay__needs_imperfect_cooperators():
    """Who gives as much as others are believed to give goes on giving."""
    perfect = {"conditional": 1.0, "free_riders": 0.0, "triangle": 0.0, "conditional_slope": 1.0}
    people = {"people": 1500}
    measured = experiment("reciprocity_decay", change(WORLD, population=people))[0]
    sustained = experiment("reciprocity_decay", change(WORLD, population=people | perfect))[0]
    assert 0.2 < measured < 0.45
    assert sustained > 0.8


def test_reciprocity_types__are_counted_among_all_people():
    types = np.array([0, 0, 1, 2, 3])
    assert PATTERNS["reciprocity_types"](replace(counts(1), types=types)) == (0.4, 0.2)
    with pytest.raises(UnknownError, match="if others gave"):
        PATTERNS["reciprocity_types"](counts(1))


def test_made_by__counts_known_people_in_the_months_after():
    history = community(
        submit=[(0, 9), (1, 9), (0, 10), (0, 13), (0, 14), (1, 11), (2, 11), (2, 12)]
    )
    assert MONTHS == 4
    assert made_by(history, np.array([0, 2]), at=10) == 2
    assert made_by(history, np.array([0, 1]), at=10) == 3
    with pytest.raises(UnknownError, match="less than 4 months"):
        made_by(history, np.array([0]), at=22)


def test_audience_shock__of_nobody_is_no_fall():
    pattern = PATTERNS["audience_shock"]
    busy = change(WORLD, effort={"contributions": "20 per month"})
    calm, blocked = pattern.arms(Arm(busy))
    assert calm.scenario is busy
    event = blocked.scenario.events[-1]
    assert (event.at, event.kind) == (13, "loss_of_audience")
    nobody = change(busy, events=[{"at": event.at, "kind": event.kind, "size": 0.0}])
    histories = [of_run(run(world, events=True)) for world in (busy, nobody)]
    assert pattern(*histories) == (0.0,)


def test_audience_shock__is_felt_where_company_is_what_counts():
    """All people work for each other's company; most of it is lost."""
    world = change(
        WORLD, style="commons", motives={"social": 1.0}, population={"people": 400, "founders": 0.5}
    )
    assert experiment("audience_shock", world)[0] > 0.05


def test_crowding_out__compares_pay_groups():
    histories = [community(submit=[(0, 1)] * n) for n in (10, 8, 20)]
    assert PATTERNS["crowding_out"](*histories) == (0.8, 2.5)


def test_crowding_out__groups_differ_in_money_alone():
    arms = PATTERNS["crowding_out"].arms(Arm(WORLD, "steward"))
    assert tuple(arm.style.levers.money for arm in arms) == PAY
    assert len({id(arm.scenario) for arm in arms}) == 1
    for arm in arms:
        others = {name: getattr(arm.style.levers, name) for name in LEVERS if name != "money"}
        steward = STYLES["steward"].levers
        assert others == {name: getattr(steward, name) for name in LEVERS if name != "money"}


def test_contest_size__fewer_prizes_a_head_and_better_best_entries():
    """Mean of 4 replicates: less effort, and a better best entry only where ways differ."""
    found = np.array([experiment("contest_size", WORLD, seed=s) for s in range(4)])
    effort, uncertain, certain = found.mean(axis=0)
    assert effort < 1
    assert uncertain > 0.02
    assert abs(certain) < 0.01


def test_truck_factor__is_1_where_two_made_half():
    assert PATTERNS["truck_factor"](counts(3, 2, 1, 1, 1, 1, 1)) == (1.0,)
    assert PATTERNS["truck_factor"](counts(1, 1, 1, 1, 1)) == (0.0,)
    assert math.isnan(PATTERNS["truck_factor"](counts())[0])


def test_closed__nobody_joins_or_leaves_and_nothing_befalls():
    shaken = change(
        WORLD,
        companies=[{"name": "A", "style": "contest"}, {"name": "B", "style": "commons"}],
        events=[{"at": 3, "kind": "loss_of_core", "size": 0.5}],
        stop={"outcome": "members", "below": 1000.0},
        time={"step": "1 week"},
    )
    group = closed(shaken, 6, population={"people": 30})
    assert group.months == 1.0
    members = run(group).every_step("members")
    assert [*members] == [30] * 7


def test_alone__drops_ties_that_were_made_for_other_people(tmp_path):
    edges = tmp_path / "ties.csv"
    edges.write_text("a,b\n0,119\n", "utf-8")
    tied = change(WORLD, ties={"kind": "file", "file": str(edges)})
    assert alone(tied, population={"people": 30}).ties.kind == "none"
    assert alone(WORLD).ties == WORLD.ties


def test_managed__freezes_the_style_in_charge():
    market = change(WORLD, companies=[{"name": "A", "style": "contest"}])
    for arm, style in (
        (Arm(WORLD), WORLD.style),
        (Arm(WORLD, "commons"), "commons"),
        (Arm(market), "contest"),
        (Arm(WORLD, STYLES["toolkit"]), "toolkit"),
    ):
        frozen = managed(arm, WORLD, money=0.33).style
        assert frozen.levers.money == 0.33
        assert frozen.levers.control == STYLES[style].levers.control


def test_odds_ratio__needs_both_groups():
    assert odds_ratio([1, 1, 0, 0], [True, False, True, False]) == 1.0
    assert math.isnan(odds_ratio([1, 1], [True, False]))
    assert math.isnan(odds_ratio([0.0], [True]))
    assert math.isnan(odds_ratio([], []))
    assert math.isnan(ratio(1, 0))
