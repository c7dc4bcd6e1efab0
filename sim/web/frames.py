"""Frames: what the page is sent of a run, as bytes, all little-endian.

u32 magic, frame, step, first row, rows, columns, series, levers, people shown, flags, moves,
companies managed; f64 series (column, row, series); f64 levers (column, company, lever);
u8 held (column, company, lever); u8 people (column, person);
moves, each u32 step, column, lever, f32 where the first company's lever stood before,
f64 value or NaN where it is let go.
"""

from collections.abc import Sequence
from struct import Struct
from typing import Any

import numpy as np

from sim.core.inputs import LEVERS
from sim.web.settings import Move

MAGIC = 0x33424C43
"""The letters CLB3."""

PLAYING, ENDED, ANEW = 1, 2, 4
"""Flags; ANEW: all that was sent before belongs to another run."""

MOST_ROWS = 4_000

HEAD = Struct("<12I")  # so that floats lie at multiples of their size
MOVE = Struct("<3Ifd")
LEVER = {lever: number for number, lever in enumerate(LEVERS)}


def frame(
    number: int,
    step: int,
    first: int,
    series: Any,
    levers: Any,
    held: Any,
    people: Any,
    flags: int,
    moves: Sequence[Move],
    before: Sequence[float],
) -> bytes:
    """Returns a frame: rows of the series from `first` on, levers and people at `step`, all moves.

    `series` (column, row, series) and `levers` (column, company, lever) are floats, `held` of the
    same shape says which of these are held, `people` (column, person) are bytes, `before` is where
    the first company's lever of each move stood.
    """
    n_columns, n_rows, n_series = series.shape
    _, n_companies, n_levers = levers.shape
    head = HEAD.pack(
        MAGIC, number, step, first, n_rows, n_columns, n_series, n_levers, people.shape[1],
        flags, len(moves), n_companies,
    )  # fmt: skip
    return b"".join(
        (
            head,
            np.ascontiguousarray(series, "<f8").data,
            np.ascontiguousarray(levers, "<f8").data,
            np.ascontiguousarray(held, np.uint8).data,
            np.ascontiguousarray(people, np.uint8).data,
            *map(_move, moves, before),
        )
    )


def _move(move: Move, before: float) -> bytes:
    value = np.nan if move.value is None else move.value
    return MOVE.pack(move.step, move.column, LEVER[move.lever], before, value)
