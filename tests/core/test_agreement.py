"""The same bits, compiled and interpreted, whatever the threads, the order and the hash seed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.reading import shipped
from sim.styles import STYLES

SCRIPT = Path(__file__).parents[1] / "fingerprints.py"
USERS_STYLE = """
from dataclasses import dataclass

from sim import Levers, Report, Style, moved


@dataclass
class Tidal(Style):
    '''Opens and closes the gate in turn, by chance and by its backlog.'''

    height: float = 0.3
    levers = Levers(control=0.5, money=0.4, tools=0.6, transparency=0.5, contest=0.2)

    def decide(self, report: Report) -> Levers:
        rise = self.height * (report.uniform(0) - 0.5) + 0.001 * report["waiting"][-1]
        return moved(report.levers, control=rise, sharing=-rise)
"""


def start(style, order, **environment):
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), order, str(style)],
        env={**os.environ, "PYTHONPATH": str(SCRIPT.parents[1]), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answer(process):
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert err == ""
    return json.loads(out)


@pytest.fixture(scope="module")
def style(tmp_path_factory):
    file = tmp_path_factory.mktemp("plugin") / "tidal.py"
    file.write_text(USERS_STYLE)
    return file


@pytest.fixture(scope="module")
def reference(style):
    return answer(start(style, "forward", NUMBA_NUM_THREADS="1", PYTHONHASHSEED="0"))


def test_fingerprints__cover_every_scenario_and_style_and_tell_them_apart(reference):
    digests = reference["digests"]
    names = {f"scenario {name}" for name in shipped()} | {f"style {name}" for name in STYLES}
    assert set(digests) == names | {"style tidal"}
    assert len(set(digests.values())) == len(digests)


def test_q02_q08_every_run__has_the_same_bits_in_any_process(style, reference):
    others = {
        "two threads, other hashes, other order": start(
            style, "backward", NUMBA_NUM_THREADS="2", PYTHONHASHSEED="1"
        ),
        "four threads, random hashes": start(
            style, "forward", NUMBA_NUM_THREADS="4", PYTHONHASHSEED="random"
        ),
        "interpreted": start(style, "backward", NUMBA_DISABLE_JIT="1", PYTHONHASHSEED="random"),
    }
    found = {name: answer(process) for name, process in others.items()}
    assert found["interpreted"]["interpreted"]
    for name, other in found.items():
        assert other["digests"] == reference["digests"], name


@pytest.mark.slow
def test_q26_every_run__has_the_same_bits_with_checked_bounds(style, reference):
    checked = answer(start(style, "forward", NUMBA_BOUNDSCHECK="1"))
    assert checked["digests"] == reference["digests"]
