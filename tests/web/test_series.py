"""The series of the charts, worked out by hand for two companies."""

import numpy as np
import pytest

from sim.core.state import COMPANY, records
from sim.reading import change, load
from sim.web.series import SERIES, measured

WORLD = change(load("default"), time={"step": "12 months"}, population={"people": 200})
MONTHS = 12.0


def found(**fields):
    """The series of one step of two companies, by name."""
    rows = records(COMPANY, (1, 2))
    for name, values in fields.items():
        rows[name] = values
    return dict(zip([series.name for series in SERIES], measured(rows, WORLD)[0], strict=True))


def test_series__add_up_over_companies_and_come_to_a_month():
    values = found(
        active=(10, 40), created=(60.0, 180.0), accepted=(3, 9), waiting=(5, 2), arrivals=(6, 6),
        departures=(12, 0), captured=(30.0, 90.0), cost=(12.0, 24.0), shared=(0.0, 36.0),
        paid=(6.0, 18.0), open=1,
    )  # fmt: skip
    assert values["participation"] == 0.25
    assert values["value_created"] == pytest.approx(240 / MONTHS)
    assert values["returned_share"] == (24 + 36) / 240
    assert values["accepted"] == pytest.approx(1.0)
    assert values["backlog"] == 7.0
    assert (values["arrivals"], values["departures"]) == pytest.approx((1.0, 1.0))
    assert values["profit"] == pytest.approx((120 - 36 - 36) / MONTHS)
    assert values["cost"] == pytest.approx(3.0)


def test_series__are_means_by_members_and_users():
    values = found(
        members=(1, 3), adopters=(3, 1), trust=(0.2, 0.6), effort=(0.4, 0.8), crowding=(0.0, 1.0),
        quality=(0.5, 0.9), coherence=(0.4, 0.8), fit=(0.8, 0.4), open=1,
    )  # fmt: skip
    assert values["trust"] == pytest.approx(0.5)
    assert values["effort"] == pytest.approx(0.7)
    assert values["crowding"] == pytest.approx(0.75)
    assert values["quality"] == pytest.approx(0.6)
    assert values["coherence"] == pytest.approx(0.5)
    assert values["fit"] == pytest.approx(0.7)


def test_series__are_no_number_where_they_mean_nothing():
    values = found(open=1, trust=0.5)
    nothing = {name for name, value in values.items() if np.isnan(value)}
    assert nothing == {"trust", "effort", "crowding", "fit", "returned_share"}
    assert values["participation"] == 0.0


def test_series__say_what_they_are():
    assert len({series.name for series in SERIES}) == len({series.title for series in SERIES}) == 15
    assert {series.unit for series in SERIES} == {
        "share", "count", "count a month", "people a month", "money a month",
    }  # fmt: skip
    assert all(series.better in (-1, 0, 1) for series in SERIES)
