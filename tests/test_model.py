"""Mesa: an Ecosystem is the same run as `sim.run`, and its agents are windows on the arrays."""

import gc
import importlib.util
import random
import re
import statistics
import subprocess
import sys
import warnings
import weakref
from dataclasses import fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import mesa
import numpy as np
import pytest
from mesa.agent import AgentSet

from sim.core.inputs import LEVERS
from sim.core.state import COMPANY, PERSON, Field
from sim.errors import UserError
from sim.model import MAIN_SERIES, Collector, Ecosystem
from sim.reading import build
from sim.scenario import Scenario
from sim.simulation import Run, run
from sim.windows import Agents, Company, Person, User, Volunteer

DOCS = Path(__file__).parents[1] / "docs" / "mesa"


def world(people: int = 60, steps: int = 12, **tables: Any) -> Scenario:
    crowd = {"people": people, "founders": 0.3}
    small = {"ring": 200, "problems": 3, "pool": 4}
    lively = {"effort_cost": -0.8}  # few people are hardly an audience, so their utility is lower
    table = {
        "title": "t",
        "population": crowd,
        "world": small,
        "effort": lively,
        "turnover": {"leave_early": "0.3 per month"},
        "money": {"seed_money": 30.0},
    }
    return build(table | {"time": {"steps": steps}} | tables, "t")


RIVALS = world(
    companies=[{"name": "Alpha"}, {"name": "Beta", "style": "explorer"}],
    events=[
        {"at": 5, "kind": "loss_of_core", "size": 0.2},
        {"at": 7, "kind": "newcomers", "size": 0.3},
    ],
)


def made(model: Ecosystem) -> int:
    """How many agents of a model there are in memory."""
    return sum(issubclass(type(o), mesa.Agent) and o.model is model for o in gc.get_objects())


def assert_same(one: Run, other: Run) -> None:
    """All series, all of the state and the labels are equal to the last bit."""
    assert one.fingerprint() == other.fingerprint()
    for field in fields(one.state):
        assert np.array_equal(getattr(one.state, field.name), getattr(other.state, field.name))
    assert one.companies.tobytes() == other.companies.tobytes()
    assert one.drive.tobytes() == other.drive.tobytes()


# One run


@pytest.mark.parametrize("of", [world(), RIVALS], ids=["one company", "two rivals"])
@pytest.mark.parametrize("looking", [False, True])
def test_ecosystem__gives_the_same_bits_as_run(of: Scenario, looking: bool) -> None:
    model = Ecosystem(of, "adaptive", seed=3, rep=2)
    while model.running:
        if looking:
            model.agents.shuffle_do(lambda agent: agent.trust)
            model.people.sort("need").select(lambda agent: agent.company >= 0).get("motives")
        model.step()
    assert_same(model.result(), run(of, "adaptive", seed=3, rep=2))


def test_step__takes_one_step_and_stops_at_the_end() -> None:
    model = Ecosystem(world(steps=3), seed=1)
    seen = []
    while model.running:
        model.step()
        seen.append((model.step_count, model.steps, model.running))
    assert seen == [(1, 1, True), (2, 2, True), (3, 3, False)]
    before = model.result().fingerprint()
    model.step()
    assert (model.step_count, model.running) == (3, False)
    assert model.result().fingerprint() == before
    assert len(model.datacollector.get_model_vars_dataframe()) == 4


def test_step__stops_at_the_scenarios_own_end() -> None:
    of = world(stop={"outcome": "members", "above": -1.0})
    assert not Ecosystem(of, seed=1).running
    with_growth = world(people=300, steps=100, stop={"outcome": "arrivals", "above": 0.5})
    model = Ecosystem(with_growth, "commons", seed=1)
    model.run_model()
    assert model.step_count == run(with_growth, "commons", seed=1).end < 100


def test_step__respects_a_stop_by_the_user() -> None:
    model = Ecosystem(world(), seed=1)
    model.running = False
    model.step()
    assert (model.step_count, model.running) == (1, False)


def test_seed__and_rng_mean_the_same_and_0_is_a_seed_of_its_own() -> None:
    def last(**given: Any) -> str:
        model = Ecosystem(world(steps=2), "commons", **given)
        model.run_model()
        return model.result().fingerprint()

    assert last(seed=5) == last(rng=5) == last(seed=np.int64(5)) == last(seed="5")
    assert last(seed=0) == last(rng=0) == run(world(steps=2), "commons", seed=0).fingerprint()
    assert len({last(seed=0), last(seed=1), last(seed=0, rep=1), last(), last()}) == 5


def test_seed__that_was_drawn_repeats_the_run() -> None:
    first = Ecosystem(world(), "commons")
    again = Ecosystem(world(), "commons", seed=first.seed)
    first.run_model()
    again.run_model()
    assert_same(first.result(), again.result())


def test_seed__gives_mesas_generators_their_streams() -> None:
    model = Ecosystem(world(), seed=7)
    assert model.rng.random() == np.random.default_rng(7).random()
    assert model.random.random() == random.Random(7).random()
    assert Ecosystem(world(), seed=7, rep=1).rng.random() != np.random.default_rng(7).random()


@pytest.mark.parametrize("wrong", [-1, 1.5, True, "one", np.random.default_rng(1), [1, 2]])
@pytest.mark.parametrize("name", ["seed", "rng"])
def test_seed__that_is_no_whole_number_is_refused(wrong: Any, name: str) -> None:
    with pytest.raises(UserError, match=f"^{name} must be a whole number of at least 0"):
        Ecosystem(world(), **{name: wrong})


def test_seed__and_rng_together_are_refused() -> None:
    with pytest.raises(UserError, match="not both"):
        Ecosystem(world(), seed=1, rng=1)


def test_ecosystem__neither_reads_nor_moves_global_random_state() -> None:
    """That it moves none is checked after each test."""
    prints = set()
    for state in (1, 2):
        before, numpy_before = random.getstate(), np.random.get_state()  # noqa: NPY002
        random.seed(state)
        np.random.seed(state)  # noqa: NPY002
        model = Ecosystem(world(steps=3), seed=1)
        model.run_model()
        order = model.people.shuffle().get("unique_id")
        prints.add((model.result().fingerprint(), tuple(order)))
        random.setstate(before)
        np.random.set_state(numpy_before)  # noqa: NPY002
    assert len(prints) == 1


def test_ecosystem__two_at_once_do_not_see_each_other() -> None:
    one, other = Ecosystem(world(), "commons", seed=1), Ecosystem(world(), "contest", seed=2)
    kept = one.people[0]
    other.people[0].trust = 0.123
    other.people.set("note", "other's")
    while one.running:
        one.step()
        other.step()
    assert_same(one.result(), run(world(), "commons", seed=1))
    assert kept.trust != other.people[0].trust
    assert not hasattr(kept, "note")
    assert kept in one.agents
    assert kept not in other.agents


def test_ecosystem__takes_changes_by_dotted_names() -> None:
    model = Ecosystem(world(), seed=1, **{"population.people": 30, "time.steps": 5, "title": "u"})
    assert (len(model.people), model.world.time.steps, model.world.title) == (30, 5, "u")
    assert model.world.world.ring == 200
    with pytest.raises(UserError, match=r"did you mean 'people'"):
        Ecosystem(world(), **{"population.peopel": 30})
    with pytest.raises(UserError, match=r"did you mean 'style'"):
        Ecosystem(world(), stlye="commons")


def test_ecosystem__loads_a_scenario_by_path(tmp_path: Path) -> None:
    file = tmp_path / "w.toml"
    file.write_text('title = "from a file"\npopulation.people = 20\n')
    assert Ecosystem(file, seed=1).world.title == Ecosystem(str(file)).world.title == "from a file"
    with pytest.raises(UserError, match="No scenario is called"):
        Ecosystem("no_such_world")


def test_ecosystem__keeps_its_scenario_where_mesas_page_does_not_look() -> None:
    """Mesa 3.5 would put a scenario of its own kind in the place of ours at a reset."""
    model = Ecosystem(world(), seed=1)
    assert model.world.title == "t"
    assert not hasattr(model, "scenario")
    with pytest.raises(UserError, match="make another Ecosystem"):
        model.scenario = world()


def test_q27_model__leaves_memory_when_it_is_deleted() -> None:
    model = Ecosystem(world(), seed=1)
    model.agents.do(lambda agent: agent.trust)
    model.run_model()
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def test_import__of_runs_and_styles_loads_no_mesa() -> None:
    program = "import sim, sim.simulation, sim.styles, sys; sys.exit('mesa' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


# Series of the whole


def test_series__is_that_of_the_run_at_each_step() -> None:
    model = Ecosystem(RIVALS, "toolkit", seed=1)
    for _ in range(6):
        model.step()
    for field in COMPANY:
        assert getattr(model, field.name) == model.result()[field.name][-1]
    with pytest.raises(AttributeError, match="can be set of a company"):
        model.active = 3


def test_q11_collector__has_first_and_last_state_with_true_labels() -> None:
    model = Ecosystem(world(steps=5), "commons", seed=1, model_reporters={"done": "step_count"})
    model.run_model()
    table = model.datacollector.get_model_vars_dataframe()
    reference = run(world(steps=5), "commons", seed=1)
    assert table.index.tolist() == table["done"].tolist() == [0, 1, 2, 3, 4, 5]
    for name in MAIN_SERIES:
        assert table[name].tolist() == reference.every_step(name).tolist()


def test_q11_collector__labels_rows_of_agents_too() -> None:
    model = Ecosystem(world(people=4, steps=2), seed=1, agent_reporters={"trust": "trust"})
    model.run_model()
    table = model.datacollector.get_agent_vars_dataframe()
    assert table.index.tolist() == [(step, i) for step in (0, 1, 2) for i in range(1, 6)]
    assert table["trust"].loc[2].tolist() == model.agents.get("trust")


@pytest.mark.parametrize(
    ("own", "bump"),
    [
        ([0], lambda own: own.__setitem__(0, own[0] + 1)),
        ({"n": 0}, lambda own: own.__setitem__("n", own["n"] + 1)),
        (np.zeros(1), lambda own: own.__iadd__(1)),
        (([0],), lambda own: own[0].__setitem__(0, own[0][0] + 1)),
    ],
    ids=["list", "dict", "array", "list in a tuple"],
)
def test_q12_collector__what_was_recorded_never_changes(own: Any, bump: Any) -> None:
    model = Ecosystem(world(people=3), seed=1)
    agent = model.people[0]
    agent.own = own
    model.datacollector = Collector(
        model_reporters={"own": lambda m: m.people[0].own},
        agent_reporters={"own": lambda a: getattr(a, "own", None)},
        agenttype_reporters={Person: {"own": lambda a: getattr(a, "own", None)}},
        tables={"events": ["own"]},
    )
    model.datacollector.collect(model)
    model.datacollector.add_table_row("events", {"own": own})
    for _ in range(3):
        bump(agent.own)
        model.step()
        model.datacollector.add_table_row("events", {"own": own})
    collected = model.datacollector
    tables = (
        collected.get_model_vars_dataframe()["own"],
        collected.get_agent_vars_dataframe()["own"].xs(1, level="AgentID"),
        collected.get_agenttype_vars_dataframe(Person)["own"].xs(1, level="AgentID"),
        collected.get_table_dataframe("events")["own"],
    )
    for table in tables:
        numbers = [
            float(np.ravel(list(v.values()) if isinstance(v, dict) else v)[0]) for v in table
        ]
        assert numbers == [0, 1, 2, 3]


def test_batch_run__runs_styles_and_replicates_with_true_labels() -> None:
    of = world(steps=6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Mesa 3.5 wants rng for iterations
        rows = mesa.batch_run(
            Ecosystem,
            parameters={"scenario": [of], "style": ["commons", "steward"]},
            iterations=2,
            max_steps=20,
            data_collection_period=1,
            display_progress=False,
        )
    assert len({row["seed"] for row in rows}) == 4
    for row in rows:
        again = run(of, row["style"], seed=row["seed"]).every_step("created")
        assert row["created"] == again[int(row["Step"])]
    assert {int(row["Step"]) for row in rows} >= {0, 1, 2, 3, 4, 5}


def test_batch_run__sweeps_a_value_of_the_scenario() -> None:
    rows = mesa.batch_run(
        Ecosystem,
        parameters={"scenario": [world(steps=2)], "population.people": [20, 40], "seed": 1}
        if mesa.__version__ < "3.4"
        else {"scenario": [world(steps=2)], "population.people": [20, 40]},
        display_progress=False,
    )
    assert [row["population.people"] for row in rows] == [20, 40]


# Agents as windows


def test_agents__are_made_only_when_looked_at() -> None:
    model = Ecosystem(world(people=500), seed=1)
    for _ in range(10):
        model.step()
    assert len(model.agents) == 501
    assert np.isfinite(model.agents.agg("trust", np.mean))
    model.people.shuffle().sort("need").select(at_most=0.5, agent_type=User).get(["need", "goal"])
    assert [len(of_type) for of_type in model.agents_by_type.values()].count(0) == 0
    assert made(model) == 0
    first = model.people.select(lambda agent: True, at_most=3)
    assert (len(first), made(model)) == (3, 3)
    assert model.agents_by_type[Company][0] is model.companies[0]
    assert made(model) == 4


def test_agents__are_kept_with_their_own_attributes() -> None:
    model = Ecosystem(world(), seed=1)
    model.people[7].notes = ["met"]
    gc.collect()
    assert model.agents[7].notes == ["met"]
    assert model.agents[7] is model.people.select(lambda agent: agent.unique_id == 8)[0]


def test_agents__have_mesas_ids_and_types() -> None:
    model = Ecosystem(RIVALS, seed=1)
    assert model.agents.get("unique_id") == list(range(1, 63))
    assert model.agent_types == list(model.agents_by_type) == [Company, User, Volunteer]
    for kind, of_type in model.agents_by_type.items():
        assert {type(agent) for agent in of_type} == {kind}
    volunteers = model.simulation.state.people["volunteer"]
    assert len(model.agents_by_type[Volunteer]) == volunteers.sum()
    assert all(isinstance(agent, mesa.Agent) for agent in model.agents)
    assert [agent.pos for agent in model.companies] == [None, None]


def value_for(field: Field) -> Any:
    whole = {"index": 1, "index + 1": 2, "values": 17}
    return 0.25 if field.kind in ("f", "s") else whole.get(field.unit, 1)


@pytest.mark.parametrize("field", PERSON, ids=lambda field: field.name)
def test_person__reads_and_writes_its_row(field: Field) -> None:
    model = Ecosystem(RIVALS, seed=1)
    person, column = model.people[5], model.simulation.state.people[field.name]
    assert getattr(person, field.name) == column[5]
    others = np.delete(column, 5).tolist()
    setattr(person, field.name, value_for(field))
    assert column[5] == getattr(person, field.name) == value_for(field)
    assert np.delete(column, 5).tolist() == others
    column[5] = 0
    assert getattr(person, field.name) == 0
    assert type(getattr(person, field.name)) is (float if field.kind in ("f", "s") else int)


@pytest.mark.parametrize("field", COMPANY, ids=lambda field: field.name)
def test_company__reads_and_writes_its_row(field: Field) -> None:
    model = Ecosystem(RIVALS, seed=1)
    column = model.simulation.state.companies[field.name]
    setattr(model.companies[1], field.name, value_for(field))
    assert column[1] == getattr(model.companies[1], field.name) == value_for(field)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("trust", 1.5),
        ("trust", float("nan")),
        ("trust", "0.5"),
        ("earned", float("inf")),
        ("utility", float("inf")),
        ("activity", 1e39),
        ("activity", "2"),
        ("company", 2),
        ("company", -2),
        ("adopted", 2),
        ("invited", 3),
        ("first_step", 0),
        ("third_step", 61),
        ("made", 1.0),
        ("made", 2**31),
        ("made", -1),
        ("volunteer", 2),
        ("volunteer", 0.5),
    ],
)
def test_person__refuses_what_a_field_cannot_hold(name: str, wrong: Any) -> None:
    """Above all what would point outside the arrays (Q26) or is not finite (Q24)."""
    person = Ecosystem(RIVALS, seed=1).people[5]
    before = getattr(person, name)
    with pytest.raises(UserError, match=rf"^{name} of \w+ 6 must be a .*number in \["):
        setattr(person, name, wrong)
    assert getattr(person, name) == before


def test_person__that_is_moved_keeps_the_books() -> None:
    model = Ecosystem(RIVALS, "directive", seed=1)
    for _ in range(4):
        model.step()
    alpha, beta = model.companies
    person = alpha.people().sort("waiting")[0]
    assert person.company_agent is alpha
    person.waiting = 3
    alpha.waiting = beta.waiting = 10
    before = alpha.members, beta.members
    person.company = 1
    assert (alpha.members, beta.members) == (before[0] - 1, before[1] + 1)
    assert (alpha.waiting, beta.waiting, person.joined, person.made_here) == (7, 13, 4, 0)
    person.company = 1
    assert beta.members == before[1] + 1
    person.company = -1
    assert (beta.members, beta.waiting, person.waiting) == (before[1], 10, 0)
    assert (person.joined, person.company_agent) == (-1, None)
    model.step()
    for company in model.companies:
        assert company.members == len(company.people())


def test_person__has_ties_and_motives() -> None:
    model = Ecosystem(world(), seed=1)
    assert sum(model.people[3].motives.values()) == pytest.approx(1)
    friends = model.people[3].ties
    assert friends
    assert all(model.people[3] in friend.ties for friend in friends)


def test_company__levers_stay_as_set_by_hand() -> None:
    model = Ecosystem(RIVALS, "commons", seed=1)
    alpha = model.companies[0]
    assert (alpha.name, alpha.style, alpha.levers.control) == ("Alpha", "commons", 0.1)
    alpha.levers = replace(alpha.levers, control=0.9)
    for _ in range(5):
        model.step()
    assert (alpha.style, alpha.control) == ("ByHand", 0.9)
    alpha.control = 0.3
    model.step()
    assert (alpha.control, alpha.levers.control) == (0.3, 0.3)
    alpha.style = "directive"
    model.step()
    assert alpha.control == 0.9
    with pytest.raises(UserError, match=r"control must lie in \[0, 1\], but is 2"):
        alpha.levers = replace(alpha.levers, control=2.0)
    with pytest.raises(UserError, match=r"must be sim\.Levers"):
        alpha.levers = "high"
    assert alpha.style == "directive"


def test_company__all_levers_can_be_set_one_by_one() -> None:
    company = Ecosystem(world(), "commons", seed=1).companies[0]
    for lever in LEVERS:
        setattr(company, lever, 0.77)
    assert {getattr(company.levers, lever) for lever in LEVERS} == {0.77}


def test_ecosystem__refuses_agents_that_the_core_does_not_know() -> None:
    model = Ecosystem(world(), seed=1)
    with pytest.raises(UserError, match="makes its own agents"):
        mesa.Agent(model)
    with pytest.raises(UserError, match="gone = 1"):
        model.people[0].remove()


# The AgentSet


@pytest.fixture
def both() -> tuple[Agents, AgentSet]:
    """Our set, and Mesa's own with the same agents and a generator in the same state."""
    model = Ecosystem(RIVALS, "commons", seed=1)
    for _ in range(3):
        model.step()
    return model.agents, AgentSet(list(model.agents), random.Random(1))


@pytest.mark.parametrize(
    "ask",
    [
        lambda agents: agents.select(),
        lambda agents: agents.select(lambda agent: agent.trust > 0.5),
        lambda agents: agents.select(lambda agent: agent.trust > 0.5, at_most=4),
        lambda agents: agents.select(at_most=0.25),
        lambda agents: agents.select(at_most=1.0),
        lambda agents: agents.select(at_most=1),
        lambda agents: agents.select(at_most=0),
        lambda agents: agents.select(at_most=1000),
        lambda agents: agents.select(agent_type=Volunteer, at_most=5),
        lambda agents: agents.select(lambda agent: agent.goal > 0.5, agent_type=Person),
        lambda agents: agents.select(agent_type=Company, inplace=True),
        lambda agents: agents.sort("trust"),
        lambda agents: agents.sort("trust", ascending=True),
        lambda agents: agents.sort(lambda agent: -agent.unique_id, inplace=True),
        lambda agents: agents.shuffle(),
        lambda agents: agents.shuffle(inplace=True).shuffle(),
        lambda agents: agents[::7],
        lambda agents: [agents[0], agents[-1]],
        lambda agents: list(agents),
        lambda agents: agents & agents.select(agent_type=User),
        lambda agents: agents - agents.select(agent_type=User),
        lambda agents: agents.select(agent_type=User) | agents,
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:AgentSet.__getitem__:PendingDeprecationWarning")
def test_agent_set__chooses_and_orders_as_mesa_does(
    both: tuple[Agents, AgentSet], ask: Any
) -> None:
    ours, mesas = both
    ours.model.random.seed(1)
    assert list(ask(ours)) == list(ask(mesas))


@pytest.mark.parametrize(
    "ask",
    [
        lambda agents: agents.get("trust"),
        lambda agents: agents.get("unique_id"),
        lambda agents: agents.get(["trust", "goal"]),
        lambda agents: agents.get("need", handle_missing="default", default_value=-1),
        lambda agents: agents.get("no_such_field", "default"),
        lambda agents: agents.agg("trust", sum),
        lambda agents: agents.agg("submitted", [min, max, statistics.mean]),
        lambda agents: agents.map(lambda agent, more: agent.trust + more, 1),
        lambda agents: agents.groupby("submitted").count(),
        lambda agents: agents.groupby(type).agg("trust", max),
        lambda agents: {k: list(g) for k, g in agents.groupby(type)},
        lambda agents: {k: list(g) for k, g in agents.groupby(type, result_type="list")},
        lambda agents: len(agents),
        lambda agents: agents.select(agent_type=Company).get("cash"),
        lambda agents: agents.select(at_most=0).get("trust"),
    ],
)
def test_agent_set__tells_what_mesas_tells(both: tuple[Agents, AgentSet], ask: Any) -> None:
    ours, mesas = both
    assert ask(ours) == ask(mesas)


def test_agent_set__get_refuses_what_some_agents_lack(both: tuple[Agents, AgentSet]) -> None:
    for agents in both:
        with pytest.raises(AttributeError, match="need"):
            agents.get("need")


def test_agent_set__sets_and_does(both: tuple[Agents, AgentSet]) -> None:
    people = both[0].model.people
    assert people.set("trust", 0.25) is people
    assert set(both[0].model.simulation.state.people["trust"]) == {0.25}
    seen: list[int] = []
    assert people.do(lambda agent: seen.append(agent.unique_id)) is people
    people.shuffle_do(lambda agent: seen.append(agent.unique_id))
    people.do("step")
    assert seen[:60] == list(range(1, 61)) == sorted(seen[60:]) != seen[60:]


def test_agent_set__adds_and_takes_out_in_a_set_of_its_own() -> None:
    model = Ecosystem(world(), seed=1)
    chosen, person = model.people.select(at_most=3), model.people[9]
    chosen.add(person)
    chosen.add(person)
    assert chosen.get("unique_id") == [1, 2, 3, 10]
    chosen.discard(model.people[0])
    chosen.discard(model.people[0])
    chosen.remove(person)
    with pytest.raises(KeyError):
        chosen.remove(person)
    assert chosen.get("unique_id") == [2, 3]
    assert len(model.people) == 60
    with pytest.raises(UserError, match="no agent of this ecosystem"):
        chosen.add(Ecosystem(world(), seed=1).people[0])


# The how-to


def test_readme__runs_from_top_to_bottom() -> None:
    text = (DOCS / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 4
    done = subprocess.run([sys.executable, "-c", "".join(blocks)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def app() -> ModuleType:
    """The page's module, where solara is installed."""
    pytest.importorskip("solara", reason="Mesa's page needs the extra: pip install 'cocreate[viz]'")
    spec = importlib.util.spec_from_file_location("app", DOCS / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.filterwarnings("ignore")  # what solara and Mesa have to warn each other of
def test_app__steps_and_resets_a_model_of_its_own(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ipyvuetify
    import solara

    models: list[Ecosystem] = []

    class Watched(Ecosystem):
        def __init__(self, scenario: Any = "open_source", style: Any = None, **kwargs: Any) -> None:
            super().__init__(scenario, style, **kwargs)
            models.append(self)

    monkeypatch.setattr(app.sim, "Ecosystem", Watched)
    start = dict(app.START)
    pages = [
        solara.render(solara.AppLayout(children=[app.Page()]), handle_error=False)[1]
        for _ in range(2)
    ]
    assert len(models) == 2

    def press(label: str) -> None:
        pages[0].find(ipyvuetify.Btn, children=[label]).widget.click()

    for _ in range(3):
        press("Step")
    assert [model.step_count for model in models] == [3, 0]
    press("Reset")
    assert [model.step_count for model in models] == [3, 0, 0]
    assert len(models[2].people) == start["population.people"]
    assert models[2].result().fingerprint() == models[1].result().fingerprint()
    for page in pages:
        page.close()
