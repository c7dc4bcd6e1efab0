"""Files that others see whole or not at all, and that survive a crash; folders for results."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EINVAL, ENOTSUP
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from sim.errors import UserError

UNFINISHED = ".part"  # how the name of a file ends that is still being written


@contextmanager
def new_folder(path: str | Path | None) -> Iterator[Path | None]:
    """Makes a folder for results, and takes it away again if none came; None if none is wanted.

    A UserError if there is anything in it, or it cannot be made.
    """
    if path is None:
        yield None
        return
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = any(folder.iterdir())
    except OSError as problem:
        raise UserError(f"{folder}: cannot be a folder for results ({problem.strerror})") from None
    if taken:
        raise UserError(f"{folder}: there are results already; name another folder or remove it")
    try:
        yield folder
    finally:
        if not any(folder.iterdir()):
            folder.rmdir()


@contextmanager
def whole_file(path: Path, *, wait: bool = True) -> Iterator[BinaryIO]:
    """Gives a file to write to, which takes its name once all of it is on the disk.

    The folder must exist. A file of that name is replaced; where anything fails, it stays as it
    was and nothing is left beside it. Hidden until then (a leading dot), so that readers of whole
    folders pass it by. Who may read it is up to the umask. Without `wait` the file takes its name
    once it is written, and lasts if this process is killed, but until `wait_for` the machine may
    lose it, or part of it, if its power fails.
    """
    part = path.with_name(f".{uuid4().hex}{UNFINISHED}")
    try:
        with part.open("xb") as file:
            yield file
            if wait:
                file.flush()
                os.fsync(file.fileno())
        part.replace(path)
        if wait:
            sync(path.parent)
    finally:
        part.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes | memoryview, *, wait: bool = True) -> Path:
    """Writes a file, whole or not at all; see `whole_file`."""
    with whole_file(path, wait=wait) as file:
        file.write(content)
    return path


def wait_for(path: Path) -> None:
    """Waits until a file and its name are on the disk; where they cannot be, the file is removed.

    An OSError says why; FileNotFoundError if there is none.
    """
    try:
        sync(path)
        sync(path.parent)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def write_first(path: Path, content: bytes) -> None:
    """Writes a file, whole or not at all, unless there is one: of several processes one wins."""
    part = path.with_name(f".{uuid4().hex}{UNFINISHED}")
    try:
        sync(write_whole(part, content, wait=False))
        try:
            path.hardlink_to(part)
        except FileExistsError:
            return
        except OSError:  # a file system without links: the last of those that start at once wins
            part.replace(path)
        sync(path.parent)
    finally:
        part.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Waits until a file, or the names in a folder, are on the disk, if the file system can."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as problem:
        if problem.errno not in (EINVAL, ENOTSUP):
            raise
    finally:
        os.close(handle)
