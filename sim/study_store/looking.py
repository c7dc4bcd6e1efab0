"""What is in the folder of a study at a moment: names and ends of files tell, unread."""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from sim.errors import UserError
from sim.study_store.parts import Part, parts_in, written_whole
from sim.study_store.ranges import Ranges, common, joined

TABLE, TORN = "table.parquet", "torn"

logger = logging.getLogger("sim")


class Seen(NamedTuple):
    """The whole parts of each kind, the compacted table, the torn files, and what is done."""

    parts: dict[str, list[Part]]
    table: Part | None
    torn: list[Path]
    done: Ranges

    def runs(self) -> list[Part]:
        """Returns the files that hold the runs."""
        return self.parts["runs"] if self.table is None else [self.table]


def look(folder: Path, kinds: Sequence[str], study: str, n_runs: int) -> Seen:
    """Returns what is there; changes nothing. `kinds` are in the order in which they are written.

    Others may write and compact meanwhile. A chunk writes its runs last, so they are looked for
    first; parts are removed once the table is there, so that is looked for last.
    """
    parts, torn = {}, []
    for kind in reversed(kinds):
        parts[kind], broken = parts_in(folder / kind)
        torn += broken
    table, broken = table_in(folder, study, n_runs)
    torn += broken
    done: Ranges = (range(n_runs),)
    for kind in kinds:
        if kind != "runs" or table is None:
            done = common(done, joined(part.runs for part in parts[kind]))
    return Seen(parts, table, torn, done)


def table_in(folder: Path, study: str, n_runs: int) -> tuple[Part | None, list[Path]]:
    """Returns the compacted table, if there is one, or else its path if it is torn."""
    path = folder / TABLE
    try:
        written = written_whole(path)
    except FileNotFoundError:
        return None, []
    if written is None:
        return None, [path]
    about = pq.read_metadata(path).metadata or {}
    if about.get(b"cocreate.study", b"").decode() != study:
        raise UserError(f"{path}: this table belongs to another study; take it out of the folder")
    return Part(path, range(n_runs), int(about[b"cocreate.failed"]), written), []


def set_aside(folder: Path, torn: Iterable[Path]) -> None:
    """Moves files that cannot be read into torn/, with a warning."""
    for path in torn:
        kind = "" if path.parent == folder else f"{path.parent.name}-"
        where = folder / TORN / f"{kind}{path.name}"
        try:
            where.parent.mkdir(exist_ok=True)
            path.replace(where)
        except FileNotFoundError:  # another process was faster
            continue
        except OSError as problem:
            logger.warning("%s: damaged, and cannot be moved (%s)", path, problem.strerror)
            continue
        logger.warning("%s: damaged, moved to %s; its runs count as missing", path, where)
