"""A file is there whole or not at all, whatever happens and whoever else writes it."""

import os
import stat
from pathlib import Path

import pytest

from sim.errors import UserError
from sim.files import (
    UNFINISHED,
    new_folder,
    sync,
    wait_for,
    whole_file,
    write_first,
    write_whole,
)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_whole_file__is_hidden_until_it_is_whole(tmp_path):
    with whole_file(tmp_path / "a.parquet") as file:
        file.write(b"half")
        (hidden,) = names(tmp_path)
        assert hidden.startswith(".")
        assert hidden.endswith(UNFINISHED)
    assert (tmp_path / "a.parquet").read_bytes() == b"half"


def test_whole_file__leaves_the_old_one_if_it_fails(tmp_path):
    path = write_whole(tmp_path / "a", b"old")
    with pytest.raises(TypeError), whole_file(path) as file:
        file.write("new")
    assert names(tmp_path) == ["a"]
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_whole_file__obeys_the_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        path = write_whole(tmp_path / "a", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_whole_file__has_its_name_only_once_both_are_on_the_disk(tmp_path, disk):
    write_whole(tmp_path / "a", b"")
    assert disk == ["file", "name", "folder"]


def test_whole_file__has_its_name_at_once_where_somebody_else_waits(tmp_path, disk):
    path = write_whole(tmp_path / "a", b"soon", wait=False)
    assert disk == ["name"]
    wait_for(path)
    assert disk == ["name", "file", "folder"]
    assert path.read_bytes() == b"soon"


@pytest.mark.parametrize("fails", ["file", "folder"])
def test_wait_for__leaves_nothing_that_is_not_on_the_disk(tmp_path, monkeypatch, disk, fails):
    path = write_whole(tmp_path / "a", b"lost", wait=False)
    sync = os.fsync

    def full(handle):
        sync(handle)
        if disk[-1] == fails:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        wait_for(path)
    assert names(tmp_path) == []


@pytest.mark.parametrize(("errno", "matters"), [(22, False), (5, True)])
def test_sync__passes_over_file_systems_that_cannot(tmp_path, monkeypatch, errno, matters):
    def failing(handle):
        raise OSError(errno, os.strerror(errno))

    monkeypatch.setattr(os, "fsync", failing)
    if matters:
        with pytest.raises(OSError, match="error"):
            sync(tmp_path)
    else:
        sync(tmp_path)


@pytest.mark.parametrize("links", [True, False])
def test_write_first__never_replaces(tmp_path, monkeypatch, links):
    if not links:

        def refused(path, target):
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(Path, "hardlink_to", refused)
    write_first(tmp_path / "a", b"first")
    assert (tmp_path / "a").read_bytes() == b"first"
    monkeypatch.undo()
    write_first(tmp_path / "a", b"second")
    assert (tmp_path / "a").read_bytes() == b"first"
    assert names(tmp_path) == ["a"]


def test_new_folder__is_made_and_taken_away_again_if_nothing_came(tmp_path):
    with new_folder(tmp_path / "deep" / "out") as folder:
        assert folder.is_dir()
    assert not folder.exists()
    with pytest.raises(RuntimeError), new_folder(tmp_path / "out") as folder:
        raise RuntimeError
    assert not folder.exists()
    with new_folder(tmp_path / "out") as folder:
        (folder / "a.txt").touch()
    assert folder.exists()
    with new_folder(None) as folder:
        assert folder is None


def test_q13_new_folder__refuses_what_holds_anything(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".hidden").touch()
    (tmp_path / "file").touch()
    for name, needle in (
        ("out", "out: there are results already"),
        ("file", "file: cannot be a folder"),
        ("file/out", "out: cannot be a folder"),
    ):
        with pytest.raises(UserError, match=needle), new_folder(tmp_path / name):
            pytest.fail("it was taken")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "out"]
