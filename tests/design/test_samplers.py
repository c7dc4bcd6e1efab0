"""Designs in the unit cube have the properties they are named for."""

import numpy as np
import pytest
from scipy.stats import qmc, sobol_indices, uniform

from sim.design.samplers import GROUPED, LEVELS, METHODS, latin_hypercube, morris, saltelli, sobol


def rng(seed=1):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("name", METHODS)
def test_method__gives_the_same_points_for_the_same_seed(name):
    n = 8
    points = METHODS[name](n, 3, rng())
    per_group = {"saltelli": 5, "morris": 4}.get(name, 1)
    assert points.shape == (n * per_group, 3)
    assert (per_group > 1) == (name in GROUPED)
    assert (points >= 0).all()
    assert (points <= 1).all()
    assert np.array_equal(points, METHODS[name](n, 3, rng()))
    assert not np.array_equal(points, METHODS[name](n, 3, rng(2)))


@pytest.mark.parametrize("name", METHODS)
def test_method__works_in_one_dimension(name):
    assert METHODS[name](4, 1, rng()).shape[1] == 1


def test_latin_hypercube__has_one_point_in_each_slice():
    points = latin_hypercube(20, 4, rng())
    for column in points.T:
        assert sorted(np.floor(column * 20)) == list(range(20))


def test_sobol__is_more_even_than_chance():
    assert qmc.discrepancy(sobol(64, 3, rng())) < 0.2 * qmc.discrepancy(rng().random((64, 3)))


def test_saltelli__is_made_of_a_b_and_mixtures():
    n, d = 8, 3
    groups = saltelli(n, d, rng()).reshape(n, d + 2, d)
    a, b = groups[:, 0], groups[:, 1]
    assert not np.isclose(a, b).any()
    for j in range(d):
        expected = a.copy()
        expected[:, j] = b[:, j]
        assert np.array_equal(groups[:, j + 2], expected)


def test_saltelli__gives_the_indices_that_scipy_finds_itself():
    def ishigami(x):
        return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])

    n, d = 1024, 3
    points = saltelli(n, d, rng())
    y = ishigami((2 * points.T - 1) * np.pi).reshape(n, d + 2)
    ours = sobol_indices(
        func={"f_A": y[:, :1].T, "f_B": y[:, 1:2].T, "f_AB": y[:, 2:].T[:, np.newaxis]}, n=n
    )
    theirs = sobol_indices(func=ishigami, n=n, dists=[uniform(-np.pi, 2 * np.pi)] * d, rng=rng())
    assert np.allclose(ours.first_order, theirs.first_order)
    assert np.allclose(ours.total_order, [0.558, 0.442, 0.244], atol=0.03)


def test_morris__moves_every_factor_once_by_the_same_step():
    n, d = 50, 6
    trajectories = morris(n, d, rng()).reshape(n, d + 1, d)
    assert set(np.round(trajectories * (LEVELS - 1), 9).ravel()) == set(range(LEVELS))
    moves = np.diff(trajectories, axis=1)
    step = LEVELS / (2 * (LEVELS - 1))
    assert np.allclose(np.abs(moves).sum(axis=2), step)
    assert ((np.abs(moves) > 1e-9).sum(axis=1) == 1).all()
    assert np.allclose(np.abs(moves).sum(axis=1), step)
    orders = np.abs(moves).argmax(axis=2)
    assert len(np.unique(orders, axis=0)) > n / 2


def test_morris__uses_all_levels_and_directions_alike():
    # 2,000 coordinates in 4 levels, each chance 1/4: all within 5 standard deviations,
    # which happens by chance in less than one of 100,000 seeds.
    first = morris(500, 4, rng()).reshape(500, 5, 4)[:, 0] * (LEVELS - 1)
    counts = np.bincount(np.round(first).astype(int).ravel(), minlength=LEVELS)
    assert (abs(counts - 500) < 5 * np.sqrt(2000 * 3 / 16)).all()
