"""Imitator: copies the company that does best."""

from dataclasses import dataclass

from sim.core.inputs import LEVERS, Levers
from sim.styles import Report, Style
from sim.styles.directive import Directive


@dataclass
class Imitator(Style):
    """Moves towards the levers of the rival with the highest profit, if it beats one's own.

    Mimetic isomorphism (DiMaggio & Powell 1983). Alone in its market it stays as it is.
    """

    pace: float = 0.5
    """Part of the way at a review."""

    levers = Directive.levers

    def decide(self, report: Report) -> Levers:
        """Goes part of the way to the most profitable rival."""
        best = max(report.rivals, key=lambda rival: rival.profit, default=None)
        if best is None or best.profit <= report.profit():
            return report.levers
        own = report.levers
        return Levers(
            **{
                name: getattr(own, name)
                + self.pace * (getattr(best.levers, name) - getattr(own, name))
                for name in LEVERS
            }
        )
