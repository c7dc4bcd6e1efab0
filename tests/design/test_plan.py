"""Each run of a plan is computed from its number, in an order that can be cut off anywhere."""

import hashlib
import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.jit import CORE_HASH
from sim.design import Plan, read_experiment, scenario_of, style_of
from sim.errors import UserError
from sim.reading import as_table
from sim.registry import plug_in
from sim.styles import STYLES

HUGE = """
styles = ["commons", "steward"]
[vary]
"world.integrality" = { from = 0, to = 1, step = 0.0001 }
"lever.control" = { from = 0, to = 1, step = 0.001 }
"""


@st.composite
def plans(draw):
    """Any small plan: factors, a sample, a table with or without styles."""
    vary = {}
    for name, levels in [
        ("world.pool", [8, 9, 10]),
        ("lever.fun", [0.1, 0.2]),
        ("world.uses", [1]),
    ]:
        if draw(st.booleans()):
            vary[name] = levels[: draw(st.integers(1, len(levels)))]
    table = {"scenario": "default", "seeds": draw(st.integers(1, 4)), "outcomes": ["surplus"]}
    kind = draw(st.sampled_from(["vary", "sample", "table", "styled"]))
    if kind in ("vary", "sample"):
        table["vary"] = vary
    if kind == "sample":
        ranges = {"world.drift": ["0 per day", "1e-3 per day"]}
        table["sample"] = {
            "method": "latin_hypercube",
            "n": draw(st.integers(1, 3)),
            "ranges": ranges,
        }
    names = draw(
        st.lists(st.sampled_from(["commons", "steward", "toolkit"]), min_size=1, unique=True)
    )
    if kind == "table":
        table["table"] = {"columns": ["world.ring"], "rows": [[900], [901]]}
    if kind == "styled":
        table["table"] = {"columns": ["style"], "rows": [[name] for name in names]}
    else:
        table["styles"] = names
    return Plan(read_experiment(table))


@given(plans())
@settings(max_examples=40)
def test_index_and_run__are_one_to_one(plan):
    runs = [plan.run(index) for index in range(len(plan))]
    assert [run.index for run in runs] == list(range(len(plan)))
    assert len({(run.point_id, run.rep, run.style) for run in runs}) == len(plan)
    assert len({run.key for run in runs}) == len(plan)
    for run in runs:
        arm = plan.labels(run.point_id).index(run.style)
        assert run.index == (run.rep * plan.n_points + run.point_id) * plan.n_styles + arm
        assert 0 <= run.point_id < plan.n_points
        assert 0 <= run.rep < plan.seeds
        assert run.values == plan.values(run.point_id)


@given(plans())
@settings(max_examples=40)
def test_r6_a_half_finished_plan__is_a_balanced_smaller_one(plan):
    block = plan.n_points * plan.n_styles
    for k in range(1, plan.seeds + 1):
        runs = [plan.run(index) for index in range(block * k)]
        assert sorted({run.rep for run in runs}) == list(range(k))
        smaller = Plan(plan.experiment.with_seeds(k))
        assert runs == [smaller.run(index) for index in range(len(smaller))]


@pytest.mark.parametrize("index", [-1, 12, 10**12])
def test_a_run__that_is_not_planned_is_an_error(read, index):
    plan = Plan(read('styles = ["commons"]\n[vary]\n"world.pool" = [1, 2, 3, 4, 5, 6]'))
    with pytest.raises(IndexError, match="0 to 11"):
        plan.run(index)


def test_q23_the_number_of_runs__is_the_one_planned(read):
    for levels, points in [("[1]", 1), ("[1, 2]", 2), ("{ from = 0, to = 1, step = 0.1 }", 11)]:
        plan = Plan(read(f'styles = ["commons"]\n[vary]\n"world.integrality" = {levels}'))
        assert (plan.n_points, len(plan)) == (points, 2 * points)
        assert len([plan.run(index) for index in range(len(plan))]) == 2 * points
    assert len(Plan(read('styles = "commons"'))) == 2


def test_r19_replication_alone__is_a_plan(read):
    plan = Plan(read('styles = ["commons"]'))
    assert (len(plan), plan.n_points, plan.names, plan.run(1).values) == (2, 1, (), {})


def test_r11_a_plan_of_ten_million_runs__starts_in_bounded_memory(read):
    read()
    tracemalloc.start()
    try:
        plan = Plan(read(HUGE))
        for index in range(0, len(plan), len(plan) // 50):
            plan.run(index)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(plan) == 10_001 * 1001 * 2 * 2
    assert peak < 5_000_000
    last = plan.run(len(plan) - 1)
    assert (last.values, last.rep) == ({"world.integrality": 1.0, "lever.control": 1.0}, 1)


# Keys

TWO = 'styles = ["commons"]\n[vary]\n"world.pool" = [8, 9]\n'


def keys(experiment):
    plan = Plan(experiment)
    return {plan.run(index).key for index in range(len(plan))}


def test_a_key__is_a_digest_of_all_that_a_run_is_made_of(read):
    text = 'styles = [{ name = "explorer", pace = 0.3 }]\nseed = 7\n[fixed]\n"lever.tools" = 1\n'
    plan = Plan(read(text + '[vary]\n"lever.fun" = [0.1]\n"world.drift" = ["0.5 per year"]\n'))
    run = plan.run(1)
    scenario = as_table(scenario_of(plan, run))
    whole = {
        "core": CORE_HASH,
        "scenario": {
            key: value
            for key, value in scenario.items()
            if key not in ("title", "about", "source", "origin", "style")
        },
        "seed": [7, 1],
        "style": {
            "name": "explorer",
            "options": {"pace": 0.3},
            "levers": {"fun": 0.1, "tools": 1.0},
            "sources": plan.experiment.sources["style"],
        },
    }
    whole["scenario"]["stop"] = {"outcome": ""}
    assert scenario["world"]["drift"] == "0.5 per year"
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert run.key == hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def test_a_level_more__leaves_the_keys_of_old_runs(read):
    old = keys(read(TWO))
    more = [
        read(TWO, "vary.world.pool=[7, 8, 9]"),
        read(TWO, "seeds=5"),
        read(TWO, 'styles=["steward", "commons"]'),
        read(TWO, "vary.world.ring=[900, 2000]"),
        read(TWO, 'outcomes=["cost"]', "question=why", "events=true"),
    ]
    for experiment in more:
        assert old <= keys(experiment)
        assert len(keys(experiment)) >= len(old)


def test_the_order_of_names__means_nothing(read):
    ranges = ['"world.drift" = ["0 per day", "1e-3 per day"]', '"lever.fun" = [0, 1]']
    vary = ['"world.pool" = [8, 9]', '"world.uses" = [1, 2, 3]']
    plans = []
    for first, second in [(0, 1), (1, 0)]:
        sample = '[sample]\nmethod = "sobol"\nn = 4\n[sample.ranges]\n'
        text = f"[vary]\n{vary[first]}\n{vary[second]}\n{sample}{ranges[first]}\n{ranges[second]}"
        plans.append(Plan(read(text)))
    one, other = plans
    assert one.digest == other.digest
    assert [one.run(i) for i in range(50)] == [other.run(i) for i in range(50)]


def test_equal_runs__have_one_key_however_they_are_written(read):
    key = Plan(read('styles = ["explorer"]', "world.pool=8", "lever.fun=0.5")).run(1).key
    varied = Plan(read('styles = ["explorer"]\n[vary]\n"lever.fun" = [0.5]\n"world.pool" = [8]'))
    assert varied.run(1).key == key
    listed = {"columns": ["style", "world.pool", "lever.fun"], "rows": [["explorer", 8, 0.5]]}
    table = Plan(read_experiment({"scenario": "default", "seeds": 2, "table": listed}))
    assert table.run(1).key == key


def test_what_is_done_to_one_run__is_not_done_to_another(read):
    plan = Plan(read('styles = ["explorer"]\n[vary]\n"world.pool" = [8]\n"style.pace" = [0.3]'))
    first = plan.run(0)
    first.values["world.pool"] = first.options["pace"] = 9
    again = plan.run(0)
    assert (again.values["world.pool"], again.options["pace"]) == (8, 0.3)
    assert again.key == first.key != plan.run(1).key


def test_titles_and_comments__are_not_in_the_key(file):
    def key(world):
        file(world, "world.toml")
        return keys(read_experiment(file('scenario = "world.toml"\nseeds = 1')))

    world = 'title = "A"\n[world]\npool = 9\n'
    assert key(world) == key('# new\ntitle = "B"\nabout = "b"\nsource = "c"\n[world]\npool = 9\n')
    assert key(world) == key(f'{world}ring = 2000\n[origin]\nfrom = "d"\n')
    assert not key(world) & key(world + "ring = 2001\n")


@pytest.mark.parametrize(
    "change",
    ["seed=2", "world.ring=900", "lever.fun=0.5", "stop.outcome=active", "time.step=1 week"],
)
def test_whatever_changes_a_run__changes_its_key(read, change):
    assert not keys(read(TWO)) & keys(read(TWO, change))


def test_options_change_the_key__and_so_does_the_style(read):
    found = [keys(read(f"styles = [{style}]")) for style in [
        '"explorer"', '{ name = "explorer", pace = 0.3 }', '"adaptive"'
    ]]  # fmt: skip
    assert len(set.union(*found)) == 6


def test_the_source_of_a_users_style__is_in_the_key(file, read, monkeypatch):
    code = "from sim.core.inputs import Levers\nfrom sim.styles import Style\n"
    code += "class Mine(Style):\n    levers = Levers({})\n"
    monkeypatch.setattr(STYLES, "_members", dict(STYLES))
    found = []
    for levers in ("fun=0.1", "fun=0.2", "fun=0.1"):
        plug_in(file(code.format(levers), "mine.py"), STYLES)
        found.append(Plan(read('styles = ["mine"]')).run(0).key)
    assert found[0] == found[2] != found[1]


def test_the_data_of_a_scenario__are_in_the_key_and_their_folder_is_not(file):
    def key(folder, edges):
        file(edges, f"{folder}/ties.csv")
        text = (
            'scenario = "default"\nseeds = 1\n[fixed]\nties.kind = "file"\nties.file = "ties.csv"'
        )
        return keys(read_experiment(file(text, f"{folder}/study.toml")))

    assert key("a", "a,b\n1,2\n") == key("b", "a,b\r\n1,2\r\n")
    assert not key("a", "a,b\n1,2\n") & key("c", "a,b\n1,3\n")


def test_scenario_of__refuses_what_was_not_tried(read):
    two = '"world.integrality" = { from = 0, to = 1, step = 0.001 }\n'
    middle = '"world.ring" = [2000, 50, 1900]\n"world.largest_step" = [30, 60, 31]\n'
    plan = Plan(read(f'styles = ["commons"]\n[vary]\n{two}{middle}'))
    bad = plan.run(4)
    assert (bad.values["world.ring"], bad.values["world.largest_step"]) == (50, 60)
    with pytest.raises(UserError, match=r"less than world.ring, 50"):
        scenario_of(plan, bad)


def test_a_plan__is_the_same_in_every_process(read):
    plan = Plan(read(TWO))
    run = plan.run(2)
    assert scenario_of(plan, run).world.pool == 8
    assert style_of(plan, run).__name__ == run.style == "commons"
    assert len(run.key) == 32
    assert int(run.key, 16) > 0
