"""Samples are placed as asked, shown as values, and refused where they make no sense."""

import pytest

from sim.design import Plan
from sim.design.samplers import METHODS

COMMONS = 'styles = ["commons", "steward"]\n'
RANGES = (
    '[sample.ranges]\n"world.drift" = ["0 per month", "0.05 per month"]\n"lever.tools" = [0, 1]\n'
)


@pytest.mark.parametrize("method", METHODS)
def test_r1_sample__places_points_by_each_method(read, method):
    plan = Plan(read(f'{COMMONS}[sample]\nmethod = "{method}"\nn = 8\n{RANGES}'))
    assert plan.n_points == {"saltelli": 8 * 4, "morris": 8 * 3}.get(method, 8)
    assert plan.columns == {"world.drift": str, "lever.tools": float}
    for point in range(plan.n_points):
        assert 0 <= plan.scenario(point).world.drift <= 0.05 / 30.4
        assert 0 <= plan.values(point)["lever.tools"] <= 1


def test_sample__is_crossed_with_what_varies(read):
    sample = f'[sample]\nmethod = "sobol"\nn = 4\n{RANGES}'
    plan = Plan(read(f'[vary]\n"world.pool" = [8, 9, 10]\n{sample}'))
    assert plan.n_points == 12
    assert plan.names == ("world.pool", "lever.tools", "world.drift")
    assert plan.values(0)["lever.tools"] == plan.values(4)["lever.tools"]
    assert plan.values(0)["lever.tools"] != plan.values(1)["lever.tools"]


def test_sample__depends_on_the_seed_alone(read):
    text = f'[sample]\nmethod = "latin_hypercube"\nn = 5\n{RANGES}'
    points = [Plan(read(text, *sets)).values(3) for sets in [(), ["seeds=9"], ["seed=2"]]]
    assert points[0] == points[1] != points[2]


def test_r21_sample__has_no_point_twice(read):
    ranges = '[sample.ranges]\n"world.pool" = [8, 9]\n"ties.kind" = ["none", "small_world"]\n'
    experiment = read(f'[sample]\nmethod = "sobol"\nn = 16\n{ranges}')
    plan = Plan(experiment)
    assert {tuple(plan.values(p).values()) for p in range(plan.n_points)} == {
        (kind, pool) for pool in (8, 9) for kind in ("none", "small_world")
    }
    assert plan.n_points == 4
    assert experiment.notes == ("12 of 16 points are like others and left out",)
    whole = read(f'[sample]\nmethod = "saltelli"\nn = 16\n{ranges}')
    assert Plan(whole).n_points == 16 * 4
    assert "saltelli needs them all" in whole.notes[0]


@pytest.mark.parametrize(
    ("text", "needles"),
    [
        ('method = "sobl"\nn = 8', ["'sobl'", "did you mean 'sobol'"]),
        ('method = "lhs"\nn = 8', ["'lhs'", "did you mean 'latin_hypercube'"]),
        ("n = 8", ["method", "''"]),
        ('method = "sobol"\nn = 100', ["power of two", "100", "64 or 128"]),
        ('method = "saltelli"\nn = 3', ["power of two", "2 or 4"]),
        ('method = "morris"\nn = 0', ["sample.n", "at least 1", "0"]),
        ('method = "morris"', ["sample.n", "None"]),
        ('method = "morris"\nn = 100_000_000', ["sample.n", "at most 10,000,000"]),
        ('method = "morris"\nn = 2.0', ["sample.n", "2.0"]),
        ('method = "morris"\nn = 2\nsed = 3', ["'sed'"]),
    ],
)
def test_sample__that_cannot_be_is_refused(refused, text, needles):
    refused(f"[sample]\n{text}\n{RANGES}", "sample", *needles)


@pytest.mark.parametrize(
    ("ranges", "needles"),
    [
        ("", ["[sample] ranges"]),
        ("[sample.ranges]\n", ["[sample] ranges"]),
        ('[sample.ranges]\n"world.ring" = [3, 20]', ["world.ring", "[10, ", "3"]),
        ('[sample.ranges]\n"world.rng" = [3, 20]', ["did you mean 'world.ring'"]),
        ('[sample.ranges]\n"population.conditional" = [0, 1]', ["more than 1"]),
    ],
)
def test_ranges__that_cannot_be_are_refused(refused, ranges, needles):
    refused(f'[sample]\nmethod = "sobol"\nn = 16\n{ranges}', *needles)
