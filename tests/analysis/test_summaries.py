import numpy as np
import pytest
from scipy import stats

from sim.analysis.report.summaries import summary

RNG = np.random.default_rng(3)


def test_summary__is_that_of_each_group_without_what_is_missing():
    values = RNG.lognormal(size=(5, 3, 40))
    values[RNG.random(values.shape) < 0.3] = np.nan
    found = summary(values, 0.9)
    for at in np.ndindex(5, 3):
        known = values[at][~np.isnan(values[at])]
        assert found.n[at] == known.size
        assert found.mean[at] == pytest.approx(known.mean())
        assert found.sd[at] == pytest.approx(known.std(ddof=1))
        low, high = stats.t.interval(0.9, known.size - 1, known.mean(), stats.sem(known))
        assert (found.low[at], found.high[at]) == pytest.approx((low, high))
        quartiles = found.q25[at], found.median[at], found.q75[at]
        assert quartiles == pytest.approx(tuple(np.quantile(known, [0.25, 0.5, 0.75])))


def test_summary__knows_nothing_of_none_and_no_spread_of_one():
    found = summary(np.array([[np.nan, np.nan], [np.nan, 4.0], [np.inf, 4.0]]))
    assert found.n.tolist() == [0, 1, 1]
    assert np.isnan([found.mean[0], found.sd[0], found.median[0], found.sd[1], found.low[1]]).all()
    assert (found.mean[1], found.median[1], found.q75[1], found.mean[2]) == (4, 4, 4, 4)


def test_summary__takes_rounding_for_no_spread():
    found = summary(np.array([[0.1 + 0.2, 0.3, 0.3]]))
    assert found.sd[0] == 0
    assert found.low[0] == found.high[0] == found.mean[0]
