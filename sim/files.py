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
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Gives a file to write to, which takes its name once all of it is on the disk.

    The folder must exist. A file of that name is replaced; where anything fails, it stays as it
    was and nothing is left beside it. Hidden until then (a leading dot), so that readers of whole
    folders pass it by. Who may read it is up to the umask.
    """
    part = path.with_name(f".{uuid4().hex}{UNFINISHED}")
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes | memoryview) -> Path:
    """Writes a file, whole or not at all."""
    with whole_file(path) as file:
        file.write(content)
    return path


def write_first(path: Path, content: bytes) -> None:
    """Writes a file, whole or not at all, unless there is one: of several processes one wins."""
    part = path.with_name(f".{uuid4().hex}{UNFINISHED}")
    try:
        write_whole(part, content)
        try:
            path.hardlink_to(part)
        except FileExistsError:
            return
        except OSError:  # a file system without links: the last of those that start at once wins
            part.replace(path)
        sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Waits until the names in a folder are on the disk, where the file system can tell."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as problem:
        if problem.errno not in (EINVAL, ENOTSUP):
            raise
    finally:
        os.close(handle)
