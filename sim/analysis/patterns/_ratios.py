"""Parts of a whole, and odds."""

import math

import numpy as np
import numpy.typing as npt


def ratio(part: float, whole: float) -> float:
    """A part of a whole; NaN of nothing."""
    return part / whole if whole else math.nan


def odds_ratio(treated: npt.ArrayLike, stays: npt.ArrayLike) -> float:
    """Odds of staying of the treated over those of the others; NaN without either group.

    `treated`: share in [0, 1] to which each belongs to the treated; `stays`: true or false. Each
    cell of the table gets half a person more, so that none is empty (Haldane 1956).
    """
    treated, stays = np.asarray(treated, np.float64), np.asarray(stays, bool)
    if not (np.any(treated > 0) and np.any(treated < 1)):
        return math.nan
    yes, no = (part[stays].sum() + 0.5 for part in (treated, 1 - treated))
    yes_gone, no_gone = (part[~stays].sum() + 0.5 for part in (treated, 1 - treated))
    return float(yes / yes_gone / (no / no_gone))
