import numpy as np
import pytest
from scipy import stats

from sim.core.jit import kernel
from sim.core.landscape import ability, climb, draw_heuristic, draw_ring, train_experts
from sim.core.motives import MOTIVES
from sim.core.random import Stream, new_key
from sim.core.state import new_desk

KEY = new_key(1, 0)
ERROR_RATE = 1e-4  # of each statistical test, with another key


@kernel
def rings_of(key, smoothness, rings):
    for r in range(len(rings)):
        draw_ring(rings[r], smoothness, key, r)


@kernel
def climbs(rings, starts, heuristics, ends):
    for k in range(len(starts)):
        h = heuristics[k]
        ends[k] = climb(rings, k % len(rings), starts[k], h[0], h[1], h[2])


@kernel
def heuristics_of(key, stream, largest, out):
    for i in range(len(out)):
        out[i, 0], out[i, 1], out[i, 2] = draw_heuristic(key, stream, i, largest)


@kernel
def trained(key, rings, largest, sample, rises, desk, experts, reached):
    train_experts(experts, rings, 0, largest, sample, key, rises, desk[0])
    for s in range(len(experts)):
        e = experts[s]
        reached[s] = ability(rings, 0, e[0], e[1], e[2], 40, 0.0, 100.0)
    for k in range(len(experts) * sample):
        first, second, third = draw_heuristic(key, Stream.EXPERTS, k, largest)
        reached[len(experts) + k] = ability(rings, 0, first, second, third, 40, 0.0, 100.0)


def rings(smoothness, n=40, length=2000):
    out = np.full((n, length), np.nan)
    rings_of(KEY, smoothness, out)
    return out


def heuristics(n, largest=12, stream=Stream.STEPS):
    out = np.zeros((n, 3), np.int64)
    heuristics_of(KEY, int(stream), largest, out)
    return out


@pytest.mark.parametrize("smoothness", [0, 1, 4, 100])
def test_ring__has_uniform_heights_between_0_and_100(smoothness):
    values = rings(smoothness)
    assert ((values > 0) & (values < 100)).all()
    # Interpolation keeps the mean and draws values together.
    assert abs(values.mean() - 50) < 3.9 * 29 / np.sqrt(values.size / (smoothness + 1))
    if smoothness == 0:
        assert stats.kstest(values.ravel() / 100, "uniform").pvalue > ERROR_RATE


@pytest.mark.parametrize("smoothness", [1, 3])
def test_ring__has_the_gaps_of_grim(smoothness):
    """Gaps are 1 + uniform{0 .. 2 s - 1}: found again as the bends of the ring."""
    gaps = []
    for ring in rings(smoothness, 20):
        slope = np.diff(np.append(ring, ring[0]))
        bends = np.flatnonzero(np.abs(slope - np.roll(slope, 1)) > 1e-9)
        gaps.extend(np.diff(bends))
    counts = np.bincount(gaps, minlength=2 * smoothness + 1)
    assert counts[0] == counts[2 * smoothness + 1 :].sum() == 0
    assert stats.chisquare(counts[1:]).pvalue > ERROR_RATE


def test_ring__closes_without_a_jump():
    for ring in rings(10, 20, 300):
        steps = np.abs(np.diff(np.append(ring, ring[0])))
        assert steps[-1] <= 100
        assert np.median(steps[-3:]) < 30
    for ring in rings(50, 20, 10):  # shorter than a gap
        assert np.isfinite(ring).all()


def test_rings__differ_and_belong_to_their_number():
    assert len({tuple(ring) for ring in rings(4)}) == 40
    assert (rings(4, 5) == rings(4, 40)[:5]).all()


def by_the_words(ring, at, steps):
    """Hong & Page (2004): try the steps in turn, move when strictly higher, stop after three."""
    failures, turn = 0, 0
    while failures < 3:
        there = (at + steps[turn % 3]) % len(ring)
        if ring[there] > ring[at]:
            at, failures = there, 0
        else:
            failures += 1
        turn += 1
    return at


def test_climb__does_what_hong_and_page_say():
    field = np.concatenate([rings(0, 3, 50), np.round(rings(2, 3, 50) / 20)])  # also with ties
    tried = heuristics(600)
    starts = np.arange(600) // 6 % 50
    ends = np.zeros(600, np.int64)
    climbs(field, starts, tried, ends)
    expected = [by_the_words(field[k % 6], starts[k], tried[k]) for k in range(600)]
    assert ends.tolist() == expected
    assert (ends != starts).mean() > 0.5


def test_climb__stays_where_nothing_is_higher():
    ends = np.zeros(1, np.int64)
    climbs(np.full((1, 10), 5.0), np.array([7]), np.array([[1, 2, 3]]), ends)
    assert ends[0] == 7


def test_heuristics__are_distinct_and_all_alike_in_chance():
    drawn = heuristics(60_000, 6)
    assert drawn.min() == 1
    assert drawn.max() == 6
    assert (np.diff(np.sort(drawn, axis=1), axis=1) > 0).all()
    kinds, counts = np.unique(drawn, axis=0, return_counts=True)
    assert len(kinds) == 6 * 5 * 4
    assert stats.chisquare(counts).pvalue > ERROR_RATE


def test_heuristics__of_three_steps_are_the_six_orders():
    assert len(np.unique(heuristics(200, 3), axis=0)) == 6


@pytest.mark.parametrize(
    ("largest", "length"),
    [(12, 40), (37, 40), (12, 300), (63, 64), (63, 317), (64, 317), (63, 2000), (100, 2000)],
)
def test_experts__are_the_best_of_their_sample(largest, length):
    """Whether steps are short enough for all starts to be tried at once, or not."""
    experts = np.zeros((4, 3), np.int64)
    reached = np.zeros(4 + 4 * 30)
    room = np.empty(length, np.uint64), new_desk(len(MOTIVES))
    trained(KEY, rings(4, 1, length), largest, 30, *room, experts, reached)
    of_sample = reached[4:].reshape(4, 30)
    assert reached[:4].tolist() == of_sample.max(axis=1).tolist()
    first_best = np.arange(4) * 30 + of_sample.argmax(axis=1)
    tried = heuristics(4 * 30, largest, Stream.EXPERTS)
    assert (experts == tried[first_best]).all()
    assert (np.diff(np.sort(experts, axis=1), axis=1) > 0).all()
