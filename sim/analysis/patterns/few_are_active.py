"""Pattern 2: of those who know of a community, fewer still are active in a month."""

import numpy as np

from sim import measures
from sim.analysis.history import History
from sim.analysis.patterns import Range, pattern
from sim.analysis.patterns._ratios import ratio


@pattern(
    2,
    "fewer are active",
    "val",
    "Neis & Zipf 2012: 5 % of OpenStreetMap's registered members are productive",
    Range("share of the aware who submit in a month", 0.01, 0.10),
)
def few_are_active(history: History) -> float:
    """Mean share, over the last twelve whole months, who submitted in the month.

    Of all who by the end of the month had heard of the community or been members.
    """
    history.span(1)
    told = [history.of(name) for name in ("aware", "join", "submit")]
    person, time = (np.concatenate(column) for column in zip(*told, strict=True))
    order = np.argsort(time, kind="stable")
    _, first = np.unique(person[order], return_index=True)
    clock = {"start": history.start, "month": history.month}
    aware = measures.monthly_arrivals(time[order][first], history.end, **clock).cumsum()
    submit = history.of("submit")
    active = measures.monthly_actives(submit.time, submit.person, history.end, **clock)
    return ratio(float(active[-12:].sum()), float(aware[-12:].sum()))
