import numpy as np
import pytest

from sim.classics.barkoczi_galesic import (
    ALONE,
    BEST,
    CONFORMITY,
    BarkocziGalesic,
    best_member,
    clustered_network,
    full_network,
    look,
    most_frequent,
    search,
)
from sim.core.jit import kernel
from sim.core.random import new_key
from sim.errors import UserError

KEY = new_key(1, 0)


@kernel
def ideas(payoffs, seen, own, out):
    out[0] = best_member(payoffs, seen)
    out[1] = most_frequent(seen, own)


@kernel
def looks(key, neighbours, solutions, seen):
    for i in range(len(seen)):
        look(key, 3, i, neighbours, solutions, seen[i])


def chosen(seen, own=0, payoffs=(0.0, 0.1, 0.2, 0.3, 0.3)):
    """The best solution seen, and the most frequent one."""
    out = np.empty(2, np.int64)
    ideas(np.array(payoffs), np.array(seen), own, out)
    return tuple(out)


def means(payoffs, network, strategy, sample, steps):
    found = np.empty(steps)
    n = len(payoffs).bit_length() - 1
    search(KEY, np.array(payoffs), n, network, strategy, sample, found)
    return found.tolist()


def ties(network):
    return {(i, int(j)) for i, neighbours in enumerate(network) for j in neighbours}


def test_ideas__are_the_best_or_the_most_frequent_of_those_seen():
    assert chosen([1, 2, 1]) == (2, 1)
    assert chosen([2, 1, 1]) == (2, 1)
    assert chosen([4, 3, 1], own=2) == (4, 2)  # equally good: the first; all differ: one's own
    assert chosen([3, 4, 4, 3, 1]) == (3, 3)  # equally frequent: the first
    assert chosen([2], own=1) == (2, 1)


def test_look__sees_different_neighbours_at_random():
    """5 standard errors of 4,000 looks, so that 1 of 1,000,000 checks fails by chance."""
    neighbours, solutions = np.array([5, 1, 3, 0]), 10 * np.arange(6)
    seen = np.empty((4000, 3), np.int64)
    looks(KEY, neighbours, solutions, seen)
    assert all(len(set(row)) == 3 for row in seen.tolist())
    for solution in (50, 10, 30, 0):
        for place in range(3):
            share = np.mean(seen[:, place] == solution)
            assert share == pytest.approx(0.25, abs=5 * 0.433 / 4000**0.5)


def test_full_network__ties_all():
    assert full_network(3).tolist() == [[1, 2], [0, 2], [0, 1]]


def test_clustered_network__is_a_ring_of_cliques():
    assert ties(clustered_network(8, 3)) == {
        *((i, j) for i in range(4) for j in range(4) if i != j and {i, j} != {0, 3}),
        *((i, j) for i in range(4, 8) for j in range(4, 8) if i != j and {i, j} != {4, 7}),
        *((3, 4), (4, 3), (7, 0), (0, 7)),
    }


@pytest.mark.parametrize(("people", "degree"), [(100, 19), (6, 2), (40, 7)])
def test_clustered_network__is_regular_connected_and_mutual(people, degree):
    network = clustered_network(people, degree)
    assert network.shape == (people, degree)
    pairs = ties(network)
    assert len(pairs) == people * degree
    assert pairs == {(j, i) for i, j in pairs}
    assert all(i != j for i, j in pairs)
    reached = {0}
    for _ in range(people):
        reached |= {int(j) for i in reached for j in network[i]}
    assert reached == set(range(people))


def test_clustered_network__neighbours_of_most_are_neighbours():
    pairs = ties(clustered_network(100, 19))
    closed = sum((b, c) in pairs for a, b in pairs for c in range(100) if (a, c) in pairs)
    assert closed / (100 * 19 * 18) > 0.95


def test_search__all_start_differently_and_change_one_digit_if_that_is_better():
    network = full_network(2)
    for strategy in (ALONE, CONFORMITY, BEST):
        assert means([0.2, 1.0], network, strategy, 1, 3) == [0.6, 1.0, 1.0]


def test_search__who_stands_on_a_local_peak_needs_others():
    """Four people start at the four solutions; 00 is a local peak beside 11."""
    payoffs, network = [0.5, 0.1, 0.2, 1.0], full_network(4)
    alone = means(payoffs, network, ALONE, 3, 6)
    best = means(payoffs, network, BEST, 3, 6)
    conformity = means(payoffs, network, CONFORMITY, 3, 6)
    assert best == pytest.approx([0.45, 1.0, 1.0, 1.0, 1.0, 1.0])
    assert alone[1] in (0.625, 0.75, 0.875)  # two move to one peak or the other, for good
    assert alone[2:] == [alone[1]] * 4
    assert conformity[:2] == alone[:2]  # at first all differ, and everybody learns alone


@pytest.mark.parametrize("strategy", [BEST, CONFORMITY, ALONE])
def test_search__payoffs_never_fall(strategy):
    payoffs = BarkocziGalesic(n=8, k=3).landscape(KEY)
    network = clustered_network(40, 7)
    path = means(payoffs, network, strategy, 3, 30)
    assert path == sorted(path)
    assert path[0] < path[-1] <= 1


def test_landscape__its_best_is_worth_1_and_powers_spread_it():
    flat = BarkocziGalesic(n=7, k=3, power=1).landscape(KEY)
    steep = BarkocziGalesic(n=7, k=3).landscape(KEY)
    assert flat.max() == steep.max() == 1
    assert steep == pytest.approx(flat**8)
    assert (BarkocziGalesic(n=7, k=3, textbook=True).landscape(KEY) != steep).any()


def test_simulate__strategies_cross_between_the_networks():
    """The smallest lead, .09, has a standard deviation of .2: its mean of 60 is 3.5 errors."""
    classic = BarkocziGalesic()
    runs = [classic.simulate(1, rep) for rep in range(60)]
    found = {cell: np.array([run[cell] for run in runs]) for cell in runs[0]}
    for claim in classic.claims():
        assert claim.excess(found).mean() > 0, claim.says


def test_simulate__shows_the_path_for_each_number_of_samples():
    classic = BarkocziGalesic(samples=(2, 4), n=6, k=2, people=16, degree=7, steps=12)
    cells = classic.simulate(1, 0)
    assert {cell.x for cell in cells} == {1, 2, 5, 10, 12}
    assert len(cells) == 5 * 2 * 3 * 2
    starts = {value for cell, value in cells.items() if cell.x == 1}
    assert len(starts) == 1


def test_published__holds_for_the_published_parameters():
    assert len(BarkocziGalesic(samples=(9, 3)).published()) == 6
    for other in ({"samples": (9,)}, {"k": 5}, {"steps": 100}, {"power": 1}):
        assert BarkocziGalesic(**other).published() == {}
        assert BarkocziGalesic(**other).claims() == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"n": 6},
        {"k": 16},
        {"k": 15, "textbook": True},
        {"people": 90},
        {"people": 20},
        {"degree": 1},
        {"samples": ()},
        {"samples": (0,)},
        {"samples": (20,)},
        {"samples": (3, 3)},
        {"power": 0},
        {"steps": 0},
    ],
)
def test_parameters__that_make_no_sense_are_refused(wrong):
    name = "k" if wrong == {"n": 6} else next(iter(wrong))
    with pytest.raises(UserError, match=name):
        BarkocziGalesic(**wrong)
