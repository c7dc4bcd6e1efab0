import numpy as np
import pytest

from sim import events as logs
from sim.analysis.history import UnknownError, of_events, of_log, of_run
from sim.errors import UserError
from sim.measures import DAYS_IN_MONTH
from sim.reading import change
from sim.scenario import Scenario
from sim.simulation import EVENT_NAMES, run

TINY = change(
    Scenario("tiny"),
    population={"people": 40, "founders": 0.5},
    time={"steps": 12},
    world={"ring": 100, "pool": 2},
    search={"expert_sample": 2},
)
LOG = """contributor,date,kind,affiliation
p000001,2020-01-01,authored,personal
p000001,2020-01-01,proposal_accepted,personal
p000002,2020-01-11,proposal_unmerged,unknown
b000001,2020-01-21,authored,bot
p000001,2020-01-31,reviewed,personal
"""


def real(tmp_path, text=LOG):
    path = tmp_path / "log.csv"
    path.write_text(text, "utf-8")
    return of_log(logs.read_log(path))


def test_of_events__holds_each_contribution_in_order_of_time():
    table = {
        "step": [2, 1, 1],
        "person": [7, 3, 7],
        "event": ["submit", "submit", "aware"],
        "value": [1.0, 2.0, 1.0],
    }
    history = of_events(table, steps=4, months_per_step=0.5)
    assert [*history.of("submit").person] == [3, 3, 7]
    assert [*history.of("submit").time] == [1, 1, 2]
    assert [*history.of("aware").person] == [7]
    assert [*history.counts] == [2, 1]
    assert (history.start, history.end, history.month, history.silence) == (1, 5, 2.0, 6)


def test_of_run__is_what_its_log_says():
    result = run(TINY, seed=3, events=True)
    history = of_run(result)
    assert history.end == 13
    assert history.counts.sum() == result.every_step("submitted").sum() > 0
    assert history.simulated() is result
    named = {name: result.log[name] for name in result.log.dtype.names}
    named["event"] = np.array(EVENT_NAMES)[named["event"]]
    again = of_events(named, 12, 1.0)
    for name in EVENT_NAMES:
        assert np.array_equal(again.of(name), history.of(name))


def test_of_run__needs_the_event_log():
    with pytest.raises(UserError, match="events=True"):
        of_run(run(TINY))


def test_of_log__counts_what_people_authored_and_leaves_bots_out(tmp_path):
    history = real(tmp_path)
    assert [*history.counts] == [1]
    assert [*history.of("reject").time - history.start] == [10]
    assert [*history.last_seen(2) - history.start] == [0, 10]
    assert history.month == DAYS_IN_MONTH
    assert history.end - history.start == 31


def test_of__says_what_a_log_does_not_tell(tmp_path):
    history = real(tmp_path, "contributor,date,kind\nanna,2020-01-01,authored\n")
    with pytest.raises(UnknownError, match="who knows of the community"):
        history.of("aware")
    with pytest.raises(UnknownError, match="no decisions on proposals"):
        history.of("accept")
    with pytest.raises(UnknownError, match="no log of events"):
        history.simulated()


def test_first_submit_and_last_seen__of_people_who_never_did_lie_outside_the_log():
    table = {"step": [2, 3], "person": [1, 1], "event": ["submit"] * 2, "value": [1.0, 1.0]}
    history = of_events(table, steps=4, months_per_step=1.0)
    assert [*history.first_submit(3)] == [5, 2, 5]
    assert [*history.last_seen(3)] == [0, 3, 0]


def test_span__is_in_whole_steps_and_none_is_too_short():
    history = of_events({"step": [], "person": [], "event": [], "value": []}, 9, 0.5)
    assert [history.span(months) for months in (0.5, 3, 3.4)] == [1, 6, 6]
    with pytest.raises(UnknownError, match=r"longer than 0\.4 months"):
        history.span(0.4)
