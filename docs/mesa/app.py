"""Mesa's own page on an ecosystem: `solara run docs/mesa/app.py`."""

from typing import Any

import solara
from mesa.visualization import SolaraViz, make_plot_component

import sim

PARAMETERS: dict[str, Any] = {
    "scenario": "open_source",
    "style": {
        "type": "Select",
        "label": "Style of management",
        "value": "steward",
        "values": sorted(sim.STYLES),
    },
    "population.people": {
        "type": "SliderInt",
        "label": "People",
        "value": 500,
        "min": 100,
        "max": 2000,
        "step": 100,
    },
    "seed": {"type": "SliderInt", "label": "Seed", "value": 1, "min": 0, "max": 100, "step": 1},
}
START = {
    name: about["value"] if isinstance(about, dict) else about for name, about in PARAMETERS.items()
}
PLOTS = [["members", "active"], ["created", "captured", "cost"], "trust"]


@solara.component
def Page() -> None:  # noqa: N802
    """Shows the page; each session gets a model of its own, so that nobody moves another's."""
    model = solara.use_memo(lambda: sim.Ecosystem(**START), [])
    SolaraViz(
        model,
        components=[make_plot_component(plot) for plot in PLOTS],
        model_params=PARAMETERS,
        name="Co-creation",
    )
