"""A real Dask cluster on this machine: a scheduler and workers, each a process of its own."""

import json
import subprocess
import sys
import time
from contextlib import contextmanager

DASK = [sys.executable, "-m", "dask"]


@contextmanager
def cluster(folder, n_workers=2, nanny=True, threads=1, environment=None):
    """Yields the scheduler's address, and the processes of the workers."""
    file = folder / "scheduler.json"
    log = (folder / "dask.log").open("w")
    asked = {"stdout": log, "stderr": log, "cwd": folder, "env": environment}
    scheduler = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    worker = ["worker", "--host", "127.0.0.1", "--nthreads", str(threads), "--no-dashboard"]
    worker += ["--nanny" if nanny else "--no-nanny", "--death-timeout", "60"]
    words = ["--scheduler-file", str(file)]
    running = [subprocess.Popen([*DASK, *scheduler, *words], **asked)]
    try:
        while not file.exists() or not file.read_text().endswith("}"):
            assert running[0].poll() is None, (folder / "dask.log").read_text()
            time.sleep(0.05)
        running += [subprocess.Popen([*DASK, *worker, *words], **asked) for _ in range(n_workers)]
        yield json.loads(file.read_text())["address"], running[1:]
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            try:
                process.wait(90)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        log.close()
