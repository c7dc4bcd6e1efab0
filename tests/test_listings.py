"""Outcomes, values and names on a terminal."""

import io
import tomllib

import pytest
import rich.style  # noqa: F401  # draws a random number when it is imported, and only then
from rich.console import Console

from sim.listings import print_listing, print_outcomes, print_values, toml
from sim.metrics import METRICS
from sim.quantity import Rate, Span
from sim.reading import as_table, build, load, shipped
from sim.reference import effective


def printed(show, *what, width=100):
    file = io.StringIO()
    show(*what, Console(file=file, width=width))
    return file.getvalue()


def test_print_outcomes__shows_value_unit_and_direction():
    text = printed(print_outcomes, {"trust": 0.25, "cost": 12345.6, "gini": float("nan")}, METRICS)
    rows = {line.split("  ")[0]: line.split() for line in text.splitlines()}
    assert rows["trust"][1:] == ["0.25", "share", "more", "is", "better"]
    assert rows["cost"][1:] == ["1.235e+04", "money", "a", "month", "less", "is", "better"]
    assert rows["Gini of contributions"][3:] == ["-", "share"]


@pytest.mark.parametrize("name", shipped())
def test_print_values__is_a_scenario_file_of_the_same_world(name):
    companies = [
        {"name": 'A "B" \\ [c]', "style": "adaptive", "options": {"pace": 0.1}},
        {"name": "Łódź – 協働"},
    ]
    shock = {"at": 3, "kind": "newcomers", "size": 0.5}
    table = as_table(load(name)) | {"companies": companies, "events": [shock], "origin": {}}
    world = build(table, name)
    text = printed(print_values, name, effective(world, {}), width=30)
    assert build(tomllib.loads(text), name) == world
    assert text.startswith(f"# {name}: valid\n")


def test_print_values__says_origin_unit_range_and_meaning():
    world = load("open_source")
    origins = {"population.people": "mine.toml"}
    lines = printed(print_values, "w", effective(world, origins)).splitlines()
    (people,) = [line for line in lines if line.startswith("people = ")]
    assert people.split("#")[1] == " mine.toml; count; 1 to 1e+08; people who might take part"
    (leave,) = [line for line in lines if line.startswith("leave = ")]
    assert "1 per time = 0.001998 a step; 0 to 100 per day" in leave


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (0.1, "0.1"),
        (float("inf"), "inf"),
        ('a"b\\c\nd\x7f', '"a\\"b\\\\c\\nd\\u007f"'),
        ("Łódź – 協働", '"Łódź – 協働"'),
        (Rate("0.5 per week"), '"0.5 per week"'),
        (Span("1 month"), '"1 month"'),
        ({}, "{}"),
        ({"pace": 0.1, "trust": 1}, "{pace = 0.1, trust = 1}"),
    ],
)
def test_toml__is_read_back_as_the_same_value(value, text):
    assert toml(value) == text
    read = tomllib.loads(f"x = {text}")["x"]
    assert read == (str(value) if isinstance(value, Rate | Span) else value)


@pytest.mark.parametrize("width", [20, 80])
def test_print_listing__never_cuts_a_name(width):
    text = printed(print_listing, {"a_rather_long_name": "what it is " * 9, "b": 3}, width=width)
    assert "a_rather_long_name" in text
    assert max(map(len, text.splitlines())) <= width


def test_as_table__has_the_rows_of_effective():
    world = load("mixed_market")
    keys = {row.key for row in effective(world, {})}
    for name, part in as_table(world).items():
        if isinstance(part, dict) and name != "origin":
            assert {f"{name}.{key}" for key in part} <= keys
