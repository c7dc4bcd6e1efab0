"""Verdicts on published numbers and claims, and the command that prints and writes them."""

import csv
import io
import json
import math
import re
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import rich.style  # noqa: F401  # draws a random number when it is imported, and only then
from rich.console import Console

import sim
from sim.classics import CLASSICS, Cell, Claim, Classic, Published
from sim.cli import call
from sim.errors import UserError
from sim.replication import judged, replicate, settings, with_parameters
from sim.simulation import RunError
from sim.terminal import print_replication

EXACT, NEAR, BIASED, BROKEN, OWN = (Cell("panel", "line", x) for x in (1, 2, 3, 4, 5))
VALUES = [[1.0, 2.0, 3.0], [0.1, 0.2, 0.6], [4.9, 5.0, 5.1], [math.nan, 2.0, 3.0], [7.0, 8.0, 9.0]]
"""Of each cell, in each of three runs."""


@dataclass(frozen=True)
class Made(Classic):
    """A model made up for the tests, with noise of standard deviation 1 around what is true."""

    title: ClassVar[str] = "Something made up"
    source: ClassVar[str] = "Nobody 1999"
    x: ClassVar[str] = "number of [things]"
    y: ClassVar[str] = "height [m]"
    runs: ClassVar[int] = 6
    quick: ClassVar[int] = 3

    sizes: tuple[int, ...] = (1, 2)
    shares: tuple[float, ...] = (0.5,)
    names: tuple[str, ...] = ("a",)
    bias: float = 0.0
    tolerance: float = 2.5
    many: int = 0
    again: bool = False
    word: str = "plain"
    fails_at: int = -1

    def __post_init__(self) -> None:
        if not math.isfinite(self.bias):
            raise UserError(f"bias must be a number, but is {self.bias}")

    def simulate(self, seed: int, rep: int) -> dict[Cell, float]:
        if rep == self.fails_at:
            raise ZeroDivisionError("by nought")
        noise = np.random.default_rng([seed, rep]).normal
        cells = {Cell("panel", "line", n): n + self.bias + noise() for n in self.sizes}
        return cells | {Cell("own", "line", n): noise() for n in range(self.many)}

    def published(self) -> dict[Cell, Published]:
        return {Cell("panel", "line", n): Published(n, self.tolerance) for n in self.sizes}

    def claims(self) -> tuple[Claim, ...]:
        return (Claim("the last is high", lambda found: found[Cell("panel", "line", 2)] + 5),)


class ByHand(Made):
    """The numbers come from the tests."""

    def published(self) -> dict[Cell, Published]:
        return {
            EXACT: Published(2.0, 0.1),
            NEAR: Published(0.6, 0.1),
            BIASED: Published(5.5, 0.2, "closed form"),
            BROKEN: Published(2.45, 0.1, "independent"),
        }

    def claims(self) -> tuple[Claim, ...]:
        return (
            Claim("above", lambda found: found[EXACT] - 1.9),
            Claim("perhaps", lambda found: found[EXACT] - 2.0),
            Claim("below", lambda found: found[BIASED] - 6.0),
        )


def runs(n=3):
    cells = (EXACT, NEAR, BIASED, BROKEN, OWN)
    return [{cell: row[k] for cell, row in zip(cells, VALUES, strict=True)} for k in range(n)]


def verdicts(replication):
    return [row.verdict for row in (*replication.rows, *replication.claims)]


@pytest.fixture
def made(monkeypatch):
    """The made-up model under its name, beside those there are."""
    monkeypatch.setattr(CLASSICS, "_members", {"boudreau": CLASSICS["boudreau"], "made": Made})


@pytest.fixture
def cocreate(capsys, monkeypatch, tmp_path, made):
    """Runs a command in a folder of its own; returns exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "90")

    def run(*words):
        capsys.readouterr()
        code = call([str(word) for word in words])
        return code, *capsys.readouterr()

    return run


# Verdicts


def test_judged__gives_means_and_t_intervals():
    rows = judged(ByHand(), runs(), 1).rows
    assert [row.cell for row in rows] == [EXACT, NEAR, BIASED, BROKEN, OWN]
    half = 4.302653 / math.sqrt(3)  # of 1, 2, 3: standard deviation 1
    exact = rows[0]
    assert (exact.mean, exact.low, exact.high) == pytest.approx((2, 2 - half, 2 + half), abs=1e-6)
    assert [row.n for row in rows] == [3, 3, 3, 2, 3]
    assert rows[3].mean == 2.5
    assert [row.kind for row in rows] == [
        "published",
        "published",
        "closed form",
        "independent",
        "",
    ]
    assert math.isnan(rows[4].published)


def test_judged__below_full_size_what_more_runs_may_tell_is_undecided():
    found = judged(ByHand(), runs(), 1)
    assert not found.full
    assert verdicts(found) == [
        "match", "undecided", "missed", "match", "",
        "holds", "undecided", "missed",
    ]  # fmt: skip
    assert not found.ok


def test_judged__at_full_size_the_undecided_is_missed():
    found = judged(ByHand(), runs() * 2, 1)
    assert found.full
    assert verdicts(found) == [
        "match", "missed", "missed", "match", "",
        "holds", "missed", "missed",
    ]  # fmt: skip
    counts = "2 of 4 numbers match, 1 of 3 claims hold, 4 missed"
    assert found.summary() == f"test_replication: {counts} (6 runs, full size)"


def test_judged__one_run_decides_little():
    found = judged(ByHand(), runs(1), 1)
    assert all(math.isnan(row.low) for row in found.rows)
    assert verdicts(found) == ["undecided"] * 4 + [""] + ["undecided"] * 3
    assert found.ok


def test_judged__a_cell_that_no_run_has_is_no_match():
    for times, verdict in ((1, "undecided"), (2, "missed")):
        found = judged(ByHand(), [{EXACT: 2.0, BIASED: 5.4}] * 3 * times, 1)
        (row,) = [row for row in found.rows if row.cell == NEAR]
        assert (row.n, row.verdict) == (0, verdict)
        assert math.isnan(row.mean)


def test_judged__the_edge_of_the_tolerance_belongs_to_it():
    class Edge(ByHand):
        def published(self):
            return {EXACT: Published(2.5, 0.5), NEAR: Published(0.3, 0.0)}

    assert verdicts(judged(Edge(), runs(), 1))[:2] == ["match", "match"]


# Running


def test_replicate__is_the_same_for_any_number_of_cores():
    one, two = (replicate(Made(many=5), cores=cores) for cores in (1, 2))
    assert one.to_dict() == two.to_dict()
    assert (one.runs, one.full) == (6, True)
    assert replicate(Made(), seed=2).rows != replicate(Made(), seed=1).rows
    assert replicate(Made(), quick=True).runs == 3
    assert replicate(Made(), runs=2).runs == 2


def test_replicate__runs_are_replicates_from_0_on():
    found = replicate(Made(), runs=4, seed=9)
    values = [Made().simulate(9, rep)[Cell("panel", "line", 2)] for rep in range(4)]
    assert found.rows[1].mean == pytest.approx(np.mean(values), rel=1e-12)


def test_replicate__takes_a_name_a_class_or_a_model(made):
    expected = replicate(Made(bias=1.0)).rows
    for classic in ("made", Made, Made()):
        assert replicate(classic, parameters={"bias": 1.0}).rows == expected
    with pytest.raises(UserError, match="did you mean 'made'"):
        replicate("maid")


def test_replicate__is_a_public_name():
    assert sim.replicate is replicate


def test_replicate__tells_how_far_it_is():
    told = []
    replicate(Made(), progress=lambda *report: told.append(report))
    assert told == [(n, 6) for n in range(1, 7)]


def interrupt_at(n):
    def progress(done, _):
        if done == n:
            raise KeyboardInterrupt

    return progress


def test_replicate__interrupted_holds_the_runs_that_ended():
    found = replicate(Made(), cores=1, progress=interrupt_at(3))
    assert (found.runs, found.interrupted, found.full) == (3, True, False)
    values = [Made().simulate(1, rep)[Cell("panel", "line", 1)] for rep in range(6)]
    means = [np.mean(three) for three in combinations(values, 3)]  # threads end in any order
    assert np.isclose(found.rows[0].mean, means, rtol=1e-12).any()
    assert {row.n for row in found.rows} == {3}
    assert "3 runs, full size: 6, interrupted" in found.summary()


def test_replicate__interrupted_before_any_run_ended_is_interrupted():
    class Stopped(Made):
        def simulate(self, seed, rep):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replicate(Stopped())


def test_q30_replicate__names_the_run_that_failed():
    with pytest.raises(RunError) as failure:
        replicate(Made(fails_at=4), seed=3)
    for needle in ("test_replication, seed 3, replicate 4", "ZeroDivisionError", "by nought"):
        assert needle in str(failure.value)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"runs": 0}, "runs must be a whole number of at least 1, but is 0"),
        ({"runs": 2.5}, "runs must be"),
        ({"runs": True}, "runs must be"),
        ({"runs": 3, "quick": True}, "leave one of them out"),
        ({"seed": -1}, "seed must be a whole number of at least 0"),
        ({"cores": 0}, "cores must be"),
    ],
)
def test_replicate__refuses(wrong, says):
    with pytest.raises(UserError, match=says):
        replicate(Made(), **wrong)


# Parameters


@pytest.mark.parametrize(
    ("key", "given", "value"),
    [
        ("sizes", "3", (3,)),
        ("sizes", "3, 5,9", (3, 5, 9)),
        ("sizes", "0..3", (0, 1, 2, 3)),
        ("sizes", "-2..-1,7", (-2, -1, 7)),
        ("sizes", [4, 5], (4, 5)),
        ("sizes", (4, 5), (4, 5)),
        ("shares", "0.1,1", (0.1, 1.0)),
        ("shares", "1..3", (1.0, 2.0, 3.0)),
        ("names", "a,b", ("a", "b")),
        ("bias", "-1.5", -1.5),
        ("bias", 2, 2.0),
        ("many", "12", 12),
        ("again", "true", True),
        ("again", False, False),
        ("word", "a,b..c", "a,b..c"),
    ],
)
def test_with_parameters__reads_values_and_text(key, given, value):
    found = getattr(with_parameters(Made, {key: given}), key)
    assert found == value
    assert type(found) is type(value)
    if isinstance(value, tuple):
        assert [type(part) for part in found] == [type(part) for part in value]


@pytest.mark.parametrize(
    ("key", "given", "says"),
    [
        ("size", "3", "No parameter of test_replication is called 'size'; did you mean 'sizes'?"),
        ("sizes", "a", "sizes must be a list, such as 3,5,9 or 3..9, each a whole number, but is"),
        ("sizes", "1.5", "whole number, but is '1.5'"),
        ("sizes", "3,,4", "whole number"),
        ("sizes", "3..1", "FIRST..LAST"),
        ("sizes", "0..10000000000000", "fewer than 10,000 numbers"),
        ("sizes", 3, "sizes must be a list"),
        ("sizes", [1.5], "sizes must be a list"),
        ("bias", "1,2", "bias must be a number, but is '1,2'"),
        ("bias", True, "bias must be a number"),
        ("bias", "nan", "bias must be a number"),
        ("many", "1.5", "many must be a whole number"),
        ("again", "2", "again must be true or false"),
        ("word", 3, "word must be a text"),
    ],
)
def test_with_parameters__refuses_naming_the_key(key, given, says):
    with pytest.raises(UserError, match=re.escape(says)):
        with_parameters(Made, {key: given})


def test_settings__are_keys_and_values():
    assert settings(["sizes=1,2", " bias = 3 ", "word=a=b"]) == {
        "sizes": "1,2",
        "bias": "3",
        "word": "a=b",
    }
    for words in (["sizes"], ["=3"], ["sizes="], ["bias=1", "bias=2"]):
        with pytest.raises(UserError, match=f"--set {words[-1]}"):
            settings(words)


# What is handed on


def test_to_dict__holds_all_in_types_that_json_knows():
    found = judged(ByHand(), runs(), 7)
    facts = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert facts["seed"] == 7
    assert facts["parameters"]["sizes"] == [1, 2]
    assert facts["rows"][4]["published"] is None
    assert facts["rows"][0]["x"] == 1
    assert [claim["verdict"] for claim in facts["claims"]] == ["holds", "undecided", "missed"]
    assert not facts["ok"]


def test_to_csv__reads_back_to_the_same_numbers():
    found = judged(ByHand(), runs(), 1)
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert len(rows) == 5
    for read, row in zip(rows, found.rows, strict=True):
        assert (read["panel"], read["line"], float(read["x"])) == row.cell
        assert float(read["mean"]) == row.mean
        assert read["verdict"] == row.verdict
    assert rows[4]["published"] == rows[4]["kind"] == ""


# The command


def test_command__lists_what_there_is(cocreate):
    code, out, err = cocreate("replicate")
    assert (code, err) == (0, "")
    assert "Something made up (Nobody 1999)" in out
    assert list(json.loads(cocreate("replicate", "--json")[1])) == ["boudreau", "made"]


def test_command__prints_published_against_simulated_and_claims(cocreate):
    code, out, _ = cocreate("replicate", "made", "--seed", 3)
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "Something made up (Nobody 1999)"
    assert any("published" in line and "95 % interval" in line for line in lines)
    row = replicate(Made(), seed=3).rows[1]
    (shown,) = [line.split() for line in lines if line.startswith("line  ") and " 2.0" in line]
    assert shown[1:5] == ["2", "2.0", "2.5", f"{row.mean:.1f}"]
    assert shown[-1] == "match"
    assert any(line.startswith("the last is high") and "holds" in line for line in lines)
    summary = "test_replication: 2 of 2 numbers match, 1 of 1 claims hold (6 runs, full size)"
    assert summary in lines


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--set", "bias=30"], 1),
        (["--set", "tolerance=0.0001"], 1),
        (["--set", "tolerance=0.0001", "--runs", "2"], 0),
        (["--set", "fails_at=2"], 1),
    ],
)
def test_command__exits_1_where_a_number_is_missed_or_a_run_failed(cocreate, words, code):
    assert cocreate("replicate", "made", *words)[0] == code


def printed(replication, width=80, encoding="utf-8"):
    buffer = io.BytesIO()
    file = io.TextIOWrapper(buffer, encoding=encoding)
    print_replication(replication, Console(file=file, width=width))
    file.flush()
    return buffer.getvalue().decode(encoding)


def test_print__shows_numbers_as_precisely_as_they_were_published():
    class Table(Made):
        def published(self):
            return {EXACT: Published(0.804, 0.01), NEAR: Published(0.79, 0.01)}

    values = [{EXACT: 0.80612 + x, NEAR: 0.79 + x} for x in (-0.002, 0.0, 0.002)]
    text = printed(judged(Table(), values, 1))
    assert re.search(r"^line +1 +\.804 +0\.01 +\.806 +\.801 – \.811 +match", text, re.MULTILINE)


def test_print__tells_the_runs_where_a_cell_is_not_known_in_all():
    text = printed(judged(ByHand(), runs(), 1))
    (row,) = [line.split() for line in text.splitlines() if re.match("line +4 ", line)]
    assert row[-2:] == ["2", "match"]
    assert "runs  verdict" in text
    assert "runs  verdict" not in printed(judged(Made(), [{EXACT: 1.0}] * 2, 1)).splitlines()[3]


@pytest.mark.parametrize("width", [30, 60, 120])
def test_print__loses_nothing_on_a_narrow_or_plain_console(width):
    found = judged(ByHand(), runs(), 1)
    text = printed(found, width, "ascii")
    letters = re.sub(r"\s", "", text)
    assert "below" in letters
    assert "-1.0-1.2to-0.8missed" in letters or width == 30
    assert found.summary() in text
    assert max(len(line) for line in text.splitlines() if line != found.summary()) <= width


def test_command__many_cells_print_the_published_ones(cocreate):
    _, out, _ = cocreate("replicate", "made", "--runs", 2, "--set", "many=70")
    assert "70 more cells were not published" in out
    assert "own" not in out
    _, out, _ = cocreate("replicate", "made", "--runs", 2, "--set", "many=7")
    assert "own: height [m]" in out


def test_command__writes_csv_json_and_figure(cocreate):
    code, out, _ = cocreate("replicate", "made", "boudreau", "--runs", 2, "--out", "out")
    assert code == 0
    names = [
        f"{name}.{kind}"
        for name in ("boudreau", "test_replication")
        for kind in ("csv", "json", "png")
    ]
    assert sorted(path.name for path in Path("out").iterdir()) == sorted(names)
    assert all(f"written: out/{name}" in out for name in names)
    assert Path("out/boudreau.png").read_bytes()[:4] == b"\x89PNG"
    assert json.loads(Path("out/boudreau.json").read_text())["runs"] == 2
    code, _, err = cocreate("replicate", "made", "--out", "out")
    assert code == 2
    assert "results already" in err


def test_command__json_holds_every_replication(cocreate):
    code, out, _ = cocreate("replicate", "--all", "--runs", 2, "--json")
    assert code == 0
    facts = json.loads(out)
    assert [found["name"] for found in facts["replications"]] == ["boudreau", "test_replication"]


def test_command__a_model_that_fails_does_not_cost_the_others(cocreate, monkeypatch):
    class Failing(Made):
        def simulate(self, seed, rep):
            raise ZeroDivisionError("by nought")

    monkeypatch.setattr(CLASSICS, "_members", {"failing": Failing, "made": Made})
    code, out, err = cocreate("replicate", "--all")
    assert code == 1
    assert "replicate 0: ZeroDivisionError" in err
    assert "2 of 2 numbers match" in out


def test_command__interrupted_prints_what_there_is(cocreate, monkeypatch):
    monkeypatch.setattr(sim, "replicate", lambda model, **_: replicate(
        model, cores=1, progress=interrupt_at(2)
    ))  # fmt: skip
    code, out, _ = cocreate("replicate", "--all", "--out", "out")
    assert code == 130
    assert "2 runs, full size: 60, interrupted" in out
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "boudreau.csv", "boudreau.json", "boudreau.png",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["mad"], "did you mean 'made'"),
        (["made", "--all"], "leave the names out"),
        (["--quick"], "name a published model"),
        (["made", "boudreau", "--set", "bias=1"], "name one alone"),
        (["--all", "--set", "bias=1"], "name one alone"),
        (["made", "--set", "bais=1"], "did you mean 'bias'"),
        (["made", "--set", "bias"], "must be KEY=VALUE"),
        (["made", "--runs", "0"], "runs must be"),
        (["made", "--runs", "x"], "no whole number"),
        (["made", "--runs", "2", "--quick"], "leave one of them out"),
        (["made", "--seed", "-1"], "seed must be"),
        (["made", "--fast"], "--fast"),
    ],
)
def test_command__refuses(cocreate, words, says):
    code, out, err = cocreate("replicate", *words)
    assert (code, out) == (2, "")
    assert says in err
    assert not Path("out").exists()
