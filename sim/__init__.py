"""Simulate ecosystems of co-creation and compare ways of managing them.

>>> import sim
>>> world = sim.load("open_source")
>>> run = sim.run(world, "commons", seed=1)
>>> table = sim.compare(world, ["directive", "contest", "commons"], seeds=40)
>>> table.effects("value_created", baseline="directive")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.calibration import anchor as anchor
    from sim.core.inputs import Levers as Levers
    from sim.errors import UserError as UserError
    from sim.events import read_log as read_log
    from sim.honesty import check_honesty as check_honesty
    from sim.metrics import METRICS as METRICS
    from sim.metrics import measure as measure
    from sim.metrics import metric as metric
    from sim.model import Ecosystem as Ecosystem
    from sim.reading import change as change
    from sim.reading import load as load
    from sim.replication import replicate as replicate
    from sim.scenario import Scenario as Scenario
    from sim.simulation import Run as Run
    from sim.simulation import RunError as RunError
    from sim.simulation import Simulation as Simulation
    from sim.simulation import run as run
    from sim.store import save_run as save_run
    from sim.study import compare as compare
    from sim.styles import STYLES as STYLES
    from sim.styles import Report as Report
    from sim.styles import Style as Style
    from sim.styles import moved as moved
    from sim.sweeps import open_study as open_study
    from sim.sweeps import sweep as sweep
    from sim.web import open as open
    from sim.windows import Company as Company
    from sim.windows import User as User
    from sim.windows import Volunteer as Volunteer

# Where each public name lives: what a script does not use it does not wait for.
_HOMES = {
    "calibration": ("anchor",),
    "core.inputs": ("Levers",),
    "errors": ("UserError",),
    "events": ("read_log",),
    "honesty": ("check_honesty",),
    "metrics": ("METRICS", "measure", "metric"),
    "model": ("Ecosystem",),
    "reading": ("change", "load"),
    "replication": ("replicate",),
    "simulation": ("Run", "RunError", "Simulation", "run"),
    "scenario": ("Scenario",),
    "store": ("save_run",),
    "study": ("compare",),
    "styles": ("STYLES", "Report", "Style", "moved"),
    "sweeps": ("open_study", "sweep"),
    "web": ("open",),
    "windows": ("Company", "User", "Volunteer"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__version__ = "0.1.0"
__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    """Returns a public name, imported when first asked for."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    value = getattr(import_module(f"sim.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Returns the public names."""
    return [*__all__, "__version__"]
