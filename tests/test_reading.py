"""Nothing the user writes is silently ignored, and no run starts with a wrong value."""

import pytest

from sim.errors import UserError
from sim.quantity import Rate
from sim.reading import LISTS, TABLES, TEXTS, as_table, change, load, read, shipped
from sim.scenario import Scenario

TINY = """
title = "tiny"

[population]
people = 60

[world]
problems = 5

[time]
steps = 10
"""
WORLD = Scenario("tiny")


@pytest.fixture
def toml(tmp_path):
    def write(text=TINY, name="tiny.toml"):
        file = tmp_path / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    return write


def refused(call, *needles):
    with pytest.raises(UserError) as problem:
        call()
    for needle in needles:
        assert needle in str(problem.value), str(problem.value)


def test_load__reads_a_file(toml):
    world = load(toml())
    assert (world.population.people, world.world.problems, world.time.steps) == (60, 5, 10)
    assert world.population.skill == WORLD.population.skill


def test_read__knows_the_origin_of_each_value(toml):
    _, origins = read(toml(), ["population.people=70"])
    assert origins["population.people"] == "--set"
    assert origins["world.problems"] == "tiny.toml"
    assert "world.ring" not in origins


@pytest.mark.parametrize("name", shipped())
def test_shipped__survives_a_round_trip(name):
    world = load(name)
    assert change(world) == world
    assert as_table(change(world)) == as_table(world)


@pytest.mark.parametrize(
    ("text", "needles"),
    [
        ("[effort]\nlearnig_rate = 0.2", ["[effort]", "learnig_rate"]),
        ("[population]\npeopel = 5", ["[population]", "'peopel'", "did you mean 'people'"]),
        ("[mangement]\nx = 1", ["'mangement'"]),
        ("[popluation]\npeople = 5", ["'popluation'", "did you mean 'population'"]),
        ("peple = 5", ["'peple'"]),
        ("people = 60", ["'people'", "[population]"]),
        ("[population]\nproblems = 5", ["[population]", "'problems'", "[world]"]),
        ("[[companies]]\nnme = 'A'", ["companies.0", "'nme'", "did you mean 'name'"]),
        ("[[events]]\nat = 3\nkind = 'newcomers'\nsizes = 1", ["events.0", "did you mean 'size'"]),
        ("[motives]\nmony = 1.0", ["'mony'", "did you mean 'money'"]),
        ("[motives]\nmoney = 0.5", ["motives must add up to 1", "0.5"]),
        ("[motives]\nmoney = -0.5\nfun = 1.5", ["motives.money", "[0, 1]", "-0.5", "motives.fun"]),
        ("[motives]\nmoney = nan", ["motives.money", "nan"]),
        ("style = 'comons'", ["'comons'", "did you mean 'commons'"]),
        ("[[companies]]\nstyle = 'comons'", ["companies.0.style", "did you mean 'commons'"]),
        ("[[companies]]\noptions = {pace = 1}", ["companies.0.options"]),
        (
            "[[companies]]\nstyle = 'adaptive'\noptions = {pce = 0.1}",
            ["companies.0.style", "'pce'", "did you mean 'pace'"],
        ),
        (
            "[[companies]]\nstyle = 'adaptive'\noptions = {pace = nan}",
            ["companies.0.options", "pace", "nan"],
        ),
        (
            "[[companies]]\nstyle = 'adaptive'\noptions = {pace = 'fast'}",
            ["companies.0.options", "pace", "'fast'"],
        ),
        ("companies = []", ["companies", "[[companies]]"]),
        ("companies = 3", ["companies", "3"]),
        (
            "".join(f"[[companies]]\nname = '{n}'\n" for n in range(10_001)),
            ["companies", "at most 10000", "10001"],
        ),
        ("[[companies]]\nname = 'A'\n[[companies]]\nname = 'A'", ["'A'", "more than one"]),
        ("[ties]\nkind = 'smal_world'", ["ties.kind", "did you mean 'small_world'"]),
        ("[ties]\nfile = 'ties.csv'", ["ties.file"]),
        ("[stop]\noutcome = 'activ'\nabove = 1.0", ["stop.outcome", "did you mean 'active'"]),
        ("[stop]\nabove = 1.0", ["stop"]),
        ("title = 3", ["title must be a text", "3"]),
        ("style = 3", ["style must be a text", "3"]),
        ("population = 3", ["population must be a table", "3"]),
        ("[world]\nring = 50\nlargest_step = 50", ["world.largest_step", "50"]),
        ("[population]\nconditional = 0.9\nfree_riders = 0.9", ["conditional", "more than 1"]),
    ],
)
def test_q22_whatever_means_nothing__is_refused(toml, text, needles):
    head = "" if text.startswith("title") else 'title = "tiny"\n'
    refused(lambda: load(toml(head + text)), "tiny.toml", *needles)


@pytest.mark.parametrize(
    ("text", "needles"),
    [
        ('[population]\npeople = "60"', ["population.people", "a whole number", "'60'"]),
        ("[population]\npeople = 60.5", ["population.people", "a whole number", "60.5"]),
        ("[population]\npeople = true", ["population.people", "a whole number", "True"]),
        ("[population]\npeople = [60]", ["population.people", "a whole number", "[60]"]),
        ('[population]\nskill = "0.5"', ["population.skill", "a number", "'0.5'"]),
        ("[population]\nskill = 1979-05-27", ["population.skill", "a number"]),
        ("[ties]\nkind = 3", ["ties.kind", "a text", "3"]),
        ("[turnover]\nleave = 0.5", ["turnover.leave", "unit of time", "per week", "0.5"]),
        ('[turnover]\nleave = "0.5"', ["turnover.leave", "0.5 per week"]),
        ('[turnover]\nleave = "0.5 per wek"', ["turnover.leave", "did you mean 'week'"]),
        ("[time]\nstep = 7", ["time.step", "unit of time", "7"]),
        ("[population]\npeople = 1" + "0" * 400, ["population.people"]),
        ("[world]\nworth = 1" + "0" * 400, ["world.worth"]),
    ],
)
def test_q22_wrong_type__is_refused_with_what_is_right(toml, text, needles):
    refused(lambda: load(toml(f'title = "tiny"\n{text}')), "tiny.toml", *needles)


NUMBERS = {
    f"{table}.{name}": (kind, about)
    for table, section in TABLES.items()
    for name, (kind, about) in section.parameters().items()
    if kind in (int, float) and table != "stop"
}


@pytest.mark.parametrize("path", NUMBERS)
def test_q24_number__that_is_not_finite_or_out_of_range_is_refused(toml, path):
    kind, about = NUMBERS[path]
    table, name = path.split(".")
    span = about.high - about.low
    wrong = [about.low - 1 if kind is int else about.low - span - 1, about.high + span + 1]
    wrong += [] if kind is int else [float("nan"), float("inf"), float("-inf")]
    for value in wrong:
        limits = f"[{about.low:g}, {about.high:g}]"
        refused(lambda v=value: change(WORLD, **{table: {name: v}}), path, repr(value), limits)
        text = f'title = "t"\n[{table}]\n{name} = {value!r}'
        refused(lambda t=text: load(toml(t)), path, repr(value), limits)
    for value in (float("nan"), "0.5", None, True):
        refused(lambda v=value: change(WORLD, **{table: {name: v}}), path, repr(value))


RATES = {
    f"{table}.{name}": about
    for table, section in TABLES.items()
    for name, (kind, about) in section.parameters().items()
    if kind is Rate
}


@pytest.mark.parametrize("path", RATES)
def test_q24_rate__that_is_not_finite_or_out_of_range_is_refused(path):
    table, name = path.split(".")
    high = RATES[path].high
    for number in ("nan", "inf", "-inf", "-0.1", repr(high + 1)):
        text = f"{number} per day"
        refused(lambda t=text: change(WORLD, **{table: {name: t}}), path, text)
    for value in (0.1, float("nan"), None, True):
        refused(lambda v=value: change(WORLD, **{table: {name: v}}), path, repr(value))


PLACES = {name: table for table, kind in TABLES.items() for name in kind.parameters()}


@pytest.mark.parametrize("name", PLACES)
def test_q22_key_in_the_wrong_table__is_told_where_it_belongs(name):
    homes = [table for table, kind in TABLES.items() if name in kind.parameters()]
    for table in TABLES:
        if table not in homes:
            with pytest.raises(UserError) as problem:
                change(WORLD, **{table: {name: 1}})
            assert any(f"belongs in [{home}]" in str(problem.value) for home in homes), (
                table,
                str(problem.value),
            )


def test_q22_everything_wrong__is_told_at_once(toml):
    text = 'title = "t"\nstyl = "x"\n[population]\npeople = 0\nskil = 1\n[time]\nsteps = "9"'
    refused(lambda: load(toml(text)), "'styl'", "population.people", "'skil'", "time.steps")


def test_title__is_needed(toml):
    refused(lambda: load(toml("[time]\nsteps = 3")), "title")


@pytest.mark.parametrize(
    ("data", "needles"),
    [
        (b"title = ", ["at end of document"]),
        (b"title = 't'\n[time\nsteps = 3", ["line 2"]),
        (b"title = 't'\ntitle = 'u'\n", ["line 2"]),
        (b"title = '\xe9'", ["byte 9", "UTF-8"]),
    ],
)
def test_q40_file__that_cannot_be_read_is_refused_with_the_place(toml, data, needles):
    refused(lambda: load(toml(data)), "tiny.toml", *needles)


def test_q40_file__may_start_with_a_byte_order_mark_and_hold_any_name(toml):
    text = '\ufefftitle = "t"\r\n[[companies]]\r\nname = "Łódź – 協働"\r\n'
    assert load(toml(text)).companies[0].name == "Łódź – 協働"


def test_load__names_the_nearest_scenario():
    near = shipped()[0]
    refused(lambda: load(near[:-1] + "x"), near)
    refused(lambda: load("no_such_file.toml"), "no_such_file.toml", "no such scenario file")


@pytest.mark.parametrize(
    ("setting", "read_as"),
    [
        ("population.people=70", ("population", "people", 70)),
        ("world.worth=2", ("world", "worth", 2.0)),
        ("turnover.leave=0.5 per week", ("turnover", "leave", Rate("0.5 per week"))),
        ("turnover.leave='0.5 per week'", ("turnover", "leave", Rate("0.5 per week"))),
        ("ties.kind=none", ("ties", "kind", "none")),
        (" time.steps = 3 ", ("time", "steps", 3)),
        ("time . 'steps'=3", ("time", "steps", 3)),
        ('"ti\\u006de"."steps"=3', ("time", "steps", 3)),
    ],
)
def test_setting__is_read_as_toml_or_as_a_bare_word(toml, setting, read_as):
    table, name, value = read_as
    assert getattr(getattr(load(toml(), [setting]), table), name) == value


@pytest.mark.parametrize(
    ("setting", "needles"),
    [
        ("population.people", ["KEY=VALUE"]),
        ("=3", ["KEY=VALUE"]),
        ("time..steps=3", ["KEY=VALUE"]),
        ('"time.steps=3', ["KEY=VALUE"]),
        ('"a\\qb"=3', ["KEY=VALUE"]),
        ('"time=steps"=3', ["'time=steps'"]),
        ('"time.steps"=3', ["'time.steps'"]),
        ("population.peopel=3", ["'peopel'", "did you mean 'people'"]),
        ("title.x=3", ["'title' is not a table"]),
        ("population.people=many", ["population.people", "'many'"]),
        ("population=3", ["population must be a table"]),
        ("population.people=60\nworld.ring=11", ["population.people"]),
        ("population.people=__import__('os').system('touch SENTINEL')", ["population.people"]),
    ],
)
def test_q22_setting__that_means_nothing_is_refused(toml, tmp_path, monkeypatch, setting, needles):
    monkeypatch.chdir(tmp_path)
    refused(lambda: load(toml(), [setting]), *needles)
    assert not (tmp_path / "SENTINEL").exists()


def test_change__keeps_what_it_does_not_name():
    world = change(WORLD, population={"people": 77}, style="commons", motives={"fun": 1.0})
    assert (world.population.people, world.style, world.motives) == (77, "commons", {"fun": 1.0})
    assert world.population.skill == WORLD.population.skill
    assert WORLD.population.people != 77


@pytest.mark.parametrize(
    ("tables", "needles"),
    [
        ({"populaton": {"people": 5}}, ["'populaton'", "did you mean 'population'"]),
        ({"population": {"peopel": 5}}, ["'peopel'", "did you mean 'people'"]),
        ({"people": 5}, ["'people'", "[population]"]),
        ({"title": 5}, ["title must be a text"]),
        ({"population": 5}, ["population must be a table"]),
        ({"companies": []}, ["companies"]),
    ],
)
def test_q22_change__refuses_what_means_nothing(tables, needles):
    refused(lambda: change(WORLD, **tables), *needles)


def test_tables__have_no_name_twice():
    assert not {*TABLES} & {*LISTS, *TEXTS}
