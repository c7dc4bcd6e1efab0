"""Bureaucratizing: control rises with the load, and does not come down again."""

from dataclasses import dataclass

from sim.core.inputs import Levers
from sim.styles import Report, Style, moved
from sim.styles.commons import Commons


@dataclass
class Bureaucratizing(Style):
    """Starts open and adds rules as the load grows.

    The story of Wikipedia, whose quality control grew with its crowd and turned newcomers
    away (Halfaker, Geiger, Morgan & Riedl 2013).
    """

    load: float = 200.0
    """Contributions a step at which control rises at its full pace."""
    pace: float = 0.05
    """Rise of control at a review at that load."""

    levers = Commons.levers

    def decide(self, report: Report) -> Levers:
        """Raises control, and takes fun away, by the part of `load` that arrives."""
        rise = self.pace * min(1.0, float(report["submitted"][-1]) / self.load)
        return moved(report.levers, control=rise, fun=-rise / 2)
