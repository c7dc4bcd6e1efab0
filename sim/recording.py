"""What happens to each person over time: by request, and written while the run goes on."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim.errors import UserError, unknown
from sim.simulation import Simulation
from sim.store import parquet_file, people_columns, provenance

USUAL = ("company", "effort", "trust", "made", "earned")
"""The fields that are recorded unless others are named."""

ROWS = 100_000
"""Rows that are worth writing; until there are so many, steps wait for the next one."""


class PeopleLog:
    """Advances a run and records its people; made by `record_people`.

    A thread of its own writes, since Ctrl-C, which comes to the main one, would leave half a row.
    """

    def __init__(
        self,
        simulation: Simulation,
        file: pq.ParquetWriter,
        writer: ThreadPoolExecutor,
        every: int,
        fields: list[str],
    ) -> None:
        self.simulation, self.every, self.fields = simulation, every, fields
        self.file, self.writer = file, writer
        self.waiting: list[pa.Table] = []
        self.written: Future[None] = writer.submit(self.write)

    def advance(self, steps: int | None = None) -> None:
        """Advances by a number of steps, or to the end, as `Simulation.advance` does."""
        run, every = self.simulation, self.every
        target = run.scenario.time.steps if steps is None else run.step + steps
        while run.step < target and not run.done:
            run.advance(min(target, (run.step // every + 1) * every) - run.step)
            if run.step % every == 0 or run.done:
                self.record()

    def record(self) -> None:
        """Records the people as they are now, once the step before is written."""
        self.written.result()
        self.written = self.writer.submit(self.add, rows(self.simulation, self.fields))

    def add(self, step: pa.Table) -> None:
        """Adds a step, and writes those that wait if they are worth it."""
        self.waiting.append(step)
        if len(self.waiting) * len(step) >= ROWS:
            self.write()

    def write(self) -> None:
        """Writes the steps that wait."""
        steps, self.waiting = self.waiting, []
        if steps:
            self.file.write_table(pa.concat_tables(steps))


@contextmanager
def record_people(
    simulation: Simulation, path: str | Path, every: int = 1, fields: Iterable[str] = USUAL
) -> Iterator[PeopleLog]:
    """Gives what advances a run, and records its people first, last and every so many steps.

    The Parquet file has a row a step and person: step, person and the fields, each a column of
    people.parquet. In memory is what was recorded of two steps, or of few small ones. Whatever
    stops the run but the disk, such as Ctrl-C, the file holds all steps recorded before; a process
    that is killed leaves none. A UserError names a field that does not exist.
    """
    if every < 1:
        raise UserError(f"people are recorded every 1 or more steps, but every is {every}")
    fields, known = list(fields), people_columns(simulation.state)
    for name in fields:
        if name not in known:
            raise unknown("field of a person", name, known)
    style = ", ".join(simulation.names)
    about = provenance(simulation.scenario, style, simulation.seed, simulation.rep)
    stopped: BaseException | None = None
    schema = rows(simulation, fields).schema
    with parquet_file(Path(path), schema, about) as file, ThreadPoolExecutor(1) as writer:
        log = PeopleLog(simulation, file, writer, every, fields)
        log.record()
        try:
            yield log
        except OSError:  # of the file, perhaps
            raise
        except BaseException as reason:
            stopped = reason
        rest = writer.submit(log.write)
        while not rest.done():
            try:
                wait([log.written, rest])
            except KeyboardInterrupt as reason:
                stopped = reason
        log.written.result()
        rest.result()
    if stopped is not None:
        raise stopped


def rows(simulation: Simulation, fields: Iterable[str]) -> pa.Table:
    """Returns a row a person, as they are now: copies, as the run changes them."""
    people = people_columns(simulation.state)
    n = len(simulation.state.people)
    columns = {
        "step": np.full(n, simulation.step, np.int32),
        "person": np.arange(n, dtype=np.int32),
    }
    return pa.table(columns | {name: people[name].copy() for name in fields})
