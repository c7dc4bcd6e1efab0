"""The published sweep, on a sample of its runs, against the straightforward algorithm."""

from itertools import product

import numpy as np
import pytest

from sim.classics.grim import BEST, RANDOM, RELAY, TOURNAMENT, Grim, cell, naive

pytestmark = pytest.mark.slow

SWEEP = Grim(smoothness=tuple(range(21)), largest_steps=tuple(range(4, 31)))
RUNS = 100


def test_sweep__equals_the_straightforward_algorithm_bit_for_bit_on_100_runs():
    every = list(product(SWEEP.smoothness, SWEEP.largest_steps))
    draw = np.random.default_rng(1)
    for rep in draw.choice(RUNS, 10, replace=False):
        cells = SWEEP.simulate(1, int(rep))
        for s, largest in draw.choice(every, 10, replace=False):
            found = [
                cells[cell(how, who, largest, s)]
                for who in (BEST, RANDOM)
                for how in (RELAY, TOURNAMENT)
            ]
            assert found == list(naive(1, int(rep), int(s), int(largest))), (rep, s, largest)
