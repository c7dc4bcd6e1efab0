"""What many groups of runs are like, all at once: mean, spread, interval and quartiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.analysis.effects import ROUNDING

FloatArray = npt.NDArray[np.float64]

LEVEL = 0.95
QUARTILES = (0.25, 0.5, 0.75)


class Summary(NamedTuple):
    """Arrays with one number a group: `[low, high]` is the t interval of the mean.

    What cannot be known from so few values is NaN.
    """

    n: npt.NDArray[np.int64]
    mean: FloatArray
    sd: FloatArray
    low: FloatArray
    high: FloatArray
    q25: FloatArray
    median: FloatArray
    q75: FloatArray


def summary(values: FloatArray, level: float = LEVEL) -> Summary:
    """Returns the summaries of groups (..., value), of which those that are NaN are left out."""
    # scipy.stats takes half a second to import, so only those who summarise pay for it.
    from scipy import stats

    known = np.isfinite(values)
    n = known.sum(axis=-1)
    ordered = np.sort(np.where(known, values, np.nan), axis=-1)
    filled = np.where(known, values, 0.0)
    size = np.abs(filled).max(axis=-1, initial=0.0)
    nothing = np.full(n.shape, np.nan)
    mean = np.divide(filled.sum(axis=-1), n, out=nothing.copy(), where=n > 0)
    away = np.where(known, values - mean[..., None], 0.0)
    variance = np.divide((away**2).sum(axis=-1), n - 1, out=nothing.copy(), where=n > 1)
    sd = np.where(np.sqrt(variance) <= ROUNDING * size, 0.0, np.sqrt(variance))
    reach = stats.t.isf((1 - level) / 2, np.maximum(n - 1, 1)) * sd / np.sqrt(np.maximum(n, 1))
    quartiles = (_quantile(ordered, n, share) for share in QUARTILES)
    return Summary(n, mean, sd, mean - reach, mean + reach, *quartiles)


def span(counts: Sequence[int]) -> str:
    """Returns the least and the most of some n: "8 to 12", or "12" where all are alike."""
    few, many = min(counts, default=0), max(counts, default=0)
    return f"{many:,}" if few == many else f"{few:,} to {many:,}"


def _quantile(ordered: FloatArray, n: npt.NDArray[np.int64], share: float) -> FloatArray:
    """Returns a quantile of the first n of ordered values, on the line between neighbours."""
    place = np.maximum(n - 1, 0) * share
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(n - 1, 0))
    low, high = (np.take_along_axis(ordered, k[..., None], -1)[..., 0] for k in (below, above))
    return low + (high - low) * (place - below)
