"""Adaptive: feedback on backlog and trust."""

from dataclasses import dataclass

from sim.core.inputs import Levers
from sim.styles import Report, Style, moved
from sim.styles.steward import Steward


@dataclass
class Adaptive(Style):
    """Opens the gate when work piles up, tightens it when judgement errs, and mends trust.

    Feedback control of an open community [D].
    """

    pace: float = 0.05
    """Change of a lever at a review."""
    trust: float = 0.6
    """Trust below which openness and sharing rise."""
    backlog: float = 0.2
    """Part of the load that may wait."""

    levers = Steward.levers

    def decide(self, report: Report) -> Levers:
        """Moves control against the backlog, and transparency and sharing against distrust."""
        waiting, accepted = report["waiting"][-1], report["accepted"][-1]
        late = waiting > self.backlog * max(1, waiting + accepted)
        distrusted = report["trust"][-1] < self.trust
        open_up = self.pace if distrusted else -self.pace / 2
        return moved(
            report.levers,
            control=-self.pace if late else self.pace / 2,
            transparency=open_up,
            sharing=open_up,
        )
