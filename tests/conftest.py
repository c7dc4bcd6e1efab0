"""What holds for every test."""

import os
import random
import stat
from collections.abc import Iterator

import hypothesis
import numpy as np
import pytest

os.environ["MPLBACKEND"] = "Agg"  # a test never opens a window

# Compiling takes seconds at a first example, and a suite that fails must fail again.
hypothesis.settings.register_profile("cocreate", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("cocreate")


@pytest.fixture(autouse=True)
def global_random_state_is_left_alone() -> Iterator[None]:
    """Fail any test in which Python's or NumPy's global random state changes (Q03)."""
    python_before, numpy_before = random.getstate(), np.random.get_state()  # noqa: NPY002
    yield
    assert random.getstate() == python_before
    for before, after in zip(numpy_before, np.random.get_state(), strict=True):  # noqa: NPY002
        assert np.array_equal(before, after)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What this process asks of the disk, in order: that it has a file, a folder; or a new name."""
    asked: list[str] = []
    sync, replace = os.fsync, os.replace

    def synced(handle: int) -> None:
        asked.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        sync(handle)

    def replaced(old: object, new: object) -> None:
        asked.append("name")
        replace(old, new)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    return asked
