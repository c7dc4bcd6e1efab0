import json

import pytest

from sim.design import KEYS, Plan, read_experiment

STYLES = 'styles = ["directive", "commons"]\n'
ONE = 'styles = ["commons"]\n'
PEOPLE = '"population.people" = [50, 100]\n'
DRIFT = '"world.drift" = ["0 per month", "0.1 per month"]\n'
TIES = '"ties.kind" = ["none", "small_world"]\n'
MANY = '"lever.fun" = { from = 0, to = 1, step = 0.05 }\n'
SAMPLE = (
    '[sample]\nmethod = "latin_hypercube"\nn = 4\n[sample.ranges]\n'
    '"lever.money" = [0, 1]\n"ties.kind" = ["none", "small_world"]\n'
)
ROWS = (
    '[table]\ncolumns = ["style", "population.people"]\nrows = [["commons", 50], ["toolkit", 60]]\n'
)
MARKET = 'scenario = "mixed_market"\nseeds = 2\n'


@pytest.mark.parametrize(
    ("text", "x", "lines", "columns", "compared"),
    [
        (STYLES, "style", "", "", "style"),
        (f"{STYLES}[vary]\n{PEOPLE}", "population.people", "style", "", "style"),
        (f"{STYLES}[vary]\n{TIES}", "ties.kind", "style", "", "style"),
        (f"{STYLES}[vary]\n{TIES}{DRIFT}", "world.drift", "style", "ties.kind", "style"),
        (f"{STYLES}[vary]\n{PEOPLE}{MANY}", "lever.fun", "style", "population.people", "style"),
        (f"{STYLES}[vary]\n{MANY}{SAMPLE}", "lever.fun", "style", "ties.kind", "style"),
        (f"{STYLES}{SAMPLE}", "lever.money", "style", "ties.kind", "style"),
        (ONE, "style", "", "", "style"),
        (f"{ONE}[vary]\n{PEOPLE}", "population.people", "style", "", "style"),
        (f"{ONE}[vary]\n{PEOPLE}{DRIFT}", *("population.people", "world.drift", "", "world.drift")),
        (f"{ONE}{SAMPLE}", "lever.money", "ties.kind", "", "style"),
        (ROWS, "population.people", "style", "", "style"),
    ],
)
def test_figure__takes_what_varies_in_order(read, text, x, lines, columns, compared):
    figure = read(text).figure
    assert (figure.x, figure.lines, figure.columns) == (x, lines, columns)
    assert figure.compared == compared


@pytest.mark.parametrize(
    ("asked", "x", "lines", "columns"),
    [
        ('lines = "population.people"', "world.drift", "population.people", "style"),
        ('x = "style"', "style", "population.people", "world.drift"),
        ('x = "style"\nlines = "style"', "style", "", "population.people"),
        ('columns = ""', "population.people", "style", ""),
        ('columns = "style"', "population.people", "world.drift", "style"),
        ('x = "world.drift"', "world.drift", "style", "population.people"),
    ],
)
def test_figure__puts_things_where_they_are_wanted(read, asked, x, lines, columns):
    figure = read(f"{STYLES}[vary]\n{PEOPLE}{DRIFT}[figure]\n{asked}").figure
    assert (figure.x, figure.lines, figure.columns) == (x, lines, columns)


def test_figure__of_a_market_compares_companies(read):
    figure = read(f"[vary]\n{PEOPLE}", head=MARKET).figure
    assert (figure.x, figure.lines, figure.compared) == ("population.people", "company", "company")
    assert figure.baseline == "Command"
    assert read('[figure]\nbaseline = "Kit"', head=MARKET).figure.baseline == "Kit"


def test_figure__shows_the_usual_outcomes_that_are_kept(read):
    assert read(STYLES).figure.outcomes == ("value_created", "surplus", "profit")
    many = '"cost", "gini", "active", "trust"'
    assert read(f'{STYLES}outcomes = [{many}, "profit"]').figure.outcomes == ("profit",)
    assert read(f'{STYLES}outcomes = [{many}, "quality"]').figure.outcomes == ("cost",)
    precise = '[precise]\noutcome = "cost"\nstyles = ["directive", "commons"]\nwidth = 9'
    assert read(f"{STYLES}{precise}").figure.outcomes == ("cost",)
    asked = 'outcomes = ["gini", "cost"]'
    assert read(f"{STYLES}{precise}\n[figure]\n{asked}").figure.outcomes == ("gini", "cost")


def test_figure__shows_all_outcomes_where_few_are_kept(read):
    few = f'{STYLES}outcomes = ["trust", "surplus", "cost", "profit"]\n'
    assert read(few).figure.outcomes == ("trust", "surplus", "cost", "profit")
    precise = '[precise]\noutcome = "cost"\nstyles = ["directive", "commons"]\nwidth = 9'
    assert read(few + precise).figure.outcomes == ("cost", "trust", "surplus", "profit")
    assert read(f'{few}[figure]\noutcomes = ["profit"]').figure.outcomes == ("profit",)


def test_figure__has_the_first_style_or_line_as_its_baseline(read):
    assert read(STYLES).figure.baseline == "directive"
    assert read(f'{STYLES}[figure]\nbaseline = "commons"').figure.baseline == "commons"
    lines = f"{ONE}[vary]\n{PEOPLE}{DRIFT}"
    assert read(lines).figure.baseline == "0 per month"
    assert read(
        f'{lines}[figure]\nlines = "population.people"\nbaseline = 100'
    ).figure.baseline == ("100")


@pytest.mark.parametrize(
    ("asked", "needles"),
    [
        ('lins = "style"', ["[figure]", "did you mean 'lines'"]),
        ('x = "world.drft"', ["[figure] x", "did you mean 'world.drift'"]),
        ('x = ""', ["[figure] x", "style or thing that varies"]),
        ('lines = "company"', ["[figure] lines", "style or thing that varies"]),
        ('x = "world.pool"', ["[figure] x", "No style or thing that varies", "'world.pool'"]),
        ('x = ["style"]', ["[figure] x"]),
        ('baseline = "comons"', ["[figure] baseline", "did you mean 'commons'"]),
        ('show = "diferences"', ["[figure] show", "did you mean 'differences'"]),
        ('outcomes = ["surplos"]', ["[figure] outcomes", "did you mean 'surplus'"]),
        ('outcomes = ["gini"]', ["[figure] outcomes", "gini is not kept: add it to outcomes"]),
        ('outcomes = ["cost", "cost"]', ["'cost' twice"]),
        ('outcomes = "cost"', ["a list", "'cost'"]),
        ("outcomes = []", ["a list"]),
        ('x = "world.drift"\nlines = "world.drift"', ["'world.drift' stands twice"]),
        ('lines = "lever.fun"', ["[figure] lines", "at most 12", "21 values", "put it on x"]),
        ('columns = "lever.fun"', ["[figure] columns", "at most 12", "21 values"]),
        ('x = "lever.fun"\nlines = "world.drift"\ncolumns = ""', ['must be "style"']),
    ],
)
def test_q22_a_figure_that_cannot_be__is_refused(refused, asked, needles):
    kept = 'outcomes = ["surplus", "cost"]\n'
    refused(f"{STYLES}{kept}[vary]\n{DRIFT}{MANY}[figure]\n{asked}", "study.toml: ", *needles)


def test_a_figure__of_too_many_outcomes_or_of_differences_from_nothing_is_refused(refused):
    names = '["surplus", "cost", "profit", "gini", "active", "trust", "quality"]'
    refused(f"{STYLES}[figure]\noutcomes = {names}", "at most 6", "7")
    refused(f'{ONE}[figure]\nshow = "differences"', "one style alone", "show means")
    refused(f'{STYLES}{SAMPLE}[figure]\nlines = "lever.money"', "any number of values")
    refused("figure = 3", "figure must be a table")


def test_figure__puts_many_styles_on_x(read):
    paces = ", ".join(f'{{ name = "explorer", pace = {k / 20} }}' for k in range(1, 14))
    assert read(f"styles = [{paces}]\n[vary]\n{PEOPLE}").figure.x == "style"


def test_figure__changes_no_result(read):
    text = f"{STYLES}[vary]\n{PEOPLE}"
    plain, drawn = read(text), read(f'{text}[figure]\nx = "style"\nshow = "differences"')
    assert drawn.figure != plain.figure
    assert drawn.digest == plain.digest
    assert Plan(drawn).digest == Plan(plain).digest
    assert "figure" in KEYS


def test_figure__is_kept_with_the_resolved_experiment(read):
    experiment = read(f'{STYLES}[vary]\n{PEOPLE}[figure]\nx = "style"\nbaseline = "commons"')
    table = json.loads(json.dumps(experiment.resolved()))
    assert table["figure"] == {"x": "style", "baseline": "commons"}
    assert read_experiment(table).figure == experiment.figure
    fixed = read_experiment(table, ["population.people=70"])
    assert fixed.figure.x == "style"


def test_figure__may_be_set(read):
    assert read(STYLES, "figure.show=differences").figure.show == "differences"
