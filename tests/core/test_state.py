"""The arrays of an ecosystem: what they hold, and how much memory they take."""

from dataclasses import fields

import numpy as np
import pytest

from sim.core import state
from sim.core.motives import MOTIVES
from sim.core.random import new_key
from sim.core.state import (
    BLOCK,
    CACHE_LINE,
    FACE,
    FACES,
    OFFER,
    PERSON,
    TALLY,
    TYPE,
    Field,
    State,
    records,
)
from sim.reading import change
from sim.scenario import Scenario
from sim.ties import tie

DECLARED = {
    name: value
    for name, value in vars(state).items()
    if isinstance(value, tuple) and all(isinstance(field, Field) for field in value)
}


def empty(n_people, motives=("fun", "money", "own_use", "recognition", "social")):
    return State.empty(n_people, 3, 4, motives, 5, 60, 2, 9)


@pytest.mark.parametrize("declared", DECLARED.values(), ids=DECLARED)
def test_fields__are_declared_once_with_unit_and_meaning(declared):
    names = [field.name for field in declared]
    assert len(names) == len(set(names))
    for field in declared:
        assert field.kind in state.type_of
        assert field.unit
        assert field.doc


def test_records__read_as_attributes_of_the_types_declared():
    people = records(PERSON, 2)
    people["activity"] = 0.1
    assert people[0].activity == np.float32(0.1)
    for field in PERSON:
        assert people.dtype[field.name] == state.type_of[field.kind], field.name
    assert records(PERSON, 5).dtype is people.dtype  # one object: Numba looks it up faster


def test_state__takes_at_most_160_bytes_a_person():
    """All that grows with the people, with five motives."""
    few, many = empty(BLOCK), empty(11 * BLOCK)
    grown = {
        f.name: getattr(many, f.name).nbytes - getattr(few, f.name).nbytes for f in fields(State)
    }
    grows = {name for name, size in grown.items() if size > 0}
    each = {name: size / (10 * BLOCK) for name, size in grown.items()}
    assert grows == {
        "people", "faces", "weights", "busy", "offsets", "lists", "tallies", "drives"
    }  # fmt: skip
    assert sum(each[name] for name in ("people", "faces", "weights", "busy")) <= 160
    assert each["lists"] + each["tallies"] / 3 + each["drives"] / 3 < 0.25  # and a company


def test_person__fills_two_lines_of_a_processors_cache():
    """The first holds all that is asked of outsiders and by the search; none lies across both."""
    people, faces = records(PERSON, 1), records(FACE, 1)
    assert people.itemsize == 128
    assert FACES * faces.itemsize == CACHE_LINE
    assert faces.itemsize == 8
    for name, (kind, offset, *_) in people.dtype.fields.items():
        assert offset // 64 == (offset + kind.itemsize - 1) // 64, name
        assert offset % kind.itemsize == 0, name
    first = {name for name, (_, offset, *_) in people.dtype.fields.items() if offset < 64}
    assert first >= {"need", "goal", "company", "volunteer", "gone", "aware", "adopted", "invited"}
    assert first >= {"submitted", "accepted", "waiting", "effort"}
    assert first >= {"accepted", "company", "first_step", "second_step", "third_step"}


@pytest.mark.parametrize("kind", ["small_world", "preferential"])
def test_ties__take_at_most_40_bytes_a_person(kind):
    """Eight ties each on average."""
    n = 5000
    offsets, neighbours = tie(
        change(Scenario("tied"), population={"people": n}, ties={"kind": kind, "degree": 8}),
        new_key(1, 0),
    )
    assert 7.8 < len(neighbours) / n <= 8
    assert (offsets.nbytes + neighbours.nbytes) / n <= 40


def test_offer__has_a_field_for_each_motive_too():
    names = [field.name for field in OFFER]
    assert list(empty(1, tuple(MOTIVES)).offers.dtype.names) == [*names, *MOTIVES]
    assert set(names).isdisjoint(MOTIVES)
    assert list(empty(1, ("fun", "glory")).offers.dtype.names) == [*names, "fun", "glory"]


@pytest.mark.parametrize(
    ("n", "blocks"), [(1, 1), (BLOCK - 1, 1), (BLOCK, 1), (BLOCK + 1, 2), (3 * BLOCK, 3)]
)
def test_sums__have_a_row_a_block_and_a_blank_one(n, blocks):
    eco = empty(n)
    assert eco.lists.shape == (blocks,)
    assert eco.tallies.shape == (blocks + 1, 3)
    assert eco.drives.shape == (blocks, 3, 5)
    assert eco.busy.shape == (n,)
    assert eco.tallies.dtype.names == tuple(field.name for field in TALLY)
    assert eco.types.dtype.names == tuple(field.name for field in TYPE)
    assert len(eco.types) == 4


def test_arrays__come_in_the_order_of_the_fields():
    eco = empty(7)
    assert [id(array) for array in eco.arrays()] == [
        id(getattr(eco, f.name)) for f in fields(State)
    ]


@pytest.mark.parametrize("shape", [1, 7, (2, 3)])
def test_records__begin_with_a_cache_line_and_are_blank(shape):
    for declared in (PERSON, FACE, TALLY):
        array = records(declared, shape)
        assert array.shape == np.zeros(shape).shape
        assert array.ctypes.data % CACHE_LINE == 0
        assert not np.frombuffer(array.tobytes(), np.uint8).any()
