"""Pattern 8: newcomers whose first work is rejected stay away."""

import numpy as np

from sim.analysis.history import History
from sim.analysis.patterns import Range, pattern
from sim.analysis.patterns._ratios import odds_ratio

MONTHS = 3


@pattern(
    8,
    "rejection drives newcomers out",
    "val",
    "Halfaker et al. 2013",
    Range("odds ratio of staying 3 months, first submission rejected : accepted", 0.3, 0.9),
)
def rejection(history: History) -> float:
    """Odds of staying after a rejected first submission over the odds after an accepted one.

    The first submission is the first that was decided on; of several in one step each has a part
    in it. Stays: contributes or proposes again 3 months later or after. Whose first decision came
    in the last 6 months is left out, for they may still come back.
    """
    accept, reject = history.of("accept"), history.of("reject")
    person = np.concatenate([accept.person, reject.person])
    time = np.concatenate([accept.time, reject.time])
    accepted = np.arange(len(person)) < len(accept.person)
    first = np.full(person.max(initial=-1) + 1, history.end)
    np.minimum.at(first, person, time)
    of_first = time == first[person]
    n_accepted = np.bincount(person[of_first & accepted], minlength=len(first))
    n_rejected = np.bincount(person[of_first & ~accepted], minlength=len(first))
    known = first < history.end - history.span(2 * MONTHS)
    stays = history.last_seen(len(first)) >= first + history.span(MONTHS)
    part = n_rejected[known] / (n_accepted + n_rejected)[known]
    return odds_ratio(part, stays[known])
