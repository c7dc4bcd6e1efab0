"""Whether two tables of results are equal, and where not."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sim.errors import UserError
from sim.study_store import MANIFEST, StudyStore
from sim.study_store.merging import MEASURED, unequal

SHOWN = 10  # differences that are told
TABLES = ("runs.parquet", "series.parquet")  # of `compare` and of `run`


def read(path: Path) -> pa.Table:
    """Returns the table in a study's folder, in that of other results, or in a file."""
    if (path / MANIFEST).exists():
        return StudyStore.open(path).table()
    for file in (path, *(path / name for name in TABLES)):
        if file.is_file():
            try:
                return pq.read_table(file).replace_schema_metadata(None)
            except pa.ArrowException as problem:
                raise UserError(f"{file}: no Parquet file that can be read ({problem})") from None
    raise UserError(f"{path}: there are no results")


def differences(one: pa.Table, other: pa.Table) -> list[str]:
    """Returns the first differences, a line each; none if the tables are equal.

    Rows are matched by run, or else by their place. How long runs took is not compared.
    """
    columns = [name for name in one.column_names if name in other.column_names]
    lines = [f"only the first has the column {n!r}" for n in one.column_names if n not in columns]
    lines += [
        f"only the second has the column {n!r}" for n in other.column_names if n not in columns
    ]
    here, there = _rows(one), _rows(other)
    for rows, others, which in ((here, there, "first"), (there, here, "second")):
        if len(alone := np.setdiff1d(rows, others)):
            lines.append(f"only the {which} has {len(alone)} rows, from row {alone[0]} on")
    both = np.intersect1d(here, there)
    one, other = _ordered(one, here, both), _ordered(other, there, both)
    found: list[tuple[int, int, str]] = []
    for order, name in enumerate(columns):
        if name == MEASURED:
            continue
        if one[name].type != other[name].type:
            lines.append(
                f"{name} is {one[name].type} in the first, {other[name].type} in the second"
            )
            continue
        for at in np.flatnonzero(unequal(one[name], other[name]))[: SHOWN + 1]:
            a, b = one[name][at].as_py(), other[name][at].as_py()
            found.append((int(both[at]), order, f"row {both[at]}: {name} is {a!r} and {b!r}"))
    told = lines + [line for _, _, line in sorted(found)]
    return told if len(told) <= SHOWN else [*told[:SHOWN], "and more"]


def _rows(table: pa.Table) -> Any:
    """Returns the run of each row, or its place."""
    if "run" in table.column_names and pc.count_distinct(table["run"]).as_py() == len(table):
        return table["run"].to_numpy()
    return np.arange(len(table))


def _ordered(table: pa.Table, rows: Any, wanted: Any) -> pa.Table:
    """Returns the wanted rows of a table, in order."""
    order = np.argsort(rows)
    return table.take(order[np.isin(rows[order], wanted)])
