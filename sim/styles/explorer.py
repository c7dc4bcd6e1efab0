"""Explorer: hill climbing on its own result."""

from dataclasses import dataclass, field

from sim.core.inputs import LEVERS, Levers
from sim.styles import Report, Style, moved
from sim.styles.steward import Steward


@dataclass
class Explorer(Style):
    """Tries a change of one lever, keeps it if profit rose, takes it back if not.

    Local search under feedback (Cyert & March 1963; Levinthal 1997).
    """

    pace: float = 0.1
    """Size of a change."""
    kept: Levers = field(default=Steward.levers, init=False)
    best: float = field(default=float("-inf"), init=False)

    levers = Steward.levers

    def decide(self, report: Report) -> Levers:
        """Judges the last change and tries another one."""
        if report.step == 0:
            return self.levers
        if report.profit() > self.best:
            self.kept, self.best = report.levers, report.profit()
        lever = LEVERS[int(len(LEVERS) * report.uniform(0))]
        change = self.pace if report.uniform(1) < 0.5 else -self.pace
        return moved(self.kept, **{lever: change})
