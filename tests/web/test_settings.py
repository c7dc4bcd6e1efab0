"""A link holds what a session shows, to the bit; whatever else it holds is one UserError."""

import json
from base64 import urlsafe_b64encode
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.inputs import LEVERS
from sim.design.arms import read_arms
from sim.design.parameters import option_kinds
from sim.errors import UserError
from sim.reading import change, load, shipped
from sim.styles import STYLES
from sim.web import settings as module
from sim.web.link import read_settings
from sim.web.settings import (
    Column,
    Move,
    Settings,
    own_name,
    ready,
    world_of,
)

TABLE = {
    "v": 1,
    "scenario": "default",
    "columns": [["commons", {}], ["directive", {"money": 0.5}]],
    "seed": 1,
    "people": 1000,
    "moves": [[12, 0, "money", 0.4], [12, 1, "fun", 1]],
}


def pack(table):
    text = table if isinstance(table, str) else json.dumps(table)
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def changed(**values):
    return pack(TABLE | values)


values = st.floats(0, 1)


@st.composite
def any_column(draw):
    style = draw(st.sampled_from(sorted(STYLES)))
    finite = st.floats(allow_nan=False, allow_infinity=False)
    options = st.fixed_dictionaries({}, optional=dict.fromkeys(option_kinds(style), finite))
    return Column(style, draw(st.dictionaries(st.sampled_from(LEVERS), values)), draw(options))


@st.composite
def any_settings(draw):
    columns = draw(st.lists(any_column(), min_size=2, max_size=6))
    move = st.builds(
        Move,
        st.integers(0, 99),
        st.integers(0, len(columns) - 1),
        st.sampled_from(LEVERS),
        st.none() | values,
    )
    return Settings(
        draw(st.sampled_from(shipped())),
        tuple(columns),
        draw(st.integers(0, 2**53 - 1)),
        draw(st.integers(10, 60_000)),
        tuple(sorted(draw(st.lists(move, max_size=50)), key=lambda move: move.step)),
    )


@given(any_settings())
def test_settings__come_back_from_their_packed_form(settings):
    again = read_settings(settings.packed())
    assert again == settings
    assert again.packed() == settings.packed()
    assert world_of(again).population.people == settings.people


def test_settings__are_packed_as_the_contract_says():
    settings = read_settings(pack(TABLE))
    assert settings == Settings(
        "default",
        (Column("commons", {}), Column("directive", {"money": 0.5})),
        1,
        1000,
        (Move(12, 0, "money", 0.4), Move(12, 1, "fun", 1.0)),
    )
    assert settings.packed() == pack(
        '{"v":1,"scenario":"default","columns":[["commons",{}],["directive",{"money":0.5}]],'
        '"seed":1,"people":1000,"moves":[[12,0,"money",0.4],[12,1,"fun",1.0]]}'
    )


WRONG = {
    "style": (changed(columns=[["comons", {}], ["directive", {}]]), "did you mean 'commons'"),
    "scenario": (changed(scenario="open_sorce"), "did you mean 'open_source'"),
    "a path": (changed(scenario="/etc/passwd"), "No scenario is called '/etc/passwd'"),
    "a file": (changed(scenario="scenarios/default.toml"), "No scenario is called"),
    "own": (changed(scenario="own:0123abcd"), "start the lab with that file"),
    "own styles": (changed(columns=[["", {}]] * 2, moves=[]), "not every company has a style of"),
    "own levers": (
        changed(columns=[["", {"fun": 1}]] * 2, moves=[]),
        "there are no levers to hold",
    ),
    "own options": (changed(columns=[["", {}, {"pace": 1}]] * 2, moves=[]), "no options to set"),
    "own moves": (changed(columns=[["", {}]] * 2), "there are no levers to hold"),
    "people": (changed(people=10**12), "from 10 to 200,000, but is 1,000,000,000,000"),
    "few": (changed(people=9), "from 10 to 200,000, but is 9"),
    "in all": (changed(people=200_000, columns=[["commons", {}]] * 3), "at most 400,000"),
    "seed": (changed(seed=-1), "seed must be a whole number from 0 to"),
    "large seed": (changed(seed=2**53), "seed must be a whole number from 0 to"),
    "endless": (changed(seed=10**400), "a number of more than 18 digits"),
    "fraction": (changed(seed=1.5), "seed must be a whole number"),
    "truth": (changed(people=True), "people must be a whole number"),
    "one": (changed(columns=[["commons", {}]]), "columns must be a whole number from 2 to 6"),
    "seven": (changed(columns=[["commons", {}]] * 7), "from 2 to 6, but is 7"),
    "noise": ("x" * 10_240, "cannot be read"),
    "long": ("x" * 12_001, "at most 12,000 characters"),
    "empty": ("", "cannot be read"),
    "not text": (17, "must hold its settings as a text"),
    "nothing": (None, "must hold its settings as a text"),
    "no base64": ("§§§", "cannot be read"),
    "two parts": ("YQ==YQ", "cannot be read"),
    "cut off": (pack(TABLE)[:-9], "cannot be read"),
    "no table": (pack([1, 2]), "must hold a table"),
    "deep": (pack("[" * 4000 + "]" * 4000), "cannot be read|must hold a table"),
    "deep inside": (
        pack(json.dumps(TABLE)[:-1] + ',"deep":' + "[" * 1000 + "]" * 1000 + "}"),
        "cannot be read|No setting is called 'deep'",  # as deep as this Python likes to go
    ),
    "version": (changed(v=2), "version 2, but this lab reads 1"),
    "lever": (changed(columns=[["commons", {"mony": 1}]] * 2), "did you mean 'money'"),
    "high": (changed(columns=[["commons", {"money": 1.01}]] * 2), "from 0 to 1, but is 1.01"),
    "low": (changed(moves=[[1, 0, "money", -0.01]]), "from 0 to 1, but is -0.01"),
    "nan": (changed(moves=[[1, 0, "money", float("nan")]]), "from 0 to 1, but is nan"),
    "infinite": (changed(moves=[[1, 0, "money", float("inf")]]), "from 0 to 1, but is inf"),
    "lever value": (changed(columns=[["commons", {"money": "1"}]] * 2), "from 0 to 1, but is '1'"),
    "lever list": (changed(moves=[[1, 0, ["money"], 0.5]]), "A lever must be named by a text"),
    "style list": (changed(columns=[[[], {}]] * 2), "A style must be named by a text"),
    "scenario number": (changed(scenario=1), "A scenario must be named by a text"),
    "columns": (changed(columns={"commons": {}}), "columns must be a list, but is a table"),
    "column": (
        changed(columns=["commons", "directive"]),
        "A column must be a style, its levers",
    ),
    "four": (changed(columns=[["commons", {}, {}, {}]] * 2), "A column must be a style, its"),
    "options": (changed(columns=[["adaptive", {}, [0.1]]] * 2), "A column must be a style, its"),
    "no option": (changed(columns=[["adaptive", {}, {"pase": 1}]] * 2), "did you mean 'pace'"),
    "of none": (changed(columns=[["commons", {}, {"pace": 1}]] * 2), "which has no options"),
    "option": (changed(columns=[["adaptive", {}, {"pace": "x"}]] * 2), "a number, but is 'x'"),
    "no number": (changed(columns=[["adaptive", {}, {"pace": float("nan")}]] * 2), "be finite"),
    "huge": (changed(columns=[["adaptive", {}, {"pace": 10**400}]] * 2), "must be a number"),
    "long option": (changed(columns=[["adaptive", {}, {"x" * 900: 1}]] * 2), "option 'xxx"),
    "no lever": (changed(moves=[[1, 0, "mony", None]]), "did you mean 'money'"),
    "move": (changed(moves=[[1, 0, "money"]]), "A move must be step, column, lever and value"),
    "moves": (changed(moves=None), "moves must be a list, but is None"),
    "no column": (changed(moves=[[1, 2, "money", 0.5]]), "from 0 to 1, but is 2"),
    "last step": (changed(moves=[[100, 0, "money", 0.5]]), "step of a move must be .* 0 to 99"),
    "before": (changed(moves=[[-1, 0, "money", 0.5]]), "step of a move must be"),
    "order": (
        changed(moves=[[5, 0, "money", 0.5], [4, 0, "money", 0.5]]),
        "step of a move must be a whole number from 5",
    ),
    "too many": (changed(moves=[[1, 0, "fun", 1]] * 301), "At most 300 moves"),
    "unknown": (changed(peopl=3), "did you mean 'people'"),
    "missing": (pack({k: v for k, v in TABLE.items() if k != "seed"}), "lacks 'seed'"),
    "surrogate": (changed(scenario="\ud800"), r"called '\\ud800'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_read_settings__says_in_a_sentence_what_is_wrong(case):
    packed, words = WRONG[case]
    with pytest.raises(UserError, match=words) as refused:
        read_settings(packed)
    said = str(refused.value)
    assert "\n" not in said
    assert len(said) < 400
    said.encode()


@pytest.mark.parametrize(
    ("style", "option", "value"),
    [("adaptive", "pase", 0.1), ("adaptive", "pace", "fast"), ("commons", "pace", 0.1)],
)
def test_option__is_refused_in_the_words_of_an_experiment(style, option, value):
    wrong = []
    read_arms([{"name": style, option: value}], wrong)
    (said,) = wrong
    with pytest.raises(UserError) as refused:
        read_settings(changed(columns=[[style, {}, {option: value}], ["commons", {}]]))
    place = f"styles.0.{option} "
    assert said.startswith(place)
    assert str(refused.value) == f"The option {option!r} {said.removeprefix(place)}"


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(LEVERS),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(LEVERS), inner),
    max_leaves=20,
)


@given(st.text() | st.binary().map(lambda b: urlsafe_b64encode(b).decode()) | junk.map(pack) | junk)
def test_read_settings__makes_nothing_but_user_errors_of_noise(packed):
    with pytest.raises(UserError):
        read_settings(packed)


@given(st.sampled_from([*TABLE, "extra"]), junk)
def test_read_settings__makes_settings_or_a_user_error_of_any_value(key, value):
    packed = changed(**{key: value})
    try:
        settings = read_settings(packed)
    except UserError:
        return
    assert read_settings(settings.packed()) == settings


@given(st.integers(0, len(pack(TABLE)) - 1), st.characters(codec="ascii"))
def test_read_settings__bears_any_wrong_letter(place, letter):
    packed = pack(TABLE)
    try:
        settings = read_settings(packed[:place] + letter + packed[place + 1 :])
    except UserError:
        return
    assert read_settings(settings.packed()) == settings


def test_settings__refuse_what_does_not_fit_into_a_link():
    settings = read_settings(pack(TABLE))
    moves = tuple(Move(n // 4, 1, "facilitation", n / 777) for n in range(290))
    with pytest.raises(UserError, match="at most 12,000 characters"):
        replace(settings, moves=moves)
    short = replace(
        settings, moves=tuple(Move(n // 4, 1, "fun", n % 100 / 100) for n in range(290))
    )
    assert len(short.packed()) <= 12_000


def test_world__is_the_own_one_with_as_many_people_as_asked_for():
    own = change(load("default"), time={"steps": 20}, title="Mine")
    settings = replace(read_settings(pack(TABLE)), scenario=own_name(own))
    assert world_of(settings, own).title == "Mine"
    assert world_of(settings, own).population.people == 1000
    assert read_settings(settings.packed(), own) == settings
    late = replace(settings, moves=(Move(20, 0, "fun", 0.5),))
    with pytest.raises(UserError, match="from 0 to 19, but is 20"):
        world_of(late, own)


@pytest.mark.parametrize(
    "now",
    [
        {"time": {"steps": 21}},
        {"world": {"problems": 23}},
        {"events": [{"at": 6, "kind": "newcomers", "size": 0.1}]},
        {"companies": [{"name": "A"}, {"name": "B", "style": "directive"}]},
    ],
    ids=lambda now: next(iter(now)),
)
def test_link__for_a_scenario_file_is_refused_where_it_was_changed(now):
    own = change(load("default"), time={"steps": 20})
    packed = replace(read_settings(pack(TABLE)), scenario=own_name(own)).packed()
    assert read_settings(packed, own).scenario == own_name(own)
    with pytest.raises(UserError, match="start the lab with the file as it was then to open it"):
        read_settings(packed, change(own, **now))


def test_link__for_a_scenario_file_opens_under_another_title_and_with_other_people():
    """The file that the lab exports has as many people as the link asks for."""
    own = change(load("default"), time={"steps": 20})
    settings = replace(read_settings(pack(TABLE)), scenario=own_name(own))
    exported = change(own, title="Another", population={"people": settings.people})
    assert exported.population.people != own.population.people
    assert read_settings(settings.packed(), exported) == settings


def test_link__for_a_scenario_file_tells_its_ties_by_what_is_in_their_file(tmp_path):
    file = tmp_path / "ties.csv"
    names = []
    for ties in ("a,b\n0,1\n", "a,b\n0,2\n", "a,b\r\n0,1\r\n"):
        file.write_text(ties, "utf-8", newline="")
        own = change(load("default"), ties={"kind": "file", "file": str(file)})
        names.append(own_name(own))
    assert names[0] == names[2] != names[1]
    file.unlink()
    assert own_name(own) != names[0]


def test_world__where_every_company_has_a_style_of_its_own_is_shown_with_it_and_without():
    columns = [["", {}], ["commons", {"fun": 0.5}]]
    table = {"scenario": "mixed_market", "columns": columns, "moves": [[3, 1, "money", 0.5]]}
    settings = read_settings(changed(**table))
    assert world_of(settings).companies == ready("mixed_market").companies
    assert settings.table() == TABLE | table
    assert [column.label for column in settings.columns] == ["own styles", "commons"]


def test_world__that_is_too_long_is_refused():
    own = change(load("default"), time={"steps": 60_000})
    settings = replace(read_settings(pack(TABLE)), scenario=own_name(own))
    with pytest.raises(UserError, match="at most 100,000, but is 120,000"):
        world_of(settings, own)


def test_world__under_its_own_number_of_people_is_the_shipped_one():
    settings = replace(read_settings(pack(TABLE)), people=1500)
    assert world_of(settings) is ready("default")


def test_limits__are_whole_in_javascript():
    assert module.SEEDS[1] == 9007199254740991
    assert float(module.SEEDS[1]) == np.float64(module.SEEDS[1])


def test_settings__cannot_be_changed():
    with pytest.raises(AttributeError):
        read_settings(pack(TABLE)).seed = 2
