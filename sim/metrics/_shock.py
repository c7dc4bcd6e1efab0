"""What a shock does to the number of active members."""

from typing import Any

import numpy as np

from sim.quantity import Span
from sim.simulation import Run


def since_shock(run: Run) -> Any:
    """Returns active members (step,) from the first shock on, relative to their level before it.

    Shocks are dated events other than a new style that hit what is in view; the level is the mean
    of the six months before. Empty without a shock, or if nobody was active before it.
    """
    name = None if run.company is None else run.scenario.companies[run.company].name
    at = min(
        (
            event.at
            for event in run.scenario.events
            if event.kind != "new_style" and (name is None or event.company in ("", name))
        ),
        default=run.end + 1,
    )
    half_year = Span("6 months").steps(run.scenario.time.step)
    active = run.every_step("active")
    before = active[max(1, at - half_year) : at]
    return active[at:] / before.mean() if before.any() else np.zeros(0)
