import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sim.classics._rings import abilities, all_heuristics, climbs, new_ring
from sim.classics.grim import BEST, LEAD, RANDOM, RELAY, TOURNAMENT, Grim, cell, naive
from sim.core.jit import kernel
from sim.core.landscape import ability, climb
from sim.core.random import new_key
from sim.errors import UserError

SMALL = Grim(smoothness=(0, 1, 4), largest_steps=(4, 7), team=5, positions=120)
PRINT = f"""
import json
from sim.classics.grim import Grim
from sim.core.jit import INTERPRETED
cells = {SMALL!r}.simulate(3, 1)
print(json.dumps([INTERPRETED, [[*cell, value.hex()] for cell, value in cells.items()]]))
"""


@kernel
def climb_from_everywhere(rings, a, b, c, ends):
    for p in range(len(ends)):
        ends[p] = climb(rings, 0, p, a, b, c)
    return ability(rings, 0, a, b, c, len(ends), 0.0, 100.0)


@pytest.mark.parametrize("smoothness", [0, 1, 3, 30])
def test_tables__hold_what_climb_and_ability_find(smoothness):
    ring = new_ring(new_key(1, 0), smoothness, 90, 6)
    able = abilities(*ring)
    heuristics = all_heuristics(6)
    tables = climbs(ring.falling, ring.tries, heuristics)
    ends = np.empty(90, np.int64)
    for (a, b, c), table in zip(heuristics, tables, strict=True):
        assert able[a, b, c] == climb_from_everywhere(ring.heights[None], a, b, c, ends)
        assert table.tolist() == ends.tolist()


@pytest.mark.parametrize(("smoothness", "largest"), [(0, 4), (0, 7), (1, 7), (4, 4), (4, 7)])
def test_simulation__equals_the_straightforward_algorithm_bit_for_bit(smoothness, largest):
    for rep in range(3):
        cells = SMALL.simulate(1, rep)
        found = [
            cells[cell(how, who, largest, smoothness)]
            for who in (BEST, RANDOM)
            for how in (RELAY, TOURNAMENT)
        ]
        assert found == list(naive(1, rep, smoothness, largest, team=5, positions=120))


def test_simulation__has_the_same_bits_interpreted_and_in_threads():
    here = [[*cell, value.hex()] for cell, value in SMALL.simulate(3, 1).items()]
    other = subprocess.run(
        [sys.executable, "-c", PRINT],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert json.loads(other.stdout) == [True, here]
    with ThreadPoolExecutor(4) as pool:
        cells = pool.map(lambda _: SMALL.simulate(3, 1), range(8))
        assert [[[*c, v.hex()] for c, v in each.items()] for each in cells] == [here] * 8


def test_simulation__does_not_depend_on_what_else_is_simulated():
    alone = Grim(smoothness=(4,), largest_steps=(4,), team=5, positions=120)
    assert alone.simulate(2, 0).items() < SMALL.simulate(2, 0).items()


def test_smoothness__has_landscapes_and_random_teams_of_its_own():
    cells = SMALL.simulate(1, 0)
    assert len(set(cells.values())) == len(cells)


def test_tournament__never_loses_to_a_relay_and_random_minus_best_is_a_difference():
    for rep in range(20):
        cells = SMALL.simulate(1, rep)
        for s in SMALL.smoothness:
            for largest in SMALL.largest_steps:
                for who in (BEST, RANDOM):
                    relay = cells[cell(RELAY, who, largest, s)]
                    assert cells[cell(TOURNAMENT, who, largest, s)] >= relay
                for how in (RELAY, TOURNAMENT):
                    best, random, lead = (
                        cells[cell(how, what, largest, s)] for what in (BEST, RANDOM, LEAD)
                    )
                    assert lead == random - best


def test_table__is_near_after_60_landscapes():
    """Each number within its tolerance and four standard errors: fails in 1 of 1,000 cases at most.

    The signs are those of smoothness 0 and 8, six and more standard errors away from 0.
    """
    classic = Grim(smoothness=(0, 3, 5, 7, 8))
    runs = [classic.simulate(1, rep) for rep in range(60)]
    found = {c: np.array([run[c] for run in runs]) for c in runs[0]}
    published = classic.published()
    assert {c.x for c in published} == {0, 3, 5, 8}
    for c, (value, tolerance, _) in published.items():
        error = found[c].std(ddof=1) / np.sqrt(60)
        assert abs(found[c].mean() - value) < tolerance + 4 * error
    held = {claim.says: claim.excess(found).mean() > 0 for claim in classic.claims()}
    assert held["smoothness 0, l = 12: the random team wins the relay"]
    assert held["smoothness 8, l = 12: the team of the best wins the relay"]
    assert held["a tournament never loses to a relay"]
    assert "smoothness 5, l = 12: the random team wins the tournament" in held
    assert "smoothness 7, l = 12: the team of the best wins the tournament" in held


def test_published__is_known_for_the_published_parameters_only():
    assert len(Grim().published()) == 8
    for other in (Grim(team=9), Grim(largest_steps=(11,)), Grim(positions=1999)):
        assert not other.published()
        assert [claim.says for claim in other.claims()] == ["a tournament never loses to a relay"]
    assert not Grim(team=1).claims()


@pytest.mark.parametrize("smoothness", [(), (-1,), (2, 2), (2001,)])
def test_smoothness__that_makes_no_sense_is_named(smoothness):
    with pytest.raises(UserError, match=r"0 \.\. 2000"):
        Grim(smoothness=smoothness)
