"""Frames: what the page is sent of a run, as bytes, all little-endian.

u32 magic, frame, step, first row, rows, columns, series, people shown, flags, moves;
f64 series (column, row, series); u8 people (column, person);
moves, each u32 step, column, lever, f32 0, f64 value.
"""

from collections.abc import Sequence
from struct import Struct
from typing import Any

import numpy as np

from sim.core.inputs import LEVERS
from sim.web.settings import Move

MAGIC = 0x31424C43
"""The letters CLB1."""

PLAYING, ENDED, ANEW = 1, 2, 4
"""Flags; ANEW: all that was sent before belongs to another run."""

MOST_ROWS = 4_000

HEAD = Struct("<10I")
MOVE = Struct("<3Ifd")
LEVER = {lever: number for number, lever in enumerate(LEVERS)}


def frame(
    number: int, step: int, first: int, series: Any, people: Any, flags: int, moves: Sequence[Move]
) -> bytes:
    """Returns a frame: the rows of the series from `first` on, the people at `step`, all moves.

    `series` (column, row, series) are floats, `people` (column, person) bytes.
    """
    n_columns, n_rows, n_series = series.shape
    head = HEAD.pack(
        MAGIC, number, step, first, n_rows, n_columns, n_series, people.shape[1], flags, len(moves)
    )
    return b"".join(
        (
            head,
            np.ascontiguousarray(series, "<f8").data,
            np.ascontiguousarray(people, np.uint8).data,
            *(MOVE.pack(m.step, m.column, LEVER[m.lever], 0.0, m.value) for m in moves),
        )
    )
