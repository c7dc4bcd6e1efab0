"""Pattern 6: the more one has contributed, the less likely one is to stop."""

from itertools import pairwise
from math import nan

import numpy as np
import numpy.typing as npt

from sim.analysis.history import History, IntArray
from sim.analysis.patterns import Range, pattern

LARGEST = 100
EDGES = (1, 2, 3, 5, 9, 17, 33, 65, LARGEST + 1)
"""Where the doublings of k begin: 1, 2, 3 to 4, 5 to 8, ..., 65 to 100."""


@pattern(
    6,
    "momentum",
    "cal",
    "Wilkinson 2008: the chance to stop falls as 1 / k",
    Range("slope of log stopping hazard on log k", -1.25, -0.75),
)
def momentum(history: History) -> float:
    """Slope of the log of the chance to stop after the k-th contribution on log k, k = 1 to 100.

    Who contributed in the last 90 days may go on and is censored: their latest contribution
    tells nothing.
    """
    submit = history.of("submit")
    made = np.bincount(submit.person)
    last = np.zeros(len(made), np.int64)
    np.maximum.at(last, submit.person, submit.time)
    gone = history.end - last > history.silence
    return slope(*hazard(made[made > 0], gone[made > 0]))


def hazard(made: IntArray, gone: npt.NDArray[np.bool_]) -> tuple[IntArray, IntArray]:
    """How many stopped after their k-th contribution, and how many might have; each (100,)."""
    k = np.arange(1, LARGEST + 1)
    stopped = np.bincount(np.minimum(made[gone], LARGEST + 1), minlength=LARGEST + 2)[k]
    went_on = np.count_nonzero(made[:, None] > k, axis=0)
    return stopped, stopped + went_on


def slope(stopped: IntArray, exposed: IntArray) -> float:
    """Least squares through the doublings of k, each with the same weight; NaN of less than two.

    Single k would not do: where nobody stopped there is no logarithm, and leaving these out
    flattens the slope (by .3 with 300 people); weights by exposure would let k = 1 and 2 decide,
    where even Wilkinson's process, (a - 1) / (k + a - 1), is not straight yet. On that process it
    finds -.92, -.86 and -.81 for a = 1.5, 2 and 2.5, with 300 people as with 100,000.
    """
    log_k = np.log(np.arange(1, LARGEST + 1))
    x, y = [], []
    for begin, stop in pairwise(EDGES):
        bin_ = slice(begin - 1, stop - 1)
        if stopped[bin_].sum() > 0:
            x.append(exposed[bin_] @ log_k[bin_] / exposed[bin_].sum())
            y.append(np.log(stopped[bin_].sum() / exposed[bin_].sum()))
    return float(np.polyfit(x, y, 1)[0]) if len(x) > 1 else nan
