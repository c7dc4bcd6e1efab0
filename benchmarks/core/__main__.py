"""The command `python -m benchmarks.core`, of which `make bench` is the whole."""

import argparse
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from llvmlite import binding  # type: ignore[import-untyped]

from benchmarks.core import alone, processes
from benchmarks.core.race import FULL, QUICK, Scale
from benchmarks.core.rows import Row, check_marks, table, write
from benchmarks.core.studies import studies
from benchmarks.core.turns import turns
from sim.errors import UserError
from sim.progress import shown


class Part(NamedTuple):
    """One table: what it is of, what yields its rows, and about how long that takes [s]."""

    title: str
    rows: Callable[[Scale], Iterator[Row]]
    seconds: int


PARTS = {
    "c": Part("the core, and the same rules in C", alone.in_c, 150),
    "mesa": Part("plain Mesa agents / the core", alone.mesa, 400),
    "threads": Part("threads in one world", alone.threads, 30),
    "people": Part("growth with people", alone.people, 30),
    "turns": Part("where the time goes", turns, 20),
    "growth": Part("growth with companies, problems and ties", alone.growth, 45),
    "memory": Part("memory", processes.memory, 10),
    "studies": Part("studies", studies, 360),
    "start": Part("time to a first result", processes.start, 60),
}

DESCRIPTION = """\
Measures how fast the core is, and exits 1 below the goals that are ratios. Those in seconds depend
on the machine: where one is missed it is said, and no more.

What is compared takes turns, A B A B, after a turn to warm up. Told are the median over the rounds,
and the least and the most. One thread goes by the time of the processor, so that other work on the
machine does little harm; threads and studies go by the clock, for which it must be quiet.
"""


def machine() -> str:
    """Returns what it is measured on, as a table: the kind of machine, never its name."""
    compiler = shutil.which("gcc")
    gcc = "none"
    if compiler:
        asked = subprocess.run([compiler, "-dumpfullversion"], capture_output=True, text=True)
        gcc = asked.stdout.strip()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    kinds = {
        "processor": f"{platform.machine()}, {binding.get_host_cpu_name()}",
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GB",
        "Python": platform.python_version(),
        **{name: version(name.lower()) for name in ("Numba", "NumPy", "Mesa")},
        "gcc": gcc,
    }
    lines = [("measured on", ""), ("---", "---"), *kinds.items()]
    return "\n".join(f"| {name} | {value} |" for name, value in lines)


def parsed(words: Sequence[str] | None) -> argparse.Namespace:
    """Returns what a command line asks for."""
    width = max(map(len, PARTS))
    parts = "\n".join(
        f"  {name:{width}}  {part.title}, about {part.seconds} s" for name, part in PARTS.items()
    )
    minutes = sum(part.seconds for part in PARTS.values()) / 60
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.core",
        description=DESCRIPTION,
        epilog=f"parts, on two cores some {minutes:.0f} minutes in all:\n{parts}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help="these parts"
    )
    parser.add_argument(
        "--quick", action="store_true", help="small worlds and few rounds, some two minutes"
    )
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="write the tables where this file marks them"
    )
    return parser.parse_args(words)


def measured(part: Part, scale: Scale) -> list[Row]:
    """Returns the rows of a part, each of which is printed as it comes."""
    print(f"\n{part.title}", flush=True)
    rows = []
    for row in part.rows(scale):
        print(f"  {row}", flush=True)
        rows.append(row)
    return rows


def main(words: Sequence[str] | None = None) -> int:
    """Measures what is asked for; returns the exit code."""
    asked = parsed(words)
    if asked.write:
        try:
            check_marks(asked.write, ("machine", *asked.only))
        except UserError as mistake:
            print(mistake, file=sys.stderr)
            return 2
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode at hand
    scale = QUICK if asked.quick else FULL
    seconds = [PARTS[name].seconds for name in asked.only]
    tables, missed = {"machine": machine()}, []
    print(tables["machine"])
    with shown("bench", "%") as report:
        for n, name in enumerate(asked.only, start=1):
            rows = measured(PARTS[name], scale)
            tables[name] = table(rows)
            missed += [row for row in rows if row.missed]
            report(round(100 * sum(seconds[:n]) / sum(seconds)), 100)
    if asked.write:
        write(asked.write, tables)
    if missed:
        print("\nGoals missed:", *missed, sep="\n  ")
    return int(any(row.unit != "s" for row in missed))


if __name__ == "__main__":
    sys.exit(main())
