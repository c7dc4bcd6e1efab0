"""Digests of what an experiment is made of besides its numbers: styles, metrics and data."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from sys import modules

from sim.design.arms import Arm
from sim.metrics import METRICS
from sim.scenario import Scenario
from sim.styles import STYLES


def sources_of(
    scenario: Scenario, arms: Sequence[Arm], outcomes: Iterable[str], files: Mapping[str, Path]
) -> dict[str, dict[str, str]]:
    """Returns digests by kind (style, metric, file) and name."""
    return {
        "style": {name: style_digest(name) for name in styles_of(scenario, arms)},
        "metric": {name: _module_digest(METRICS[name].function.__module__) for name in outcomes},
        "file": {name: file_digest(path) for name, path in files.items() if path.is_file()},
    }


def styles_of(scenario: Scenario, arms: Iterable[Arm]) -> list[str]:
    """Returns the names of all styles that may be asked, sorted: of arms, companies and events."""
    named = {arm.name for arm in arms}
    named |= {company.style for company in scenario.companies}
    named |= {event.style for event in scenario.events}
    return sorted(named - {""})


def style_digest(name: str) -> str:
    """Returns a digest of the file that defines a style."""
    return _module_digest(STYLES[name].__module__)


def file_digest(path: Path) -> str:
    """Returns a digest of a file, 32 hex digits, the same whatever its line ends."""
    content = path.read_bytes().replace(b"\r\n", b"\n")
    return blake2b(content, digest_size=16).hexdigest()


def _module_digest(module: str) -> str:
    """Returns a digest of a module's file; of its name, where it has none."""
    file = getattr(modules.get(module), "__file__", None)
    if file is None or not Path(file).is_file():
        return blake2b(module.encode(), digest_size=16).hexdigest()
    return file_digest(Path(file))
