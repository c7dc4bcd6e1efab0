"""Who comes, stays and goes, worked out by hand."""

import math

import pytest

from sim import calibration
from sim.events import from_simulation
from sim.metrics import METRICS, measure
from sim.reading import build
from sim.simulation import run as run_scenario

RETENTION = ("retention_1", "retention_3", "retention_12")


@pytest.fixture
def lives(blank):
    """Five contributors, one of them censored, and one who never came, in 24 months."""
    run = blank(n_people=6)
    run.state.people["first"] = [1, 2, 3, 4, 14, -1]
    run.state.people["last"] = [1, 4, 9, 20, 22, -1]
    return run


def test_retention__is_as_worked_out_by_hand(lives) -> None:
    """Lives 0, 2, 6 and 16 months end; one of 8 months may go on."""
    assert [METRICS[name](lives) for name in RETENTION] == pytest.approx([4 / 5, 3 / 5, 2 / 5])


def test_retention__counts_months_not_steps(blank) -> None:
    run = blank(n_people=4, steps=100, time={"step": "1 week"})
    run.state.people["first"] = 1
    run.state.people["last"] = [1, 4, 12, 60]
    values = [METRICS[name](run) for name in RETENTION]
    assert values == pytest.approx([2 / 4, 1 / 4, 1 / 4])  # 4, 13 and 52 weeks


def test_retention__is_not_known_where_nobody_was_seen_for_so_long(blank) -> None:
    run = blank(n_people=2, steps=6)
    run.state.people["first"] = 1
    run.state.people["last"] = [1, 6]
    assert [METRICS[name](run) for name in RETENTION[:2]] == [0.5, 0.5]
    assert math.isnan(METRICS["retention_12"](run))


def test_retention__of_one_company_of_several_is_not_known(lives, blank) -> None:
    assert METRICS["retention_3"](lives.of("A")) == METRICS["retention_3"](lives)
    two = blank(n_people=6, names="AB")
    two.state.people[:] = lives.state.people
    assert METRICS["retention_3"](two) == METRICS["retention_3"](lives)
    assert math.isnan(METRICS["retention_3"](two.of("A")))


@pytest.mark.parametrize("step", ["1 month", "1 week"])
def test_people__are_counted_as_in_real_logs(step) -> None:
    """The same numbers from the state of a run and from its events."""
    table = {
        "title": "t",
        "population": {"people": 300, "founders": 0.4},
        "time": {"steps": 40, "step": step},
        "money": {"seed_money": 100.0},
    }
    run = run_scenario(build(table, "t.toml"), "directive", seed=1, events=True)
    log = from_simulation(run.log, steps=run.end, months_per_step=run.scenario.months)
    patterns = calibration.patterns(log)
    other_definitions = {"arrivals", "first_acceptance"}  # members; one accepted of several
    shared = set(patterns) & set(METRICS) - other_definitions
    assert {*RETENTION, "acceptance", "gini", "tail_exponent", "truck_factor"} <= shared
    expected = {name: patterns[name] for name in sorted(shared)}
    assert measure(run, expected) == pytest.approx(expected, nan_ok=True)


def test_newcomer_survival__adds_companies_up(blank) -> None:
    run = blank(steps=3, names="AB")
    assert math.isnan(METRICS["newcomer_survival"](run))
    run.companies["survived"][1:] = [[0, 0], [0, 0], [6, 1]]
    run.companies["lost"][1:] = [[5, 0], [1, 2], [2, 3]]
    assert METRICS["newcomer_survival"](run) == pytest.approx(7 / 12)
    assert METRICS["newcomer_survival"](run.of("B")) == pytest.approx(1 / 4)


def test_newcomer_survival__is_not_known_before_three_months(blank) -> None:
    run = blank(steps=2)
    run.companies["lost"][2] = 3
    assert math.isnan(METRICS["newcomer_survival"](run))


def test_arrivals_and_departures__are_people_a_month(blank) -> None:
    run = blank(steps=2, names="AB", time={"step": "3 months"})
    run.companies["arrivals"][1:] = [[3, 0], [2, 4]]
    run.companies["departures"][1:] = [[0, 0], [6, 0]]
    assert METRICS["arrivals"](run) == pytest.approx(9 / 6)
    assert METRICS["departures"](run) == pytest.approx(1)


def test_active__adds_companies_up_in_the_last_year(blank) -> None:
    run = blank(steps=13, names="AB")
    run.companies["active"][:] = [2, 3]
    run.companies["active"][:2] = 1000
    assert METRICS["active"](run) == 5
