"""The network stands still, is the same for all columns, and says what the state says."""

import json

import msgspec
import numpy as np
import pytest

from sim.reading import change, load
from sim.scenario import Company
from sim.simulation import Simulation
from sim.web.commands import read
from sim.web.network import (
    FOUNDERS,
    INNER,
    KEEN,
    MOST_PEOPLE,
    MOST_PROBLEMS,
    MOST_TIES,
    WELL_KNOWN,
    Network,
    evenly,
    fates,
)
from sim.web.picture import main_motives, picture
from sim.web.settings import Column

TIES = {
    "small world": {},
    "hubs": {"kind": "preferential"},
    "strangers": {"kind": "none"},
    "crowded": {"degree": 1000},
}


def settled(name="default", style="commons", seed=1, **sections):
    return Simulation(change(load(name), **sections), style, seed=seed)


def told(simulation):
    message = Network(simulation).told([simulation], simulation.step, True)
    assert msgspec.json.decode(msgspec.json.encode(message)) == message
    return message


def pairs(simulation, people):
    """All ties among these people, by their numbers, found one by one."""
    state, among = simulation.state, set(people)
    return {
        (a, int(b))
        for a in people
        for b in state.neighbours[state.offsets[a] : state.offsets[a + 1]]
        if a < b and int(b) in among
    }


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("people", [10, 250, 1500])
def test_layout__has_some_people_and_all_ties_among_them(people, ties):
    simulation = settled(population={"people": people}, ties=TIES[ties])
    found = told(simulation)["layout"]
    shown = found["people"]
    assert shown == sorted(set(shown))
    expected = min(people, MOST_PEOPLE) if ties != "crowded" or people == 10 else None
    assert expected is None or len(shown) == expected
    assert len(found["ties"]) <= MOST_TIES
    assert {(shown[a], shown[b]) for a, b in found["ties"]} == pairs(simulation, shown)
    assert len(found["ties"]) == len(pairs(simulation, shown))
    offsets = simulation.state.offsets
    assert found["degrees"] == [int(offsets[i + 1] - offsets[i]) for i in shown]
    weights = simulation.state.weights
    assert found["motives"] == [list(weights[i]).index(max(weights[i])) for i in shown]


def test_people__shown_are_founders_the_well_known_the_keen_and_who_is_tied_to_them():
    simulation = settled()
    state = simulation.state
    found = told(simulation)["layout"]
    shown = set(found["people"])
    founders = np.flatnonzero(state.people["company"] >= 0)
    assert len(founders) > FOUNDERS
    first = evenly(founders, FOUNDERS)
    assert len(first) == FOUNDERS
    assert set(first.tolist()) <= shown
    assert set(np.argsort(-np.diff(state.offsets), kind="stable")[:WELL_KNOWN].tolist()) <= shown
    keen = np.argsort(-state.people["activity"], kind="stable")
    assert set(keen[:KEEN].tolist()) <= shown
    alone = len(shown) - len({end for tie in found["ties"] for end in tie})
    assert alone < 30
    simulation.advance(60)
    made = simulation.state.people["made"]
    assert np.mean(made[found["people"]] > 0) > 2 * np.mean(made > 0)


def test_people__without_ties_are_those_with_most_time_and_zest():
    simulation = settled(ties={"kind": "none"}, population={"founders": 0.0})
    keen = np.argsort(-simulation.state.people["activity"], kind="stable")[:MOST_PEOPLE]
    shown = told(simulation)["layout"]["people"]
    assert sorted(keen.tolist()) == shown


@pytest.mark.parametrize("ties", TIES)
def test_places__are_apart_and_people_stand_around_companies_and_problems(ties):
    found = told(settled(ties=TIES[ties]))["layout"]
    people = np.array(found["x"]) + 1j * np.array(found["y"])
    assert np.all(np.isfinite(people))
    assert np.all((np.abs(people) > INNER - 1e-3) & (np.abs(people) < 1 + 1e-3))
    gaps = np.abs(np.subtract.outer(people, people)) + np.eye(len(people))
    assert np.median(gaps.min(axis=1)) > 0.33 * np.sqrt(np.pi * (1 - INNER**2) / len(people))
    problems = np.array([problem["x"] + 1j * problem["y"] for problem in found["problems"]])
    assert len(set(problems.tolist())) == 24
    assert np.all(np.abs(problems) < INNER)
    assert [(company["x"], company["y"]) for company in found["companies"]] == [(0, 0)]


def test_places__of_people_who_are_tied_are_near_each_other():
    found = told(settled())["layout"]
    people = np.array(found["x"]) + 1j * np.array(found["y"])
    one, other = np.array(found["ties"]).T
    tied = np.median(np.abs(people[one] - people[other]))
    assert tied < 0.4 * np.median(np.abs(np.subtract.outer(people, people)))


def test_layout__is_the_same_for_the_seed_whatever_the_style():
    found = told(settled(seed=4))["layout"]
    assert told(settled(seed=4))["layout"] == found
    assert told(settled(seed=4, style="directive"))["layout"] == found
    assert told(settled(seed=5))["layout"] != found


def test_layout__is_the_same_whenever_it_is_asked_for():
    simulation = settled()
    early, late = Network(simulation), Network(simulation)
    first = early.told([simulation], 0, True)
    simulation.advance(30)
    assert late.told([simulation], 30, True)["layout"] == first["layout"]
    assert "layout" not in early.told([simulation], 30, False)
    assert early.told([simulation], 30, True)["layout"] == first["layout"]


@pytest.mark.parametrize("style", ["contest", "commons"])
def test_fates__are_what_the_state_says(style):
    simulation = settled(style=style, seed=3, population={"founders": 0.3})
    network = Network(simulation)
    n_winners = 0
    for step in (0, 1, 12, 40):
        simulation.advance(step - simulation.step)
        message = network.told([simulation], step, True)
        assert message["step"] == step
        shown, found = message["layout"]["people"], message["columns"][0]
        people, row = simulation.state.people, simulation.history[step, 0]
        assert found["company"] == [int(people[i].company) for i in shown]
        assert found["made"] == [int(people[i].made) for i in shown]
        assert found["trust"] == [round(float(people[i].trust), 4) for i in shown]
        assert found["members"] == [row["members"]]
        assert found["active"] == [row["active"]]
        bytes_ = picture(simulation, main_motives(simulation))
        assert found["takes_part"] == [bool(bytes_[i] & 16) for i in shown]
        problems = simulation.state.problems[0]
        heights = [simulation.state.rings[task.ring, task.at] for task in problems]
        qualities = (np.array(heights) / 100) ** 8
        assert found["quality"] == pytest.approx(qualities, abs=5.1e-5)
        assert 0 <= min(found["quality"]) < max(found["quality"]) < 1
        assert step == 0 or np.mean(found["quality"]) == pytest.approx(row["quality"], abs=5.1e-5)
        assert found["winners"] == [int(task.winner) for task in problems]
        n_winners += sum(winner >= 0 for winner in found["winners"])
    assert len({made > 0 for made in found["made"]}) == 2
    assert (n_winners > 0) == (style == "contest")


def test_problems__of_several_companies_are_shown_around_each():
    world = msgspec.structs.replace(
        load("default"), companies=(Company(), Company(name="rival", style="directive"))
    )
    simulation = Simulation(change(world, world={"problems": 90}), "commons", seed=2)
    simulation.advance(5)
    message = told(simulation)
    found, fares = message["layout"], message["columns"][0]
    assert [company["name"] for company in found["companies"]] == ["company", "rival"]
    assert len(found["problems"]) == len(fares["quality"]) <= MOST_PROBLEMS
    for problem, quality in zip(found["problems"], fares["quality"], strict=True):
        task = simulation.state.problems[problem["company"], problem["number"]]
        height = simulation.state.rings[task.ring, task.at]
        assert quality == pytest.approx((height / 100) ** 8, abs=5.1e-5)
        gaps = [np.hypot(problem["x"] - c["x"], problem["y"] - c["y"]) for c in found["companies"]]
        assert gaps.index(min(gaps)) == problem["company"]
    assert len(fares["members"]) == 2
    assert np.hypot(*np.array([[p["x"], p["y"]] for p in found["problems"]]).T).max() < INNER


def test_network__of_a_hundred_thousand_people_costs_hardly_more_than_of_a_thousand(effort):
    costs = {}
    for people in (1_000, 100_000):
        simulation = settled("open_source", population={"people": people})
        network = Network(simulation)

        def told(whole, network=network, simulation=simulation):
            return network.told([simulation] * 6, 0, whole)

        costs[people] = effort(lambda: told(True)), effort(lambda: told(False))
        assert len(json.dumps(told(True))) < 200_000
        assert len(json.dumps(told(False))) < 100_000
    (few_lines, few_bytes), few_later = costs[1_000]
    (lines, bytes_), later = costs[100_000]
    assert lines < 1.2 * few_lines
    assert bytes_ < few_bytes + 100 * 100_000  # some numbers a person, to choose who is shown
    assert later == pytest.approx(few_later, rel=0.1)


def test_session__tells_the_network_when_asked_and_never_unasked(opened, page, settings):
    session = opened(settings("commons", "contest", Column("commons", {}), seed=2, people=500))
    looking = page(session)
    for _ in range(4):
        session.step()
    looking.wait(lambda p: p.step == 4)
    assert looking.last("network") is None
    session.network(True, looking.viewer)
    first = looking.wait(lambda p: p.last("network"))
    assert first["step"] == 4
    assert len(first["columns"]) == 3
    assert first["columns"][0] == first["columns"][2] != first["columns"][1]

    alone = settled(seed=2, population={"people": 500})
    network = Network(alone)
    alone.advance(4)
    assert first["layout"] == network.told([alone], 4, True)["layout"]
    shown = np.array(first["layout"]["people"])
    assert first["columns"][0] == fates(alone, shown)

    session.step()
    session.network(False, looking.viewer)
    later = looking.wait(lambda p: p.last("network") is not first and p.last("network"))
    alone.advance(1)
    assert later == {"is": "network", "step": 5, "columns": later["columns"]}
    assert later["columns"][0] == fates(alone, shown)
    assert sum(message["is"] == "network" for message in looking.messages) == 2


def test_session__that_starts_anew_has_another_network(opened, page, settings):
    session = opened(settings("commons", "contest", seed=2, people=500))
    looking = page(session)
    session.network(True, looking.viewer)
    first = looking.wait(lambda p: p.last("network"))
    session.restart(settings("commons", "contest", seed=3, people=400))
    session.network(True, looking.viewer)
    other = looking.wait(lambda p: p.last("network") is not first and p.last("network"))
    kinds = [message["is"] for message in looking.messages]
    assert kinds.index("network") < len(kinds) - 1 - kinds[::-1].index("session")
    alone = settled(seed=3, population={"people": 400})
    assert other["layout"] == told(alone)["layout"] != first["layout"]


def test_command__asks_for_the_network():
    assert read('{"do":"network"}').whole is False
    assert read('{"do":"network","whole":true}').whole is True
    assert "no such command" in str(read('{"do":"network","whole":"trust"}'))
    assert "no such command" in str(read('{"do":"network","field":"trust"}'))
