"""What the charts show of a run: fifteen series, each declared once."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from sim.scenario import Scenario
from sim.simulation import total

Of = Callable[[str], Any]
"""Gives a series of the whole, by name, from the records that are shown."""


class Series(NamedTuple):
    """A series: what it is, its unit, whether more is better (1), worse (-1) or neither (0).

    `chart` is large or small; `digits` are the decimals worth showing, of a share those of its
    percentage. `values(of, people, months)` finds it, NaN where it means nothing; `people` are all
    people of the world, `months` the length of a step.
    """

    name: str
    title: str
    unit: str
    better: int
    chart: str
    digits: int
    values: Callable[[Of, int, float], Any]


def _ratio(part: Any, whole: Any) -> Any:
    """Returns part / whole, NaN of nothing."""
    return part / np.where(whole == 0, np.nan, whole)


def _where(values: Any, count: Any) -> Any:
    """Returns a mean over some people, NaN where there are none."""
    return np.where(count > 0, values, np.nan)


# fmt: off
SERIES = (
    Series("participation", "Participation: active in the last month, at step 0 the founders",
           "share", 1, "large", 1,
           lambda of, people, months: of("active") / people),
    Series("value_created", "Value created for users", "money a month", 1, "large", 0,
           lambda of, people, months: of("created") / months),
    Series("trust", "Trust of the members", "share", 1, "large", 0,
           lambda of, people, months: _where(of("trust"), of("members"))),
    Series("returned_share", "Who gets the value: contributors' share", "share", 0, "large", 0,
           lambda of, people, months: _ratio(of("paid") + of("shared"), of("created"))),
    Series("quality", "Solution quality: what the solutions are worth", "share", 1, "small", 1,
           lambda of, people, months: of("quality")),
    Series("accepted", "Contributions accepted", "count a month", 1, "small", 0,
           lambda of, people, months: of("accepted") / months),
    Series("backlog", "Backlog: contributions that wait", "count", -1, "small", 0,
           lambda of, people, months: of("waiting")),
    Series("arrivals", "Newcomers", "people a month", 1, "small", 0,
           lambda of, people, months: of("arrivals") / months),
    Series("departures", "Departures", "people a month", -1, "small", 0,
           lambda of, people, months: of("departures") / months),
    Series("effort", "Effort of the members", "share", 1, "small", 0,
           lambda of, people, months: _where(of("effort"), of("members"))),
    Series("crowding", "Crowding out: how far money took the fun", "share", -1, "small", 0,
           lambda of, people, months: _where(of("crowding"), of("members"))),
    Series("coherence", "Coherence: how well the parts fit together", "share", 1, "small", 0,
           lambda of, people, months: of("coherence")),
    Series("fit", "Fit to users' needs", "share", 1, "small", 0,
           lambda of, people, months: _where(of("fit"), of("adopters"))),
    Series("profit", "Profit that the company keeps", "money a month", 1, "small", 0,
           lambda of, people, months: (of("captured") - of("cost") - of("shared")) / months),
    Series("cost", "Costs of the company", "money a month", -1, "small", 0,
           lambda of, people, months: of("cost") / months),
)
# fmt: on
"""In the order of the charts. What flows is a month's amount at the pace of the step; step 0, where
nothing has happened yet, has none. Who gets the value: pay, prizes and shared profit of the step as
a share of the value created in it, as in `metrics/returned_share`; above 1 where more is paid than
is created."""


def measured(records: Any, scenario: Scenario) -> Any:
    """Returns the series (..., series) of records (..., company) of a run in a scenario."""
    found = np.empty((*records.shape[:-1], len(SERIES)))
    people, months = scenario.population.people, scenario.months

    def of(name: str) -> Any:
        return total(records, name)

    for n, series in enumerate(SERIES):
        found[..., n] = series.values(of, people, months)
    return found
