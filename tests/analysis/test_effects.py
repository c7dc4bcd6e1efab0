import warnings

import numpy as np
import pytest
from scipy import stats

from sim.analysis.comparison import Comparison, Outcome
from sim.analysis.effects import compare_groups
from sim.errors import UserError


def comparison(values, *, paired=True, better=1):
    """A comparison of one outcome, `x`, from an array (arm, run)."""
    values = np.asarray(values, dtype=float)
    arms = tuple("abcdef"[: len(values)])
    about = {"x": Outcome("x", "value", "EUR", better)}
    return Comparison("world", arms, tuple(range(values.shape[1])), paired, {"x": values}, about)


@pytest.fixture
def skewed():
    return np.random.default_rng(5).lognormal(size=(3, 12))


def test_effects__paired_numbers_are_those_of_scipy(skewed):
    level = 1 - 0.05 / 2
    for effect, values in zip(comparison(skewed).effects("x"), skewed[1:], strict=True):
        expected = stats.ttest_rel(values, skewed[0])
        interval = expected.confidence_interval(level)
        assert effect.method == "paired t"
        assert (effect.n, effect.n_comparisons) == (12, 2)
        assert (effect.low, effect.high) == pytest.approx((interval.low, interval.high))
        assert effect.p_adjusted == pytest.approx(min(1, 2 * expected.pvalue))
        assert effect.difference == pytest.approx(effect.mean - effect.baseline_mean)


def test_effects__independent_numbers_are_those_of_scipy(skewed):
    for effect, values in zip(
        comparison(skewed, paired=False).effects("x", n_comparisons=1), skewed[1:], strict=True
    ):
        expected = stats.ttest_ind(values, skewed[0], equal_var=False)
        interval = expected.confidence_interval(0.95)
        assert effect.method == "Welch t"
        assert (effect.low, effect.high) == pytest.approx((interval.low, interval.high))
        assert effect.p_adjusted == pytest.approx(expected.pvalue)
        u = stats.mannwhitneyu(values, skewed[0]).statistic
        assert effect.superiority == pytest.approx(u / 12**2)


def test_effects__by_hand():
    effect = compare_groups([3, 5, 7], [1, 2, 3], paired=True)
    assert effect.difference == pytest.approx(3)  # differences 2, 3, 4: standard deviation 1
    assert effect.effect_size == pytest.approx(3 * 0.5641896)  # Hedges' J(2) = 1 / sqrt(pi)
    assert effect.high - effect.difference == pytest.approx(4.302653 / 3**0.5)
    assert effect.superiority == 1

    apart = compare_groups([3, 5, 7], [1, 2, 3])
    assert apart.effect_size == pytest.approx(3 / 2.5**0.5 * 0.7978846)  # J(4) = sqrt(2 / pi)
    assert apart.superiority == pytest.approx((2.5 + 3 + 3) / 9)


def test_effects__baseline_and_family_are_the_users_choice(skewed):
    usual, named = comparison(skewed).effects("x"), comparison(skewed).effects("x", "b")
    assert [(e.arm, e.baseline) for e in usual] == [("b", "a"), ("c", "a")]
    assert [(e.arm, e.baseline) for e in named] == [("a", "b"), ("c", "b")]
    wide = comparison(skewed).effects("x", n_comparisons=50)
    assert all(w.low < u.low and w.high > u.high for w, u in zip(wide, usual, strict=True))


def test_effects__missing_values_leave_in_pairs():
    values = [[1, 2, np.nan, 4, 5], [2, np.nan, 4, 7, 8], [np.nan] * 5]
    b, c = comparison(values).effects("x")
    assert (b.n, b.n_baseline, b.difference) == (3, 3, pytest.approx(7 / 3))
    assert c.n == 0
    assert np.isnan([c.mean, c.difference, c.low, c.p_adjusted, c.superiority]).all()
    apart = comparison(values, paired=False).effects("x")[0]
    assert (apart.n, apart.n_baseline) == (4, 4)


def test_effects__infinity_counts_as_missing():
    (effect,) = comparison([[1, 2, 3], [np.inf, 3, 5]]).effects("x")
    assert effect.n == 2
    assert effect.difference == pytest.approx(1.5)


@pytest.mark.parametrize("paired", [True, False])
def test_effects__one_run_gives_a_difference_without_interval(paired):
    (effect,) = comparison([[1.0], [3.0]], paired=paired).effects("x")
    assert effect.difference == 2
    assert np.isnan([effect.low, effect.high, effect.p_adjusted, effect.effect_size]).all()
    assert not effect.differs


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("shift", [0.0, 2.0])
def test_effects__without_variation_the_interval_is_a_point(paired, shift):
    # 0.1 + 0.2 is not 0.3: variation by rounding alone is no variation.
    base = np.array([0.3, 0.1 + 0.2, 0.3]) * 1e6
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        effect = compare_groups(base[::-1] + shift, base, paired=paired)
    assert (effect.low, effect.high) == (effect.difference, effect.difference)
    assert effect.difference == pytest.approx(shift)
    assert effect.p_adjusted == (0 if shift else 1)
    assert effect.differs == bool(shift)
    assert effect.effect_size == np.inf if shift else np.isnan(effect.effect_size)


def test_effects__mistakes_are_named():
    with pytest.raises(UserError, match="1 or more"):
        compare_groups([1, 2], [3, 4], n_comparisons=0)
    with pytest.raises(UserError, match=r"level .* 95"):
        compare_groups([1, 2], [3, 4], level=95)
    with pytest.raises(UserError, match="3 and 2 runs"):
        compare_groups([1, 2, 3], [3, 4], paired=True)


def test_means__are_t_intervals(skewed):
    for mean, values in zip(comparison(skewed).means("x"), skewed, strict=True):
        interval = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        assert (mean.low, mean.high) == pytest.approx((interval.low, interval.high))
        assert (mean.n, mean.sd) == (12, pytest.approx(values.std(ddof=1)))


@pytest.mark.parametrize("paired", [True, False])
def test_q19_unit__a_style_against_itself_differs_in_one_case_of_twenty(paired):
    # 200 comparisons of 5 runs an arm: fails by chance in less than 1 % of seeds.
    rng = np.random.default_rng(19)
    found = [
        comparison(rng.normal(10, 2, (2, 5)), paired=paired).effects("x")[0] for _ in range(200)
    ]
    assert all(effect.n == effect.n_baseline == 5 for effect in found)
    assert 2 <= sum(effect.p_adjusted < 0.05 for effect in found) <= 21


def test_effects__intervals_hold_together():
    # Five null comparisons with one baseline, 400 times: at 95 % simultaneous coverage fewer than
    # 360 of 400 hold with a chance below 1e-4.
    rng = np.random.default_rng(20)
    whole = sum(
        not any(e.differs for e in comparison(rng.normal(size=(6, 8))).effects("x"))
        for _ in range(400)
    )
    assert whole >= 360


def test_effects__t_covers_skewed_differences_with_few_runs():
    # Why t: at this level and n the bootstrap covers about 85 %. 99.9 % of 500 can fall below
    # 490 (true coverage 99.7 %) with a chance of about 1e-5.
    rng = np.random.default_rng(21)
    covered = 0
    for _ in range(500):
        z = rng.normal(size=(2, 5))
        a, b = 1.3 * np.exp(0.8 * z[0] + 0.6 * z[1]), np.exp(z[0])
        effect = compare_groups(a, b, paired=True, level=0.999)
        covered += effect.low <= 0.3 * np.exp(0.5) <= effect.high
    assert covered >= 490
