"""Experiments: what is asked in a file, and the plan of runs that follows from it.

An *experiment* is a TOML file; its *plan* is the list of runs, each computed from its number. The
file names a scenario, styles, and what varies: factors crossed in [vary], points placed by a
method in [sample], or listed in [table]. Nothing here runs anything.
"""

from sim.design.experiment import FREE, Experiment
from sim.design.files import shipped
from sim.design.limits import Limits, Precise
from sim.design.parameters import Parameter
from sim.design.plan import Plan, PlannedRun, scenario_of, style_of
from sim.design.reader import KEYS, read_experiment

__all__ = [
    "FREE",
    "KEYS",
    "Experiment",
    "Limits",
    "Parameter",
    "Plan",
    "PlannedRun",
    "Precise",
    "read_experiment",
    "scenario_of",
    "shipped",
    "style_of",
]
