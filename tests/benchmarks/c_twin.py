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
from sim.core.motives import MOTIVES, WAITS
from sim.core.random import Stream
from sim.core.state import BLOCK, State
from sim.core.step import TURNS
from sim.scenario import Scenario, constants

FOLDER = Path(__file__).parent
COMPILER = shutil.which("gcc")
FLAGS = (
    "-std=c99", "-O3", "-march=native", "-ffp-contract=off", "-fno-trapping-math",
    "-fno-math-errno", "-shared", "-fPIC", "-I.",
)  # fmt: skip
"""Nobody asks for traps or errno: without them gcc takes several at once, with the same bits."""

C_TYPES = {
    "f8": "double", "f4": "float", "i8": "int64_t", "i4": "int32_t", "i2": "int16_t",
    "i1": "int8_t", "u8": "uint64_t", "u4": "uint32_t",
}  # fmt: skip
PARAMETERS = constants(Scenario("")).dtype  # the same in every scenario
RECORDS = {
    "people": "person", "faces": "face", "types": "type", "companies": "company",
    "levers": "levers", "offers": "offer", "problems": "problem", "world": "world",
    "tallies": "tally", "lists": "list",
}  # fmt: skip
"""The name in C of the records of an array; other arrays hold plain numbers."""

SIZES = (
    "n_people", "n_blocks", "n_companies", "n_problems", "n_rings", "ring_length", "n_experts",
    "n_marks",
)  # fmt: skip
ARRAYS = (*(field.name for field in fields(State)), "history", "drive_history")


class Ecosystem(ctypes.Structure):
    """All sizes and arrays of an ecosystem, as records.h declares them."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in SIZES),
        *((name, ctypes.c_void_p) for name in ARRAYS),
    )


def header() -> str:
    """Returns records.h: the core's records, streams, motives and ecosystem in C."""
    state = State.empty(1, 1, 1, tuple(MOTIVES), 1, 1, 1, 1)
    dtypes = {field.name: getattr(state, field.name).dtype for field in fields(State)}
    structs = {struct_name: dtypes[name] for name, struct_name in RECORDS.items()}
    structs["parameters"] = PARAMETERS
    motives = "".join(f"    MOTIVE_{name.upper()},\n" for name in MOTIVES)
    streams = "".join(f"    STREAM_{stream.name} = {stream.value},\n" for stream in Stream)
    waits = ", ".join(str(int(waits)) for waits in WAITS)
    kinds = {name: c_type(name, dtype) for name, dtype in dtypes.items()}
    kinds |= {"history": kinds["companies"], "drive_history": kinds["drive"]}
    sizes = "".join(f"    int64_t {name};\n" for name in SIZES)
    arrays = "".join(f"    {kinds[name]} *{name};\n" for name in ARRAYS)
    return (
        "#include <stddef.h>\n#include <stdint.h>\n"
        + "".join(struct(name, dtype) for name, dtype in structs.items())
        + f"struct ecosystem {{\n{sizes}{arrays}}};\n"
        + f"enum stream {{\n{streams}}};\nenum motive {{\n{motives}    MOTIVES\n}};\n"
        + f"enum {{\n    BLOCK = {BLOCK},\n    TURNS = {TURNS}\n}};\n"
        + f"static const int WAITS[MOTIVES] = {{{waits}}};\n"
    )


def c_type(name: str, dtype: np.dtype[Any]) -> str:
    """Returns the type in C of what an array of the state holds."""
    return f"struct {RECORDS[name]}" if name in RECORDS else C_TYPES[dtype.str[1:]]


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
        *4 * [ctypes.c_int64],
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
    start: int,
    stop: int,
    turn: int,
    end: int,
    key: Any,
    par: Any,
    history: Any,
    drive_history: Any,
    *arrays: Any,
) -> None:
    """Advances the ecosystem in place as the kernel `sim.core.step.advance` does, in C."""
    named = dict(zip(ARRAYS, (*arrays, history, drive_history), strict=True))
    sizes = (
        len(named["people"]),
        len(named["lists"]),
        *named["problems"].shape,
        *named["rings"].shape,
        len(named["experts"]),
        named["marks"].shape[1],
    )
    assert par.dtype == PARAMETERS
    assert all(table.flags.c_contiguous for table in named.values())
    ecosystem = Ecosystem(*sizes, *(table.ctypes.data for table in named.values()))
    core()(start, stop, turn, end, int(key), par.ctypes.data, ctypes.byref(ecosystem))


def advance_together(start: int, stop: int, threads: int, *arrays: Any) -> None:
    """Advances as `sim.threads.advance_together` does, in C and on one thread."""
    advance(start, stop, 0, TURNS, *arrays)


@contextmanager
def c_core() -> Iterator[None]:
    """Lets every run take its steps in C as long as it lasts."""
    with patch.object(sim.simulation, "advance_together", advance_together):
        yield
