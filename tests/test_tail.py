import numpy as np
import pytest
from scipy.special import zeta

from sim.errors import UserError
from sim.tail import tail_exponent


def power_law_sample() -> np.ndarray:
    """10,000 counts at the quantiles of a zeta distribution with exponent 2.5."""
    k = np.arange(1, 1000)
    reached = np.cumsum(k**-2.5 / zeta(2.5))
    return k[np.searchsorted(reached, (np.arange(1, 10_001) - 0.5) / 10_000)]


@pytest.mark.parametrize(("xmin", "tolerance"), [(1, 0.005), (2, 0.01)])
def test_q17_exponent__of_a_known_sample_is_right(xmin, tolerance):
    sample = power_law_sample()
    assert sample.max() == 462
    assert np.bincount(sample)[1:7].tolist() == [7454, 1318, 478, 233, 134, 84]
    assert tail_exponent(sample, xmin).exponent == pytest.approx(2.5, abs=tolerance)


def test_q17_zeros__change_nothing_and_are_reported():
    sample = power_law_sample()
    with_zeros = tail_exponent(np.append(sample, np.zeros(500, int)), 1)
    assert with_zeros.exponent == tail_exponent(sample, 1).exponent
    assert with_zeros.zeros == 500
    assert "500 zeros" in str(with_zeros)


def test_q17_report__names_the_lognormal():
    assert "log-normal fits no better and no worse" in str(tail_exponent(power_law_sample()))


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        (np.linspace(1.007, 1.026, 12), "whole numbers"),
        ([1, 2, 3, 4], "at least 25 people"),
        ([1] * 50 + [2] * 50, "3 different counts"),
        ([7] * 100, "3 different counts"),
        ([], "at least 25 people"),
    ],
)
def test_q17_unsuitable_counts__are_refused_with_the_reason(counts, reason):
    with pytest.raises(UserError, match=reason):
        tail_exponent(counts)


def test_tail_exponent__finds_where_the_tail_begins():
    sample = power_law_sample()
    bent = np.concatenate([sample[sample >= 4], [1] * 400, [2] * 400, [3] * 400])
    tail = tail_exponent(bent)
    assert tail.xmin == 4
    assert tail.exponent == pytest.approx(2.5, abs=0.03)


def test_tail_exponent__tells_a_lognormal_and_a_cutoff_from_a_power_law():
    # Seed fixed; each verdict is wrong in less than 1 % of seeds.
    rng = np.random.default_rng(5)
    lognormal = tail_exponent(np.ceil(rng.lognormal(2, 0.7, 2000)), 1)
    assert lognormal.lognormal.log_ratio < 0
    assert lognormal.lognormal.p < 0.001
    assert lognormal.lognormal.parameters == pytest.approx((2, 0.7), abs=0.15)

    k = np.arange(1, 3000)
    chance = k**-1.5 * np.exp(-0.02 * k)
    cut = tail_exponent(rng.choice(k, 3000, p=chance / chance.sum()), 1)
    assert cut.truncated.p < 0.001
    assert cut.truncated.parameters == pytest.approx((1.5, 0.02), abs=0.1)
    assert "truncated power law fits better" in str(cut)
