import hashlib
import math
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import special

from sim.core import numbers
from sim.core.jit import INTERPRETED, kernel

EXTENDED = np.finfo(np.longdouble).nmant >= 63
needs_extended = pytest.mark.skipif(not EXTENDED, reason="the reference needs a longer float")


@kernel
def tabulate(x, out):
    """One row for each x: exp, log, sigmoid, normal quantile, cosine, sine."""
    for i in range(len(x)):
        out[i, 0] = numbers.exp(x[i])
        out[i, 1] = numbers.log(x[i])
        out[i, 2] = numbers.sigmoid(x[i])
        out[i, 3] = numbers.normal_quantile(x[i])
        out[i, 4], out[i, 5] = numbers.turn(x[i])


def table(x):
    x = np.asarray(x, dtype=np.float64)
    out = np.zeros((len(x), 6))
    tabulate(x, out)
    return out


def of(column, x):
    return table(x)[:, column]


def units_off(got, exact):
    """Largest error in units in the last place."""
    return float(np.max(np.abs(got - exact) / np.spacing(np.abs(exact.astype(np.float64)))))


def digest():
    """Digest of the bits of every function over exact inputs of all sizes."""
    steps = np.arange(-6400, 6401) / 8.0
    fine = np.arange(1, 4096) / 4096.0
    powers = np.ldexp(1.0 + np.arange(2048) / 2048.0, np.arange(-1024, 1024))
    bits = b"".join(
        (
            of(0, np.concatenate([steps, fine, -fine])).tobytes(),
            of(1, np.concatenate([fine, powers])).tobytes(),
            of(2, np.concatenate([steps, fine])).tobytes(),
            of(3, np.concatenate([fine, np.ldexp(1.0, -np.arange(1, 1000))])).tobytes(),
            table(np.concatenate([steps, fine]) / 3.0)[:, 4:].tobytes(),
        )
    )
    return hashlib.sha256(bits).hexdigest()


def test_numbers__have_the_same_bits_everywhere():
    assert digest() == "5e6d32bf9d1fada2e85405821af4f8e94df6d84d97fa4fc6d3b7000ed975fb76"


def test_numbers__have_the_same_bits_compiled_and_interpreted():
    script = (
        "import runpy, sys; d = runpy.run_path(sys.argv[1]); print(d['digest'](), d['edges']())"
    )
    other = subprocess.run(
        [sys.executable, "-c", script, __file__],
        env={**os.environ, "NUMBA_DISABLE_JIT": "0" if INTERPRETED else "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.split() == [digest(), edges()]


def near(x, n=20):
    """The floats around x, n on each side."""
    return np.array([x]).view(np.int64) + np.arange(-n, n + 1)


SUBNORMAL = np.ldexp(1.0, -np.arange(1022, 1075))
EDGES = np.concatenate(
    [
        [0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, -math.nan],
        *(near(x).view(np.float64) for x in (numbers.EXP_SMALLEST, -744.44, -708.3964185322641)),
        *(near(x).view(np.float64) for x in (numbers.EXP_LARGEST, 709.4, -0.5, 0.5, 36.7, 1e300)),
        *(near((k + 0.5) * math.log(2.0), 3).view(np.float64) for k in range(-1076, 1025)),
        *(sign * SUBNORMAL for sign in (1.0, -1.0)),
        np.array([0x7FF8000000000001, 0x7FEFFFFFFFFFFFFF], np.int64).view(np.float64),
    ]
)
"""Where exp ends, where its result is subnormal, where the power of two in it changes."""


def edges():
    """Digest of the bits of exp and sigmoid there."""
    return hashlib.sha256(of(0, EDGES).tobytes() + of(2, EDGES).tobytes()).hexdigest()


def exp_by_branches(x):
    """FDLIBM's exponential as it is usually written, in plain Python."""
    if x > numbers.EXP_LARGEST:
        return math.inf
    if x < numbers.EXP_SMALLEST:
        return 0.0
    if x != x:
        return x
    twos = (x * numbers.INVERSE_LN2 + numbers.ROUNDER) - numbers.ROUNDER
    high = x - twos * numbers.LN2_HIGH
    low = twos * numbers.LN2_LOW
    rest = high - low
    square = rest * rest
    series = numbers.EXP[0]
    for coefficient in numbers.EXP[1:]:
        series = series * square + coefficient
    c = rest - square * series
    value = 1.0 + (rest * c / (2.0 - c) - low + high)
    half = int(twos) >> 1
    return value * math.ldexp(1.0, half) * math.ldexp(1.0, int(twos) - half)


def test_exp__has_the_bits_of_its_form_with_branches():
    x = np.concatenate([EDGES, np.linspace(-750.0, 715.0, 30_011), np.linspace(-3.0, 3.0, 9_001)])
    expected = np.array([exp_by_branches(each) for each in x.tolist()])
    np.testing.assert_array_equal(of(0, x).view(np.int64), expected.view(np.int64))


def test_sigmoid__has_the_bits_of_its_form_with_branches():
    x = np.concatenate([EDGES[~np.isnan(EDGES)], np.linspace(-800.0, 800.0, 30_011)])
    grown = np.array([exp_by_branches(-abs(each)) for each in x.tolist()])
    expected = np.where(x >= 0.0, 1.0 / (1.0 + grown), grown / (1.0 + grown))
    np.testing.assert_array_equal(of(2, x).view(np.int64), expected.view(np.int64))
    assert np.isnan(of(2, [math.nan])[0])


@kernel
def in_place(x, n):
    numbers.exp_all(x[0], n)
    numbers.sigmoid_all(x[1], n)


def test_numbers__of_many_at_once_are_those_of_each():
    x = np.linspace(-800.0, 800.0, 1_003)
    both = np.array([x, x])
    in_place(both, 1_000)
    assert (both[0, :1000] == of(0, x)[:1000]).all()
    assert (both[1, :1000] == of(2, x)[:1000]).all()
    assert (both[:, 1000:] == x[1000:]).all()


@needs_extended
def test_exp__is_within_one_unit_in_the_last_place():
    x = np.concatenate([np.linspace(-745.0, 709.7, 40_001), np.linspace(-2.0, 2.0, 20_001)])
    assert units_off(of(0, x), np.exp(x.astype(np.longdouble))) < 1.0


def test_exp__saturates():
    x = [0.0, -0.0, -745.2, -800.0, -math.inf, 709.79, 1e300, math.inf]
    assert of(0, x).tolist() == [1, 1, 0, 0, 0, math.inf, math.inf, math.inf]
    assert of(0, [-745.1])[0] == 5e-324
    assert 1.79e308 < of(0, [709.78])[0] < math.inf
    assert np.isnan(of(0, [math.nan])[0])


@needs_extended
def test_log__is_within_one_unit_in_the_last_place():
    x = np.concatenate(
        [np.linspace(0.5, 2.0, 40_001), np.ldexp(1.37, np.arange(-1070, 1023)), [5e-324, 1e308]]
    )
    assert units_off(of(1, x), np.log(x.astype(np.longdouble))) < 1.0


def test_log__answers_at_the_edges():
    assert of(1, [1.0, 0.0, -0.0, math.inf]).tolist() == [0.0, -math.inf, -math.inf, math.inf]
    assert np.isnan(of(1, [-1.0, -math.inf, math.nan])).all()


@needs_extended
def test_sigmoid__is_precise_and_never_overflows():
    x = np.linspace(-700.0, 700.0, 40_001)
    assert units_off(of(2, x), 1.0 / (1.0 + np.exp(-x.astype(np.longdouble)))) < 3.0
    assert of(2, [-math.inf, -1e4, 0.0, 1e4, math.inf]).tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]


def test_normal_quantile__agrees_with_scipy():
    p = np.concatenate([np.linspace(0.0005, 0.9995, 9_999), 10.0 ** np.linspace(-300, -3, 3_000)])
    p = p[p != 0.5]
    exact = special.ndtri(p)
    assert np.max(np.abs(of(3, p) / exact - 1.0)) < 1e-13


def test_normal_quantile__is_odd_and_infinite_at_the_ends():
    p = np.ldexp(1.0, -np.arange(1, 50))
    np.testing.assert_array_equal(of(3, p), -of(3, 1.0 - p))
    assert of(3, [0.0, 0.5, 1.0]).tolist() == [-math.inf, 0.0, math.inf]


def test_turn__is_exact_at_quarter_turns():
    quarters = table(np.arange(-8, 9) / 4.0)[:, 4:]
    expected = [[1, 0], [0, 1], [-1, 0], [0, -1]]
    assert quarters.tolist() == [expected[k % 4] for k in range(-8, 9)]


@needs_extended
def test_turn__is_within_two_units_in_the_last_place():
    x = np.linspace(-3.0, 3.0, 60_001)
    quarters = np.round(4.0 * x)
    whole = 2.0 * np.arctan2(np.longdouble(0.0), np.longdouble(-1.0))
    angle = whole * (x.astype(np.longdouble) - quarters / 4.0)
    cosine, sine = np.cos(angle), np.sin(angle)
    quadrant = quarters.astype(int) % 4
    got = table(x)
    assert units_off(got[:, 4], np.choose(quadrant, [cosine, -sine, -cosine, sine])) < 2.0
    assert units_off(got[:, 5], np.choose(quadrant, [sine, cosine, -sine, -cosine])) < 2.0
