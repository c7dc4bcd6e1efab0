"""Frames are laid out as the contract with the page says, whatever machine writes them."""

import struct

import numpy as np
import pytest

from sim.core.inputs import LEVERS
from sim.web.frames import frame
from sim.web.settings import Move

SERIES = np.arange(12.0).reshape(2, 3, 2) / 7
LEVELS = np.array([[[0.1, 0.25, 1.0], [0.4, 0.5, 0.6]], [[0.0, 0.5, 0.3], [0.7, 0.8, 0.9]]])
HELD = np.array([[[False, True, False], [True] * 3], [[True, False, False], [False] * 3]])
PEOPLE = np.array([[1, 2, 255], [4, 0, 6]], np.uint8)
MOVES = (Move(3, 1, "money", 0.1), Move(9, 0, LEVERS[-1], None))
BEFORE = (0.25, 1.0)


def test_frame__is_laid_out_as_the_page_reads_it():
    content = frame(7, 12, 10, SERIES, LEVELS, HELD, PEOPLE, 5, MOVES, BEFORE)
    assert content[:4] == b"CLB3"
    assert struct.unpack("<11I", content[4:48]) == (7, 12, 10, 3, 2, 2, 3, 3, 5, 2, 2)
    assert struct.unpack("<12d", content[48:144]) == tuple(n / 7 for n in range(12))
    levers = (0.1, 0.25, 1.0, 0.4, 0.5, 0.6, 0.0, 0.5, 0.3, 0.7, 0.8, 0.9)
    assert struct.unpack("<12d", content[144:240]) == levers
    assert content[240:252] == bytes([0, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0])
    assert content[252:258] == bytes([1, 2, 255, 4, 0, 6])
    assert struct.unpack("<IIIfd", content[258:282]) == (3, 1, 2, 0.25, 0.1)
    *let_go, value = struct.unpack("<IIIfd", content[282:])
    assert let_go == [9, 0, 11, 1.0]
    assert np.isnan(value)


def test_frame__may_hold_nothing_new():
    content = frame(
        1, 0, 1, SERIES[:, :0], LEVELS[..., :0], HELD[..., :0], PEOPLE[:, :0], 0, (), ()
    )
    assert struct.unpack("<12I", content) == (0x33424C43, 1, 0, 1, 0, 2, 2, 0, 0, 0, 0, 2)


@pytest.mark.parametrize("kind", [">f8", "<f8"])
def test_frame__has_the_same_bytes_for_the_same_numbers(kind):
    series, people = SERIES.astype(kind)[:, ::-1], np.asfortranarray(PEOPLE)
    levers, held = np.asfortranarray(LEVELS.astype(kind)), np.asfortranarray(HELD)
    assert frame(7, 12, 10, series, levers, held, people, 5, MOVES, BEFORE) == frame(
        7, 12, 10, np.ascontiguousarray(SERIES[:, ::-1]), LEVELS, HELD, PEOPLE, 5, MOVES, BEFORE
    )


def test_frame__keeps_the_bits_of_what_is_no_number():
    series = np.full((1, 1, 2), np.nan)
    content = frame(1, 0, 0, series, LEVELS[:1], HELD[:1], PEOPLE[:1], 0, (), ())
    assert np.isnan(struct.unpack("<2d", content[48:64])).all()
