import math
from itertools import pairwise

import numpy as np
import pytest

from sim.classics.wilkinson import Wilkinson, contribute
from sim.core.random import new_key
from sim.errors import UserError

N_PEOPLE = 40_000


def counts(a, most=10_000, people=N_PEOPLE):
    found = np.empty(people, np.int64)
    contribute(new_key(5, 0), a, most, found)
    return found


def survivors(a, k):
    """Chance of more than k contributions: the product of m / (m + a - 1) for m = 1 .. k."""
    return math.prod(m / (m + a - 1) for m in range(1, k + 1))


@pytest.mark.parametrize("a", [1.5, 2.0, 2.5, 3.5])
def test_contribute__stops_by_the_rule(a):
    """Within 5 standard errors: 16 checks fail by chance in 1 of 100,000."""
    found = counts(a)
    assert found.min() == 1
    for k in (1, 2, 10, 100):
        chance = survivors(a, k)
        error = 5 * math.sqrt(chance * (1 - chance) / N_PEOPLE)
        assert (found > k).mean() == pytest.approx(chance, abs=error)


def test_survivors__fall_as_a_power_with_exponent_a():
    for a in (1.5, 2.0, 2.5):
        local = -math.log(survivors(a, 2000) / survivors(a, 1000)) / math.log(2)
        assert local + 1 == pytest.approx(a, abs=2e-3)


def test_contribute__nobody_is_followed_beyond_the_most():
    found = counts(1.2, most=7)
    assert found.max() == 7
    assert (found == 7).mean() == pytest.approx(survivors(1.2, 6), abs=0.02)


def test_contribute__with_a_larger_constant_nobody_goes_on_longer():
    for less, more in pairwise([counts(a, people=2000) for a in (1.5, 2.0, 2.5)]):
        assert (less >= more).all()
        assert (less > more).any()


def test_simulate__finds_the_exponents():
    """Tails of some 2,600 and 580 people: 5 standard errors are 0.1 and 0.31."""
    found = Wilkinson(exponents=(2.0, 2.5), people=N_PEOPLE, begin=15).simulate(2, 0)
    assert [cell.x for cell in found] == [2.0, 2.5]
    assert list(found.values()) == [pytest.approx(2.0, abs=0.1), pytest.approx(2.5, abs=0.31)]


def test_simulate__too_few_in_the_tail_give_no_exponent():
    assert all(math.isnan(value) for value in Wilkinson(people=40).simulate(1, 0).values())


def test_claims__compare_neighbours_and_leave_runs_without_a_tail_open():
    classic = Wilkinson(exponents=(2.5, 1.5, 2.0))
    (claim,) = classic.claims()
    cells = list(classic.published())
    values = np.array([[2.4, 2.4, 1.9, np.nan], [1.5, 1.5, 1.5, 1.5], [2.1, 1.4, 2.0, 2.0]])
    found = dict(zip(cells, values, strict=True))
    assert claim.excess(found) == pytest.approx([0.3, -0.1, -0.1, np.nan], nan_ok=True)
    assert Wilkinson(exponents=(2.0,)).claims() == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"exponents": ()},
        {"exponents": (1.0,)},
        {"exponents": (2.0, 2.0)},
        {"exponents": (math.inf,)},
        {"people": 0},
        {"begin": 0},
        {"begin": 100_000},
    ],
)
def test_parameters__that_make_no_sense_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(UserError, match=name):
        Wilkinson(**wrong)
