import numpy as np
import pytest
from scipy import stats

from sim.classics._rings import (
    Ring,
    abilities,
    all_heuristics,
    best_teams,
    climbs,
    look_around,
    new_ring,
    one_pass,
    random_team,
    relay,
    tournament,
)
from sim.classics.grim import Grim
from sim.classics.hong_page import BEST, RANDOM, HongPage, differing, diversity, height
from sim.core.random import new_key
from sim.errors import UserError

KEY = new_key(1, 0)


def ring_of(heights, largest):
    heights = np.array(heights, np.float64)
    falling = np.argsort(-heights, kind="stable").astype(np.uint32)
    tries = np.empty((largest + 1, len(heights)), np.uint32)
    look_around(heights, tries)
    return Ring(heights, falling, tries)


@pytest.fixture
def tiny():
    """Seven positions and two members, worked out by hand.

    (2, 3, 4) climbs from 3, 4 and 5 to the top at 0 and from 6 to 1, and stays at 1 and 2.
    (1, 2, 3) climbs from 4, 5 and 6 to 0 and from 2 to 3, and stays at 1 and 3.
    """
    ring = ring_of([60, 50, 30, 40, 20, 10, 0], 4)
    return ring, climbs(ring.falling, ring.tries, np.array([(2, 3, 4), (1, 2, 3)]))


def test_climbs__end_where_three_steps_in_a_row_lead_no_higher(tiny):
    _, ends = tiny
    assert ends.tolist() == [[0, 1, 2, 0, 0, 0, 1], [0, 1, 3, 3, 0, 0, 0]]


def test_abilities__are_mean_heights_over_all_starts(tiny):
    able = abilities(*tiny[0])
    assert able[2, 3, 4] == able[1, 2, 3] == 370 / 7


def test_one_pass__gives_each_member_one_turn(tiny):
    ring, ends = tiny
    assert one_pass(ring.heights, ends) == 380 / 7


def test_relay__begins_again_with_the_first(tiny):
    """From 2 the first gets nowhere, the second to 3, and then the first from there to 0."""
    ring, ends = tiny
    assert relay(ring.heights, ring.falling, ends) == 400 / 7


def test_tournament__goes_on_from_the_best(tiny):
    """From 6 the first gets to 1, but the second to 0; from 2 the second to 3, the first to 0."""
    ring, ends = tiny
    assert tournament(ring.heights, ring.falling, ends) == 410 / 7


@pytest.mark.parametrize("seed", range(5))
def test_one_pass__never_beats_the_full_relay(seed):
    settings = {"teams": (3, 8), "largest_steps": (12,), "positions": 500}
    once = HongPage(one_pass=True, **settings).simulate(seed, 0)
    cycled = HongPage(**settings).simulate(seed, 0)
    assert all(once[cell] <= value for cell, value in cycled.items())
    assert once[height(12, RANDOM, 3)] < cycled[height(12, RANDOM, 3)]


def test_best_teams__are_the_ablest_for_each_largest_step():
    ring = new_ring(KEY, 0, 300, 7)
    able = abilities(*ring)
    for largest, team in best_teams(ring, (4, 7), 9).items():
        heuristics = all_heuristics(largest)
        order = sorted(range(len(heuristics)), key=lambda h: (-able[tuple(heuristics[h])], h))
        assert team.tolist() == heuristics[order[:9]].tolist()


def test_best_teams__put_smaller_first_steps_first_among_equals():
    flat = ring_of([5.0] * 8, 4)
    assert best_teams(flat, (4,), 3)[4].tolist() == [[1, 2, 3], [1, 2, 4], [1, 3, 2]]


def test_random_team__is_drawn_without_replacement():
    for number in range(20):
        team = random_team(new_key(2, number), 0, 3, 6)
        assert sorted(map(tuple, team)) == list(map(tuple, all_heuristics(3)))


def test_random_team__takes_all_heuristics_alike():
    """A right generator fails in fewer than 1 of 10,000 cases."""
    drawn = np.concatenate([random_team(new_key(3, rep), 0, 4, 8) for rep in range(600)])
    _, counts = np.unique(drawn, axis=0, return_counts=True)
    assert len(counts) == 24
    # Without replacement the counts vary less than in the test's 23 degrees of freedom.
    assert stats.chisquare(counts).pvalue > 1e-4


def test_random_team__grows_by_new_members():
    assert random_team(KEY, 0, 12, 20)[:10].tolist() == random_team(KEY, 0, 12, 10).tolist()


def test_diversity__counts_the_places_that_differ():
    assert diversity(np.array([(1, 2, 3), (1, 2, 3)])) == 0
    assert diversity(np.array([(1, 2, 3), (3, 1, 2)])) == 100
    assert diversity(np.array([(1, 2, 3), (1, 2, 4), (1, 3, 4)])) == pytest.approx(
        100 * (1 + 2 + 1) / 9
    )
    assert diversity(np.array([(1, 2, 3)])) == 0


def test_simulation__is_that_of_grim_on_a_rugged_ring():
    mine = HongPage(teams=(3,), largest_steps=(5,), positions=100).simulate(4, 2)
    theirs = Grim(smoothness=(0,), largest_steps=(5,), team=3, positions=100).simulate(4, 2)
    heights = {cell: value for cell, value in mine.items() if "Height" in cell.panel}
    assert set(heights.values()) < set(theirs.values())


def test_simulation__does_not_depend_on_what_else_is_simulated():
    alone = HongPage(teams=(3,), largest_steps=(5,), positions=100).simulate(4, 2)
    beside = HongPage(teams=(7, 3), largest_steps=(9, 5), positions=100).simulate(4, 2)
    assert alone.items() < beside.items()


def test_published__are_cells_of_the_simulation():
    for one_pass_only in (False, True):
        classic = HongPage(one_pass=one_pass_only)
        assert set(classic.published()) <= set(classic.simulate(1, 0))
    assert HongPage(one_pass=True).published()[height(12, BEST, 10)].value == 92.34
    assert HongPage().published()[height(12, RANDOM, 20)].value == 94.72
    assert HongPage().published()[differing(12, RANDOM, 10)].value == 91.7
    assert not HongPage(positions=500).published()


def test_random_beats_best__on_average_over_25_landscapes():
    """Each number within its tolerance and four standard errors: fails in 1 of 500 cases at most.

    The difference of the teams lies eight standard errors away from 0.
    """
    classic = HongPage(teams=(10,))
    runs = [classic.simulate(1, rep) for rep in range(25)]
    found = {cell: np.array([run[cell] for run in runs]) for cell in runs[0]}
    (claim,) = classic.claims()
    assert claim.excess(found).mean() > 0
    for cell, (value, tolerance, _) in classic.published().items():
        error = found[cell].std(ddof=1) / 5
        assert abs(found[cell].mean() - value) < tolerance + 4 * error


def test_claims__are_made_only_where_there_is_a_choice():
    assert not HongPage(teams=(10,), largest_steps=(4,)).claims()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"largest_steps": ()}, "3 or more"),
        ({"largest_steps": (2,)}, "3 or more"),
        ({"largest_steps": (12, 12)}, "each once"),
        ({"positions": 11}, "at least the largest step, 12"),
        ({"teams": (7,), "largest_steps": (3,)}, "1 to 6 members"),
        ({"teams": (0,)}, "1 to 1320 members"),
    ],
)
def test_settings__that_make_no_sense_are_named(settings, says):
    with pytest.raises(UserError, match=says):
        HongPage(**settings)
