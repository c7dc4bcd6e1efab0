"""Rows of many parts become one table: each run once, in order, a block at a time."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from sim.errors import UserError
from sim.study_store.parts import Part, whole_numbers

BLOCK = 65_536  # rows that are put in order at a time
PIECES = 256  # parts at a time, however short: each takes some 100 KB as it is read
MEASURED = "seconds"  # the one column in which two executions of a run may differ


def ordered(tables: Iterable[tuple[range, pa.Table]]) -> Iterator[pa.Table]:
    """Yields one row a run, ordered by run, in blocks, from parts ordered by their first run.

    Needs the columns run and status. Of several rows of a run one is kept, done rather than
    failed; a UserError if two that are done differ.
    """
    held: list[pa.Table] = []
    n_rows = 0
    for runs, table in tables:
        if n_rows >= BLOCK or len(held) >= PIECES:
            rows = pa.concat_tables(held).combine_chunks()
            settled = whole_numbers(rows["run"]) < runs.start
            if ready := rows.filter(pa.array(settled)):
                yield one_a_run(ready)
            held = [rows.filter(pa.array(~settled))]
            n_rows = len(held[0])
        held.append(table)
        n_rows += len(table)
    if held:
        yield one_a_run(pa.concat_tables(held).combine_chunks())


def one_a_run(rows: pa.Table) -> pa.Table:
    """Returns one row a run, ordered by run, done rather than failed; equal rows count once."""
    run = whole_numbers(rows["run"])
    if (np.diff(run) > 0).all():
        return rows
    rows = rows.sort_by([("run", "ascending"), ("status", "ascending")])
    run, done = rows["run"].to_numpy(), rows["status"].to_numpy() == "done"
    again = np.flatnonzero((run[1:] == run[:-1]) & done[1:]) + 1
    first, second = rows.take(again - 1), rows.take(again)
    for name in rows.column_names:
        if name != MEASURED and (column := unequal(first[name], second[name])).any():
            at = int(np.argmax(column))
            one, other = first[name][at].as_py(), second[name][at].as_py()
            raise UserError(
                f"Run {run[again[at]]} was done twice with different results: {name} is {one!r} "
                f"and {other!r}. Equal runs must end equally: does a style or an outcome draw "
                "at random by itself, or depend on time or on a file that changed?"
            )
    return rows.take(np.flatnonzero(np.diff(run, prepend=run[0] - 1)))


def unequal(one: pa.ChunkedArray, other: pa.ChunkedArray) -> Any:
    """Returns where two columns differ; NaN equals NaN and nothing equals nothing."""
    import pyarrow.compute as pc  # which takes longer to load than all that a sweep needs of Arrow

    if pa.types.is_floating(one.type):
        a, b = one.to_numpy(), other.to_numpy()
        lost = pc.is_null(one).to_numpy() != pc.is_null(other).to_numpy()
        return lost | (a != b) & ~(np.isnan(a) & np.isnan(b))
    same = pc.or_kleene(pc.equal(one, other), pc.and_(pc.is_null(one), pc.is_null(other)))
    return ~pc.fill_null(same, False).to_numpy()


def without_doubles(parts: Iterable[Part]) -> list[Part]:
    """Returns parts, in their order, but for those that an earlier one covers."""
    kept: list[Part] = []
    for part in parts:
        if not kept or part.runs.stop > kept[-1].runs.stop:
            kept.append(part)
    return kept


def first_of_each(tables: Iterable[tuple[range, pa.Table]]) -> Iterator[pa.Table]:
    """Yields the rows of each run from the first part that covers it, ordered by part."""
    reached = 0
    for runs, table in tables:
        if runs.start < reached:
            table = table.filter(pa.array(whole_numbers(table["run"]) >= reached))
        reached = runs.stop
        if len(table):
            yield table
