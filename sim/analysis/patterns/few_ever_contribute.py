"""Pattern 1: of those who know of a community, few ever contribute."""

import numpy as np

from sim.analysis.history import History
from sim.analysis.patterns import Range, pattern
from sim.analysis.patterns._ratios import ratio


@pattern(
    1,
    "few ever contribute",
    "cal",
    "Neis & Zipf 2012: 38 % of OpenStreetMap's registered members",
    Range("share of the aware who ever submit", 0.05, 0.45),
)
def few_ever_contribute(history: History) -> float:
    """Share of the people who ever heard of a community who submitted at least once.

    Members from the start know it, too. A real log holds none of those who only know.
    """
    knows = np.concatenate([history.of(name).person for name in ("aware", "join", "submit")])
    return ratio(len(np.unique(history.of("submit").person)), len(np.unique(knows)))
