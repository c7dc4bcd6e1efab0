"""Cold starts, edits of the core and big worlds in processes of their own; each compiles anew."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import sim
from sim.core.jit import source_digest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TINY = """
title = "tiny"

[population]
people = 60
founders = 0.4

[time]
steps = 40
"""
BIG = """
title = "big"

[population]
people = 20000

[time]
steps = 200

[[companies]]
name = "Łódź – 協働"

[[companies]]
name = "Beta"
style = "adaptive"

[[companies]]
name = "Gamma"
style = "imitator"
"""


@pytest.fixture
def start(tmp_path):
    """Starts `cocreate run` in a process of its own, with a cache of this test's own."""
    (tmp_path / "tiny.toml").write_text(TINY)
    (tmp_path / "big.toml").write_text(BIG, "utf-8")

    def started(*words, home=ROOT, **environment):
        own = {"PYTHONPATH": str(home), "COCREATE_CACHE_DIR": str(tmp_path / "cache")}
        return subprocess.Popen(
            [sys.executable, "-m", "sim", "run", *words, "--json"],
            cwd=tmp_path,
            env={**os.environ, **own, "NUMBA_DISABLE_JIT": "0", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return started


def fingerprint(process):
    out, err = process.communicate()
    assert process.returncode == 0, err
    # A start that compiles beside seven others takes more than a minute, and says so.
    assert all(line.startswith("Running: ") for line in err.splitlines()), err
    return json.loads(out)["fingerprint"]


def test_q10_eight_cold_starts_at_once__agree_five_times(start, tmp_path):
    found = set()
    for repeat in range(5):
        cache = {"COCREATE_CACHE_DIR": str(tmp_path / f"cache-{repeat}")}
        running = [start("tiny.toml", "--seed", "42", **cache) for _ in range(8)]
        found |= {fingerprint(process) for process in running}
        found.add(fingerprint(start("tiny.toml", "--seed", "42", **cache)))
        files = sorted((tmp_path / f"cache-{repeat}").rglob("*.bin"))
        assert files
        size = files[repeat % len(files)].stat().st_size
        files[repeat % len(files)].write_bytes(np.random.default_rng(repeat).bytes(size))
        found.add(fingerprint(start("tiny.toml", "--seed", "42", **cache)))
    assert len(found) == 1


EDITS = {
    "core/rules/learning.py": (
        "(2.0 * company.transparency - 1.0)",
        "(4.0 * company.transparency - 1.0)",
    ),
    "core/numbers.py": ("    1.66666666666666019037e-01,", "    3.33333333333332038074e-01,"),
}


@pytest.mark.parametrize("name", EDITS)
def test_q05_edit_of_a_constant__is_never_followed_by_old_machine_code(start, tmp_path, name):
    """A constant is doubled in a helper that the compiled core takes from another file."""
    package = tmp_path / "copy" / "sim"
    shutil.copytree(
        Path(sim.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__")
    )
    words = ("tiny.toml", "--seed", "42")
    home = {"home": package.parent}

    def core_of(out):
        schema = pq.read_schema(tmp_path / out / "series.parquet")
        return schema.metadata[b"cocreate.core"].decode()

    before = fingerprint(start(*words, "--out", "before", **home))
    assert before == fingerprint(start(*words, **home))
    source = package / name
    old, new = EDITS[name]
    text = source.read_text("utf-8")
    assert text.count(old) == 1
    source.write_text(text.replace(old, new), "utf-8")
    after = fingerprint(start(*words, "--out", "after", **home))
    empty = str(tmp_path / "empty")
    assert after == fingerprint(start(*words, **home, COCREATE_CACHE_DIR=empty))
    assert after != before
    assert core_of("after") == source_digest(package / "core")[:16]
    assert core_of("after") != core_of("before")


def test_q02_q08_big_world__has_one_fingerprint(start):
    words = ("big.toml", "--seed", "42", "--events")
    first = fingerprint(start(*words, PYTHONHASHSEED="0"))
    for hashes, threads in (("1", "1"), ("2", "2"), ("random", "4")):
        assert first == fingerprint(start(*words, PYTHONHASHSEED=hashes, NUMBA_NUM_THREADS=threads))
