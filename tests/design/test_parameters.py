"""Everything in a scenario that is a number or a text may be set by its name."""

import pytest

import sim
from sim.core.motives import MOTIVES
from sim.design.parameters import KINDS, find, with_values
from sim.errors import UserError
from sim.reading import TABLES, change
from sim.scenario import Scenario

WORLD = sim.load("open_source")
NAMES = [f"{table}.{key}" for table, kind in TABLES.items() for key in KINDS[kind]]


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter__is_found_and_keeps_its_value(name):
    table, key = name.split(".")
    value = getattr(getattr(WORLD, table), key)
    written = find(name, WORLD, ()).read(value)
    assert type(written) in (int, float, str)
    same = with_values(WORLD, {name: written})
    assert same == WORLD
    assert repr(same) == repr(WORLD)


def test_with_values__changes_what_change_does():
    values = {"world.pool": 9, "world.drift": "0.5 per year", "time.step": "1 week"}
    tables = {"world": {"pool": 9, "drift": "0.5 per year"}, "time": {"step": "1 week"}}
    assert with_values(WORLD, values) == change(WORLD, **tables)
    assert with_values(WORLD, {"lever.fun": 0.3, "style.pace": 1}) == WORLD
    assert with_values(WORLD, {"motives.fun": 0.1}).motives == WORLD.motives | {"fun": 0.1}


def test_lists__are_changed_table_by_table():
    market = sim.load("mixed_market")
    changed = with_values(market, {"companies.2.name": "Us", "companies.3.style": "toolkit"})
    names = [(company.name, company.style) for company in changed.companies]
    assert names[2:] == [("Us", "commons"), ("Steward", "toolkit")]
    assert changed.companies[:2] == market.companies[:2]


@pytest.mark.parametrize("motive", MOTIVES)
def test_every_motive__may_be_set(motive):
    assert find(f"motives.{motive}", WORLD, ()).read(1) == 1.0


@pytest.mark.parametrize(
    ("name", "needle"),
    [
        ("world", "is no parameter"),
        ("world.", "is no parameter"),
        ("pool", "did you mean 'world.pool'"),
        ("wrld.pool", "did you mean 'world.pool'"),
        ("nonsense", "cocreate check"),
        ("option.pace", "did you mean 'style.pace'"),
        ("options.pce", "did you mean 'style.pace'"),
        ("option.NAME", "did you mean 'style."),
        ("levers.tool", "did you mean 'lever.tools'"),
        ("company.0.name", "did you mean 'companies.0.name'"),
        ("population_people", "did you mean 'population.people'"),
        ("Population.People", "did you mean 'population.people'"),
        ("mony", "did you mean 'lever.money'"),
        ("style", "styles = ["),
        ("companies.0.options", "companies.0.options.pace"),
        ("companies.1.name", "0 to 0"),
        ("companies.-1.name", "0 to 0"),
        ("companies.x.name", "0 to 0"),
        ("companies.0", "companies.0"),
        ("events.0.at", "there are: none"),
        ("lever.", "No lever"),
        ("style.", "no option"),
        ("__class__.pool", "world.pool"),
    ],
)
def test_a_name__that_does_not_exist_is_refused(name, needle):
    with pytest.raises(UserError) as problem:
        find(name, Scenario("-"), ("commons", "explorer"))
    assert needle in f"{name} {problem.value}"


@pytest.mark.parametrize("styles", [(), ("commons",), ("explorer",)])
def test_an_option_by_another_name__is_never_taken_for_the_number_of_people(styles):
    for name in ("option.pace", "option.NAME", "options.people"):
        with pytest.raises(UserError, match=r"did you mean 'style\."):
            find(name, Scenario("-"), styles)


def test_an_option_of_a_companys_own_style__is_changed_beside_the_others():
    world = change(WORLD, companies=[{"style": "adaptive", "options": {"pace": 0.1, "trust": 2}}])
    name = "companies.0.options.pace"
    assert find(name, world, ()).read(1) == 1.0
    assert with_values(world, {name: 0.3}).companies[0].options == {"pace": 0.3, "trust": 2}
    assert world.companies[0].options["pace"] == 0.1
