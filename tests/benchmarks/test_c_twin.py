"""The rules told again in C give the bits of the core, in every array and at every step."""

import importlib.util
import sys
from dataclasses import fields
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from sim.core import numbers, random
from sim.core.jit import kernel
from sim.core.state import BLOCK
from sim.reading import change, load, shipped
from sim.simulation import Simulation
from sim.styles import STYLES

HERE = Path(__file__).parent


def loaded(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


twin = loaded(HERE / "c_twin.py")
pytestmark = pytest.mark.skipif(
    twin.COMPILER is None, reason="the core in C needs gcc, which is not installed"
)

LIVELY = (
    "population.people=300",
    "population.founders=0.5",
    "turnover.awareness=0.1 per month",
    "turnover.leave_early=0.1 per month",
    "effort.contributions=6 per month",
    "effort.effort_cost=-1",
    "gate.review_capacity=40 per month",
    "search.matches=2 per month",
    "money.seed_money=8",
    "money.pay_purse=10 per month",
    "money.award_share=0.5 per month",
    "money.tools_cost=4 per month",
    "world.worth=12",
    "world.ring=150",
    "world.pool=6",
    "search.expert_sample=8",
    "time.steps=30",
    "time.review=4",
)
"""A few hundred people who do all that there is to do."""

MARKET = change(
    load("open_source", LIVELY),
    population={"people": 120},
    time={"steps": 20},
    companies=[
        {"name": "ours"},
        {"name": "theirs", "style": "commons"},
        {"name": "third", "style": "contest"},
    ],
    world={"rivalry": 0.5, "uses": 0.5, "trust_critical": 0.5},
    turnover={"switch_cost": 0.5},
    ties={"kind": "preferential"},
    events=[
        {"at": 1, "kind": "new_vision", "size": 0.4, "company": "ours"},
        {"at": 5, "kind": "newcomers", "size": 0.5, "company": "ours"},
        {"at": 9, "kind": "loss_of_core", "size": 0.3},
        {"at": 9, "kind": "pay_withdrawal", "lasts": 3},
        {"at": 13, "kind": "loss_of_audience", "size": 0.2},
        {"at": 17, "kind": "new_style", "style": "directive", "company": "theirs"},
    ],
)
EIGHT = change(MARKET, events=[], companies=[{"name": n} for n in "abcdefgh"])
WORLDS = {
    **{f"scenario {name}": load(name, LIVELY) for name in shipped()},
    **{f"as shipped {name}": change(load(name), time={"steps": 10}) for name in shipped()},
    **{f"style {name}": change(MARKET, style=name) for name in STYLES},
    "eight companies": EIGHT,
    "several blocks": change(
        load("default", LIVELY), population={"people": 3 * BLOCK - 100}, time={"steps": 10}
    ),
    "eight companies in several blocks": change(
        EIGHT, population={"people": 2 * BLOCK + 100}, time={"steps": 10}
    ),
    "ruin": change(MARKET, world={"worth": 0.0}, money={"seed_money": 0.0}),
    "weeks": change(MARKET, time={"step": "1 week"}, ties={"kind": "none"}, events=[]),
    "prolific": change(
        load("default", LIVELY),
        time={"steps": 3},
        population={"activity_spread": 2.0},
        effort={"contributions": "1000 per month"},
        gate={"review_capacity": "1e9 per month"},
    ),
    "blocks": load("default", (*LIVELY, "population.people=3000", "time.steps=12")),
    "blocks of eight companies": change(
        MARKET,
        events=[],
        companies=[{"name": n} for n in "abcdefgh"],
        population={"people": 2500},
        time={"steps": 8},
    ),
    "one by one": change(load("default", LIVELY), stop={"outcome": "accepted", "above": 1e9}),
}


def run_of(world):
    simulation = Simulation(world, seed=5)
    simulation.advance()
    return simulation


@pytest.fixture(scope="module")
def in_numba():
    """Runs in Numba by the name of the world, each made once."""
    made = {}

    def in_numba(name):
        if name not in made:
            made[name] = run_of(WORLDS[name])
        return made[name]

    return in_numba


def tables(simulation):
    state = {f.name: getattr(simulation.state, f.name) for f in fields(simulation.state)}
    return state | {"history": simulation.history, "drive history": simulation.drive}


def differences(one, other):
    """Names of the arrays, and of their fields, that do not have the same bits."""
    found = []
    for name, mine in tables(one).items():
        theirs = tables(other)[name]
        for field in mine.dtype.names or (...,):
            if mine[field].tobytes() != theirs[field].tobytes():
                found.append((name, field))
    return found


@pytest.mark.parametrize("name", WORLDS)
def test_c__leaves_the_bits_of_the_core_in_all_arrays(name, in_numba):
    with twin.c_core():
        in_c = run_of(WORLDS[name])
    assert differences(in_numba(name), in_c) == []


def test_worlds__lead_to_all_that_rules_do(in_numba):
    everywhere = [in_numba(name).history for name in WORLDS]
    for field in ("awards", "waiting", "shared", "paid", "survived", "lost", "departures"):
        assert sum(history[field].sum() for history in everywhere) > 100, field
    assert (in_numba("ruin").history["open"][-1] == 0).all()
    assert (in_numba("eight companies").history["served"] < 1).any()
    assert in_numba("prolific").state.people["submitted"].max() > random.LARGE_MEAN


def test_another_rule_in_c__leaves_other_bits(in_numba):
    source = (HERE / "core.c").read_text()
    rule, other = "1.0 - 0.95 * ", "1.0 - 0.94 * "
    assert rule in source
    changed = twin.entry(source.replace(rule, other))
    with patch.object(twin, "core", lambda: changed), twin.c_core():
        in_c = run_of(WORLDS["scenario default"])
    assert ("companies", "noise") in differences(in_numba("scenario default"), in_c)


def test_records__are_laid_out_as_numpy_does():
    """A record that C lays out in another way does not compile."""
    packed = np.dtype([("small", np.int32), ("wide", np.float64)])
    aligned = np.dtype([("small", np.int32), ("wide", np.float64)], align=True)
    include = "#include <stddef.h>\n#include <stdint.h>\n"
    twin.compiled(include + twin.struct("row", packed))
    with pytest.raises(twin.subprocess.CalledProcessError):
        twin.compiled(include + twin.struct("row", aligned))


@kernel
def tabulate(key, x, out):
    """One row for each x of what rules compute with."""
    for i in range(len(x)):
        out[i, 0] = numbers.exp(x[i])
        out[i, 1] = numbers.log(x[i])
        out[i, 2] = numbers.sigmoid(x[i])
        out[i, 3] = numbers.normal_quantile(x[i])
        out[i, 4], out[i, 5] = numbers.turn(min(max(x[i], -1e9), 1e9))
        u = random.uniform(key, 3, 5, i, 7)
        out[i, 6] = u
        mean = min(abs(x[i]), 2000.0)
        none = random.surely_none(mean, u)
        out[i, 7] = 0 if none else random.poisson(mean, numbers.exp(-mean), u)
        out[i, 8] = random.occurs(abs(x[i]), u)


TABULATE = """
#include "arithmetic.h"

void tabulate(chance key, int64_t n, const double *x, double (*out)[9]) {
    for (int64_t i = 0; i < n; i++) {
        out[i][0] = exponential(x[i]);
        out[i][1] = logarithm(x[i]);
        out[i][2] = sigmoid(x[i]);
        out[i][3] = normal_quantile(x[i]);
        turn(least(most(x[i], -1e9), 1e9), &out[i][4], &out[i][5]);
        double u = uniform(key, 3, 5, i, 7);
        out[i][6] = u;
        out[i][7] = poisson(least(fabs(x[i]), 2000.0), u);
        out[i][8] = occurs(fabs(x[i]), u);
    }
}
"""


def test_arithmetic__has_the_bits_of_the_core():
    fine = np.arange(1, 4096) / 4096.0
    ends = np.array([0.0, 1.0, 1e-320, 1e-300, 1e300, 709.7, 709.8, 745.1, 745.2, 499.9, 500.1])
    x = np.concatenate([np.arange(-6400, 6401) / 7.0, fine, -fine, ends, -ends])
    key = random.new_key(1, 2)
    in_numba, in_c = np.zeros((2, len(x), 9))
    tabulate(key, x, in_numba)
    call = twin.compiled(TABULATE).tabulate
    call.argtypes = (twin.ctypes.c_uint64, twin.ctypes.c_int64, *2 * [twin.ctypes.c_void_p])
    call(int(key), len(x), x.ctypes.data, in_c.ctypes.data)
    assert np.array_equal(np.isnan(in_c), np.isnan(in_numba))  # whose signs may differ
    assert np.nan_to_num(in_c).tobytes() == np.nan_to_num(in_numba).tobytes()
