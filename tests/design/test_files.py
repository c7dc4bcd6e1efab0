"""Files extend each other, --set has the last word, and each value's origin is known."""

from pathlib import Path

import pytest

from sim.design import Plan, read_experiment
from sim.errors import UserError

BASE = """
scenario = "worlds/tiny.toml"
seeds = 4
outcomes = ["surplus"]
[fixed]
"population.people" = 60
[vary]
"world.problems" = [1, 2]
"world.smoothness" = { from = 0, to = 8, step = 4 }
"""


@pytest.fixture
def base(file):
    file('title = "tiny"\n[world]\nproblems = 3\n', "worlds/tiny.toml")
    return file(BASE, "base.toml")


def test_extends__merges_tables_and_replaces_lists(file, base):
    path = file('extends = "base.toml"\nseeds = 2\n[vary]\n"world.problems" = [5, 6, 7]\n')
    experiment = read_experiment(path)
    assert experiment.scenario.title == "tiny"
    assert experiment.scenario.population.people == 60
    assert (experiment.seeds, experiment.outcomes) == (2, ("surplus",))
    plan = Plan(experiment)
    assert plan.n_points == 9
    assert {plan.values(p)["world.problems"] for p in range(9)} == {5, 6, 7}


def test_extends__goes_on_from_file_to_file_and_folder_to_folder(file, base):
    file('extends = "../base.toml"\nseeds = 3\n', "more/middle.toml")
    path = file('extends = "more/middle.toml"\n[vary]\n"world.smoothness" = { to = 4 }\n')
    experiment = read_experiment(path)
    assert experiment.seeds == 3
    assert experiment.scenario.title == "tiny"
    assert Plan(experiment).n_points == 4


@pytest.mark.parametrize(
    ("text", "needles"),
    [
        ('extends = "study.toml"', ["circle", "study.toml -> study.toml"]),
        ('extends = "other.toml"', ["circle", "study.toml -> other.toml -> study.toml"]),
        ('extends = "gone.toml"', ["study.toml", "extends", "gone.toml", "no such"]),
        ("extends = 3", ["study.toml", "extends", "3"]),
        ("seeds = ", ["study.toml", "not TOML"]),
        (b"question = '\xe9'", ["study.toml", "byte 12"]),
    ],
)
def test_files__that_cannot_be_read_are_refused(file, text, needles):
    file('extends = "study.toml"', "other.toml")
    with pytest.raises(UserError) as problem:
        read_experiment(file(text))
    for needle in needles:
        assert needle in str(problem.value)


def test_a_missing_file__is_refused():
    with pytest.raises(UserError, match="no such experiment"):
        read_experiment("gone.toml")


def test_set__changes_the_experiment_or_fixes_a_value(base):
    sets = ["seeds=7", "population.people=70", "lever.control=0.3", "vary.world.problems=[9]"]
    experiment = read_experiment(base, sets)
    assert experiment.seeds == 7
    assert experiment.scenario.population.people == 70
    assert experiment.levers == {"control": 0.3}
    assert Plan(experiment).values(0) == {"world.problems": 9, "world.smoothness": 0}


def test_set__has_the_last_word_on_what_varies(base):
    experiment = read_experiment(base, ["world.problems=5"])
    assert Plan(experiment).names == ("world.smoothness",)
    assert experiment.scenario.world.problems == 5
    varied = read_experiment(base, ["vary.population.people=[10, 20]"])
    assert Plan(varied).names == ("population.people", "world.problems", "world.smoothness")


def test_a_file__does_not_fix_and_vary_one_thing(file):
    text = 'scenario = "default"\n[fixed]\nworld.pool = 9\n[vary]\n"world.pool" = [8, 9]'
    with pytest.raises(UserError, match=r"world.pool stands in \[fixed\] and in \[vary\]"):
        read_experiment(file(text))


def test_names__may_be_written_as_nested_tables(file):
    text = 'scenario = "default"\n[vary.world]\npool = [8, 9]\n[vary.time]\nstep = ["1 week"]\n'
    nested = read_experiment(file(text + "[fixed]\nmotives.money = 0.25\n"))
    assert Plan(nested).names == ("time.step", "world.pool")
    assert nested.fixed == {"motives.money": 0.25}


def test_origins__name_the_file_of_each_value(file, base):
    path = file('extends = "base.toml"\nseed = 2\n[vary]\n"world.pool" = [8, 9]\n')
    origins = read_experiment(path, ["seeds=2", "world.ring=900"]).origins
    assert origins["seed"] == "study.toml"
    assert origins["seeds"] == "--set"
    assert origins["outcomes"] == "base.toml"
    assert origins["vary.world.pool"] == "study.toml"
    assert origins["vary.world.problems"] == "base.toml"
    assert origins["fixed.population.people"] == "base.toml"
    assert origins["fixed.world.ring"] == "--set"
    assert origins["scenario.world.problems"] == "tiny.toml"
    assert "events" not in origins


def test_a_mistake__names_the_file_that_it_is_in(file, base):
    path = file('extends = "base.toml"\nseed = -2\n[vary]\n"world.pool" = [0]\n')
    with pytest.raises(UserError) as problem:
        read_experiment(path, ["seeds=0", "fixed.world.rng=9", "vary.world.problems=[0]"])
    said = [line.split()[:3] for line in str(problem.value).splitlines()]
    assert said == [
        ["study.toml:", "seed", "must"],
        ["--set:", "[fixed]", "world.rng"],
        ["study.toml:", "[vary]", "world.pool"],
        ["--set:", "[vary]", "world.problems"],
        ["--set:", "seeds", "must"],
    ]


@pytest.mark.parametrize(
    "setting",
    [
        'vary."lever.tools"={from=0,to=1,step=0.5}',
        "vary . 'lever.tools' = [0, 0.5, 1]",
        '"vary".lever."tools"=[0.0, 0.5, 1.0]',
    ],
)
def test_set__reads_a_key_as_toml_does(base, setting):
    plan = Plan(read_experiment(base, [setting, '"population.people"=70']))
    assert [plan.values(p)["lever.tools"] for p in (0, 6, 12)] == [0.0, 0.5, 1.0]
    assert plan.experiment.scenario.population.people == 70


def test_set__names_the_key_that_is_meant(base):
    with pytest.raises(UserError, match=r"--set replications=5: .*did you mean 'seeds'"):
        read_experiment(base, ["replications=5"])


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("table.file", '[table]\nfile = "{}"'),
        ("table.file", 'table = "{}"'),
        ("extends", 'extends = "{}"'),
        ("scenario", 'scenario = "{}"'),
        ("ties.file", '[fixed]\nties.kind = "file"\nties.file = "{}"'),
        ("ties.file", '[fixed]\nties.kind = "file"\n[vary]\nties.file = ["{}"]'),
    ],
)
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a\\u0000b.csv", "but 'a\\x00b.csv' is no name that a file can have"),
        ("a" * 300, "aaa' cannot be read (File name too long)"),
        (".", "but '.' is a folder"),
        ("sub/../sub", "but 'sub/../sub' is a folder"),
    ],
)
def test_a_name_that_no_file_has__is_refused_as_it_is_written(file, key, text, name, said):
    file("", "sub/empty.csv")
    scenario = "" if key == "scenario" else 'scenario = "default"\n'
    with pytest.raises(UserError) as problem:
        read_experiment(file(scenario + text.format(name)))
    assert str(problem.value).startswith(f"study.toml: {key} must be a file, but '")
    assert str(problem.value).endswith(said)


def test_a_scenario__whose_own_file_of_ties_no_file_can_be_is_refused(file):
    file('title = "t"\n[ties]\nkind = "file"\nfile = "a\\u0000b.csv"', "world.toml")
    with pytest.raises(UserError, match=r"world.toml: ties.file is no name that a file can have"):
        read_experiment(file('scenario = "world.toml"'))


def test_a_folder__may_be_called_as_a_shipped_scenario_is(file):
    file("", "default/empty.csv")
    assert read_experiment(file('scenario = "default"')).scenario_name == "default"


@pytest.mark.parametrize("setting", ["seeds", "=3", "seeds.a=3"])
def test_set__without_sense_is_refused(base, setting):
    with pytest.raises(UserError):
        read_experiment(base, [setting])


def test_data_files__are_found_beside_the_file_and_go_by_their_names(file):
    for name, ends in [("few.csv", "1,2"), ("nets/many.csv", "1,2\n2,3")]:
        file(f"a,b\n{ends}\n", name)
    text = 'scenario = "default"\n[fixed]\nties.kind = "file"\n[vary]\n'
    path = file(text + '"ties.file" = ["few.csv", "nets/many.csv"]')
    experiment = read_experiment(path)
    plan = Plan(experiment)
    assert plan.values(1) == {"ties.file": "many.csv"}
    assert Path(plan.scenario(1).ties.file).read_text() == "a,b\n1,2\n2,3\n"
    assert str(path.parent) not in str(experiment.resolved())
    file("a,b\n", "other/few.csv")
    with pytest.raises(UserError, match=r"two files are called 'few.csv'"):
        read_experiment(path, [f"ties.file={path.parent}/other/few.csv"])
