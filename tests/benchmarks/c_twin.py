"""The core in C: compiled on the fly, run on the very arrays of a `Simulation`.

`with c_core(): run(...)` takes all steps in C instead of Numba; settling stays Numba's. The
records of the state are the same in both: their C types are written from the NumPy dtypes.
"""

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import sim.simulation
from sim.core.inputs import LEVERS
from sim.core.motives import MOTIVES, WAITS
from sim.core.random import Stream
from sim.core.state import COMPANY, FACE, PERSON, PROBLEM, WORLD, State, record, records
from sim.scenario import Scenario, constants

FOLDER = Path(__file__).parent
COMPILER = shutil.which("gcc")
FLAGS = ("-std=c99", "-O3", "-march=native", "-ffp-contract=off", "-shared", "-fPIC", "-I.")
C_TYPES = {"f8": "double", "i8": "int64_t", "i4": "int32_t"}
PARAMETERS = constants(Scenario("")).dtype  # the same in every scenario
SIZES = ("people", "companies", "problems", "rings", "ring_length", "experts", "marks")
ARRAYS = (
    "people", "faces", "weights", "companies", "levers", "problems", "world", "rings", "experts",
    "offsets", "neighbours", "marks", "drive", "history", "drive_history",
)  # fmt: skip


class Ecosystem(ctypes.Structure):
    """All sizes and arrays of an ecosystem, as core.c declares them."""

    _fields_ = (
        *((f"n_{name}", ctypes.c_int64) for name in SIZES),
        *((name, ctypes.c_void_p) for name in ARRAYS),
    )


def header() -> str:
    """Returns records.h: the core's records, streams and motives in C."""
    tables = {
        "person": records(PERSON, 0).dtype,
        "face": records(FACE, 0).dtype,
        "company": records(COMPANY, 0).dtype,
        "problem": records(PROBLEM, 0).dtype,
        "world": records(WORLD, 0).dtype,
        "levers": record(LEVERS, "f" * len(LEVERS)),
        "parameters": PARAMETERS,
    }
    motives = "".join(f"    MOTIVE_{name.upper()},\n" for name in MOTIVES)
    streams = "".join(f"    STREAM_{stream.name} = {stream.value},\n" for stream in Stream)
    waits = ", ".join(str(int(waits)) for waits in WAITS)
    return (
        "#include <stddef.h>\n#include <stdint.h>\n"
        + "".join(struct(name, dtype) for name, dtype in tables.items())
        + f"enum stream {{\n{streams}}};\nenum motive {{\n{motives}    MOTIVES\n}};\n"
        + f"static const int WAITS[MOTIVES] = {{{waits}}};\n"
    )


def struct(name: str, dtype: np.dtype[Any]) -> str:
    """Returns a record type in C; where its layout differs from NumPy's it does not compile."""
    members, checks = "", ""
    for field, (kind, offset, *_) in (dtype.fields or {}).items():
        members += f"    {C_TYPES[kind.str[1:]]} {field};\n"
        place = f"offsetof(struct {name}, {field}) == {offset}"
        checks += f"typedef char {name}_{field}_in_place[{place} ? 1 : -1];\n"
    size = f"sizeof(struct {name}) == {dtype.itemsize}"
    checks += f"typedef char {name}_has_size[{size} ? 1 : -1];\n"
    return f"struct {name} {{\n{members}}} __attribute__((packed));\n{checks}"


def compiled(source: str) -> ctypes.CDLL:
    """Returns the library that a C source, which may include the files here, compiles to."""
    if COMPILER is None:
        raise RuntimeError("the core in C needs gcc, which is not installed")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "records.h").write_text(header())
        (folder / "source.c").write_text(source)
        library = folder / "library.so"
        command = (COMPILER, *FLAGS, f"-I{FOLDER}", "source.c", "-o", library.name, "-lm")
        subprocess.run(command, check=True, cwd=folder)
        return ctypes.CDLL(str(library))


def entry(source: str) -> Any:
    """Returns the function `advance` of a C source."""
    function = compiled(source).advance
    function.argtypes = (
        ctypes.c_int64,
        ctypes.c_int64,
        ctypes.c_uint64,
        ctypes.c_void_p,
        ctypes.POINTER(Ecosystem),
    )
    function.restype = None
    return function


@cache
def core() -> Any:
    """Returns the function `advance` of core.c, compiled once in a process."""
    return entry((FOLDER / "core.c").read_text())


def advance(
    start: int, stop: int, key: Any, par: Any, history: Any, drive_history: Any, *arrays: Any
) -> None:
    """Advances the ecosystem in place as the kernel `sim.core.step.advance` does, in C."""
    named = dict(zip((field.name for field in fields(State)), arrays, strict=True))
    named |= {"history": history, "drive_history": drive_history}
    sizes = (
        len(named["people"]),
        *named["problems"].shape,
        *named["rings"].shape,
        len(named["experts"]),
        named["marks"].shape[1],
    )
    assert par.dtype == PARAMETERS
    assert all(table.flags.c_contiguous for table in named.values())
    ecosystem = Ecosystem(*sizes, *(named[name].ctypes.data for name in ARRAYS))
    core()(start, stop, int(key), par.ctypes.data, ctypes.byref(ecosystem))


@contextmanager
def c_core() -> Iterator[None]:
    """Lets every run take its steps in C as long as it lasts."""
    with patch.object(sim.simulation, "advance", advance):
        yield
