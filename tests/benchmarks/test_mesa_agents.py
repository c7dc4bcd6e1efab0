"""The model told a second time, as plain Mesa agents, gives the bits of the core."""

import importlib.util
import sys
from pathlib import Path

import mesa
import numpy as np
import pytest

from sim import Simulation, run
from sim.core.state import BLOCK, COMPANY, PERSON
from sim.reading import change, load, shipped
from sim.styles import STYLES

NAME = "mesa_agents"
SPEC = importlib.util.spec_from_file_location(NAME, Path(__file__).with_name(f"{NAME}.py"))
agents = sys.modules[NAME] = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(agents)

SMALL = ("population.people=40", "time.steps=10", "time.review=2")
LIVELY = (
    *SMALL,
    "population.founders=0.5",
    "turnover.awareness=0.1 per month",
    "turnover.leave_early=0.1 per month",
    "effort.contributions=6 per month",
    "effort.effort_cost=-1",
    "gate.review_capacity=8 per month",
    "money.seed_money=8",
    "money.pay_purse=3 per month",
    "money.wage=0.2 per month",
    "world.worth=8",
)
"""A few dozen people who do all that there is to do."""

ALL_TAKE_PART = (
    "population.founders=1",
    "turnover.leave=0 per month",
    "turnover.leave_early=0 per month",
    "money.seed_money=1000",
)
"""All are members, and none ever leaves."""


def agree(model, core):
    """Every number of every person and company, at this step and in all recorded before."""
    state, t = core.state, core.step
    for field in COMPANY:
        np.testing.assert_array_equal(
            model.history[: t + 1][field.name], core.history[: t + 1][field.name], field.name
        )
    np.testing.assert_array_equal(model.drive[: t + 1], core.drive[: t + 1])
    for field in PERSON:
        found = [getattr(me, field.name) for me in model.everyone]
        if field.name == "company":
            found = [-1 if company is None else company.number for company in found]
        kept = state.people[field.name]
        np.testing.assert_array_equal(np.array(found, kept.dtype), kept, field.name)
    assert model.face_goals == state.faces["goal"].tolist()
    for company, tasks in zip(model.firms, state.problems, strict=True):
        assert [task.ring for task in company.tasks] == tasks["ring"].tolist()
        assert [task.at for task in company.tasks] == tasks["at"].tolist()
    assert model.centre == state.world["centre"][0]


def managed_alike(world):
    """The same world; its companies are under the style that is asked for."""
    return change(world, companies=[{"name": company.name} for company in world.companies])


@pytest.mark.parametrize("changes", [SMALL, LIVELY], ids=["small", "lively"])
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("scenario", shipped())
def test_agents__give_the_bits_of_the_core(scenario, style, changes):
    world = managed_alike(load(scenario, changes))
    core = Simulation(world, style, seed=3)
    model = agents.Ecosystem(world, style, seed=3)
    while not core.done:
        core.advance(1)
        model.step()
        agree(model, core)


EVENTS = (
    {"at": 2, "kind": "newcomers", "size": 0.3},
    {"at": 3, "kind": "new_style", "style": "explorer", "company": "Kit"},
    {"at": 4, "kind": "pay_withdrawal", "lasts": 3},
    {"at": 5, "kind": "loss_of_core", "size": 0.2},
    {"at": 6, "kind": "new_vision", "size": 0.7},
    {"at": 7, "kind": "new_style", "style": "imitator", "company": "Command"},
    {"at": 8, "kind": "loss_of_audience", "size": 0.3, "company": "Steward"},
    {"at": 9, "kind": "pay_withdrawal"},
)


def test_agents__meet_the_same_events():
    world = change(load("mixed_market", (*LIVELY, "population.people=120")), events=list(EVENTS))
    core, model = Simulation(world, seed=3), agents.Ecosystem(world, seed=3)
    while not core.done:
        core.advance(1)
        model.step()
        agree(model, core)
    assert sum(me.gone for me in model.everyone) > 0


@pytest.mark.parametrize(
    "changes",
    [
        ("time.step=1 week", "world.rivalry=0.6", "world.uses=0.5", "world.trust_critical=0.5"),
        ("population.people=12", "time.steps=4", "effort.contributions=5000 per month"),
        ("population.first_belief=1", "population.conditional_start=0.4", "money.seed_money=0"),
        ("ties.kind=preferential", "effort.appeal=0", "effort.effort_cost=2"),
    ],
    ids=["rival goods by the week", "very many contributions", "much given", "no appeal"],
)
def test_agents__give_the_bits_of_the_core_in_other_worlds(changes):
    world = load("mixed_market", (*LIVELY, *changes))
    core, model = Simulation(world, seed=3), agents.Ecosystem(world, seed=3)
    while not core.done:
        core.advance(1)
        model.step()
        agree(model, core)


@pytest.mark.parametrize("scenario", shipped())
def test_usual_agents__do_the_same(scenario):
    world = load(scenario, LIVELY)
    core = Simulation(world, seed=5)
    model = agents.UsualEcosystem(world, seed=5)
    while not core.done:
        core.advance(1)
        model.step()
    agree(model, core)
    table = model.datacollector.get_model_vars_dataframe()
    np.testing.assert_array_equal(table["active"], core.history["active"][1:].sum(axis=1))


def test_usual_agents__run_in_mesas_batches():
    world = load("default", LIVELY)
    runs = mesa.batch_run(
        agents.UsualEcosystem,
        {"scenario": world, "style": ["commons", "contest"], "seed": 5},
        max_steps=world.time.steps,
        display_progress=False,
    )
    ends = {row["style"]: row for row in runs}  # newer Mesas give a row for each person
    assert set(ends) == {"commons", "contest"}
    for style, row in ends.items():
        core = run(world, style, seed=5)
        assert [row["cost"], row["accepted"]] == [core["cost"][-1], core["accepted"][-1]]


@pytest.mark.parametrize("model_class", [agents.Ecosystem, agents.UsualEcosystem])
def test_agents__add_up_in_blocks(model_class):
    more_than_two_blocks = f"population.people={2 * BLOCK + 50}"
    world = load("mixed_market", (*LIVELY, "population.founders=1", more_than_two_blocks))
    core, model = Simulation(world, seed=3), model_class(world, seed=3)
    for _ in range(2):
        core.advance(1)
        model.step()
        agree(model, core)


class Shuffled(agents.Ecosystem):
    """Asks people in another order at each pass; only the search goes on from person to person."""

    def everybody(self, blocks, *rules):
        for rule in rules:
            for b, block in enumerate(blocks):
                self.begin_block(b)
                block.shuffle_do(rule)
        for block in self.busy:
            block.sort(key=lambda me: me.number)


@pytest.mark.parametrize("scenario", shipped())
def test_order__does_not_matter_but_for_the_rounding_of_sums(scenario):
    world = load(scenario, LIVELY)
    model, shuffled = agents.Ecosystem(world, seed=5), Shuffled(world, seed=5)
    for _ in range(10):
        model.step()
        shuffled.step()
    for field in COMPANY:
        np.testing.assert_allclose(
            shuffled.history[field.name], model.history[field.name], 1e-9, 1e-12, err_msg=field.name
        )


def test_python_numbers__make_for_a_run_like_it():
    """What the core is timed against takes Python's own draws: other luck, the same rules."""
    world = load("default", ("population.people=1000", "time.steps=5", *ALL_TAKE_PART))
    exact, plain = agents.Ecosystem(world, seed=5), agents.Ecosystem(world, seed=5, exact=False)
    for _ in range(5):
        exact.step()
        plain.step()
    for name in ("submitted", "accepted", "members", "adopters"):
        ratio = plain.history[name][1:].sum() / exact.history[name][1:].sum()
        assert 0.9 < ratio < 1.1, name
    assert (plain.history["submitted"] != exact.history["submitted"]).any()
