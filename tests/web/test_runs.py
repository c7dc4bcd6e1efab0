"""Runs in lock-step are those of the library; a move holds a lever and nothing else."""

import numpy as np
import pytest

from sim.core.inputs import LEVERS
from sim.errors import UserError
from sim.reading import change, load
from sim.simulation import Simulation, run
from sim.styles import STYLES, make
from sim.web.link import read_settings
from sim.web.runs import Runs, hold
from sim.web.settings import Column, Move, Settings, own_name


def same(one, other):
    return np.ascontiguousarray(one).tobytes() == np.ascontiguousarray(other).tobytes()


def test_options__of_a_column_are_those_of_its_style(settings):
    quick, usual = Column("adaptive", {}, {"pace": 0.3}), Column("adaptive", {})
    runs = Runs(settings(quick, usual, people=600))
    while not runs.done:
        runs.advance()
    expected = [
        run(runs.scenario, lambda options=options: make("adaptive", options), seed=1)
        for options in ({"pace": 0.3}, {})
    ]
    for one, other in zip(runs.simulations, expected, strict=True):
        assert one.result().fingerprint() == other.fingerprint()
    assert expected[0].fingerprint() != expected[1].fingerprint()


def test_market__is_run_as_it_is_written_beside_one_style_in_all_companies():
    world = change(load("mixed_market"), population={"people": 600})
    columns = (Column("", {}), Column("steward", {"fun": 0.9}), Column("commons", {}))
    runs = Runs(Settings("mixed_market", columns, 4, 600))
    people = [one.state.people.copy() for one in runs.simulations]
    assert same(people[0], people[1])
    while not runs.done:
        runs.advance()
    results = [one.result() for one in runs.simulations]
    assert results[0].fingerprint() == run(world, seed=4).fingerprint()
    plain = [{"name": company.name} for company in world.companies]
    alike = run(change(world, companies=plain), "commons", seed=4)
    assert results[2].fingerprint() == alike.fingerprint() != results[0].fingerprint()
    fun = results[1].companies["fun"][1:]
    assert (fun == 0.9).all()
    assert fun.shape[1] == len(world.companies)


def test_market__as_it_is_written_has_no_levers_and_other_columns_have():
    runs = Runs(Settings("mixed_market", (Column("", {}), Column("commons", {})), 4, 600))
    runs.advance()
    levers, held = runs.levers()
    assert np.isnan(levers[0]).all()
    assert levers[1].tolist() == [[getattr(STYLES["commons"].levers, one) for one in LEVERS]] * 4
    assert not held.any()
    with pytest.raises(UserError, match="there are no levers to hold"):
        runs.move(0, "fun", 0.9)
    runs.move(1, "fun", 0.9)
    runs.advance()
    assert (runs.records(2)["fun"][1] == 0.9).all()
    assert not (runs.records(2)["fun"][0] == 0.9).any()
    assert len(runs.settings.moves) == 1


def test_move__does_not_ask_the_style_anew(settings):
    moved, left = (Runs(settings("adaptive", "adaptive")) for _ in range(2))
    for runs in (moved, left):
        for _ in range(6):  # between two reviews
            runs.advance()
    for value in (0.1, 0.5, 0.9):
        moved.move(0, "fun", value)
    for runs in (moved, left):
        runs.advance()
    now, then = moved.records(7)[0, 0, 0], left.records(7)[0, 0, 0]
    assert now["fun"] == 0.9 != then["fun"]
    assert [now[lever] for lever in LEVERS if lever != "fun"] == [
        then[lever] for lever in LEVERS if lever != "fun"
    ]


def test_move__that_lets_go_gives_a_lever_back_to_its_style_where_it_began(settings):
    runs = Runs(settings("adaptive", Column("commons", {"fun": 0.9})))
    control, fun = LEVERS.index("control"), LEVERS.index("fun")
    runs.move(0, "control", 0.9)
    runs.move(0, "fun", 0.7)
    runs.move(1, "fun", 0.2)
    for _ in range(6):  # between two reviews
        runs.advance()
    runs.move(0, "control", None)
    runs.move(1, "fun", None)
    levers, held = runs.levers()
    assert levers[0, 0, control] == runs.start[0, 0, control] != 0.9
    assert levers[1, 0, fun] == 0.9  # where the column holds it from the start
    assert np.argwhere(held).tolist() == [[0, 0, fun], [1, 0, fun]]
    assert runs.before() == (runs.start[0, 0, control], runs.start[0, 0, fun], 0.9, 0.9, 0.2)
    for _ in range(12):
        runs.advance()
    later, _ = runs.levers()
    assert later[0, 0, control] != runs.start[0, 0, control]
    assert later[0, 0, fun] == 0.7
    record = runs.records(7)["control"][0, 0, 0]
    assert record == runs.start[0, 0, control]


def test_move__that_lets_go_is_made_again_by_the_settings(settings):
    runs = Runs(settings("adaptive", "commons"))
    for step in range(40):
        if step in (3, 8):
            runs.move(0, "control", 0.9 if step == 3 else None)
        runs.advance()
    again = Runs(read_settings(runs.settings.packed()))
    held = Runs(settings("adaptive", "commons", moves=runs.moves()[:1]))
    for _ in range(40):
        again.advance()
        held.advance()
    assert again.records().tobytes() == runs.records().tobytes() != held.records().tobytes()
    assert again.before() == runs.before()
    assert held.records(0, 9).tobytes() == runs.records(0, 9).tobytes()


def test_move__of_a_lever_within_a_step_takes_the_place_of_the_last(settings):
    runs = Runs(
        settings("commons", "directive", moves=[Move(0, 0, "fun", 0.3), Move(4, 1, "fun", 0.2)])
    )
    for value in (0.1, 0.5):
        runs.move(0, "fun", value)
        runs.move(1, "money", value)
    assert runs.settings.moves == (
        Move(0, 0, "fun", 0.5), Move(0, 1, "money", 0.5), Move(4, 1, "fun", 0.2),
    )  # fmt: skip
    assert runs.moves() == runs.settings.moves[:2]


def test_move__ahead_in_a_link_is_made_when_its_step_comes(settings):
    ahead = [Move(3, 0, "money", 0.9), Move(3, 0, "fun", 0.1)]
    runs, plain = (
        Runs(settings("commons", "commons", moves=ahead)),
        Runs(settings("commons", "commons")),
    )
    for _ in range(5):
        runs.advance()
        plain.advance()
    assert runs.moves() == tuple(ahead)
    assert same(runs.series()[0, :4], plain.series()[0, :4])
    money = [r.records()["money"][0, :, 0].tolist() for r in (runs, plain)]
    assert money == [[*money[1][:4], 0.9, 0.9], money[1]]


def test_move__holds_only_companies_that_the_scenario_gives_no_style(settings):
    own = change(
        load("default"),
        companies=[{"name": "A"}, {"name": "B", "style": "directive"}],
        population={"people": 300},
    )
    asked = Settings(own_name(own), (Column("commons", {}), Column("commons", {})), 1, 300)
    runs = Runs(asked, own)
    runs.advance()
    runs.move(1, "money", 0.9)
    runs.advance()
    money = runs.records(2)["money"][:, 0]
    assert money[1, 0] == 0.9 != money[0, 0]
    assert money[1, 1] == money[0, 1]
    assert runs.start[0, 0].tolist() == [
        getattr(STYLES["commons"].levers, lever) for lever in LEVERS
    ]


def test_move__beyond_the_most_that_are_kept_is_refused(settings):
    moves = [Move(n // 12, 0, LEVERS[n % 12], 0.5) for n in range(300)]
    runs = Runs(settings("commons", "directive", moves=moves))
    with pytest.raises(UserError, match="At most 300 moves"):
        runs.move(1, "money", 0.5)
    assert len(runs.settings.moves) == 300
    runs.advance()
    assert runs.records(1)["money"][1, 0, 0] != 0.5


def test_frame__costs_as_much_late_in_a_run_and_of_many_people(settings, effort):
    def costs(people, steps):
        runs = Runs(settings("commons", "directive", "contest", "steward", people=people))
        for _ in range(steps):
            runs.advance()
        works = (lambda: runs.series(runs.step), runs.pictures, runs.levers)
        return [effort(work) for work in works]

    early = costs(10_000, 1)
    for found in (costs(10_000, 60), costs(100_000, 1)):
        for (lines, bytes_), (early_lines, early_bytes) in zip(found, early, strict=True):
            assert lines == early_lines
            assert bytes_ < 1.3 * early_bytes


def test_hold__lasts_until_a_new_style_comes():
    events = [{"at": 6, "kind": "new_style", "style": "directive"}]
    simulation = Simulation(change(load("default"), events=events), "commons")
    hold(simulation, {"money": 0.9})
    hold(simulation, {"fun": 0.1})
    simulation.advance(10)
    now, then = simulation.history[5, 0], simulation.history[6, 0]
    assert (now["money"], now["fun"]) == (0.9, 0.1)
    assert now["social"] == STYLES["commons"].levers.social
    levers = STYLES["directive"].levers
    assert (then["money"], then["fun"]) == (levers.money, levers.fun)


@pytest.mark.parametrize("style", ["adaptive", "bureaucratizing", "explorer"])
def test_levers__are_those_that_the_style_asks_for_in_the_headless_run(settings, style):
    runs = Runs(settings(style, "commons", people=600))
    headless, start, solvent = Simulation(runs.scenario, style, seed=1), runs.start, set()
    for step in range(1, 80):
        runs.advance()
        headless.advance(1)
        levers, held = runs.levers()
        assert levers[0, 0].tolist() == [getattr(headless.asked[0], lever) for lever in LEVERS]
        assert levers[1].tolist() == start[1].tolist()
        assert not held.any()
        company = headless.history[step, 0]
        if company["austerity"] == 1:  # without cash, levers that cost money are cut
            assert levers[0, 0].tolist() == [company[lever] for lever in LEVERS]
            solvent.add(levers[0].tobytes())
    assert len(solvent) > 1


def test_levers__are_those_of_each_company_that_is_managed():
    columns = (Column("", {}), Column("explorer", {"fun": 0.9}))
    runs = Runs(Settings("mixed_market", columns, 4, 600))
    for _ in range(30):
        runs.advance()
    levers, held = runs.levers()
    asked = runs.simulations[1].asked
    assert levers[1].tolist() == [[getattr(one, lever) for lever in LEVERS] for one in asked]
    assert len({row.tobytes() for row in levers[1]}) > 1
    assert np.argwhere(held).tolist() == [[1, c, LEVERS.index("fun")] for c in range(4)]


def test_levers__that_are_held_are_told_until_a_new_style_lets_go_of_them():
    events = [{"at": 6, "kind": "new_style", "style": "directive"}]
    own = change(load("default"), events=events, population={"people": 300})
    columns = (Column("commons", {"fun": 0.9}), Column("commons", {}))
    runs = Runs(Settings(own_name(own), columns, 1, 300), own)
    runs.move(1, "money", 0.7)
    fun, money = LEVERS.index("fun"), LEVERS.index("money")
    for step in range(8):
        levers, held = runs.levers()
        there = step < 6
        assert np.argwhere(held).tolist() == ([[0, 0, fun], [1, 0, money]] if there else [])
        directive = STYLES["directive"].levers
        assert levers[0, 0, fun] == (0.9 if there else directive.fun)
        assert levers[1, 0, money] == (0.7 if there else directive.money)
        runs.advance()
