"""A part: the file that holds the rows of a range of runs, and is called after it."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim.errors import UserError

NAME = re.compile(r"(\d{10,})-(\d{10,})(?:-failed(\d+))?\.parquet")
MAGIC = b"PAR1"

Rows: TypeAlias = pa.Table | Mapping[str, Any]
"""Columns by name: sequences or arrays of one length."""


class Part(NamedTuple):
    """A whole file of rows: of which runs, how many of them failed, when it was written."""

    path: Path
    runs: range
    n_failed: int
    written: float


def part_name(runs: range, n_failed: int) -> str:
    """Returns the name of a part; it tells what the status of a study needs, unopened.

    Reading footers instead takes about 10 s for 20,000 parts, names take 0.5 s.
    """
    failed = f"-failed{n_failed}" if n_failed else ""
    return f"{runs.start:010d}-{runs.stop:010d}{failed}.parquet"


def parts_in(folder: Path) -> tuple[list[Part], list[Path]]:
    """Returns the whole parts of a folder, ordered by their runs, and the torn ones.

    Of parts that start together the longest comes first, then the one with the fewest failures.
    """
    whole, torn = [], []
    try:
        paths = list(folder.iterdir())
    except FileNotFoundError:
        return [], []
    for path in paths:
        found = NAME.fullmatch(path.name)
        if found is None:
            continue
        start, stop, n_failed = (int(number or 0) for number in found.groups())
        try:
            written = written_whole(path)
        except FileNotFoundError:  # compacted meanwhile
            continue
        if written is None:
            torn.append(path)
        else:
            whole.append(Part(path, range(start, stop), n_failed, written))
    return sorted(whole, key=lambda part: (part.runs.start, -part.runs.stop, part.n_failed)), torn


def written_whole(path: Path) -> float | None:
    """Returns when a Parquet file was written, or None unless both of its ends are there.

    That finds what crashes and broken copies leave: empty, cut off, or with zeros at the end.
    Damage inside is found by checksums when the rows are read.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        about = os.fstat(handle)
        size = about.st_size
        head, tail = os.pread(handle, 4, 0), os.pread(handle, 8, max(size - 8, 0))
    finally:
        os.close(handle)
    sound = head == tail[4:] == MAGIC and int.from_bytes(tail[:4], "little") <= size - 12
    return about.st_mtime if sound else None


def fitted(rows: Rows, schema: pa.Schema, kind: str) -> pa.Table:
    """Returns rows in the declared columns and types; a ValueError if they do not fit exactly."""
    names = rows.column_names if isinstance(rows, pa.Table) else list(rows)
    if set(names) != set(schema.names):
        lost, strange = set(schema.names) - set(names), set(names) - set(schema.names)
        raise ValueError(f"Columns of {kind}: missing {sorted(lost)}, unknown {sorted(strange)}")
    columns = []
    for field in schema:
        try:
            columns.append(_column(rows[field.name], field.type))
        except (pa.ArrowException, TypeError, OverflowError) as problem:
            raise ValueError(f"Column {field.name!r} of {kind}: {problem}") from None
    return pa.Table.from_arrays(columns, schema=schema)


def _column(values: Any, type_: pa.DataType) -> Any:
    """Returns values as a column; nothing is cut or rounded, and no number read from a text."""
    column = values if isinstance(values, pa.Array | pa.ChunkedArray) else _array(values)
    textual = not (pa.types.is_primitive(column.type) or pa.types.is_null(column.type))
    if len(column) > column.null_count and textual != (type_ == pa.string()):
        raise TypeError(f"must be {type_}, but is {column.type}")
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), type_)
    if column.type == type_:
        return column
    return column.cast(type_)  # for which Arrow loads much else


def _array(values: Any) -> Any:
    """Returns values as Arrow's, None as null.

    Those of one plain type are handed over as bytes: to look at objects Arrow loads pandas, which
    would take every worker longer than the rest of Arrow.
    """
    present = [value is not None for value in values]
    types = {type(value) for value in values} - {type(None)}
    if types in ({float}, {int}):
        numbers = np.array([0 if value is None else value for value in values])
        if numbers.dtype in (np.float64, np.int64):
            type_, buffers = pa.from_numpy_dtype(numbers.dtype), [pa.py_buffer(numbers)]
            return pa.Array.from_buffers(type_, len(values), [_bits(present), *buffers])
    if types == {str}:
        texts = [b"" if value is None else value.encode() for value in values]
        ends = np.cumsum([0, *map(len, texts)])
        if ends[-1] < 2**31:
            buffers = [pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(b"".join(texts))]
            return pa.Array.from_buffers(pa.string(), len(values), [_bits(present), *buffers])
    return pa.nulls(len(values)) if not types else pa.array(values)


def whole_numbers(column: pa.ChunkedArray) -> Any:
    """Returns a column of 64-bit numbers as an array; Arrow's own way, again, loads pandas."""
    return np.from_dlpack(column.combine_chunks())


def _bits(flags: list[bool]) -> Any:
    """Returns flags as Arrow's bits."""
    return pa.py_buffer(np.packbits(flags, bitorder="little"))


def write_rows(table: pa.Table, file: Any) -> None:
    """Writes rows in the one form of all parts: plain types, checksums, snappy."""
    pq.write_table(table, file, **options(table.schema))


def options(schema: pa.Schema) -> dict[str, Any]:
    """Returns how rows are written: repeated words once, numbers as they are."""
    return {
        "use_dictionary": [field.name for field in schema if field.type == pa.string()],
        "write_page_checksum": True,
        "compression": "snappy",
    }


def read_rows(path: Path, schema: pa.Schema, study: str) -> pa.Table | None:
    """Returns the columns of a schema from one file; None if the file is damaged.

    A UserError if it belongs to another study. FileNotFoundError if it is gone.
    """
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            written_by = file.metadata.metadata[b"cocreate.study"].decode()
            table = file.read(schema.names, use_threads=False).replace_schema_metadata(None)
    except (pa.ArrowException, KeyError, TypeError, ValueError):
        return None
    except OSError as problem:
        if problem.errno:  # the disk failed, not the file
            raise
        return None
    if written_by != study:
        raise UserError(f"{path}: this part belongs to another study; take it out of the folder")
    return table if table.schema.equals(schema) else None
