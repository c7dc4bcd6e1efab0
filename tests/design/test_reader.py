"""An experiment is refused for everything that is wrong with it, or means what it says."""

import json

import pytest

import sim
from sim.design import KEYS, Limits, Plan, read_experiment
from sim.errors import UserError
from sim.metrics import METRICS

COMMONS = 'styles = ["commons", "steward"]\n'


def test_read_experiment__takes_what_is_written(read):
    experiment = read(
        COMMONS
        + 'question = "Why?"\nseed = 0\noutcomes = ["surplus", "cost"]\nseries = ["active"]\n'
        'events = true\n[fixed]\n"population.people" = 500\n[limits]\ntime = "2 min"\n'
        'memory = "1.5 GB"\nfailures = 3\n'
    )
    assert experiment.texts == {"question": "Why?"}
    assert (experiment.seed, experiment.seeds) == (0, 2)
    assert (experiment.outcomes, experiment.series) == (("surplus", "cost"), ("active",))
    assert experiment.events is True
    assert experiment.scenario == sim.change(sim.load("default"), population={"people": 500})
    assert experiment.limits == Limits(time=120.0, memory=1_500_000_000, failures=3)
    assert experiment.scenario_name == "default"


def test_read_experiment__has_defaults(read):
    experiment = read(head='scenario = "default"\n')
    assert (experiment.seed, experiment.seeds) == (1, 40)
    assert experiment.outcomes == tuple(METRICS)
    assert (experiment.series, experiment.events) == ((), False)
    assert (experiment.precise, experiment.limits) == (None, Limits())
    assert len(Plan(experiment)) == 40 * len(experiment.arms)


def test_series__may_be_all_or_none(read):
    assert {"active", "trust", "control"} <= set(read("series = true").series)
    assert read("series = false").series == read("series = []").series == ()


@pytest.mark.parametrize(
    ("text", "needles"),
    [
        ("sed = 1", ["'sed'", "did you mean 'seed'"]),
        ("replications = 5", ["'replications'", "did you mean 'seeds'"]),
        ('[varies]\n"world.pool" = [8, 9]', ["'varies'", "did you mean 'vary'"]),
        ('[vary]\n"option.pace" = [1]', ["did you mean 'style.pace'"]),
        (
            '[vary]\n"lever.tools" = { start = 0, stop = 1, step = 0.1 }',
            ["[vary] lever.tools", "a range is { from = 0, to = 1, step = 0.1 }"],
        ),
        ('[vary]\n"lever.tools" = {}', ["[vary] lever.tools needs from"]),
        ("scenario_name = 'x'", ["'scenario_name'"]),
        ("[population]\npeople = 3", ["population", "[fixed] or [vary]"]),
        ("question = 3", ["question", "a text", "3"]),
        ("seed = -1", ["seed", "at least 0", "-1"]),
        ("seed = true", ["seed", "True"]),
        ("outcomes = []", ["outcomes", "one name or more"]),
        ('outcomes = "surplus"', ["outcomes", "a list", "'surplus'"]),
        ('outcomes = ["surplis"]', ["outcomes", "did you mean 'surplus'"]),
        ('outcomes = ["cost", "cost"]', ["outcomes", "each name once", "'cost'"]),
        ('series = ["activ"]', ["series", "did you mean 'active'"]),
        ("series = 3", ["series", "3"]),
        ("events = 1", ["events", "true or false", "1"]),
        ("fixed = 3", ["fixed", "a table", "3"]),
        ("vary = [3]", ["vary", "a table"]),
        ("limits = 3", ["limits", "a table"]),
        ('[fixed]\n"population.peple" = 5', ["[fixed]", "did you mean 'population.people'"]),
        ('[fixed]\n"people" = 5', ["[fixed]", "did you mean 'population.people'"]),
        ('[fixed]\n"population.people" = 0', ["population.people", "[1, 1e+08]", "people who"]),
        ('[fixed]\n"population.people" = "5"', ["a whole number", "'5'"]),
        ('[fixed]\n"world.drift" = 0.3', ["unit of time", "0.3"]),
        ('[fixed]\n"lever.contol" = 0.3', ["did you mean 'control'"]),
        ('[fixed]\n"lever.control" = -0.3', ["lever.control", "[0, 1]", "-0.3"]),
        ('[fixed]\n"title" = "x"', ["[fixed] title"]),
        ('[fixed]\n"motives.mony" = 1', ["did you mean 'motives.money'"]),
        ('[fixed]\n"motives.money" = 1', ["motives must add up to 1", "1.75"]),
        ("[fixed]\nevents = [{ at = 3 }]", ["[fixed] events.0.kind"]),
        ('[vary]\n"events.0.size" = [0.1]', ["events.0.size", "there are: none"]),
        ('[vary]\n"companies.0.nme" = ["a"]', ["companies.0.nme", "did you mean 'name'"]),
        ('[vary]\n"companies.0.options" = ["a"]', ["companies.0.options"]),
        ('[vary]\n"seeds" = [1, 2]', ["[vary] seeds is no parameter"]),
        ("[limits]\ntme = 1", ["[limits]", "did you mean 'time'"]),
        ("[limits]\ntime = 60", ["limits.time", "60 s", "60"]),
        ('[limits]\ntime = "0 s"', ["limits.time", "above 0"]),
        ('[limits]\nmemory = "2 GiB"', ["limits.memory", "MB, GB", "'2 GiB'"]),
        ("[limits]\nfailures = 0", ["limits.failures", "at least 1", "0"]),
    ],
)  # fmt: skip
def test_q22_whatever_means_nothing__is_refused(refused, text, needles):
    refused(text, "study.toml: ", *needles)


@pytest.mark.parametrize(
    ("head", "needles"),
    [
        ("", ["scenario must be a name or a file"]),
        ("scenario = 3", ["scenario", "3"]),
        ('scenario = "open_sorce"', ["did you mean 'open_source'"]),
        ('scenario = "gone.toml"', ["gone.toml", "no such"]),
        ('scenario = "bad.toml"', ["bad.toml", "did you mean 'people'"]),
    ],
)
def test_a_scenario__that_cannot_be_is_refused(refused, file, head, needles):
    file('title = "bad"\n[population]\npeopl = 3\n', "bad.toml")
    refused("seed = -1", "study.toml: seed must be", *needles, head=head + "\n")


def test_all_mistakes__are_told_at_once(refused):
    said = refused(
        'styles = ["comons"]\nseed = -1\n[vary]\n"world.pol" = [1]\n"world.pool" = []\n'
        '[sample]\nmethod = "sobl"\nn = 0\n[sample.ranges]\n"world.ring" = [3, 4]\n'
    )
    assert len(said.splitlines()) == 8


# Combinations


@pytest.mark.parametrize(
    ("vary", "needles"),
    [
        (
            '"population.conditional" = [0.1, 0.5]\n"population.free_riders" = [0.1, 0.5]',
            ["more than 1", "conditional = 0.5", "free_riders = 0.5"],
        ),
        (
            '"world.ring" = [100, 50]\n"world.largest_step" = [30, 60]',
            ["less than world.ring, 50", "world.largest_step = 60"],
        ),
        ('"ties.kind" = ["none", "smal_world"]', ["did you mean 'small_world'"]),
        ('"ties.kind" = ["none", "preferential"]\n"ties.degree" = [4, 5]', ["even", "5"]),
        ('"companies.0.style" = ["commons", "comons"]', ["did you mean 'commons'"]),
        ('"companies.0.options.pace" = [0.1, 0.2]', ["companies.0.options needs a style"]),
        (
            '"companies.0.options.pce" = [0.1]\n"companies.0.style" = ["explorer"]',
            ["companies.0.style", "did you mean 'pace'"],
        ),
    ],
)
@pytest.mark.parametrize("size", ["", '"lever.tools" = { from = 0, to = 1, step = 0.0005 }\n'])
def test_values_that_do_not_go_together__are_refused(refused, vary, needles, size):
    refused(f"{COMMONS}[vary]\n{size}{vary}", "study.toml", *needles)


def test_values__only_need_to_go_together(read):
    plan = Plan(read('[fixed]\n"world.largest_step" = 30\n[vary]\n"world.ring" = [40, 50]'))
    assert plan.scenario(0).world.ring == 40
    mixed = '[vary]\n"motives.money" = [0.0]\n"motives.fun" = [0.54]'
    assert Plan(read(mixed)).scenario(0).motives["money"] == 0


def test_events__may_be_fixed_and_their_sizes_vary(read):
    events = 'events = [{ at = 3, kind = "loss_of_core", size = 0.1 }]'
    plan = Plan(read(f'[fixed]\n{events}\n[vary]\n"events.0.size" = [0.2, 0.4]'))
    assert [plan.scenario(p).events[0].size for p in (0, 1)] == [0.2, 0.4]
    assert plan.scenario(0).events[0].at == 3


CALL = "events = [{ at = 30, kind = 'newcomers', size = 0.1 }]\n"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (f'[fixed]\n"time.steps" = 12\n{CALL}', ""),
        (f'[fixed]\n{CALL}[vary]\n"time.steps" = [30, 12]', " (where time.steps = 12)"),
        (
            f'[fixed]\n"time.steps" = 12\n{CALL}[vary]\n"events.0.at" = [12, 30]',
            " (where events.0.at = 30)",
        ),
        (
            f'[fixed]\n{CALL}[table]\ncolumns = ["time.steps"]\nrows = [[40], [12]]',
            " (where time.steps = 12)",
        ),
    ],
)
def test_an_event_after_the_last_step__is_refused(refused, text, where):
    said = refused(text)
    assert said == f"study.toml: events.0.at = 30 is after the last step, 12{where}"


def test_an_event_in_the_last_step__is_none_too_late(read):
    assert read(f'[fixed]\n"time.steps" = 30\n{CALL}').scenario.events[0].at == 30


def test_an_option_of_a_companys_own_style__may_be_fixed_and_vary(read):
    own = "companies = [{ style = 'adaptive', options = { pace = 0.1, trust = 0.3 } }]"
    plan = Plan(read(f'[fixed]\n{own}\n[vary]\n"companies.0.options.pace" = [0.2, 0.4]'))
    found = [plan.scenario(p).companies[0].options for p in (0, 1)]
    assert found == [{"pace": 0.2, "trust": 0.3}, {"pace": 0.4, "trust": 0.3}]
    assert plan.run(0).key != plan.run(1).key
    assert plan.columns == {"companies.0.options.pace": float}
    fixed = read('[fixed]\ncompanies.0 = { style = "explorer", options = { pace = 0.3 } }')
    assert fixed.scenario.companies[0].options == {"pace": 0.3}


# Resolved

PRECISE = '[precise]\noutcome = "surplus"\nstyles = ["commons", "steward"]\nwidth = 10\n'
RANGES = (
    '[sample.ranges]\n"world.drift" = ["0 per month", "0.05 per month"]\n"lever.tools" = [0, 1]\n'
)

EVERYTHING = (
    COMMONS
    + 'question = "Why?"\nseries = ["active"]\nevents = true\n'
    + '[fixed]\n"population.people" = 500\n"lever.fun" = 0.5\n'
    + "events = [{ at = 3, kind = 'loss_of_core', size = 0.1 }]\n"
    + '[vary]\n"events.0.size" = [0.2, 0.4]\n'
    + '"world.integrality" = { from = 0.0, to = 0.3, step = 0.1 }\n'
    + '[sample]\nmethod = "morris"\nn = 2\n'
    + '[sample.ranges]\n"world.ring" = { among = [900, 2000] }\n'
    + '"ties.kind" = ["none", "small_world"]\n"world.drift" = ["0 per day", "1e-3 per day"]\n'
    + PRECISE
    + '[limits]\ntime = "0.1 s"\nmemory = "2 GB"\nfailures = 3\n'
)
TABLE = (
    '[table]\ncolumns = ["style", "style.pace", "world.drift"]\n'
    'rows = [["commons", "", "1 per year"], ["explorer", 0.3, "0.1 per year"]]\n'
)


@pytest.mark.parametrize("text", [EVERYTHING, TABLE, ""])
def test_resolved__makes_the_same_experiment(read, text):
    experiment = read(text)
    table = json.loads(json.dumps(experiment.resolved(), allow_nan=False))
    again = read_experiment(table)
    assert again.resolved() == experiment.resolved() == table
    assert again.digest == experiment.digest
    one, other = Plan(experiment), Plan(again)
    assert [one.run(i) for i in range(0, len(one), 7)] == [
        other.run(i) for i in range(0, len(other), 7)
    ]
    assert one.digest == other.digest
    assert (again.precise, again.limits, again.texts) == (
        experiment.precise,
        experiment.limits,
        experiment.texts,
    )


def test_resolved__names_no_folder(read, tmp_path):
    for text in (EVERYTHING, TABLE):
        assert str(tmp_path) not in json.dumps(read(text).resolved())


def test_digest__tells_what_changes_results_and_nothing_else(read):
    text = COMMONS + 'outcomes = ["surplus"]\n'
    digest = read(text).digest
    for same in ["question=Why", "limits.failures=2", "limits.time=1 min"]:
        assert read(text, same).digest == digest, same
    others = ["seed=2", "seeds=3", "events=true", "population.people=9", "lever.fun=0.1"]
    others += [
        'outcomes=["cost"]',
        'styles=["commons"]',
        "vary.world.pool=[48]",
        'series=["active"]',
    ]
    assert len({read(text, other).digest for other in others} | {digest}) == len(others) + 1
    assert Plan(read(text, "seeds=3")).digest == Plan(read(text)).digest
    assert Plan(read(text, "seed=3")).digest != Plan(read(text)).digest


def test_q15_a_recorded_experiment__is_refused_once_its_data_or_code_have_changed(file):
    ties = file("a,b\n1,2\n", "ties.csv")
    path = file(
        f'scenario = "default"\n{COMMONS}[fixed]\nties.kind = "file"\nties.file = "ties.csv"'
    )
    experiment = read_experiment(path)
    table = experiment.resolved()
    assert experiment.files == {"ties.csv": ties}
    assert read_experiment(table, folder=path.parent).digest == experiment.digest
    ties.write_text("a,b\n1,3\n")
    with pytest.raises(UserError, match=r"the file 'ties.csv' is not the one of the study"):
        read_experiment(table, folder=path.parent)
    ties.unlink()
    with pytest.raises(UserError, match="there is no such file of ties"):
        read_experiment(table, folder=path.parent)
    table = read_experiment(file(f'scenario = "default"\n{COMMONS}')).resolved()
    table["sources"]["style"]["commons"] = "0" * 32
    with pytest.raises(UserError, match=r"the style 'commons' is not the one of the study"):
        read_experiment(table)


def test_a_recorded_sample__is_refused_where_its_points_would_lie_elsewhere(read):
    table = read(f'[sample]\nmethod = "sobol"\nn = 4\n{RANGES}').resolved()
    table["sample"]["points"] = "0" * 32
    with pytest.raises(UserError, match="would lie elsewhere"):
        read_experiment(table)


def test_a_scenario__may_be_given_in_code():
    world = sim.change(sim.load("default"), population={"people": 77})
    experiment = read_experiment({"scenario": world, "styles": ["commons"], "seeds": 1})
    assert experiment.scenario == world
    with pytest.raises(UserError, match="the experiment: seeds"):
        read_experiment({"scenario": world, "seeds": 0})


def test_a_scenario_given_in_code__keeps_its_data_file(file):
    ties = file("a,b\n1,2\n", "ties.csv")
    world = sim.change(sim.load("default"), ties={"kind": "file", "file": str(ties)})
    experiment = read_experiment({"scenario": world, "styles": ["commons"]})
    assert experiment.scenario == world
    assert experiment.files == {"ties.csv": ties}


def test_a_table_in_code__is_left_as_it_is(read):
    table = read(EVERYTHING).resolved()
    before = json.dumps(table)
    sets = ["limits.failures=9", "world.integrality=0.5", "vary.world.pool=[8]"]
    assert Plan(read_experiment(table | {"sources": {}}, sets)).columns["world.pool"] is int
    assert json.dumps(table) == before


def test_a_table_in_code__may_extend_a_file(file):
    path = file('scenario = "default"\nseeds = 3\nseed = 4\n')
    experiment = read_experiment({"extends": path.name, "seeds": 5}, ["events=true"], path.parent)
    assert (experiment.seeds, experiment.seed, experiment.events) == (5, 4, True)
    assert experiment.origins["seed"] == "study.toml"


def test_too_many_runs__are_refused(refused):
    vary = '[vary]\n"lever.tools" = { from = 0, to = 1, step = 0.000001 }\n'
    refused(vary, "10,000,000,000", head='scenario = "default"\nseeds = 100000\n')


def test_keys__say_what_they_mean():
    assert all(KEYS.values())
