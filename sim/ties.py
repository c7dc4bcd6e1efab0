"""Who knows whom: a network drawn for a scenario, or read from a file."""

import csv
import re
from pathlib import Path
from typing import Any

import numpy as np

from sim.core.draws import neighbours, preferential, small_world
from sim.errors import UserError
from sim.scenario import Scenario

KINDS = ("none", "small_world", "preferential", "file")


def tie(scenario: Scenario, key: Any) -> tuple[Any, Any]:
    """Returns the ties of a scenario's people as offsets (person + 1) and neighbours (tie)."""
    n, ties = scenario.population.people, scenario.ties
    if ties.kind == "file":
        edges = read_edges(Path(ties.file), n)
    elif ties.kind == "small_world":
        degree = min(ties.degree, n - 1)
        edges = np.zeros((n * (degree // 2), 2), np.int64)
        small_world(key, n, degree, ties.rewired, edges)
    elif ties.kind == "preferential":
        links = max(1, ties.degree // 2)
        edges = np.zeros((n * links, 2), np.int64)
        edges = edges[: preferential(key, n, links, edges)]
    else:
        edges = np.zeros((0, 2), np.int64)
    return neighbours(edges, n)


def read_edges(path: Path, n: int) -> Any:
    """Returns the edges (tie, 2) of a CSV file with columns a and b, numbers of people from 0.

    A UserError names the line of whatever is not a tie between two of the n people.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file of ties") from None
    except OSError as bad:
        raise UserError(f"{path}: this file of ties cannot be read: {bad.strerror}") from None
    except UnicodeDecodeError as bad:
        raise UserError(f"{path}: byte {bad.start} is not UTF-8; save the file as UTF-8") from None
    if not rows or [cell.strip() for cell in rows[0]] != ["a", "b"]:
        raise UserError(f"{path}: the first line must be 'a,b', the header of a file of ties")
    edges: dict[tuple[int, int], int] = {}
    for line, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        where = f"{path}, line {line}"
        if len(row) != 2 or not all(re.fullmatch("-?[0-9]{1,18}", cell.strip()) for cell in row):
            raise UserError(f"{where}: {','.join(row)!r} must be the numbers of two people")
        a, b = int(row[0]), int(row[1])
        for person in (a, b):
            if not 0 <= person < n:
                raise UserError(f"{where}: person {person} is not one of the people 0 to {n - 1}")
        if a == b:
            raise UserError(f"{where}: person {a} cannot have a tie to themselves")
        pair = (min(a, b), max(a, b))
        if pair in edges:
            raise UserError(f"{where}: the tie {a},{b} is already in line {edges[pair]}")
        edges[pair] = line
    return np.array(list(edges), np.int64).reshape(-1, 2)
