"""Pattern 11: half of the people give if others do, a quarter never gives."""

import numpy as np

from sim.analysis.history import History, UnknownError
from sim.analysis.patterns import Range, pattern


@pattern(
    11,
    "types of reciprocity",
    "cal",
    "Fischbacher & Gaechter 2010: 55.0 and 22.9 %",
    Range("share of conditional cooperators", 0.50, 0.63),
    Range("share of free riders", 0.20, 0.30),
)
def reciprocity_types(history: History) -> tuple[float, float]:
    """Shares of two types among all people, by the schedules that they follow.

    The schedules are elicited, as in the experiment, not guessed from what people did: no log of
    events tells what somebody believed of others.
    """
    if history.types is None:
        raise UnknownError("no log of events tells what people would give if others gave")
    return float(np.mean(history.types == 0)), float(np.mean(history.types == 1))
