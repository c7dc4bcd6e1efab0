"""What a page is told of a session's world, its columns, and what else could be shown."""

from functools import cache
from inspect import getdoc
from typing import TYPE_CHECKING, Any

from sim.core.inputs import LEVERS, MEANING
from sim.core.motives import MOTIVES
from sim.design.arms import label_of
from sim.reading import shipped
from sim.scenario import Scenario
from sim.study import is_market
from sim.styles import STYLES
from sim.web import frames
from sim.web.picture import shown
from sim.web.runs import Runs, managed
from sim.web.series import SERIES
from sim.web.settings import (
    COLUMNS,
    MOST_CHARACTERS,
    MOST_MOVES,
    OWN_STYLES,
    PEOPLE,
    PEOPLE_IN_ALL,
    SEEDS,
    SPEEDS,
    WRITTEN,
    in_study,
    own_name,
    ready,
)

if TYPE_CHECKING:
    from sim.web.studying import Studied


def about(runs: Runs, own: Scenario | None, study: "Studied | None") -> dict[str, Any]:
    """Returns what a page needs to know of the world, the columns and what else there is."""
    scenario = runs.scenario
    styles = [_style(name, getdoc(style) or "") for name, style in STYLES.items()]
    if is_market(scenario):
        styles.insert(0, _style(WRITTEN, _told(scenario)) | {"title": OWN_STYLES})
    worlds = [_listed(own_name(own), own)] if own is not None else []
    if place := in_study(runs.settings.scenario):
        title = f"The study's point {place.point}, replicate {place.rep}"
        worlds.append(_listed(str(place), scenario) | {"title": title})
    return {
        "title": scenario.title,
        "people": scenario.population.people,
        "shown": shown(scenario.population.people).step,
        "steps": scenario.time.steps,
        "step_days": float(scenario.time.step),
        "series": [
            {key: value for key, value in series._asdict().items() if key != "values"}
            for series in SERIES
        ],
        "motives": list(MOTIVES),
        "levers": [{"name": lever, "meaning": MEANING[lever]} for lever in LEVERS],
        "managed": [[scenario.companies[c].name for c in managed(one)] for one in runs.simulations],
        "start": runs.start.tolist(),
        "limits": {
            "columns": COLUMNS,
            "people": PEOPLE,
            "people_in_all": PEOPLE_IN_ALL,
            "seed": SEEDS,
            "moves": MOST_MOVES,
            "characters": MOST_CHARACTERS,
            "rows": frames.MOST_ROWS,
            "speeds": SPEEDS,
        },
        "scenarios": [*worlds, *_shipped()],
        "study": study is not None,
        "styles": styles,
    }


def _style(name: str, doc: str) -> dict[str, str]:
    return {"name": name, "title": name.replace("_", " "), "doc": doc.split("\n")[0]}


def _told(market: Scenario) -> str:
    """Returns in a sentence who is managed how where every company has a style of its own."""
    whose = [f"{one.name} ({label_of(one.style, one.options)})" for one in market.companies]
    return f"Each company has its own: {', '.join(whose)}."


@cache
def _shipped() -> tuple[dict[str, Any], ...]:
    """Returns the shipped scenarios."""
    return tuple(_listed(name, ready(name)) for name in shipped())


def _listed(name: str, scenario: Scenario) -> dict[str, Any]:
    return {
        "name": name,
        "title": scenario.title,
        "people": scenario.population.people,
        "steps": scenario.time.steps,
        "market": is_market(scenario),
    }
