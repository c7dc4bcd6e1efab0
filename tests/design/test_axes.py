"""Crossed axes give each combination once, and what is tried of them shows every level."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.design.axes import Factor, Sample, Table, probes, settings
from sim.design.levels import Range


@st.composite
def axes(draw):
    found = [
        Factor(f"f{k}", range(draw(st.integers(1, 4)))) for k in range(draw(st.integers(0, 3)))
    ]
    if draw(st.booleans()):
        points = np.arange(2.0 * draw(st.integers(1, 3))).reshape(-1, 2)
        found.append(Sample((Range("x", float, 0, 9), Range("y", float, 0, 9)), points))
    return found


@given(axes())
def test_settings__are_each_combination_once(crossed):
    total = int(np.prod([len(axis) for axis in crossed], dtype=int))
    found = [tuple(settings(crossed, point).items()) for point in range(total)]
    assert len(set(found)) == total
    names = tuple(name for axis in crossed for name in axis.names)
    assert all(tuple(name for name, _ in point) == names for point in found)


@given(axes(), st.integers(1, 20))
def test_probes__are_points_and_show_every_level(crossed, most):
    total = int(np.prod([len(axis) for axis in crossed], dtype=int))
    found = list(probes(crossed, most))
    assert all(0 <= point < total for point in found)
    if total <= most:
        assert found == list(range(total))
    for axis in crossed:
        if len(axis) <= most:
            shown = {str({n: settings(crossed, p)[n] for n in axis.names}) for p in found}
            assert len(shown) == len(axis)


def test_probes__try_extremes_in_pairs():
    crossed = [Factor(name, range(50)) for name in "abc"]
    tried = [tuple(settings(crossed, point).values()) for point in probes(crossed, 100)]
    assert {(0, 0, 0), (49, 49, 49), (49, 49, 0), (49, 0, 49), (0, 49, 49), (0, 17, 0)} <= set(
        tried
    )
    assert len(tried) < 200


def test_table__leaves_out_what_a_row_leaves_open():
    table = Table(("a", "b"), [(1, None), (2, 3)])
    assert (table[0], table[1]) == ({"a": 1}, {"a": 2, "b": 3})
