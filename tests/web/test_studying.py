"""The tab Studies tells what the report tells, and a run that it opens is the study's own run."""

import http.client
import json
import subprocess
import sys
from dataclasses import replace

import pytest

import sim
from sim import work
from sim.cli import call
from sim.design import read_experiment
from sim.errors import UserError
from sim.metrics import METRICS
from sim.sweeps import sweep
from sim.sweeps.folder import create
from sim.web import OpenLab, begin, listen, studying
from sim.web.assets import read_assets
from sim.web.exports import python_lines, scenario_toml
from sim.web.guard import new_guard
from sim.web.link import read_settings
from sim.web.naming import in_words, words_of
from sim.web.runs import Runs
from sim.web.server import Lab
from sim.web.session import Session
from sim.web.settings import InStudy, Settings, in_study
from sim.web.studying import Asked, Studied, open_studied, read_asked

NEUTRAL = [name for name in METRICS if not METRICS[name].better]
STYLES = ["directive", "commons", "steward"]
SAMPLE = {"method": "latin_hypercube", "n": 61, "ranges": {"world.trust_critical": [0.0, 1.0]}}
PLAIN = {
    "question": "Who does best?",
    "scenario": "default",
    "styles": STYLES,
    "seeds": 4,
    "seed": 7,
    "outcomes": ["surplus", "profit", "quality", "active"],
    "fixed": {"time.steps": 24, "lever.fun": 0.3},
    "vary": {"population.people": [80, 160], "world.trust_critical": [0.0, 1.0]},
    "figure": {"outcomes": ["surplus", "quality"], "x": "population.people"},
}


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """Does a study, given as what differs from the plain one, and opens it for the lab."""
    known = {}

    def one(**changes):
        name = json.dumps(changes, sort_keys=True)
        if name not in known:
            table = {key: value for key, value in {**PLAIN, **changes}.items() if value is not None}
            folder = tmp_path_factory.mktemp("study") / "results"
            sweep(table, folder, executor="serial")
            known[name] = open_studied(folder)
        return known[name]

    return one


def told(studied):
    return json.loads(studied.told())


def runs_at(studied, place, arm):
    return json.loads(studied.runs_of(Asked(place, arm)))


def row_of(study, number):
    (row,) = [row for row in study.table().to_pylist() if row["run"] == number]
    return row


def ended(settings, studied):
    """The runs of the lab's columns, taken to their end."""
    runs = Runs(settings, None, studied)
    while not runs.done:
        runs.advance()
    return runs.simulations


# What is told


def test_told__holds_the_sentences_and_differences_of_the_report(studies):
    studied = studies()
    words = {"population.people": "people", "world.trust_critical": "trust critical"}
    found, said = told(studied), in_words(studied.study.report(), words)
    assert found["title"] == "Who does best?"
    assert found["said"] == [said.progress(), *said.findings, *said.cautions]
    assert found["what"] == (
        f"In {said.scenario!r}, 3 styles (directive, commons, steward) at 4 points, 4 replicates "
        "each: 48 runs."
    )
    assert found["answers"] == {name: said.answer(name) for name in ("surplus", "quality")}
    assert found["arms"] == STYLES
    assert found["arms"][found["baseline"]] == said.figure.baseline
    assert found["comparisons"] == said.n_comparisons == 16
    shown = {
        (place, found["arms"][arm], name): (n, *numbers)
        for name, rows in found["effects"].items()
        for place, arm, n, *numbers in rows
    }
    assert len(shown) == len(said.contrasts) == 16
    for contrast in said.contrasts:
        effect = contrast.effect
        n, *numbers = shown[contrast.place, effect.arm, effect.outcome]
        assert n == effect.n == 4
        assert numbers == pytest.approx([effect.difference, effect.low, effect.high], rel=1e-6)


def test_told__has_the_means_of_each_style_at_each_point(studies):
    studied = studies()
    found, said = told(studied), studied.study.report()
    names = [outcome["name"] for outcome in found["outcomes"]]
    assert names == ["surplus", "quality", "profit", "active"]
    assert [outcome["shown"] for outcome in found["outcomes"]] == [True, True, False, False]
    means = {
        (place, STYLES[arm], name): mean
        for place, arm, _, values in found["marks"]
        for name, mean in zip(names, values, strict=True)
    }
    assert len(means) == 4 * 3 * 4
    for row in said.rows:
        assert means[row.place, row.style, row.outcome] == pytest.approx(row.mean, rel=1e-6)
    assert [words for _, words in found["places"]] == [
        f"people = {people}, trust critical = {trust}"
        for people in (80, 160)
        for trust in ("0.0", "1.0")
    ]


def test_map__agrees_with_the_sentences_of_the_report(studies):
    studied = studies(seeds=30, styles=["directive", "commons"])
    found = told(studied)
    assert found["map"] == {
        "across": "people",
        "columns": ["80", "160"],
        "rows": ["trust critical = 0.0", "trust critical = 1.0"],
        "cells": [[0, 2], [1, 3]],
    }
    for outcome in found["outcomes"][:2]:
        winners = found["winners"][outcome["name"]]
        (sentence,) = [s for s in found["said"] if s.startswith(f"{outcome['title']}:")]
        for arm, name in enumerate(found["arms"]):
            assert (arm in winners) == (name in sentence)
        assert (-1 in winners) == ("undecided" in sentence)
        for place, winner in enumerate(winners):
            if winner >= 0:  # then its difference from the other excludes chance
                ((_, _, _, _, low, high),) = [
                    row for row in found["effects"][outcome["name"]] if row[0] == place
                ]
                assert low > 0 or high < 0
                assert (low > 0) == (winner == 1 - found["baseline"]) == (
                    outcome["better"] > 0
                ) or (winner == found["baseline"])


def test_names__are_words_with_their_meanings_values_and_keys(studies):
    found = told(studies())
    assert found["names"] == [
        {
            "words": "people",
            "meaning": "people who might take part",
            "values": "80, 160",
            "key": "population.people",
        },
        {
            "words": "trust critical",
            "meaning": "how far value depends on trust",
            "values": "0.0, 1.0",
            "key": "world.trust_critical",
        },
    ]
    del found["names"]
    assert "world.trust_critical" not in json.dumps(found)


def test_words__tell_apart_what_ends_alike():
    keys = ["lever.money", "motives.money", "world.trust_critical"]
    assert list(words_of(keys).values()) == ["lever money", "motives money", "trust critical"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"vary": None, "figure": None}, "Nothing varies but the style"),
        ({"styles": ["steward"], "vary": None, "figure": None}, "one style alone"),
        ({"vary": None, "figure": None, "seeds": 1, "sample": SAMPLE}, "judged as a whole"),
        ({"outcomes": NEUTRAL[:1], "figure": None}, "more or less is better"),
    ],
)
def test_map__that_there_is_not_is_said_in_words(studies, changes, words):
    found = told(studies(**changes))
    assert found["map"] is None
    assert found["winners"] == {}
    assert words in found["no_map"]


def test_told__is_worked_out_once(studies, monkeypatch):
    studied = Studied(studies().study)
    calls = []
    real = studying.report
    monkeypatch.setattr(studying, "report", lambda *words: calls.append(1) or real(*words))
    assert studied.told() is studied.told()
    runs_at(studied, 0, 0)
    assert calls == [1]


def test_told__is_thinned_out_where_it_would_be_too_large(studies, monkeypatch):
    whole = told(studies())
    assert whole["thinned"] == ""
    monkeypatch.setattr(studying, "MOST_MARKS", 6)
    few = told(Studied(studies().study))
    assert [place for place, _ in few["places"]] == [0, 2]
    assert {mark[0] for mark in few["marks"]} == {0, 2}
    assert few["thinned"] == "Of 4 points one in 2 is drawn."
    monkeypatch.setattr(studying, "MOST_MARKS", 3000)
    size = len(Studied(studies().study).told())
    monkeypatch.setattr(studying, "MOST_BYTES", size - 1)
    assert len(Studied(studies().study).told()) < size


def test_told__of_half_a_study_says_how_much_is_there(tmp_path):
    experiment = read_experiment(PLAIN)
    store = create(experiment, tmp_path, 48, 6)
    plan = work.plan_of(store)
    rows = [(plan.run(n), work.attempt(plan, plan.run(n))) for n in range(24)]
    for start in range(0, 24, 6):
        work.write(store, plan, start, start + 6, rows[start : start + 6])
    studied = open_studied(tmp_path)
    found = told(studied)
    assert found["said"][0] == "24 of 48 runs are done; 24 are still missing."
    assert {mark[2] for mark in found["marks"]} == {2}
    assert [run["rep"] for run in runs_at(studied, 1, 2)["runs"]] == [0, 1]


# Its runs


def test_runs__of_a_style_at_a_point_are_those_of_the_table(studies):
    studied = studies()
    found = runs_at(studied, 2, 1)
    rows = [
        row
        for row in studied.study.table().to_pylist()
        if row["point_id"] == 2 and row["style"] == "commons"
    ]
    assert found["n"] == len(rows) == 4
    for run, row in zip(found["runs"], rows, strict=True):
        assert (run["run"], run["rep"], run["style"]) == (row["run"], row["rep"], "commons")
        assert run["values"] == [row["surplus"], row["quality"]]
        assert run["settings"]["seed"] == 7
        assert in_study(run["settings"]["scenario"])[:2] == (2, row["rep"])


@pytest.mark.parametrize("number", [1, 20, 46])
def test_opened_run__equals_the_row_of_the_study_bit_for_bit(studies, number):
    studied = studies()
    study = studied.study
    settings = read_settings(studied.settings_of(number).packed(), None, studied)
    planned = study.planned(number)
    assert [column.style for column in settings.columns] == ["directive", planned.style]
    reference, own = (one.result() for one in ended(settings, studied))
    again, _ = study.repeat(number)
    assert own.fingerprint() == again.fingerprint()
    found, row = work.outcomes(study.experiment, own), row_of(study, number)
    assert found == {name: row[name] for name in found}
    beside = number - number % 3
    assert reference.fingerprint() == study.repeat(beside)[0].fingerprint()
    assert own.fingerprint() != reference.fingerprint()


def test_opened_run__of_the_reference_stands_beside_the_next_style(studies):
    settings = studies().settings_of(0)
    assert [column.style for column in settings.columns] == ["commons", "directive"]
    assert settings.columns[0].levers == {"fun": 0.3}


def test_opened_run__stands_beside_the_same_world_where_a_lever_is_compared(studies):
    studied = studies(
        styles=["steward"],
        vary={"lever.tools": [0.1, 0.9], "population.people": [80, 160]},
        figure={"x": "population.people", "lines": "lever.tools", "outcomes": ["surplus"]},
    )
    found = told(studied)
    assert (found["who"], found["arms"]) == ("tools", ["0.1", "0.9"])
    assert found["labels"] == ["tools = 0.1", "tools = 0.9"]
    assert "2 values of tools (0.1, 0.9) under steward at 2 points" in found["what"]
    assert " tools = 0.1" in found["answers"]["surplus"][1]
    for arm in (0, 1):
        for run in runs_at(studied, 1, arm)["runs"]:
            settings = studied.settings_of(run["run"])
            tools = [column.levers["tools"] for column in settings.columns]
            assert tools == ([0.1, 0.9] if arm else [0.9, 0.1])
            assert settings.people == 160
            own = ended(settings, studied)[1].result()
            assert own.fingerprint() == studied.study.repeat(run["run"])[0].fingerprint()


def test_opened_run__takes_a_usual_style_beside_it_where_the_study_has_no_other(studies):
    settings = studies(styles=["directive"], vary=None, figure=None).settings_of(2)
    assert [column.style for column in settings.columns] == ["commons", "directive"]


QUICK, LATE = ({"name": "adaptive", "pace": pace} for pace in (0.2, 0.01))


@pytest.mark.parametrize(
    ("changes", "options"),
    [
        ({"styles": ["directive", QUICK]}, [{}, {"pace": 0.2}]),
        ({"styles": [QUICK, LATE]}, [{"pace": 0.2}, {"pace": 0.01}]),
        (
            {
                "styles": ["adaptive"],
                "vary": {"population.people": [80, 160], "style.pace": [0.01, 0.2]},
                "figure": {"x": "population.people", "lines": "style.pace"},
            },
            [{"pace": 0.01}, {"pace": 0.2}],
        ),
    ],
    ids=["one", "both", "compared"],
)
def test_opened_run__of_a_style_with_options_equals_that_of_the_study(studies, changes, options):
    studied = studies(**changes)
    study = studied.study
    (number,) = [
        run
        for run in range(len(study.table()))
        if (planned := study.planned(run)).rep == 1
        and planned.point_id == (1 if "style.pace" in planned.values else 0)
        and planned.options == options[1]
    ]
    settings = read_settings(studied.settings_of(number).packed(), None, studied)
    assert [column.options for column in settings.columns] == options
    reference, own = (one.result() for one in ended(settings, studied))
    assert own.fingerprint() == study.repeat(number)[0].fingerprint()
    assert own.fingerprint() != reference.fingerprint()


def test_opened_run__of_a_market_equals_that_of_the_study(studies):
    studied = studies(
        scenario="mixed_market",
        styles=None,
        fixed={"time.steps": 6},
        vary={"population.people": [200, 300]},
        figure=None,
        seeds=2,
    )
    found = told(studied)
    assert found["who"] == "company"
    assert len(found["arms"]) > 2
    runs = runs_at(studied, 1, 2)["runs"]
    assert [run["rep"] for run in runs] == [0, 1]
    row = row_of(studied.study, runs[1]["run"])
    name = found["outcomes"][0]["name"]
    assert runs[1]["values"][0] == row[f"{found['arms'][2]}.{name}"]
    settings = studied.settings_of(runs[1]["run"])
    assert settings.table() == runs[1]["settings"]
    assert [column.style for column in settings.columns] == ["commons", ""]
    beside, own = (one.result() for one in ended(settings, studied))
    again, _ = studied.study.repeat(runs[1]["run"])
    assert own.fingerprint() == again.fingerprint() != beside.fingerprint()
    assert (own.styles, len(set(beside.styles))) == (again.styles, 1)


def test_python_lines__of_an_opened_run_make_it(studies, tmp_path):
    studied = studies()
    session = Session(studied.settings_of(46), None, studied)
    assert session.about()["scenarios"][0]["title"] == "The study's point 3, replicate 3"
    assert session.about()["study"] is True
    session._runs.advance()
    (tmp_path / "scenario.toml").write_text(scenario_toml(session), "utf-8")
    (tmp_path / "lines.py").write_text(python_lines(session), "utf-8")
    command = [sys.executable, "lines.py"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    for simulation in session._runs.simulations:
        assert simulation.result().fingerprint() in said


# Links


def test_link__is_refused_in_words_where_the_study_is_not_there(studies):
    studied, other = studies(), studies(seed=8)
    settings = studied.settings_of(20)
    assert settings.scenario == f"study:2:1:{studied.digest}"
    packed = settings.packed()
    assert read_settings(packed, None, studied) == settings
    with pytest.raises(UserError, match="start the lab with --study"):
        read_settings(packed)
    with pytest.raises(UserError, match="of another study"):
        read_settings(packed, None, other)
    for point, rep in ((4, 0), (0, 4)):
        beyond = replace(settings, scenario=str(InStudy(point, rep, studied.digest))).packed()
        with pytest.raises(UserError, match=f"point {point}, replicate {rep}"):
            read_settings(beyond, None, studied)


@pytest.mark.parametrize(
    "name",
    ["study:", "study:1:2", "study:-1:0:0123abcd", "study:01:0:0123abcd", "study:1:0:../../x"],
)
def test_link__names_points_by_numbers_only(name):
    with pytest.raises(UserError, match="scenario"):
        Settings(name, (), 1, 100)


# The folder


def test_folder__that_holds_no_study_is_refused_before_anything_starts(tmp_path, capsys):
    assert call(["lab", "--no-browser", "--study", str(tmp_path / "nothing")]) == 2
    said = capsys.readouterr()
    assert "no study is here" in said.err
    assert said.out == ""


def test_folder__without_a_run_is_refused_in_words(tmp_path):
    create(read_experiment(PLAIN), tmp_path, 48, 6)
    with pytest.raises(UserError, match="no run of this study is done yet"):
        open_studied(tmp_path)
    with pytest.raises(UserError, match="no run of this study is done yet"):
        sim.open("default", study=tmp_path, browser=False, port=0)


# The server


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"place": "0"}, "The arm must be a whole number"),
        ({"place": "-1", "arm": "0"}, "The place must be a whole number"),
        ({"place": "0", "arm": "1e3"}, "The arm must be a whole number"),
        ({"place": "0", "arm": "0", "file": "x"}, "file"),
    ],
)
def test_asked__nonsense_is_refused_in_words(given, words):
    with pytest.raises(UserError, match=words):
        read_asked(given.items())


def test_asked__is_the_whole_or_one_style_at_one_point():
    assert read_asked([("token", "x")]) is None
    assert read_asked([("place", "3"), ("arm", "10")]) == Asked(3, 10)


@pytest.fixture
def serving():
    """Starts labs with a study or without, and ends them."""
    labs = []

    def one(studied):
        settings, own = begin("default", ("commons", "directive"), 60, 1)
        lab = Lab(new_guard("127.0.0.1", ()), read_assets(), settings, own, study=studied)
        labs.append(OpenLab(lab, listen("127.0.0.1", 0)))
        return labs[-1]

    yield one
    for lab in labs:
        lab.close()


def get(lab, path, known=True):
    guard = lab._application.guard
    connection = http.client.HTTPConnection("127.0.0.1", lab.port, timeout=90)
    try:
        headers = {"Cookie": f"{guard.cookie}={guard.value}"} if known else {}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type"), answer.read()
    finally:
        connection.close()


def test_server__tells_the_study_to_whoever_has_the_token(studies, serving):
    studied = studies()
    lab = serving(studied)
    assert get(lab, "/study") == (200, "application/json", studied.told())
    status, _, body = get(lab, "/node/n01/study?place=2&arm=1")
    assert (status, json.loads(body)) == (200, runs_at(studied, 2, 1))
    assert get(lab, "/study", known=False)[0] == 403


def test_server__refuses_nonsense_and_labs_without_a_study_in_words(studies, serving):
    lab = serving(studies())
    assert get(lab, "/study?place=2")[0] == 400
    assert get(lab, "/study?folder=/etc")[0] == 400
    status, _, body = get(lab, "/study?place=4&arm=0")
    assert (status, body) == (409, b"The place must be a number from 0 to 3, but is 4\n")
    status, kind, body = get(serving(None), "/study")
    assert (status, kind) == (404, "text/plain; charset=utf-8")
    assert b"started without a study" in body
