"""How the core is compiled, and where its machine code is kept.

A `rule` is called from compiled code, a `kernel` is entered from Python. With NUMBA_DISABLE_JIT=1
both stay the plain functions they decorate and give the same bits, only slower.

Machine code is kept on disk in a folder named by a digest of every source file of the core, so an
edit in any of them is never followed by old code. A kernel elsewhere in the package calls rules
of the core and of its own folder only, and the digest covers both. A folder or a file that cannot
be used costs time, never a run.
"""

import functools
import hashlib
import logging
import os
import pickle
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from multiprocessing import parent_process
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar, cast

import numba
import numba.extending
import numpy as np
import numpy.ma  # which Numba asks for at the first array: so forks share it
from llvmlite import binding, ir
from numba.core import cgutils

from sim.core.wide import WideCompiler

# What Numba does when it first compiles, to look for extensions: so forks need not.
import_module("numba.core.entrypoints").init_all()

Function = TypeVar("Function", bound=Callable[..., Any])

CORE = Path(__file__).parent
COUNTING = Lock()  # where nothing is compiled; machine code has an instruction for it
NOTICES: list[str] = []  # what went wrong in this process without stopping it
CACHE_LINE = 64  # bytes that a processor takes from the memory at once
DAYS_KEPT = 90  # machine code of other versions, unused for so long, is deleted


def source_digest(folder: Path) -> str:
    """Digest of all Python files below a folder: 64 hex digits, the same on every machine."""
    digest = hashlib.sha256()
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.py")}
    for name, path in sorted(files.items()):
        if path.is_file():
            source = path.read_bytes().replace(b"\r\n", b"\n")
            digest.update(f"{name}\0{len(source)}\0".encode() + source)
    return digest.hexdigest()


def code_digest(folder: Path, core: str) -> str:
    """Digest of all that kernels in a folder are made of: the core's digest, and the folder."""
    if folder == CORE:
        return core
    return hashlib.sha256(f"{core}{source_digest(folder)}".encode()).hexdigest()


# Numba's type hints know neither all its options nor its settings.
njit: Any = numba.njit
SETTINGS: Any = numba.config
INTERPRETED: bool = bool(SETTINGS.DISABLE_JIT)
SOURCE_DIGEST: str = source_digest(CORE)
CORE_HASH: str = SOURCE_DIGEST[:16]


@functools.cache
def digest_at_start(folder: Path) -> str:
    """Digest of what kernels in a folder are made of, as it was when this process met the first."""
    return code_digest(folder, SOURCE_DIGEST)


@functools.cache
def unedited(folder: Path) -> bool:
    """Whether that still is so; looked up anew once there is a further kernel."""
    return code_digest(folder, source_digest(CORE)) == digest_at_start(folder)


def rule(function: Function) -> Function:
    """A function that only compiled code calls; may be a closure over other rules and numbers.

    Those of the core are taken into their caller, and cannot make arrays: so Numba counts no
    references to them, which would take a third of the time and more.
    """
    return _only_compiled(function, into_caller=True)


def long_rule(function: Function) -> Function:
    """A rule that stays by itself: in one piece with others, a processor would lack registers."""
    return _only_compiled(function, into_caller=False)


def _only_compiled(function: Function, into_caller: bool) -> Function:
    if INTERPRETED:
        return function
    of_core = Path(function.__code__.co_filename).is_relative_to(CORE)
    compiled = njit(
        nogil=True,
        error_model="numpy",
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
        forceinline=of_core and into_caller,
        _nrt=not of_core,
        pipeline_class=WideCompiler,
    )(function)
    if of_core:
        one_for_all_numbers(compiled)
    return cast(Function, compiled)


def one_for_all_numbers(compiled: Any) -> None:
    """Has a rule compiled once for all whole numbers, and not again for each that is written."""
    template = compiled.get_call_template  # Numba's own, not in its public interface
    compiled.get_call_template = lambda types, named: template(
        tuple(map(numba.types.unliteral, types)), named
    )


def fetch(record: Any) -> None:
    """Asks the memory for all of a record, so that it is at hand when it is needed."""


def fetch_first(record: Any) -> None:
    """Asks the memory for the first CACHE_LINE bytes of a record."""


def claim(record: Any) -> None:
    """Asks the memory for all of a record, for this core alone.

    It will be written: a core that has looked at it would have to be told then, which takes long.
    """


def give_way() -> None:
    """Lets another thread have this core for a while, if one waits for it."""
    time.sleep(0)


def latest(record: Any) -> int:
    """Returns the first field of a record, a whole number, as another thread told it last."""
    return int(record[0])


def tell(record: Any, number: int) -> None:
    """Sets the first field of a record, for other threads to see after all written before."""
    record[0] = number


def count_on(record: Any) -> int:
    """Returns the first field of a record, a whole number, and adds one, as a single act."""
    with COUNTING:
        number = int(record[0])
        record[0] = number + 1
    return number


if not INTERPRETED:

    def ask_for(record: Any, size: int, to_write: bool) -> Any:
        """Returns an intrinsic that asks the memory for so many bytes of a record."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            number, pointer = ir.IntType(32), ir.IntType(8).as_pointer()
            kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
            function = builder.module.declare_intrinsic("llvm.prefetch", [pointer], kind)
            why, often, data = number(int(to_write)), number(3), number(1)
            place = builder.bitcast(arguments[0], pointer)
            for line in range(0, size, CACHE_LINE):
                there = builder.gep(place, [ir.IntType(64)(line)])
                builder.call(function, [there, why, often, data])
            return context.get_dummy_value()

        return numba.types.none(record), generate

    @numba.extending.intrinsic
    def fetch(typing_context: Any, record: Any) -> Any:
        """Asks the memory for all of a record, so that it is at hand when it is needed."""
        return ask_for(record, record.size, to_write=False)

    @numba.extending.intrinsic
    def fetch_first(typing_context: Any, record: Any) -> Any:
        """Asks the memory for the first CACHE_LINE bytes of a record."""
        return ask_for(record, CACHE_LINE, to_write=False)

    @numba.extending.intrinsic
    def claim(typing_context: Any, record: Any) -> Any:
        """Asks the memory for all of a record, for this core alone."""
        return ask_for(record, record.size, to_write=True)

    @numba.extending.intrinsic
    def give_way(typing_context: Any) -> Any:
        """Lets another thread have this core for a while, if one waits for it."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            name = "SwitchToThread" if sys.platform == "win32" else "sched_yield"
            declared: Any = cgutils.get_or_insert_function
            kind = ir.FunctionType(ir.IntType(32), [])
            builder.call(declared(builder.module, kind, name), [])
            return context.get_dummy_value()

        return numba.types.none(), generate

    @numba.extending.intrinsic
    def latest(typing_context: Any, record: Any) -> Any:
        """Returns the first field of a record, a whole number, as another thread told it last."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            place = builder.bitcast(arguments[0], ir.IntType(64).as_pointer())
            return builder.load_atomic(place, "acquire", 8)

        return numba.types.int64(record), generate

    @numba.extending.intrinsic
    def tell(typing_context: Any, record: Any, number: Any) -> Any:
        """Sets the first field of a record, for other threads to see after all written before."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            place = builder.bitcast(arguments[0], ir.IntType(64).as_pointer())
            builder.store_atomic(arguments[1], place, "release", 8)
            return context.get_dummy_value()

        return numba.types.none(record, numba.types.int64), generate

    @numba.extending.intrinsic
    def count_on(typing_context: Any, record: Any) -> Any:
        """Returns the first field of a record, a whole number, and adds one, as a single act."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            number = ir.IntType(64)
            place = builder.bitcast(arguments[0], number.as_pointer())
            return builder.atomic_rmw("add", place, number(1), "monotonic")

        return numba.types.int64(record), generate


def kernel(function: Function) -> Function:
    """A function that Python alone calls, with numbers and arrays; compiled at its first call.

    Its machine code is kept on disk if it stands at the top of a module of the package whose
    source is there: the digest covers nothing else. A call costs 0.3 us for each structured array
    if all share one dtype object, 2.5 us if their dtypes are merely equal, and 4 us for an
    np.recarray.
    """
    if INTERPRETED:
        return without_warnings(function)
    source = Path(function.__code__.co_filename)
    of_core = source.is_relative_to(CORE)
    compiled = njit(nogil=True, error_model="numpy", _nrt=not of_core, pipeline_class=WideCompiler)(
        function
    )
    compiled.get_call_template = _refuse
    covered = source.is_relative_to(CORE.parent) and source.is_file()
    if covered and function.__qualname__ == function.__name__:
        keep_on_disk(compiled, function)
    return cast(Function, compiled)


def _refuse(types: Any, named: Any) -> Any:
    """Refuses to be called by compiled code: what is kept on disk lacks what that would take in."""
    raise numba.errors.TypingError("a kernel is entered from Python alone; have it call a rule")


def without_warnings(function: Function) -> Function:
    """The same function without NumPy's warnings: the core's integers overflow on purpose."""

    @functools.wraps(function)
    def plain(*arguments: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*arguments)

    return plain  # type: ignore[return-value]


def keep_on_disk(compiled: Any, function: Callable[..., Any]) -> None:
    """Give a compiled function our cache in place of Numba's, if it still has the same shape."""
    expected = {name for name in dir(getattr(compiled, "_cache", None)) if name[0] != "_"}
    if expected and expected <= set(dir(DiskCache)):
        compiled._cache = DiskCache(function)
    else:
        notice("this version of Numba is unknown, so the core is compiled in every process")


class DiskCache:
    """The machine code of one kernel on disk, one file for each signature and processor.

    Numba's own cache knows only the file a kernel stands in and stops at a damaged file. Here a
    file is the digest of key and content, followed by the content; anything else that is found
    (torn, damaged, of another key) is compiled anew and replaced.

    The content is a pickle, and unpickling may run anything, as machine code may. Both come from
    a folder that nobody else can write and are trusted like the installed code, which the same
    owner could change as well. The digest finds damage; it is no signature.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.name = f"{function.__module__}.{function.__name__}"
        source = Path(function.__code__.co_filename)
        self.folder = CORE if source.is_relative_to(CORE) else source.parent
        self.digest = digest_at_start(self.folder)
        unedited.cache_clear()

    @property
    def cache_path(self) -> Path | None:
        """The folder in use; None if there is none, or the source was edited before it was read."""
        return cache_folder(self.digest) if unedited(self.folder) else None

    def load_overload(self, sig: object, target_context: Any) -> Any:
        """The compiled function for a signature, or None, and word that it takes a while."""
        found = self._stored(sig, target_context)
        if found is None:
            announce()
        return found

    def _stored(self, sig: object, target_context: Any) -> Any:
        """The compiled function for a signature, or None whatever the trouble."""
        folder = self.cache_path
        if folder is None:
            return None
        try:
            rebuild: Any = import_module("numba.core.compiler").CompileResult._rebuild
            if self.folder != CORE:  # whose kernels make no arrays, and need no more
                # The part of refresh() that is not for compiling alone; all takes nearly a second
                import_module("numba.core.runtime").rtsys.initialize(target_context)
            path, key = self._entry(folder, sig, target_context.codegen())
            stored = path.read_bytes()
            digest, content = stored[:32], stored[32:]
            if digest != hashlib.sha256(key + content).digest():
                return None
            return rebuild(target_context, *pickle.loads(content))  # noqa: S301
        except Exception:
            return None

    def save_overload(self, sig: object, data: Any) -> None:
        """Keep a compiled function; whoever cannot, compiles again next time."""
        folder = self.cache_path
        if folder is None:
            return
        try:
            if data.lifted or data.library.has_dynamic_globals:  # holds addresses of this process
                return
            path, key = self._entry(folder, sig, data.codegen)
            content = import_module("numba.core.serialize").dumps(lightened(data._reduce()))
            replace_file(path, hashlib.sha256(key + content).digest() + content)
        except Exception as problem:
            notice(f"machine code cannot be kept in {folder} ({problem})")

    def _entry(self, folder: Path, sig: object, codegen: Any) -> tuple[Path, bytes]:
        """The file of a signature on this processor, and the key it belongs to."""
        key = repr((folder.name, self.name, sig, codegen.magic_tuple())).encode()
        return folder / f"{self.name}-{hashlib.sha256(key).hexdigest()[:32]}.bin", key

    def enable(self) -> None:
        """Nothing to do; Numba asks for it."""

    disable = flush = enable


def lightened(reduced: tuple[Any, ...]) -> tuple[Any, ...]:
    """A compiled function as Numba takes it apart, but for the rules that its code is made of.

    They are there for other functions to take them in, which none does with a kernel, and reading
    them takes as long as all else. In their place stand the names that Numba looks for. Left out as
    well are the rules' environments, of which machine code reads nothing but their constants, where
    there are none.
    """
    (name, kind, (code, _)), described, *others, environments = reduced
    needed = [environment for environment in environments if environment.consts]
    asked = described.llvm_func_name, described.llvm_cpython_wrapper_name
    names = "".join(f'define void @"{one}"() {{ ret void }}\n' for one in asked)
    light = code, binding.parse_assembly(names).as_bitcode()
    return (name, kind, light), described, *others, needed


def replace_file(path: Path, content: bytes) -> None:
    """Write a file that other processes see whole or not at all (not synced: it is checked)."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink()
        raise


@functools.cache
def cache_folder(digest: str = SOURCE_DIGEST) -> Path | None:
    """The folder of this version's machine code, made if need be; None if there is no place."""
    versions = (numba.__version__, np.__version__, sys.version)
    flags = (SETTINGS.OPT, SETTINGS.BOUNDSCHECK, SETTINGS.DEBUGINFO_DEFAULT)
    name = hashlib.sha256(repr((digest, versions, flags)).encode()).hexdigest()[:32]
    problems = []
    for place in (user_place, temporary_place):
        try:
            folder = private_folder(place()) / name
            if not folder.exists():
                delete_unused(folder.parent)
            folder.mkdir(mode=0o700, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()  # fails where nothing can be written
            os.utime(folder)  # in use: do not delete
        except (OSError, RuntimeError) as problem:
            problems.append(str(problem))
            continue
        if problems:
            notice(f"machine code is kept in {folder} ({problems[0]})")
        return folder
    notice(f"the core is compiled in every process ({'; '.join(problems)})")
    return None


def user_place() -> Path:
    """Where this user wants caches, by COCREATE_CACHE_DIR or the custom of the platform."""
    for variable in ("COCREATE_CACHE_DIR", "XDG_CACHE_HOME"):
        if os.environ.get(variable):
            return Path(os.environ[variable]) / "cocreate"
    custom = {"win32": "AppData/Local", "darwin": "Library/Caches"}
    return Path.home() / custom.get(sys.platform, ".cache") / "cocreate"


def temporary_place() -> Path:
    """A folder of this user's own in the temporary folder."""
    owner = f"-{os.getuid()}" if hasattr(os, "getuid") else ""
    return Path(tempfile.gettempdir()) / f"cocreate{owner}"


def private_folder(folder: Path) -> Path:
    """The folder, made if need be; an error unless it is ours and nobody else can write in it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    ours = not hasattr(os, "getuid") or (
        found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )
    if not (ours and stat.S_ISDIR(found.st_mode)):
        raise PermissionError(f"{folder} must be a folder that only its user can write")
    return folder


def delete_unused(place: Path) -> None:
    """Delete the folders of other versions that nobody has used for long."""
    oldest = time.time() - DAYS_KEPT * 86400
    for folder in place.iterdir():
        if len(folder.name) == 32 and folder.lstat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def announce() -> None:
    """Tell once, those who want to know, why nothing happens for a while."""
    logging.getLogger("sim").info("cocreate: compiling the core, once for this version")


def notice(text: str) -> None:
    """Say that something only costs time: once in a process, and not in every worker."""
    if not NOTICES and parent_process() is None:
        logging.getLogger("sim").warning("cocreate: %s", text)
    NOTICES.append(text)
