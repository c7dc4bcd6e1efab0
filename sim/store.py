"""What one run or one comparison leaves on disk: Parquet files that say where they come from."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import sim
from sim.core.jit import CORE_HASH
from sim.core.motives import MOTIVES
from sim.core.state import State
from sim.files import whole_file, write_whole
from sim.reading import as_table
from sim.scenario import Scenario
from sim.simulation import EVENT_NAMES, Run

if TYPE_CHECKING:
    from sim.analysis.comparison import Comparison

PACKAGES = ("numpy", "numba", "mesa")
BLOCK = 32_768  # people who are copied at a time while they are written


def save_run(run: Run, folder: Path) -> list[Path]:
    """Writes series, people and, if recorded, events of a run; returns the files.

    series: a row a step and company; people: a row a person, as after the last step; events: a
    row an event.
    """
    about = provenance(run.scenario, ", ".join(run.styles), run.seed, run.rep)
    files = [
        write(folder / "series.parquet", series_table(run), about),
        write_blocks(folder / "people.parquet", people_tables(run), about),
    ]
    if run.log is not None:
        files.append(write(folder / "events.parquet", events_table(run), about))
    return files


def save_comparison(comparison: "Comparison", scenario: Scenario, folder: Path) -> Path:
    """Writes a row a run of each style: style, seed, replicate and all outcomes.

    In a market, where companies are compared, each has a column of its own beside its style. A
    seed beyond 64 bits is written as text.
    """
    arms, draws = comparison.arms, [draw for draw in comparison.seeds if isinstance(draw, tuple)]
    market = {company.name: company.style for company in scenario.companies if company.style}
    styles = [*market.values()] if arms == tuple(market) else [*arms]
    columns: dict[str, Any] = {"company": np.repeat(arms, len(draws))} if styles != [*arms] else {}
    columns["style"] = np.repeat(styles, len(draws))
    columns["seed"] = [seed if seed < 2**63 else str(seed) for seed, _ in draws] * len(arms)
    columns["rep"] = [
        rep if comparison.paired else rep * len(arms) + arm
        for arm in range(len(arms))
        for _, rep in draws
    ]
    columns |= {name: values.ravel() for name, values in comparison.outcomes.items()}
    about = provenance(scenario, ", ".join(styles), draws[0][0], None)
    return write(folder / "runs.parquet", pa.table(columns), about)


def series_table(run: Run) -> pa.Table:
    """Returns a row a recorded step and company: all fields of the company, effort by motive."""
    rows, n = len(run.steps), run.companies.shape[1]
    names = [company.name for company in run.scenario.companies]
    columns: dict[str, Any] = {
        "step": np.repeat(run.steps, n),
        "company": [names[c] for c in range(n)] * rows,
        "style": [run.styles[c] for c in range(n)] * rows,
    }
    recorded = run.companies[run.steps]
    columns |= {f: np.ascontiguousarray(recorded[f]).ravel() for f in recorded.dtype.names}
    for m, motive in enumerate(MOTIVES):
        columns[f"effort_{motive}"] = run.drive[run.steps, :, m].ravel()
    return pa.table(columns)


def people_tables(run: Run) -> Iterator[pa.Table]:
    """Yields a row a person, in their order, as after the last step, some people at a time."""
    n, people = len(run.state.people), people_columns(run.state)
    for start in range(0, n, BLOCK):
        stop = min(start + BLOCK, n)
        columns = {name: column[start:stop] for name, column in people.items()}
        yield pa.table({"person": np.arange(start, stop), **columns})


def people_columns(state: State) -> dict[str, Any]:
    """Returns all that is known of the people as columns (person,), which the run still changes."""
    people = state.people
    weights = {f"weight_{motive}": state.weights[:, m] for m, motive in enumerate(MOTIVES)}
    return {name: people[name] for name in people.dtype.names} | weights


def events_table(run: Run) -> pa.Table:
    """Returns the event log (step, person, company, event, value), events by their names."""
    columns: dict[str, Any] = {
        name: np.ascontiguousarray(run.log[name]) for name in run.log.dtype.names
    }
    columns["event"] = pa.DictionaryArray.from_arrays(run.log["event"].copy(), list(EVENT_NAMES))
    return pa.table(columns)


def provenance(scenario: Scenario, style: str, seed: int, rep: int | None) -> dict[str, str]:
    """Returns what a result must say of itself: scenario, style, seed, versions, core hash."""
    return {
        "cocreate.scenario": json.dumps(as_table(scenario)),
        "cocreate.style": style,
        "cocreate.seed": str(seed),
        "cocreate.rep": "" if rep is None else str(rep),
        "cocreate.versions": json.dumps(
            {"cocreate": sim.__version__, **{name: version(name) for name in PACKAGES}}
        ),
        "cocreate.core": CORE_HASH,
    }


def write(path: Path, table: pa.Table, about: Mapping[str, str]) -> Path:
    """Writes a Parquet file, whole or not at all."""
    return write_blocks(path, iter([table]), about)


def write_blocks(path: Path, tables: Iterator[pa.Table], about: Mapping[str, str]) -> Path:
    """Writes a Parquet file from tables of one schema, one after the other."""
    first = next(tables)
    with parquet_file(path, first.schema, about) as file:
        for table in chain([first], tables):
            file.write_table(table)
    return path


@contextmanager
def parquet_file(
    path: Path, schema: pa.Schema, about: Mapping[str, str]
) -> Iterator[pq.ParquetWriter]:
    """Gives a Parquet file to write tables to, which takes its name once it is whole."""
    numbered = {"person": "DELTA_BINARY_PACKED"} if "person" in schema.names else {}
    options: dict[str, Any] = {
        "column_encoding": numbered,  # people in order take no space
        "use_dictionary": [name for name in schema.names if name not in numbered],
    }
    about_it = schema.with_metadata({**about})
    with whole_file(path) as file, pq.ParquetWriter(file, about_it, **options) as writer:
        yield writer


def write_text(path: Path, text: str) -> Path:
    """Writes a text file, whole or not at all."""
    return write_whole(path, text.encode())
