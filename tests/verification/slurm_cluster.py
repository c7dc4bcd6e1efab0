"""A real SLURM on this machine: its three daemons, started by hand, with ports of their own."""

import getpass
import os
import secrets
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATH = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])
DAEMONS = ("munged", "slurmctld", "slurmd")
ENDED = {"COMPLETED", "FAILED", "TIMEOUT", "CANCELLED", "NODE_FAIL", "OUT_OF_MEMORY"}
CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={control}
SlurmdPort={daemon}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
MailProg=/bin/true
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=1
MinJobAge=3600
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=16000
PartitionName=all Nodes=ALL Default=YES State=UP
"""


def missing():
    """The daemons that are not installed."""
    return [name for name in DAEMONS if shutil.which(name, path=PATH) is None]


@contextmanager
def cluster(folder):
    """Yields a cluster of one node with four cores, however many there are; then ends it."""
    folder = Path(folder)
    for inside in ("state", "spool"):
        (folder / inside).mkdir()
    key = folder / "munge.key"
    key.touch(mode=0o600)
    key.write_bytes(secrets.token_bytes(128))
    file = folder / "slurm.conf"
    control, daemon = free_ports(2)
    user, host = getpass.getuser(), socket.gethostname().partition(".")[0]
    text = CONFIGURATION.format(host=host, user=user, folder=folder, control=control, daemon=daemon)
    file.write_text(text)
    names = {"key-file": "key", "socket": "socket", "pid-file": "pid", "seed-file": "seed"}
    munge = [f"--{option}={folder}/munge.{name}" for option, name in names.items()]
    here = Cluster(folder, {**os.environ, "PATH": PATH, "SLURM_CONF": str(file)})
    daemons = []
    try:
        daemons.append(here.start("munged", "--foreground", "--force", *munge))
        wait_for(lambda: (folder / "munge.socket").exists(), "munged", folder)
        daemons.append(here.start("slurmctld", "-D"))
        daemons.append(here.start("slurmd", "-D"))
        wait_for(here.is_idle, "the node", folder)
        yield here
    finally:
        if len(daemons) == len(DAEMONS):
            here.end_all_jobs()
        for process in reversed(daemons):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@dataclass
class Cluster:
    """A running cluster: its commands, and what they say of jobs."""

    folder: Path
    environment: dict[str, str]

    def start(self, daemon, *words):
        """A daemon that ends with this process, however that ends."""
        with (self.folder / f"{daemon}.log").open("w") as log:
            return subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", daemon, *words],
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

    def call(self, *words, cwd=None):
        """What one of its commands prints."""
        done = subprocess.run(
            [str(word) for word in words],
            env=self.environment,
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout

    def is_idle(self):
        """Whether the node is there and waits for jobs."""
        asked = ["sinfo", "--noheader", "--format=%T"]
        found = subprocess.run(asked, env=self.environment, capture_output=True, text=True)
        return found.stdout.strip() == "idle"

    def submit(self, script, *options, cwd):
        """The number of the job of a script."""
        return int(self.call("sbatch", "--parsable", *options, script, cwd=cwd))

    def tasks(self, job):
        """State and exit code of each task of an array, or of the one job, by its number."""
        form = "--Format=ArrayTaskID:|,State:|,exit_code:|"
        lines = self.call("squeue", "--noheader", "--array", "--states=all", f"--jobs={job}", form)
        split = [line.strip().split("|") for line in lines.splitlines()]
        return {task: (state, int(code or 0) >> 8) for task, state, code, *_ in split}

    def wait(self, job, seconds=300):
        """State and exit code of each task, once all have ended."""
        wait_for(
            lambda: {state for state, _ in self.tasks(job).values()} <= ENDED, job, seconds=seconds
        )
        return self.tasks(job)

    def end_all_jobs(self):
        """Ends every job, and waits until their processes are gone."""
        self.call("scancel", f"--user={getpass.getuser()}")
        wait_for(lambda: not self.call("squeue", "--noheader"), "the end of jobs", seconds=90)


def wait_for(condition, what, folder=None, seconds=90):
    """Returns once a condition holds, and fails if it never does."""
    end = time.monotonic() + seconds
    while not condition():
        logs = [log.read_text() for log in folder.glob("*.log")] if folder else []
        assert time.monotonic() < end, "\n".join([f"waited in vain for {what}", *logs])
        time.sleep(0.1)


def free_ports(n):
    """So many ports that nobody listens at."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
