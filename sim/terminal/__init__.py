"""Results as tables for the terminal: a file a kind of result, `_common` what they share."""

from sim.terminal.comparison import print_comparison
from sim.terminal.honesty import print_honesty
from sim.terminal.patterns import print_patterns
from sim.terminal.replication import print_replication
from sim.terminal.sensitivity import print_sensitivity
from sim.terminal.side_by_side import print_side_by_side
from sim.terminal.study import print_study

__all__ = [
    "print_comparison",
    "print_honesty",
    "print_patterns",
    "print_replication",
    "print_sensitivity",
    "print_side_by_side",
    "print_study",
]
