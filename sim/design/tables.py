"""Points that a user lists: a CSV or Parquet file, or columns and rows; none of them is altered.

A table of results is a list of points too: those of its runs, each once.
"""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from sim.design.axes import Table
from sim.design.parameters import OPTION, Parameter
from sim.errors import UserError, unknown

STYLE = "style"
"""The column that names the style of each row."""

RUN = ("run", "key", "point_id", "rep", "seed")
STATUS = "status"
"""Columns of results: what varies stands between those of the run and how it ended."""

NUMBER = re.compile(r"\s*[+-]?[0-9.]+([eE][+-]?[0-9]+)?\s*")

OTHERS = {"semicolons": ";", "tabs": "\t"}
"""What separates columns in other programs, and never stands in a name."""

SHOWN = 20
"""Mistakes of one table that are shown."""


class Listed(NamedTuple):
    """A table before its values are read: `lines` says where each row stands.

    In `texts`, as those of a CSV file are, numbers are yet to be found.
    """

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    lines: Sequence[str]
    texts: bool


def open_table(given: Any) -> Listed:
    """Returns the columns and rows of a file's path, { file } or { columns, rows }.

    A UserError says what is wrong with its form.
    """
    if isinstance(given, str | Path):
        return _read_file(Path(given))
    if not isinstance(given, Mapping):
        raise UserError(f'must be a file or a table, such as file = "points.csv", but is {given!r}')
    keys = ("file",) if "file" in given else ("columns", "rows")
    if "file" in given and not {"columns", "rows"}.isdisjoint(given):
        raise UserError("has either file, or columns and rows")
    for key in given:
        if key not in keys:
            raise UserError(str(unknown("key", key, keys)))
    if keys == ("file",):
        if not isinstance(given["file"], str | Path):
            raise UserError(f"must have a text for its file, but has {given['file']!r}")
        return _read_file(Path(given["file"]))
    columns, rows = given.get("columns"), given.get("rows")
    lists = isinstance(columns, list | tuple) and isinstance(rows, list | tuple)
    if not lists or not all(isinstance(row, list | tuple) for row in rows or ()):
        raise UserError('needs file = "points.csv", or the lists columns and rows')
    assert columns is not None
    assert rows is not None
    return _whole(tuple(columns), rows, [f"row {n}" for n in range(1, len(rows) + 1)], texts=False)


def read_table(
    listed: Listed,
    styles: tuple[str, ...],
    read_style: Callable[[Any], str],
    find: Callable[[str, Sequence[str]], Parameter],
) -> Table:
    """Returns a table with each value read as its parameter's.

    `styles` are those of the experiment; a column `style`, read by `read_style`, takes their
    place. `find` returns the parameter of a name, for some styles. A UserError has a line for each
    mistake.
    """
    wrong: list[str] = []
    column = {name: [row[k] for row in listed.rows] for k, name in enumerate(listed.columns)}
    styled: list[str] = []
    for where, cell in zip(listed.lines, column.get(STYLE, ()), strict=False):
        try:
            styled.append(read_style(cell))
        except ValueError as problem:
            wrong.append(f"{where}: {problem}")
            styled.append("")
    names = tuple(name for name in listed.columns if name != STYLE)
    columns: list[list[Any]] = []
    for name in names:
        cells = column[name]
        own = styled if STYLE in column else styles
        if STYLE in column and name.startswith(OPTION):
            own = [s for s, cell in zip(styled, cells, strict=True) if cell not in ("", None)]
        try:
            parameter = find(name, tuple(dict.fromkeys(style for style in own if style)))
        except UserError as problem:
            near = "." not in name and get_close_matches(name.lower(), [STYLE])
            said = f"is no parameter; did you mean {STYLE!r}?" if near else problem
            wrong.append(f"column {name!r} {said}")
            continue
        if listed.texts and parameter.kind in (int, float):
            cells = [_number(cell, parameter.kind) for cell in cells]
        may_be_open = STYLE in column and name.startswith(OPTION)
        columns.append(_values(parameter, cells, listed.lines, may_be_open, wrong))
    if not wrong:
        rows = list(zip(*columns, strict=True)) if columns else [()] * len(styled)
        full = list(zip(styled, rows, strict=True)) if styled else rows
        first: dict[Any, str] = {}
        for where, row in zip(listed.lines, full, strict=True):
            if row in first:
                wrong.append(f"{where} is the same point as {first[row]}; leave one out")
            first.setdefault(row, where)
    if wrong:
        more = [f"and {len(wrong) - SHOWN} more mistakes"] if len(wrong) > SHOWN else []
        raise UserError("\n".join(wrong[:SHOWN] + more))
    return Table(names, rows, tuple(styled))


def _number(cell: str, kind: type) -> Any:
    """Returns the number in a text, or the text where it is none."""
    if not NUMBER.fullmatch(cell):
        return cell
    try:
        return kind(cell)
    except ValueError:  # 4.0 is no whole number, and 4.0.0 none at all
        return cell


def _values(
    parameter: Parameter,
    cells: Sequence[Any],
    lines: Sequence[str],
    may_be_open: bool,
    wrong: list[str],
) -> list[Any]:
    """Returns the values of a column; None for an empty field, where there may be one."""
    found: list[Any] = []
    for where, cell in zip(lines, cells, strict=True):
        empty = cell in ("", None)
        if empty and may_be_open:
            found.append(None)
            continue
        try:
            found.append(parameter.read(cell))
        except ValueError as problem:
            hint = " (the field is empty)" if empty else ""
            wrong.append(f"{where}: {parameter.name} {problem}{hint}")
    return found


def _read_file(path: Path) -> Listed:
    """Returns the points of a file."""
    name = path.name or str(path)
    try:
        listed = _read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)
    except FileNotFoundError:
        raise UserError(f"{name}: there is no such table of points") from None
    except OSError as bad:
        raise UserError(f"{name}: cannot be read ({bad.strerror})") from None
    return _points(listed) if {*RUN, STATUS}.issubset(listed.columns) else listed


def _points(results: Listed) -> Listed:
    """Returns the points of the runs in a table of results, each once."""
    before = results.columns[: results.columns.index(STATUS)]
    kept = [k for k, name in enumerate(before) if name not in RUN]
    if STYLE in before and not any(row[before.index(STYLE)] for row in results.rows):
        kept.remove(before.index(STYLE))  # the runs of a market have no style
    points: dict[tuple[Any, ...], str] = {}
    for row, where in zip(results.rows, results.lines, strict=True):
        points.setdefault(tuple(row[k] for k in kept), where)
    columns = tuple(results.columns[k] for k in kept)
    return _whole(columns, [*points], [*points.values()], texts=results.texts)


def _read_parquet(path: Path) -> Listed:
    try:
        table = pq.read_table(path)
    except pa.ArrowException as bad:
        raise UserError(f"{path.name}: is no Parquet file that can be read ({bad})") from None
    rows = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
    lines = [f"{path.name}, row {n}" for n in range(1, len(rows) + 1)]
    return _whole(tuple(table.column_names), rows, lines, texts=False)


def _read_csv(path: Path) -> Listed:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            header = tuple(name.strip() for name in next(reader, ()))
            for other, sign in OTHERS.items():
                if any(sign in name for name in header):
                    said = "commas must separate the columns"
                    raise UserError(f"{path.name}, line 1: {said}, but there are {other}")
            rows, lines = [], []
            for row in reader:
                if row:
                    rows.append(row)
                    lines.append(f"{path.name}, line {reader.line_num}")
    except UnicodeDecodeError as bad:
        raise UserError(f"{path.name}: byte {bad.start} is not UTF-8") from None
    except csv.Error as bad:
        raise UserError(f"{path.name}, line {reader.line_num}: {bad}") from None
    return _whole(header, rows, lines, texts=True)


def _whole(
    columns: tuple[str, ...], rows: Sequence[Sequence[Any]], lines: list[str], *, texts: bool
) -> Listed:
    """Returns a table whose rows all have its columns."""
    wrong = []
    for name in columns:
        if not isinstance(name, str) or not name:
            wrong.append(f"must name every column, but has {name!r}")
        elif columns.count(name) > 1:
            wrong.append(f"must have each column once, but has {name!r} more often")
    if not columns or not rows:
        wrong.append("must have names of columns and one row or more")
    for where, row in zip(lines, rows, strict=True):
        if len(row) != len(columns):
            wrong.append(f"{where}: has {len(row)} fields for {len(columns)} columns")
    if wrong:
        raise UserError("\n".join(dict.fromkeys(wrong[:SHOWN])))
    return Listed(columns, rows, lines, texts)
