"""Newcomer survival: who stays for three months."""

from math import nan

from sim.metrics import metric
from sim.metrics._ratio import ratio
from sim.quantity import Span
from sim.simulation import Run


@metric("newcomer survival", "share", 1)
def newcomer_survival(run: Run) -> float:
    """Share of newcomers who stayed for three months, among those of whom it is known.

    Founders are newcomers at the start. Of the last three months' newcomers only those who left
    are known. NaN in runs of less than three months. After Halfaker et al. (2013).
    """
    months = Span("3 months").steps(run.scenario.time.step)
    survived, lost = (int(run.companies[name][-1].sum()) for name in ("survived", "lost"))
    return ratio(survived, survived + lost) if run.end >= months else nan
