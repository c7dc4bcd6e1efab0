"""The sandboxes are runs of the model, and the words of the page fit the code and the studies."""

import ast
import json
import re
import threading
import time
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.core import step
from sim.core.inputs import LEVERS, Levers
from sim.errors import UserError
from sim.styles import Style
from sim.web import OpenLab, begin, listen, sandbox, server
from sim.web.assets import HERE, read_assets
from sim.web.guard import new_guard
from sim.web.rulebook import rules_of
from sim.web.sandbox import MIDDLE, PEOPLE, SHIFTS, Asked, answer, read_asked
from sim.web.server import Lab

ROOT = Path(__file__).parents[2]
PAGE = (HERE / "page" / "index.html").read_text()
SHIFT_FILES = sorted((ROOT / "experiments").glob("shift_*.toml"))
NUMBERS = range(1, len(SHIFTS) + 1)


class Words(HTMLParser):
    """The words of the page's elements, by class, and those marked as strong in them."""

    def __init__(self, *classes):
        super().__init__()
        self.classes, self.found, self.strong, self.code = classes, [], [], []
        self._tag, self._depth, self._inner = "", 0, []

    def handle_starttag(self, tag, attrs):
        if self._depth:
            self._depth += tag == self._tag
            self._inner.append(tag)
        elif dict(attrs).get("class") in self.classes:
            self._tag, self._depth = tag, 1
            for kind in (self.found, self.strong, self.code):
                kind.append([])

    def handle_endtag(self, tag):
        if self._depth:
            self._depth -= tag == self._tag
            if tag in self._inner:
                self._inner.remove(tag)

    def handle_data(self, data):
        if self._depth:
            self.found[-1].append(data)
            if "strong" in self._inner:
                self.strong[-1].append(data)
            if "code" in self._inner:
                self.code[-1].append(data)


def read(*classes):
    words = Words(*classes)
    words.feed(PAGE)
    return words


def text(parts):
    return " ".join("".join(parts).split())


def fetched(shift, value, people=1000, luck=1):
    return json.loads(answer(Asked(shift, value, people, luck)))


def levers_of(shift, end):
    return {lever: ends[end] for lever, ends in SHIFTS[shift - 1].levers.items()}


# The runs


@pytest.mark.parametrize("shift", NUMBERS)
@pytest.mark.parametrize("end", [0, 1])
def test_ends__of_the_slider_equal_the_run_of_the_same_settings_bit_for_bit(shift, end):
    held = {"experts": 0.6} if shift == 3 else {}

    class Ours(Style):
        levers = Levers(
            **{
                **dict.fromkeys(LEVERS, 0.4), "sharing": 0.2, "contest": 0.0, **held,
                **levers_of(shift, end),
            }
        )  # fmt: skip

    world = sim.load("default", ["population.people=1000", "time.steps=60"])
    run = sim.run(world, Ours, seed=4)
    expected = {
        "participation": run["active"] / 1000,
        "surplus": run["created"] - run["cost"],
        "profit": run["captured"] - run["cost"] - run["shared"],
        "quality": run["quality"],
        "trust": np.where(run["members"] > 0, run["trust"], np.nan),
        "crowding": np.where(run["members"] > 0, run["crowding"], np.nan),
    }
    told = fetched(shift, float(end), luck=4)
    assert len(told["series"]) == 2
    for series in told["series"]:
        line = np.array(series["now"], float)
        np.testing.assert_array_equal(line, expected[series["name"]])
        assert len(line) == 61


@pytest.mark.parametrize("shift", NUMBERS)
def test_slider__moves_all_levers_of_its_shift_together(shift):
    before, half, after = (fetched(shift, value) for value in (0.0, 0.5, 1.0))
    for lever, (first, last) in SHIFTS[shift - 1].levers.items():
        now = [
            next(one["now"] for one in told["levers"] if one["name"] == lever)
            for told in (before, half, after)
        ]
        assert now == [first, pytest.approx((first + last) / 2), last]
    for start, middle, end in zip(before["series"], half["series"], after["series"], strict=True):
        assert start["before"] == start["now"] == middle["before"] == end["before"]
        assert start["now"] != middle["now"] != end["now"] != start["now"]


def test_luck__is_another_and_the_same_for_both_settings():
    one, other = fetched(1, 1.0, luck=1), fetched(1, 1.0, luck=2)
    assert one["series"][0]["before"] != other["series"][0]["before"]
    assert fetched(1, 0.0, luck=2)["series"][0]["now"] == other["series"][0]["before"]


def test_late__is_the_mean_of_the_last_year_with_a_value():
    assert sandbox._late(np.array([np.nan] * 3 + [9.0] + [1.0, 3.0] * 5 + [np.nan] * 2)) == 2.0
    assert np.isnan(sandbox._late(np.full(20, np.nan)))
    told = fetched(2, 0.35)["series"][0]
    assert told["late"] == pytest.approx(
        [np.mean(told["before"][-12:]), np.mean(told["now"][-12:])]
    )


def test_shifts__are_those_of_the_honesty_test_and_the_studies():
    honesty = tomllib.loads((ROOT / "experiments" / "honesty.toml").read_text())
    assert {lever: getattr(MIDDLE, lever) for lever in LEVERS} == honesty["middle"]
    assert len(SHIFTS) == len(honesty["shift"]) == len(SHIFT_FILES) == 5
    for shift, declared, file in zip(SHIFTS, honesty["shift"], SHIFT_FILES, strict=True):
        for end, where in enumerate(("before", "after")):
            ends = {**shift.held, **{lever: both[end] for lever, both in shift.levers.items()}}
            assert ends == declared[where]
        fixed = tomllib.loads(file.read_text())["fixed"]
        for lever in LEVERS:
            held = fixed.get(f"lever.{lever}")
            if held is not None:
                assert held == shift.held.get(lever, getattr(MIDDLE, lever))
                assert lever not in shift.levers


def more_after(shift, people):
    """In how many of all draws each series of a shift is higher in the last year after it."""
    found = []
    for luck in range(1, 21):
        late = [series["late"] for series in fetched(shift, 1.0, people, luck)["series"]]
        found.append([after > before for before, after in late])
    return np.sum(found, axis=0).tolist()


@pytest.mark.parametrize(
    ("shift", "expected", "said"),
    [
        (1, [20, 20], "more take part and a larger surplus is left, in all 20 draws"),
        (2, [20, 0], "more take part in all 20 draws"),
        (3, [20, 20], "solutions get better and a larger surplus is left, in all 20 draws"),
        (4, [1, 0], "money crowds out less in all 20 draws. But fewer take part in 19 of them"),
        (5, [20, 0], "members trust the company more in all 20 draws, and it keeps less"),
    ],
)
def test_hint__of_a_shift_says_what_is_seen_in_all_draws(shift, expected, said):
    assert more_after(shift, PEOPLE[-1]) == expected
    hint = text(read("hint").found[shift - 1])
    assert f"With {PEOPLE[-1]:,} people {said}" in hint
    if shift == 3:
        assert more_after(shift, PEOPLE[1]) == [0, 0]
        assert f"With {PEOPLE[1]:,} people both get less in all of them" in hint


# What is asked


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "shift of a sandbox must be a whole number from 1 to 5, but is missing"),
        ({"shift": "6", "value": "0"}, "from 1 to 5, but is '6'"),
        ({"shift": "0", "value": "0"}, "from 1 to 5"),
        ({"shift": "one", "value": "0"}, "but is 'one'"),
        ({"shift": "٣", "value": "0"}, "but is '٣'"),
        ({"shift": "1"}, "value of a sandbox must be a number of at most two decimals from 0 to 1"),
        ({"shift": "1", "value": "1.01"}, "but is '1.01'"),
        ({"shift": "1", "value": "-0"}, "but is '-0'"),
        ({"shift": "1", "value": "nan"}, "but is 'nan'"),
        ({"shift": "1", "value": "1e-1"}, "but is '1e-1'"),
        ({"shift": "1", "value": "0.123"}, "but is '0.123'"),
        ({"shift": "1", "value": "0.5\n"}, "value"),
        ({"shift": "1", "value": "x" * 500}, "x…'"),
        ({"shift": "1", "value": "1", "luck": "0"}, "luck of a sandbox must be"),
        ({"shift": "1", "value": "1", "luck": "21"}, "from 1 to 20, but is '21'"),
        (
            {"shift": "1", "value": "1", "people": "200000"},
            "must be one of 300, 1000, 3000, but is",
        ),
        ({"shift": "1", "value": "1", "peple": "300"}, "did you mean 'people'?"),
    ],
)
def test_nonsense__is_refused_in_words(query, words):
    with pytest.raises(UserError) as refused:
        read_asked(query.items())
    assert words in str(refused.value)
    assert len(str(refused.value)) < 200


def test_parameters__are_read_as_they_are_written():
    assert read_asked([("shift", "3"), ("value", "0.35")]) == Asked(3, 0.35, 3000, 1)
    query = {"token": "x", "value": "1", "luck": "20", "shift": "5", "people": "300"}
    assert read_asked(query.items()) == Asked(5, 1.0, 300, 20)
    with pytest.raises(UserError, match="takes one shift"):
        read_asked([("shift", "1"), ("shift", "2"), ("value", "0")])


# The server


@pytest.fixture
def lab():
    settings, own = begin("open_source", ("commons", "directive"), people=60, seed=1)
    files = {"page/index.html": read_assets()["page/index.html"]}
    application = Lab(new_guard("127.0.0.1"), files, settings, own)
    with OpenLab(application, listen("127.0.0.1", 0)) as opened:
        yield opened


def get(lab, path, known=True):
    """Asks for a path, with the lab's cookie or without."""
    import http.client

    guard = lab._application.guard
    connection = http.client.HTTPConnection("127.0.0.1", lab.port, timeout=90)
    try:
        connection.request(
            "GET", path, headers={"Cookie": f"{guard.cookie}={guard.value}"} if known else {}
        )
        response = connection.getresponse()
        return response.status, response.getheader("Content-Type"), response.read()
    finally:
        connection.close()


def test_server__answers_whoever_has_the_token(lab):
    status, kind, body = get(lab, "/sandbox?shift=2&value=0.7&people=1000")
    assert (status, kind) == (200, "application/json")
    assert json.loads(body) == fetched(2, 0.7)
    status, _, body = get(lab, "/node/n01/sandbox?shift=2&value=0.7&luck=3")
    assert (status, json.loads(body)["luck"]) == (200, 3)
    assert get(lab, "/sandbox?shift=2&value=0.7", known=False)[0] == 403


def test_server__answers_for_the_rules_of_a_turn_too(lab):
    status, kind, body = get(lab, "/rules?turn=3")
    assert (status, kind, body) == (200, "application/json", rules_of(3))
    assert get(lab, "/node/n01/rules?turn=13")[2] == rules_of(13)
    assert get(lab, "/rules?turn=3", known=False)[0] == 403
    status, kind, body = get(lab, "/rules?turn=14")
    assert (status, kind) == (400, "text/plain; charset=utf-8")
    assert b"from 0 to 13, but is '14'" in body


def test_server__refuses_nonsense_in_words(lab):
    status, kind, body = get(lab, "/sandbox?shift=9&value=0.7")
    assert (status, kind) == (400, "text/plain; charset=utf-8")
    assert b"must be a whole number from 1 to 5, but is '9'" in body
    assert get(lab, "/sandbox")[0] == 400
    assert get(lab, "/sandbox?shift=1&value=%00")[0] == 400


def test_server__works_out_a_few_at_once_and_goes_on_meanwhile(lab, monkeypatch):
    let_go, running, most = threading.Event(), [], []

    def slow(asked):
        running.append(asked)
        most.append(len(running))
        let_go.wait(90)
        running.remove(asked)
        return b"{}"

    monkeypatch.setattr(server, "answer", slow)
    monkeypatch.setattr(server, "MOST_ASKED", 6)
    answers = []
    askers = [
        threading.Thread(
            target=lambda n=n: answers.append(get(lab, f"/sandbox?shift=1&value=0.{n}")[0])
        )
        for n in range(9)
    ]
    for asker in askers:
        asker.start()
    end = time.monotonic() + 90
    while len(answers) < 3:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert answers == [503] * 3
    assert get(lab, "/")[0] == 200  # others are served while two are worked out
    let_go.set()
    for asker in askers:
        asker.join(90)
    assert sorted(answers) == [200] * 6 + [503] * 3
    assert max(most) == 2
    assert get(lab, "/sandbox?shift=1&value=1")[0] == 200


# The words of the page


@pytest.mark.parametrize("shift", NUMBERS)
def test_words__of_a_shift_name_the_levers_that_it_moves_and_no_other(shift):
    told = read("told")
    named = set(told.strong[shift - 1])
    assert named == set(SHIFTS[shift - 1].levers)
    people = {"experts"} if shift == 3 else set()  # who are meant, not how many of them there are
    words = set(re.findall(r"\w+", text(told.found[shift - 1]).lower()))
    assert words & set(LEVERS) - people <= named


NUMERAL = r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?"


@pytest.mark.parametrize("shift", NUMBERS)
def test_numbers__of_a_shift_are_those_of_its_study(shift):
    study = tomllib.loads(SHIFT_FILES[shift - 1].read_text())
    said = text(read("pays").found[shift - 1]).replace("\N{MINUS SIGN}", "-")
    answer = " ".join(study["answer"].split())
    means = re.findall(rf"({NUMERAL}) \(({NUMERAL}) to ({NUMERAL})\)", said)
    assert len(means) >= 2
    assert [f"{mean} ({low} to {high})" in answer for mean, low, high in means] == [True] * len(
        means
    )
    numbers = re.findall(NUMERAL, said)
    known = re.findall(NUMERAL, answer)
    assert [number for number in numbers if number not in known] == []


def turns_in_code():
    """The rules that `advance` calls in each turn, in their order."""
    tree = ast.parse(Path(step.__file__).read_text())
    advance = next(one for one in tree.body if getattr(one, "name", "") == "advance")
    loop = next(one for one in advance.body if isinstance(one, ast.For))
    branch = next(one for one in loop.body if isinstance(one, ast.If) and one.orelse)
    found = []
    while True:
        found.append([statement.value.func.id for statement in branch.body])
        if not isinstance(branch.orelse[0], ast.If):
            return [*found, [statement.value.func.id for statement in branch.orelse]]
        branch = branch.orelse[0]


def test_rules__each_turn_of_a_step_has_its_sentence_in_its_order():
    turns = read("companies", "people")
    assert turns.code == turns_in_code()
    assert len(turns.found) == step.TURNS
    for n, words in enumerate(turns.found):
        who = "People" if n % 2 else "Companies"
        said = text(words)
        assert said.startswith(f"{who} ")
        assert "." in said
        assert len(said.split()) > 20


def test_rules__each_turn_has_a_place_for_its_sandboxes():
    places = re.findall(r'class="trials" data-turn="(\d+)"', PAGE)
    assert places == [str(turn) for turn in range(step.TURNS)]


def test_rules__cite_what_the_model_stands_on():
    protocol = " ".join((ROOT / "docs" / "odd.md").read_text().split())
    model = " ".join((ROOT / "docs" / "model.md").read_text().split())
    said = " ".join(text(words) for words in read("companies", "people").found)
    cited = re.findall(r"[(;] ?([A-Z][^();]*? \d{4})", said)
    assert len(cited) >= 18
    assert [one for one in cited if one not in protocol and one not in model] == []
