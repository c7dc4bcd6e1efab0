"""How many cores this process was given."""

import os
import re


def cores() -> int:
    """Returns the number of cores that are ours: by affinity, and by what SLURM granted."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS
    bounds = [len(affinity(0)) if affinity else os.cpu_count() or 1]
    for variable in ("SLURM_CPUS_PER_TASK", "SLURM_JOB_CPUS_PER_NODE"):
        # One number, or one for each kind of node: "24(x2),8" is 24 on two nodes and 8 on another.
        granted = [int(n) for n in re.findall(r"(?:^|,)\s*(\d+)", os.environ.get(variable, ""))]
        bounds += [min(granted)] if granted else []
    return max(1, min(bounds))
