"""Patterns measured: in a world, in results, in a real community's log, and from the shell."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import rich.style  # noqa: F401  # draws a random number when it is imported, and only then

from sim.analysis.history import of_run
from sim.analysis.patterns import PATTERNS
from sim.cli import call
from sim.errors import UserError
from sim.events import read_log
from sim.patterns import measure, measure_history, measure_log, read_results, summary, verdicts
from sim.reading import change
from sim.scenario import Scenario
from sim.simulation import run
from sim.store import save_run

WORLD = change(
    Scenario("small"),
    population={"people": 90, "founders": 0.5},
    time={"steps": 20},
    world={"ring": 100, "pool": 2},
    search={"expert_sample": 2},
    money={"seed_money": 1000.0},
)
SMALL = """
title = "Small"
population = {people = 90, founders = 0.5}
time = {steps = 20}
world = {ring = 100, pool = 2}
search = {expert_sample = 2}
"""
NUMBERS = [1, 2, 3, 4, 5, 6, 8, 10, 11, 12, 15, 16, 18, 20]


@pytest.fixture(scope="module")
def found():
    return measure(WORLD, "commons", seeds=4, seed=7, cores=1)


@pytest.fixture
def log(tmp_path):
    """A community in which each of 40 people comes once, and a bot always."""
    lines = ["contributor,date,kind,affiliation"]
    for i in range(40):
        day = f"20{10 + i // 12}-{1 + i % 12:02}-05"
        lines += [f"person{i},{day},authored,personal"] * (1 + i % 3)
        lines += [f"person{i},{day},proposal_accepted,personal", f"helper,{day},authored,bot"]
    path = tmp_path / "log.csv"
    path.write_text("\n".join(lines), "utf-8")
    return path


def test_measure__gives_every_number_of_every_pattern_in_order(found):
    assert [*dict.fromkeys(one.number for one in found)] == NUMBERS
    assert len(found) == sum(len(pattern.ranges) for pattern in PATTERNS.values())
    assert {(one.pattern, one.what) for one in found} == {
        (name, range_.what) for name, pattern in PATTERNS.items() for range_ in pattern.ranges
    }


def test_measure__is_the_same_on_any_number_of_cores_and_known_by_seed(found):
    def same(one, other):
        np.testing.assert_equal([vars(f) for f in one], [vars(f) for f in other])

    done = []
    again = measure(
        WORLD, "commons", seeds=4, seed=7, cores=3, progress=lambda *n: done.append(n)
    )  # fmt: skip
    same(found, again)
    assert done == [(1, 4), (2, 4), (3, 4), (4, 4)]
    with pytest.raises(AssertionError):
        same(found, measure(WORLD, "commons", seeds=4, seed=8))


def test_measure__mean_decides_and_the_interval_says_how_sure(found):
    by_what = {one.what: one for one in found}
    types = by_what["share of free riders"]
    runs = [run(WORLD, "commons", seed=7, rep=r).state.people["reciprocity"] for r in range(4)]
    shares = [float(np.mean(types == 1)) for types in runs]
    half = 3.182446 * np.std(shares, ddof=1) / 2  # t with 3 degrees of freedom
    assert types.mean == pytest.approx(np.mean(shares))
    assert types.interval_low == pytest.approx(types.mean - half)
    assert types.interval_high == pytest.approx(types.mean + half)
    for one in found:
        if one.verdict == "not measured":
            assert one.n == 0
            assert one.reason
            continue
        below, above = one.mean < one.low, one.mean > one.high
        assert one.verdict == ("below" if below else "above" if above else "in range")
        inside = one.interval_low < one.low < one.interval_high
        assert one.sure == (
            one.n > 1 and not inside and not one.interval_low < one.high < one.interval_high
        )


def test_measure__without_a_style_takes_that_of_the_scenario(found):
    own = measure(change(WORLD, style="commons"), seeds=4, seed=7)
    np.testing.assert_equal([vars(f) for f in own], [vars(f) for f in found])


@pytest.mark.parametrize("seeds", [0, -1, 1.5, True])
def test_measure__needs_a_number_of_seeds(seeds):
    with pytest.raises(UserError, match="seeds must be a whole number"):
        measure(WORLD, seeds=seeds)


def test_measure__refuses_a_style_that_is_none():
    with pytest.raises(UserError, match="did you mean 'commons'"):
        measure(WORLD, "comons", seeds=1)


def test_measure__of_a_market_and_of_steps_that_are_too_long():
    market = change(
        WORLD,
        companies=[{"name": "A", "style": "contest"}, {"name": "B", "style": "commons"}],
        time={"step": "120 days", "steps": 8},
    )
    reasons = {one.number: one.reason for one in measure(market, seeds=1)}
    assert "longer than 1 months" in reasons[2]
    assert "longer than 3 months" in reasons[8]
    with pytest.raises(UserError, match="leave the styles out"):
        measure(market, "commons", seeds=1)


def test_summary__counts_patterns_not_numbers(found):
    every = verdicts(found)
    assert [*every] == NUMBERS
    cal = {one.number for one in found if one.use == "cal"}
    within = {number for number, verdict in every.items() if verdict == "in range"}
    measured = {number for number, verdict in every.items() if verdict != "not measured"}
    assert summary(found).startswith(
        f"{len(within)} of {len(measured)} in range "
        f"(cal: {len(within & cal)} of {len(measured & cal)}; val: "
    )
    assert ("not measured" in summary(found)) == (len(measured) < 14)


@pytest.mark.parametrize(
    ("each", "both"),
    [
        (("in range", "in range"), "in range"),
        (("in range", "above"), "out of range"),
        (("below", "in range"), "out of range"),
        (("above", "not measured"), "not measured"),
    ],
)
def test_verdicts__take_the_worst_number_of_a_pattern(found, each, both):
    numbers = [one for one in found if one.number == 16]
    judged = [replace(one, verdict=v) for one, v in zip(numbers, each, strict=True)]
    assert verdicts(judged) == {16: both}


def test_results__are_measured_as_the_run_that_left_them(tmp_path):
    result = run(WORLD, "steward", seed=3, events=True)
    save_run(result, tmp_path)
    history, about = read_results(tmp_path)
    np.testing.assert_equal(
        [vars(one) for one in measure_history(history)],
        [vars(one) for one in measure_history(of_run(result))],
    )
    assert about["cocreate.style"] == "steward"


def test_results__without_events_say_how_to_get_them(tmp_path):
    save_run(run(WORLD), tmp_path)
    with pytest.raises(UserError, match="--events --out"):
        read_results(tmp_path)


@pytest.mark.parametrize("damage", ["events", "people", "metadata"])
def test_results__that_are_damaged_are_refused(tmp_path, damage):
    import pyarrow as pa
    import pyarrow.parquet as pq

    save_run(run(WORLD, events=True), tmp_path)
    if damage == "metadata":
        pq.write_table(pa.table({"step": [1]}), tmp_path / "events.parquet")
    else:
        (tmp_path / f"{damage}.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(UserError, match="cannot be read"):
        read_results(tmp_path)


def test_log__of_a_real_community_tells_a_part_and_says_why_not_the_rest(log):
    found = measure_log(read_log(log))
    measured = {one.number for one in found if one.verdict != "not measured"}
    assert measured == {3, 4, 5, 6}
    reasons = {one.number: one.reason for one in found if one.reason}
    assert "who knows of the community" in reasons[1]
    assert "too little happened" in reasons[8]
    assert "experiment" in reasons[15]
    for one in found:
        assert one.n == (1 if one.number in measured else 0)
        assert math.isnan(one.interval_low)
        assert not one.sure


def test_command__prints_the_table_and_exits_0(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "140")
    (tmp_path / "small.toml").write_text(SMALL, "utf-8")
    words = ["patterns", str(tmp_path / "small.toml"), "--seeds", "2", "--style", "commons"]
    assert call(words) == 0
    printed = capsys.readouterr().out
    for words in ("few ever contribute", "Gallus 2017", "n = 2 runs", "0.05 – 0.45", "(cal: "):
        assert words in printed
    monkeypatch.setenv("COLUMNS", "80")
    assert call(["patterns", str(tmp_path / "small.toml"), "--seeds", "1"]) == 0
    printed = capsys.readouterr().out
    assert "there is no interval" in printed
    assert "Gallus 2017" in printed
    assert max(map(len, printed.splitlines())) <= 80


def test_command__says_all_to_machines_and_writes_it(tmp_path, capsys):
    (tmp_path / "small.toml").write_text(SMALL, "utf-8")
    words = ["patterns", str(tmp_path / "small.toml"), "--seeds", "2", "--seed", "5", "--json"]
    assert call([*words, "--set", "style=steward", "--out", str(tmp_path / "out")]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert json.loads(facts["cocreate.scenario"])["title"] == "Small"
    assert facts["cocreate.style"] == "steward"
    assert (facts["seeds"], facts["seed"]) == (2, 5)
    assert [*dict.fromkeys(one["number"] for one in facts["patterns"])] == NUMBERS
    assert facts["files"] == [str(tmp_path / "out" / "patterns.json")]
    written = json.loads((tmp_path / "out" / "patterns.json").read_text("utf-8"))
    assert facts == written | {"files": facts["files"]}


def test_command__reads_results_and_logs(tmp_path, log, capsys):
    save_run(run(WORLD, events=True), tmp_path)
    for what, key in ((tmp_path, "results"), (log, "log")):
        assert call(["patterns", str(what), "--json"]) == 0
        facts = json.loads(capsys.readouterr().out)
        assert facts[key] == what.name
        assert len(facts["patterns"]) == sum(len(p.ranges) for p in PATTERNS.values())
    assert call(["patterns", str(log)]) == 0
    assert "events left out of all patterns: bot" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["defautl"], "did you mean 'default'"),
        (["LOG", "--style", "commons"], "--style means nothing"),
        (["LOG", "--seeds", "3"], "--seeds means nothing"),
        (["LOG", "--seed", "0"], "--seed means nothing"),
        (["LOG", "--set", "time.steps=3"], "--set means nothing"),
        (["default", "--seeds", "0"], "seeds must be a whole number"),
        (["default", "--set", "time.stepps=3"], "did you mean 'steps'"),
        (["default", "--style", "comons"], "did you mean 'commons'"),
        (["nowhere.csv"], "There is no file 'nowhere.csv'"),
    ],
)
def test_q22_command__refuses_what_means_nothing(log, capsys, words, what):
    assert call(["patterns", *(str(log) if word == "LOG" else word for word in words)]) == 2
    assert what in capsys.readouterr().err
