"""The folder of a study: results of many runs, from many processes at once, without locks.

    manifest.json   what is studied, and by which code
    runs/           a row a run, a file a chunk of runs, called after it: 0000000500-0000001000
    series/         a row a step and company, same names        events/   a row an event
    torn/           files that were found broken; their runs count as missing
    sweeps/         a note on each sweep: cores, failures, time, versions
    table.parquet   all of runs/ in one file, once compacted

"Done" means that the file of the runs is there, so whoever looks at the names knows all: another
shell, another node, the next sweep. A process writes a file under a hidden name and renames it
when it is whole; two that do the same chunk leave the same file. Nothing is ever appended to.
What a crash of the machine leaves of a part that nobody has waited for is found to be torn.
"""

import json
import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim.errors import UserError
from sim.files import UNFINISHED, wait_for, whole_file, write_first, write_whole
from sim.study_store.looking import TABLE, Seen, look, set_aside
from sim.study_store.manifest import (
    CODE,
    FORMAT,
    commit,
    declared,
    differences,
    digest,
    new_manifest,
    told,
    versions,
)
from sim.study_store.merging import first_of_each, ordered, without_doubles
from sim.study_store.parts import (
    Part,
    Rows,
    fitted,
    options,
    part_name,
    read_rows,
    whole_numbers,
    write_rows,
)
from sim.study_store.ranges import Ranges, count, gaps, joined, within

MANIFEST, SWEEPS = "manifest.json", "sweeps"
KINDS = ("events", "series", "runs")  # in the order in which a chunk writes them
TYPES = {"int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_(), "string": pa.string()}
RECENT = 600  # seconds that the rate looks back
ABANDONED = 3600  # seconds after which an unfinished file has nobody who writes it
logger = logging.getLogger("sim")


@dataclass(frozen=True)
class Status:
    """How far a study is: planned = done + failed + missing runs.

    `rate` is in runs a second over the last minutes, 0 if nobody works, None if it cannot be
    told yet; `seconds_left` is at this rate, None if that is unknown or 0; `last` is when the
    last part was written, in seconds since 1970.
    """

    planned: int
    done: int
    failed: int
    missing: int
    rate: float | None
    seconds_left: float | None
    last: float | None


class IncompleteError(Exception):
    """A table that was being written has not all runs."""


class StudyStore:
    """The folder of one study, open for any number of writers and readers."""

    def __init__(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        self.folder, self.manifest = folder, manifest
        self.experiment: dict[str, Any] = manifest["experiment"]
        self.n_runs: int = manifest["n_runs"]
        self.chunk: int = manifest["chunk"]
        self.digest = digest(manifest)
        self.schemas = {
            kind: pa.schema([(name, TYPES[type_]) for name, type_ in columns.items()])
            for kind, columns in manifest["columns"].items()
        }

    @classmethod
    def create(
        cls,
        folder: str | Path,
        experiment: Mapping[str, Any],
        *,
        n_runs: int,
        chunk: int,
        outcomes: Sequence[str],
        varied: Mapping[str, str] | None = None,
        series: Mapping[str, str] | None = None,
        events: bool = False,
        digests: Mapping[str, str] | None = None,
        free: Sequence[str] = (),
    ) -> Self:
        """Opens the folder of a study, which is made if there is none.

        `experiment` is the resolved one, plain enough for JSON, with its base `seed`; `varied`
        and `series` are columns and their types (int64, float64, bool, string); `digests` stand
        for what the experiment names and does not hold, such as data files and users' own code;
        `free` names entries of the experiment that change no result. A UserError names what
        differs if another study is in the folder, and refuses a folder with anything else in it.
        Where the study exists its own chunk size is kept; it may gain runs at its end, not lose
        any.
        """
        folder = Path(folder)
        columns = declared(experiment, outcomes, varied or {}, series or {}, events)
        here = new_manifest(experiment, n_runs, chunk, columns, outcomes, digests or {}, free)
        with _clear_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / MANIFEST).exists():
                _refuse_what_is_there(folder)
                text = json.dumps(here, indent=1, ensure_ascii=False)
                write_first(folder / MANIFEST, text.encode())
        store = cls.open(folder)
        if found := told(store.manifest, here):
            raise UserError(
                f"{folder}: the results there are of another study, so nothing was run\n{found}\n"
                "Undo what changed to go on with it, or name another folder"
            )
        if n_runs < store.n_runs:
            raise UserError(
                f"{folder}: the study there has {store.n_runs} runs, more than these {n_runs}, so "
                "nothing was run: ask for as many, or name another folder"
            )
        for name, there, now in differences(store.manifest["versions"], here["versions"]):
            logger.warning("%s: begun with %s %s, goes on with %s", folder, name, there, now)
        return store if n_runs == store.n_runs else store._grown(n_runs, experiment)

    @classmethod
    def open(cls, folder: str | Path) -> Self:
        """Opens the folder of a study; a UserError if there is none."""
        folder = Path(folder)
        try:
            manifest = json.loads((folder / MANIFEST).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            raise UserError(f"{folder}: no study is here (there is no {MANIFEST})") from None
        except (OSError, ValueError) as problem:
            raise UserError(
                f"{folder / MANIFEST}: cannot be read ({problem}); bring it back from a copy, or "
                "begin the study again in another folder"
            ) from None
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise UserError(f"{folder / MANIFEST}: not the manifest of a study of this version")
        return cls(folder, manifest)

    # Writing

    def write(
        self,
        start: int,
        stop: int,
        runs: Rows,
        series: Rows | None = None,
        events: Rows | None = None,
        *,
        wait: bool = True,
    ) -> Path:
        """Writes the part of the runs start to stop - 1; returns its file.

        Needs exactly the declared columns, one row of each run, and all outcomes of a run that
        is done (NaN is one); a ValueError otherwise. If the part is there already, its rows must
        be equal, and it stays. A UserError if the disk is full: then no part is left; and if the
        code that runs here is not that of the study. Without `wait` it may not be on the disk
        yet, which somebody else shall `wait_for`.
        """
        if found := self.unlike():
            raise UserError(f"{self.folder}: the code has changed since the study began\n{found}")
        given = {"events": events, "series": series, "runs": runs}
        for kind, rows in given.items():
            if (rows is None) == (kind in self.schemas):
                wanted = "must" if rows is None else "must not"
                raise ValueError(f"A part of this study {wanted} have {kind}")
        tables = {kind: fitted(given[kind], schema, kind) for kind, schema in self.schemas.items()}
        if (np.diff(whole_numbers(tables["runs"]["run"])) < 0).any():
            tables["runs"] = tables["runs"].sort_by("run")  # for which Arrow loads much else
        self._check(range(start, stop), tables)
        n_failed = tables["runs"]["status"].to_pylist().count("failed")
        name = part_name(range(start, stop), n_failed)
        about = self._about(n_failed)
        for kind in (kind for kind in KINDS if kind in tables):
            path = self.folder / kind / name
            if kind == "runs" and path.exists() and self._holds(path, tables[kind]):
                return path
            with _clear_errors(path):
                path.parent.mkdir(exist_ok=True)
                buffer = pa.BufferOutputStream()
                write_rows(tables[kind].replace_schema_metadata(about), buffer)
                write_whole(path, memoryview(buffer.getvalue()), wait=wait)
        return path

    def wait_for(self, start: int, stop: int, n_failed: int) -> None:
        """Waits until the part of these runs is on the disk; a UserError if it cannot be.

        Then its runs are missing. Any process on the machine that has written it may wait.
        """
        for kind in self.schemas:
            path = self.folder / kind / part_name(range(start, stop), n_failed)
            with _clear_errors(path), suppress(FileNotFoundError):  # compacted meanwhile
                wait_for(path)

    def note(self, summary: Mapping[str, Any]) -> Path:
        """Writes what a sweep has to say of itself, with versions and commit, into sweeps/."""
        now = datetime.now(UTC)
        about = {"ended": now.isoformat(timespec="seconds"), "commit": commit()}
        text = json.dumps({**about, **summary, "versions": versions()}, indent=1)
        path = self.folder / SWEEPS / f"{now:%Y%m%dT%H%M%S}-{uuid4().hex[:8]}.json"
        with _clear_errors(path):
            path.parent.mkdir(exist_ok=True)
            return write_whole(path, text.encode())

    # Looking

    def done(self) -> Ranges:
        """Returns the ranges of runs that need not be run again, done or failed.

        Sets aside, with a warning, files that are torn.
        """
        seen = self._look()
        set_aside(self.folder, seen.torn)
        return seen.done

    def missing(self) -> Ranges:
        """Returns the ranges of runs that are still to be run; sets aside torn files."""
        return gaps(self.done(), self.n_runs)

    def unfinished(self) -> Ranges:
        """Returns the ranges of runs that are still to be run; changes nothing."""
        return gaps(self._look().done, self.n_runs)

    def status(self) -> Status:
        """Returns how far the study is, by the names of its files; changes nothing."""
        seen = self._look()
        parts = [part for part in seen.runs() if within(part.runs, seen.done)]
        missing = self.n_runs - count(seen.done)
        failed = self._failed(seen, parts)
        rate = self._rate(parts)
        return Status(
            planned=self.n_runs,
            done=self.n_runs - missing - failed,
            failed=failed,
            missing=missing,
            rate=rate,
            seconds_left=missing / rate if rate else None if missing else 0.0,
            last=max((part.written for part in parts), default=None),
        )

    # Reading

    def table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Returns one row a run, ordered by run, of all runs that are done or failed."""
        empty = self._schema("runs", columns).empty_table()
        return pa.concat_tables([empty, *self.blocks("runs", columns)])

    def blocks(
        self, kind: str = "runs", columns: Sequence[str] | None = None
    ) -> Iterator[pa.Table]:
        """Yields the rows of runs, series or events, ordered by run, each run's rows once.

        Holds some parts at a time in memory, however many there are. A part that turns out to
        be damaged is set aside, with a warning.
        """
        schema = self._schema(kind, columns)
        seen = self._look()
        set_aside(self.folder, seen.torn)
        found = self._runs(seen, schema) if kind == "runs" else self._rows(kind, seen, schema)
        for block in found:
            yield block.select(schema.names)

    def compact(self) -> Path | None:
        """Writes all rows of runs into table.parquet and returns it, or None if runs are missing.

        Once the table is whole it is the study, and the parts of runs are removed. Whatever
        stops this, and however many do it at once, every run is in a whole file.
        """
        if self.open(self.folder).n_runs != self.n_runs:
            return None  # another process has made the study larger
        with _clear_errors(self.folder / TABLE):
            if self._look().table is None and not self.missing():
                self._write_table()
            seen = self._look()
            if seen.table is not None:
                self._remove_superfluous(seen)
            self._remove_abandoned()
        return None if seen.table is None else seen.table.path

    def unfold(self) -> None:
        """Makes the table a part again, beside which there may be others."""
        with _clear_errors(self.folder / TABLE):
            if (table := self._look().table) is not None:
                runs = self.folder / "runs"
                runs.mkdir(exist_ok=True)
                with suppress(FileNotFoundError):  # another process was faster
                    table.path.replace(runs / part_name(table.runs, table.n_failed))

    def unlike(self, experiment: Mapping[str, Any] | None = None) -> str:
        """Returns how this code, and a resolved experiment, differ from the study's; "" if not."""
        here = {**self.manifest, "code": CODE}
        if experiment is not None:
            here["experiment"] = json.loads(json.dumps(experiment))
        return told(self.manifest, here)

    # Inside

    def _grown(self, n_runs: int, experiment: Mapping[str, Any]) -> Self:
        """Returns the study with runs added at its end."""
        self.unfold()
        manifest = {**self.manifest, "n_runs": n_runs, "experiment": experiment}
        with _clear_errors(self.folder / MANIFEST):
            text = json.dumps(manifest, indent=1, ensure_ascii=False)
            write_whole(self.folder / MANIFEST, text.encode())
        return self.open(self.folder)

    def _check(self, runs: range, tables: Mapping[str, pa.Table]) -> None:
        """Raises a ValueError if rows are not what the manifest declares."""
        rows = tables["runs"]
        if not np.array_equal(whole_numbers(rows["run"]), np.arange(runs.start, runs.stop)):
            raise ValueError(f"A part needs one row of each run of {runs}")
        if not 0 <= runs.start < runs.stop <= self.n_runs:
            raise ValueError(f"{runs} are not runs of a study of {self.n_runs}")
        status = np.array(rows["status"].to_pylist())
        if not np.isin(status, ["done", "failed"]).all():
            raise ValueError(f"A run is 'done' or 'failed', not {set(status)}")
        for name in self.manifest["outcomes"]:
            lost = (status == "done") & np.array([v is None for v in rows[name].to_pylist()])
            if lost.any():
                run = runs[int(np.argmax(lost))]
                raise ValueError(f"Run {run} is done, but has no outcome {name!r}")
        for kind, table in tables.items():
            run = whole_numbers(table["run"])
            if len(run) and not runs.start <= run.min() <= run.max() < runs.stop:
                raise ValueError(f"{kind} must be of runs in {runs}")

    def _holds(self, path: Path, rows: pa.Table) -> bool:
        """Returns whether a part is there, whole; a UserError if it differs from these rows."""
        try:
            there = read_rows(path, rows.schema, self.digest)
        except FileNotFoundError:  # compacted meanwhile
            return False
        if there is None:
            set_aside(self.folder, [path])
            return False
        for _ in ordered([(range(0), there), (range(0), rows)]):
            pass
        return True

    def _schema(self, kind: str, columns: Sequence[str] | None) -> pa.Schema:
        """Returns the declared schema of runs, series or events, or some columns of it."""
        if kind not in self.schemas:
            raise UserError(f"{self.folder}: this study keeps no {kind}")
        schema = self.schemas[kind]
        if columns is None:
            return schema
        if strange := [name for name in columns if name not in schema.names]:
            raise UserError(f"No column of {kind} is called {strange[0]!r}: {schema.names}")
        return pa.schema([schema.field(name) for name in columns])

    def _look(self) -> Seen:
        kinds = [kind for kind in KINDS if kind in self.schemas]
        return look(self.folder, kinds, self.digest, self.n_runs)

    def _runs(self, seen: Seen, schema: pa.Schema) -> Iterator[pa.Table]:
        """Yields one row a run, from the parts or the table, in these columns and perhaps more."""
        last = -1
        if seen.table is None:
            try:
                for block in ordered(self._read("runs", seen.parts["runs"], schema)):
                    yield block
                    last = block["run"][-1].as_py()
                return
            except FileNotFoundError:
                pass  # compacted meanwhile: the rest is in the table
        path = self.folder / TABLE
        try:
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                for batch in file.iter_batches(columns=[*dict.fromkeys([*schema.names, "run"])]):
                    block = pa.Table.from_batches([batch]).replace_schema_metadata(None)
                    yield block.filter(pa.array(whole_numbers(block["run"]) > last))
        except (pa.ArrowException, OSError) as problem:
            if getattr(problem, "errno", None):  # the disk failed, not the file
                raise
            set_aside(self.folder, [path])
            raise UserError(
                f"{path}: damaged, so its runs must be done again: give the command of the sweep "
                "once more"
            ) from None

    def _rows(self, kind: str, seen: Seen, schema: pa.Schema) -> Iterator[pa.Table]:
        """Yields the rows of series or events of all runs that are done."""
        ended = [part for part in seen.parts[kind] if within(part.runs, seen.done)]
        return first_of_each(self._read(kind, without_doubles(ended), schema))

    def _read(
        self, kind: str, parts: Iterable[Part], schema: pa.Schema
    ) -> Iterator[tuple[range, pa.Table]]:
        """Yields parts and their rows, with what is needed to put them in order."""
        ordering = ["run", "status"] if kind == "runs" else ["run"]
        needed = self._schema(kind, [*dict.fromkeys([*schema.names, *ordering])])
        for part in parts:
            try:
                rows = read_rows(part.path, needed, self.digest)
            except FileNotFoundError:
                if kind == "runs" and (self.folder / TABLE).exists():
                    raise
                continue  # another process found it to be damaged
            if rows is None:
                set_aside(self.folder, [part.path])
            else:
                yield part.runs, rows

    def _failed(self, seen: Seen, parts: Sequence[Part]) -> int:
        """Returns the number of failed runs, each counted once."""
        if count([part.runs for part in parts]) == count(joined(part.runs for part in parts)):
            return sum(part.n_failed for part in parts)
        rows = self._runs(seen, self._schema("runs", ["run", "status"]))
        return sum(block["status"].to_pylist().count("failed") for block in rows)

    def _rate(self, parts: Sequence[Part]) -> float | None:
        """Returns runs a second since the first part of the last minutes, or since the start."""
        now = max([time.time(), *(part.written for part in parts)])
        begun = (self.folder / MANIFEST).stat().st_mtime
        recent = [part for part in parts if part.written > now - RECENT]
        if not recent:
            return None if now - begun < RECENT else 0.0
        since = begun
        if begun <= now - RECENT:
            since = min(part.written for part in recent)
            recent = [part for part in recent if part.written > since]
        n_runs = count(joined(part.runs for part in recent))
        return n_runs / (now - since) if n_runs and now > since else None

    def _write_table(self) -> None:
        """Writes the rows of all parts into one file, a block at a time, unless some are lost."""
        schema = self.schemas["runs"]
        n_rows = n_failed = 0
        try:
            with whole_file(self.folder / TABLE) as file:
                with pq.ParquetWriter(file, schema, **options(schema)) as writer:
                    for block in self.blocks("runs"):
                        n_rows += len(block)
                        n_failed += block["status"].to_pylist().count("failed")
                        writer.write_table(block)
                    writer.add_key_value_metadata(self._about(n_failed))
                if n_rows < self.n_runs:
                    raise IncompleteError
        except IncompleteError:
            pass  # a part was damaged and set aside, with a warning: its runs are missing now

    def _about(self, n_failed: int) -> dict[str, str]:
        return {"cocreate.study": self.digest, "cocreate.failed": str(n_failed)}

    def _remove_superfluous(self, seen: Seen) -> None:
        """Removes the parts of runs, which are in the table, and double ones of other kinds."""
        for kind, parts in seen.parts.items():
            needed = [] if kind == "runs" else without_doubles(parts)
            for part in set(parts).difference(needed):
                part.path.unlink(missing_ok=True)

    def _remove_abandoned(self) -> None:
        """Removes what processes that were killed have left half written."""
        for path in self.folder.rglob(f".*{UNFINISHED}"):
            with suppress(FileNotFoundError):  # it is whole by now, and has its name
                if path.stat().st_mtime < time.time() - ABANDONED:
                    path.unlink()


def _refuse_what_is_there(folder: Path) -> None:
    """Raises a UserError if a folder that has no manifest holds anything else."""
    found = sorted(path.name for path in folder.iterdir() if path.suffix != UNFINISHED)
    if found and MANIFEST not in found and not (folder / MANIFEST).exists():
        raise UserError(
            f"{folder}: there is something else in this folder ({found[0]}), and no {MANIFEST}; "
            "name another folder"
        )


@contextmanager
def _clear_errors(path: Path) -> Iterator[None]:
    """Says what a failure to write means for a study."""
    try:
        yield
    except OSError as problem:
        if problem.errno in (ENOSPC, EDQUOT):
            raise UserError(
                f"{path}: the disk is full. All finished runs are kept: make room, then give the "
                "same command again"
            ) from problem
        raise UserError(f"{path}: cannot be written ({problem.strerror or problem})") from problem
