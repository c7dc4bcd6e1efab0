import math
from itertools import combinations

import numpy as np
import pytest

from sim.classics._nk import ALL, NEIGHBOURS, OTHERS, draw_partners, new_landscape, peaks
from sim.classics.kauffman_levin import KauffmanLevin
from sim.core.jit import kernel
from sim.core.random import new_key
from sim.errors import UserError

KEY = new_key(1, 0)


@kernel
def partners_of(key, n, partners, bits):
    for digit in range(n):
        draw_partners(key, 0, n, digit, partners, bits[digit])


def partners(n, k, kind):
    bits = np.full((n, k + 1), -1)
    partners_of(KEY, n, kind, bits)
    return bits.tolist()


def interacting(payoffs, n):
    """The pairs of digits of which one's effect on the payoff depends on the other's value."""
    s = np.arange(len(payoffs))
    pairs = set()
    for a, b in combinations(range(n), 2):
        a_alone = payoffs[s ^ (1 << a)] - payoffs
        a_with_b = payoffs[s ^ (1 << a) ^ (1 << b)] - payoffs[s ^ (1 << b)]
        if not np.allclose(a_alone, a_with_b, rtol=0, atol=1e-12):
            pairs.add((a, b))
    return pairs


@pytest.mark.parametrize(
    ("payoffs", "n", "count"),
    [
        ([0.0, 1.0, 2.0, 3.0], 2, 1),
        ([3.0, 0.0, 0.0, 2.0], 2, 2),
        ([1.0, 1.0, 1.0, 1.0], 2, 4),
        ([0.1, 0.2], 1, 1),
        ([5.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0], 3, 4),
    ],
)
def test_peaks__are_solutions_that_no_single_change_improves(payoffs, n, count):
    assert peaks(np.array(payoffs), n) == count


def test_landscape__without_partners_has_one_peak_and_no_interaction():
    for number in range(20):
        payoffs = new_landscape(KEY, number, 6, 0, OTHERS)
        assert peaks(payoffs, 6) == 1
        assert interacting(payoffs, 6) == set()


def test_landscape__digits_interact_with_their_partners_only():
    ring = {(i, i + 1) for i in range(5)} | {(0, 5)}
    assert interacting(new_landscape(KEY, 0, 6, 1, NEIGHBOURS), 6) == ring
    drawn = {tuple(sorted(pair)) for pair in partners(6, 1, OTHERS)}
    assert interacting(new_landscape(KEY, 0, 6, 1, OTHERS), 6) == drawn != ring
    everybody = set(combinations(range(6), 2))
    assert interacting(new_landscape(KEY, 0, 6, 5, OTHERS), 6) == everybody


def test_landscape__payoffs_are_means_of_contributions():
    """Between 0 and 1, about .5 (5 standard errors of 10 contributions by 400 landscapes)."""
    some = np.array([new_landscape(KEY, number, 10, 9, OTHERS)[0] for number in range(400)])
    assert ((some > 0) & (some < 1)).all()
    assert some.mean() == pytest.approx(0.5, abs=5 * math.sqrt(1 / 12 / 10 / 400))
    assert some.var() == pytest.approx(1 / 12 / 10, rel=0.4)


def test_landscape__contributions_may_be_whole_tenths():
    tenths = 10 * 5 * new_landscape(KEY, 0, 5, 4, ALL, tenths=True)
    assert np.allclose(tenths, tenths.round(), atol=1e-9)
    assert len(set(tenths.round())) > 5
    exact = 10 * 5 * new_landscape(KEY, 0, 5, 4, ALL)
    assert 0 < np.abs(exact - tenths).max() <= 5 * 0.5


def test_partners__are_the_digits_that_follow_or_random_ones():
    assert partners(5, 2, NEIGHBOURS) == [[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 0], [4, 0, 1]]
    drawn = partners(40, 7, OTHERS)
    for digit, bits in enumerate(drawn):
        assert bits[0] == digit
        assert len(set(bits)) == 8
    assert len({tuple(np.diff(bits)) for bits in drawn}) > 30
    every = partners(40, 7, ALL)
    assert all(len(set(bits[1:])) == 7 for bits in every)
    assert any(digit in bits[1:] for digit, bits in enumerate(every))
    assert set(range(40)) == {bit for bits in every for bit in bits[1:]}


def test_simulate__finds_the_closed_forms():
    """With n = 6: 64 / 7 peaks, standard deviation about 1.6, of 2,000 landscapes 5 errors."""
    classic = KauffmanLevin(n=6, k=(0, 5), landscapes=2000)
    none, all_others = classic.simulate(1, 0).values()
    assert none == 1
    assert all_others == pytest.approx(64 / 7, abs=5 * 1.6 / math.sqrt(2000))


def test_simulate__random_partners_make_fewer_peaks_than_neighbours():
    """Of 600 landscapes means lie within .7 of 13.8 and 16.2: 5 standard errors."""
    (random,) = KauffmanLevin(k=(3,), landscapes=600).simulate(1, 0).values()
    (nearby,) = KauffmanLevin(k=(3,), landscapes=600, neighbours=True).simulate(1, 0).values()
    assert random == pytest.approx(13.83, abs=0.7)
    assert nearby == pytest.approx(16.17, abs=0.8)


def test_published__has_the_closed_forms_for_any_n():
    values = [value.value for value in KauffmanLevin(n=4, k=(0, 1, 3)).published().values()]
    assert values == [1, 16 / 5]
    assert [cell.x for cell in KauffmanLevin().published()] == [0, 1, 3, 5, 9]
    assert [cell.x for cell in KauffmanLevin(neighbours=True).published()] == [0, 9]
    assert len(KauffmanLevin(k=(9, 2)).claims()) == 1
    assert KauffmanLevin(n=1, k=(0,)).published().popitem()[1].value == 1


@pytest.mark.parametrize(
    "wrong", [{"n": 0}, {"n": 21}, {"k": ()}, {"k": (1, 1)}, {"k": (10,)}, {"landscapes": 0}]
)
def test_parameters__that_make_no_sense_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(UserError, match=f"^{name}"):
        KauffmanLevin(**wrong)
