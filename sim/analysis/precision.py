"""How precisely a paired difference is known."""

from typing import Any

import numpy as np

from sim.analysis.report.summaries import summary


def widest(differences: Any, level: float = 0.95, least: int = 2) -> float:
    """Returns the width of the widest t interval of the means of differences (run, point).

    Differences that are not finite are left out; infinite where a point has less than `least`.
    """
    # Each point's runs side by side, so that sums do not depend on how many points there are.
    by_point = np.ascontiguousarray(np.asarray(differences, dtype=np.float64).T)
    known = summary(by_point, level)
    if (known.n < max(2, least)).any():
        return float("inf")
    return float((known.high - known.low).max())
