"""What every published model keeps to, present and future."""

import dataclasses
import json
import math
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import get_args, get_origin, get_type_hints

import numpy as np
import pytest

from sim.classics import CLASSICS
from sim.errors import UserError

ROOT = Path(__file__).parents[2]
SMALL = {
    "barkoczi_galesic": {"n": 5, "k": 2, "people": 8, "degree": 3, "steps": 5},
    "boudreau": {"contests": 20},
    "fischbacher_gachter": {"people": 8, "periods": 3},
    "grim": {"smoothness": [0, 2], "largest_steps": [5], "positions": 60, "team": 3},
    "hong_page": {"teams": [3], "largest_steps": [5], "positions": 60},
    "kauffman_levin": {"n": 4, "k": [0, 2], "landscapes": 2},
    "march": {"p1": [0.5], "p2": [0.9], "dimensions": 4, "people": 5, "longest": 30},
    "wilkinson": {"exponents": [2.0], "people": 300, "begin": 2, "most": 100},
}
"""Parameters with which a classic is soon done even without the compiler."""
INTERPRETED = """
import json, sys
from sim.replication import with_parameters
for name, parameters in json.loads(sys.argv[1]).items():
    cells = with_parameters(name, parameters).simulate(7, 3)
    print(json.dumps([name, [[*cell, value.hex()] for cell, value in cells.items()]]))
"""


@cache
def cells(name: str, seed: int = 1, rep: int = 0) -> dict:
    return CLASSICS[name]().simulate(seed, rep)


@pytest.mark.parametrize("name", CLASSICS)
def test_classic__says_what_it_is(name: str) -> None:
    classic = CLASSICS[name]
    assert classic.__module__ == f"sim.classics.{name}"
    assert len(classic.title) > 10
    assert re.search(r"\b(19|20)\d\d\b", classic.source)
    assert classic.x
    assert classic.y
    assert (classic.__doc__ or "").splitlines()[0].endswith(".")


@pytest.mark.parametrize("name", CLASSICS)
def test_classic__a_quick_look_takes_fewer_runs(name: str) -> None:
    assert 1 < CLASSICS[name].quick < CLASSICS[name].runs


@pytest.mark.parametrize("name", CLASSICS)
def test_classic__its_defaults_are_the_published_parameters(name: str) -> None:
    assert all(
        field.default is not dataclasses.MISSING for field in dataclasses.fields(CLASSICS[name])
    )
    published = CLASSICS[name]().published()
    assert published
    for value, tolerance, kind in published.values():
        assert math.isfinite(value)
        assert tolerance >= 0
        assert kind in ("published", "independent", "closed form")


@pytest.mark.parametrize("name", CLASSICS)
def test_simulate__covers_all_published_cells_with_plain_numbers(name: str) -> None:
    found = cells(name)
    assert set(CLASSICS[name]().published()) <= set(found)
    assert all(isinstance(value, float) for value in found.values())
    assert all(isinstance(cell.x, int | float) for cell in found)


@pytest.mark.parametrize("name", CLASSICS)
def test_simulate__same_seed_same_numbers_another_draw_others(name: str) -> None:
    again = CLASSICS[name]().simulate(1, 0)
    assert again == cells(name)
    assert list(again) == list(cells(name))
    for seed, rep in ((1, 1), (2, 0)):
        other = cells(name, seed, rep)
        assert list(other) == list(again)
        assert other != again


@pytest.mark.parametrize("name", CLASSICS)
def test_claims__have_one_value_a_run(name: str) -> None:
    runs = [cells(name), cells(name, 1, 1)]
    found = {cell: np.array([run[cell] for run in runs]) for cell in runs[0]}
    claims = CLASSICS[name]().claims()
    assert len({claim.says for claim in claims}) == len(claims)
    for claim in claims:
        assert np.shape(claim.excess(found)) == (2,), claim.says


def nonsense(kind: object) -> list[object]:
    """Values of a type that no parameter may have."""
    if get_origin(kind) is tuple:
        return [(), *((value,) for value in nonsense(get_args(kind)[0]))]
    return {int: [-1], float: [math.nan, math.inf], str: ["no such thing"]}.get(kind, [])


@pytest.mark.parametrize("name", CLASSICS)
def test_parameters__that_make_no_sense_are_refused(name: str) -> None:
    hints = get_type_hints(CLASSICS[name])
    for field in dataclasses.fields(CLASSICS[name]):
        for value in nonsense(hints[field.name]):
            with pytest.raises(UserError, match=field.name.rstrip("s")):
                CLASSICS[name](**{field.name: value})


def test_simulate__is_the_same_bit_for_bit_without_the_compiler() -> None:
    assert set(SMALL) == set(CLASSICS), "each classic needs parameters that are soon done"
    command = [sys.executable, "-c", INTERPRETED, json.dumps(SMALL)]
    answers = []
    for disabled in ("0", "1"):
        environment = {**os.environ, "NUMBA_DISABLE_JIT": disabled, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        answers.append([json.loads(line) for line in done.stdout.splitlines()])
    compiled, interpreted = answers
    assert compiled == interpreted
    assert [name for name, _ in compiled] == list(SMALL)
