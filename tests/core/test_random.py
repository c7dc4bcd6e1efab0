import hashlib
import math
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from sim.core import random
from sim.core.jit import INTERPRETED, kernel
from sim.core.numbers import exp, log
from sim.core.random import Stream, new_key

# The statistical tests below have a fixed key. With any other key each would fail with this chance.
ERROR_RATE = 1e-4


@kernel
def fill(kind, key, stream, t, i, j, parameter, out):
    """Draws of one kind: 0 uniform, 1 normal, 2 gamma; coordinates are arrays like `out`."""
    for n in range(len(out)):
        if kind == 0:
            out[n] = random.uniform(key, stream[n], t[n], i[n], j[n])
        elif kind == 1:
            out[n] = random.normal(key, stream[n], t[n], i[n], j[n])
        else:
            out[n] = random.gamma(parameter, key, stream[n], t[n], i[n], j[n])


@kernel
def fill_poisson(mean, u, out):
    for n in range(len(out)):
        none = exp(-mean[n])
        if random.surely_none(mean[n], u[n]):
            out[n] = 0
        elif random.at_most_one(mean[n], none, u[n]):
            out[n] = int(u[n] > none)
        else:
            out[n] = random.poisson(mean[n], none, u[n])


@kernel
def fill_decisions(hazard, u, out):
    """Whether it occurs, as the core decides and as it is defined."""
    for n in range(len(u)):
        out[n, 0] = random.occurs(hazard[n], u[n])
        out[n, 1] = u[n] < 1.0 - exp(-hazard[n])


@kernel
def fill_acceptances(u, x, shape, out):
    """Whether an attempt counts, as the core decides and as it is defined."""
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    for n in range(len(u)):
        v = 1.0 + c * x[n]
        v = v * v * v
        out[n, 0] = random.accepts(u[n], x[n], d, v)
        out[n, 1] = v > 0.0 and log(u[n]) < 0.5 * x[n] * x[n] + d - d * v + d * log(v)


@kernel
def fill_inverted(mean, u, out):
    """Poisson numbers up to a mean of 500, by inversion alone."""
    for n in range(len(out)):
        count = 0
        chance = exp(-mean[n])
        below = chance
        while u[n] > below and (count < mean[n] or below + chance > below):
            count += 1
            chance = chance * mean[n] / count
            below = below + chance
        out[n] = count


@kernel
def named_stream(key):
    return random.uniform(key, Stream.EFFORT, 5, 6, 7)


def draws(kind, n=None, *, key=None, stream=Stream.NEED, t=3, i=None, j=0, parameter=1.0):
    i = np.arange(n) if i is None else i
    coordinates = np.broadcast_arrays(int(stream) if np.isscalar(stream) else stream, t, i, j)
    out = np.zeros(coordinates[0].shape)
    key = new_key(1, 0) if key is None else key
    fill(kind, key, *(np.array(c, dtype=np.int64) for c in coordinates), parameter, out)
    return out


def poisson(mean, u):
    mean, u = (np.array(x, dtype=np.float64) for x in np.broadcast_arrays(mean, u, [0.0])[:2])
    out = np.zeros(mean.shape, dtype=np.int64)
    fill_poisson(mean, u, out)
    return out


def digest():
    """Digest of the bits of all kinds of draws."""
    u = draws(0, 2_000)
    parts = [u, draws(1, 2_000), poisson(np.arange(2_000) / 3.0, u)]
    parts += [draws(2, 500, stream=Stream.MOTIVES, parameter=a) for a in (0.05, 0.7, 1.0, 9.0)]
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()


def test_draws__have_the_same_bits_everywhere():
    assert draws(0, 3).tolist() == [0.8123260757277472, 0.36766350799398106, 0.6080492699853094]
    assert digest() == "8b5e7fc25fb27921a922bc453e04e7bdf1a8b503175b03fc922b26d2c29e6e5b"


def test_draws__have_the_same_bits_compiled_and_interpreted():
    script = "import runpy, sys; print(runpy.run_path(sys.argv[1])['digest']())"
    other = subprocess.run(
        [sys.executable, "-c", script, __file__],
        env={**os.environ, "NUMBA_DISABLE_JIT": "0" if INTERPRETED else "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == digest()


def test_streams__are_only_appended():
    first = "WORLD_RINGS WORLD_RENEWAL WORLD_DRIFT NEED STEPS MOTIVES RECIPROCITY ACTIVITY SKILL"
    then = "KIND TIES VISION EXPERTS EFFORT PROBLEM GATE JUDGE LISTEN LEAVE AWARE CHOOSE ADOPT"
    names = f"{first} {then} SHOCK STYLE".split()
    assert [(s.name, s.value) for s in Stream][: len(names)] == [
        (name, value) for value, name in enumerate(names)
    ]
    assert [s.value for s in Stream] == list(range(len(Stream)))


def test_new_key__differs_for_every_seed_and_replicate():
    numbers = [*range(200), 2**32, 2**63, 2**64, 2**64 + 1, 10**40]
    keys = {int(new_key(seed, rep)) for seed in numbers for rep in numbers}
    assert len(keys) == len(numbers) ** 2
    assert new_key(1, 23) != new_key(12, 3)
    assert new_key(0, 0) == np.uint64(5857645148978988075)


def test_new_key__takes_whole_numbers_only():
    assert new_key(np.int64(7), np.uint8(3)) == new_key(7, 3)
    with pytest.raises(TypeError):
        new_key(1.5, 0)


def test_uniform__belongs_to_its_coordinates_and_not_to_the_order():
    i = np.random.default_rng(1).permutation(1_000)
    np.testing.assert_array_equal(draws(0, i=i), draws(0, 1_000)[i])
    assert draws(0, stream=Stream.EFFORT, t=5, i=[6], j=7)[0] == named_stream(new_key(1, 0))


def test_uniform__takes_every_coordinate_into_account():
    base = {"stream": 3, "t": 2, "i": [5], "j": 4}
    moved = [{**base, name: np.add(base[name], 1)} for name in base]
    swapped = [{**base, "t": 4, "j": 2}, {**base, "t": 5, "i": [2]}, {**base, "stream": 2, "t": 3}]
    values = [draws(0, **c)[0] for c in [base, *moved, *swapped]]
    values.append(draws(0, key=new_key(1, 1), **base)[0])
    assert len(set(values)) == len(values)


def test_uniform__stays_inside_the_open_interval_and_is_uniform():
    u = draws(0, 200_000)
    assert 0.0 < u.min() < 1e-4
    assert 1.0 - 1e-4 < u.max() < 1.0
    scaled = u * 2.0**53
    assert (scaled % 2.0 == 1.0).all()  # odd: neither 0 nor 1 can be drawn
    assert stats.kstest(u, "uniform").pvalue > ERROR_RATE
    assert stats.chisquare(np.bincount((u * 1024).astype(int), minlength=1024)).pvalue > ERROR_RATE
    last_bits = (scaled.astype(np.uint64) >> np.uint64(1)) & np.uint64(255)
    assert stats.chisquare(np.bincount(last_bits, minlength=256)).pvalue > ERROR_RATE


@pytest.mark.parametrize("along", ["stream", "t", "i", "j", "key"])
def test_uniform__is_independent_between_neighbours(along):
    n = 40_000
    where = {"i": np.arange(n) // 200, "t": np.arange(n) % 200, "stream": 3, "j": 0}
    if along == "i":
        where["i"] = 2 * where["i"]
    first = draws(0, **where)
    if along == "key":
        second = draws(0, key=new_key(1, 1), **where)
    else:
        second = draws(0, **{**where, along: np.add(where[along], 1)})
    if along == "t":  # every second step, so that no draw stands in two pairs
        first, second = first[::2], second[::2]
    cells = np.bincount((first * 16).astype(int) * 16 + (second * 16).astype(int), minlength=256)
    assert stats.chisquare(cells).pvalue > ERROR_RATE


def test_normal__is_standard_normal():
    x = draws(1, 100_000, stream=Stream.VISION)
    assert stats.kstest(x, "norm").pvalue > ERROR_RATE


@pytest.mark.parametrize("shape", [0.1, 0.72, 1.0, 1.7, 40.0])
def test_gamma__has_its_distribution(shape):
    x = draws(2, 50_000, stream=Stream.MOTIVES, t=0, j=2, parameter=shape)
    assert stats.kstest(x, "gamma", args=(shape,)).pvalue > ERROR_RATE
    assert abs(x.mean() - shape) < 4.0 * np.sqrt(shape / x.size)


@pytest.mark.parametrize("shape", [1.0, 1.14, 1.74, 3.0, 40.0, 1e6])
def test_gamma__is_decided_as_without_its_bound(shape):
    x = np.concatenate([draws(1, 20_000), np.geomspace(1e-9, 5.0, 5_000)])
    x = np.concatenate([x, -x])
    near = np.clip(1.0 - 0.0331 * x**4, 2.0**-53, 1.0 - 2.0**-53)
    for u in (draws(0, x.size), near, near - 0.9e-12 * shape, near - 1.1e-12 * shape):
        decided = np.zeros((x.size, 2), bool)
        fill_acceptances(np.maximum(u, 2.0**-53), x, shape, decided)
        np.testing.assert_array_equal(decided[:, 0], decided[:, 1])
        assert decided.any()


def test_gamma__of_neighbouring_draws_is_independent():
    x, y = (draws(2, 50_000, stream=Stream.MOTIVES, t=0, j=j, parameter=0.7) for j in (0, 1))
    assert stats.spearmanr(x, y).pvalue > ERROR_RATE


def test_poisson__is_the_inverse_of_the_distribution_function():
    u = draws(0, 300, stream=Stream.EFFORT)
    for mean in (0.01, 0.5, 3.0, 20.0, 150.0, 500.0):
        np.testing.assert_array_equal(poisson(mean, u), stats.poisson.ppf(u, mean))


def test_poisson__is_within_one_of_the_inverse_for_large_means():
    u = draws(0, 300, stream=Stream.EFFORT)
    for mean in (501.0, 1e4, 1e7):
        assert np.abs(poisson(mean, u) - stats.poisson.ppf(u, mean)).max() <= 1


def test_poisson__never_falls_when_mean_or_u_rise():
    u = np.linspace(0.001, 0.999, 101)
    means = np.concatenate([np.linspace(0.0, 30.0, 151), np.linspace(490.0, 510.0, 41)])
    counts = np.array([poisson(mean, u) for mean in means])
    assert (np.diff(counts, axis=0) >= 0).all()
    assert (np.diff(counts, axis=1) >= 0).all()


ROOM = random.MARGIN * np.array([-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5])


def around(u):
    """Numbers u (n,) and what lies just beside them, as far as they are draws: (n * 77,)."""
    near = np.add.outer(ROOM, u).ravel()
    beside = np.add.outer(np.arange(-5, 6) * 2.0**-53, near)
    return np.clip(beside, 2.0**-53, 1.0 - 2.0**-53).ravel()


def test_occurs__decides_as_without_its_shortcut():
    """For many hazards and draws, and next to where the shortcut and the chance itself end."""
    hazard = np.concatenate([[0.0], np.ldexp(1.0, -np.arange(-9, 70)), np.linspace(0.0, 50.0, 801)])
    pairs = [(np.repeat(hazard, 500), np.tile(draws(0, 500, stream=Stream.LEAVE), len(hazard)))]
    least = np.maximum(hazard - 0.5 * hazard**2, 0.0)  # the chance is never below
    for bound in (hazard, hazard + random.MARGIN, least, -np.expm1(-hazard)):
        pairs.append((np.tile(hazard, 77), around(np.minimum(bound, 1.0))))
    hazard, u = (np.concatenate(part) for part in zip(*pairs, strict=True))
    out = np.zeros((len(u), 2), np.bool_)
    fill_decisions(hazard, u, out)
    assert (out[:, 0] == out[:, 1]).all()
    assert 0.1 < out[:, 0].mean() < 0.9
    close = np.abs(u + np.expm1(-hazard)) < 2.0**-52
    assert 0.1 < out[close, 0].mean() < 0.9  # both decisions occur on either side of the chance


def test_poisson__is_drawn_as_without_its_shortcut():
    mean = np.concatenate([[0.0], np.ldexp(1.0, -np.arange(-8, 70)), np.linspace(0.0, 4.0, 401)])
    pairs = [(np.repeat(mean, 500), np.tile(draws(0, 500, stream=Stream.EFFORT), len(mean)))]
    for bound in (1.0 - mean, 1.0 - mean - random.MARGIN, np.exp(-mean)):
        pairs.append((np.tile(mean, 77), around(np.maximum(bound, 0.0))))
    mean, u = (np.concatenate(part) for part in zip(*pairs, strict=True))
    expected = np.zeros(mean.shape, np.int64)
    fill_inverted(mean, u, expected)
    np.testing.assert_array_equal(poisson(mean, u), expected)
    close = np.abs(u - np.exp(-mean)) < 2.0**-52
    assert set(expected[close]) >= {0, 1}


def test_poisson__ends_at_the_edges():
    smallest, largest = 2.0**-53, 1.0 - 2.0**-53
    assert poisson(0.0, largest) == 0
    assert poisson(1e-9, smallest) == 0
    assert poisson(3.0, largest) < 40
    assert 300 < poisson(500.0, smallest) < 350
    assert 650 < poisson(500.0, largest) < 750
