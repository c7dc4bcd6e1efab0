"""The honesty test: its file, its verdicts on made-up numbers, its runs, and its command."""

import io
import json
import math
import re
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import rich.style  # noqa: F401  # draws a random number when it is imported, and only then
from rich.console import Console

import sim
import sim.honesty
from sim.cli import call
from sim.errors import UserError
from sim.honesty import OUTCOMES, Block, Honesty, check_honesty
from sim.honesty.question import read, shipped
from sim.honesty.verdicts import best_on_both, clearest, judge, places, step
from sim.honesty.zero import Zero, without_gains
from sim.metrics import METRICS
from sim.reading import change
from sim.scenario import Scenario
from sim.simulation import RunError, run
from sim.terminal import print_honesty

STYLES = ("calm", "bold", "wild")
SMALL = "population = { people = 80 }\ntime = { steps = 12 }\n"
FILE = f"""
question = "Is it fair?"
seeds = 3
styles = ["directive", "commons"]

[[environment]]
name = "tiny"
about = "Few people."
{SMALL}
[[environment]]
name = "tiny and hard"
world = {{ problems = 1, smoothness = 30 }}
{SMALL}
[worlds]
number = 6
seeds = 2

[worlds.values]
"population.people" = [60, 80]
"time.steps" = [10]
"world.renewal" = ["0.03 per month", "0.1 per month", "0.2 per month"]

[middle]
tools = 0.4
control = 0.4

[[shift]]
name = "to platform"
before = {{ tools = 0.1 }}
after = {{ tools = 0.9, transparency = 0.9 }}

[zero]
{SMALL}"""
SUBJECTS = (
    "default", "known need", "many rugged problems", "one hard problem", "heterogeneous needs",
    "homogeneous needs", "wrong vision", "intrinsic community", "money-driven crowd",
    "own-use innovators", "small population", "large population", "full spillover",
    "no spillover", "integral product", "trust-critical product", "costly tools",
)  # fmt: skip
JOINT = {"money.payout", "turnover.award_gain", "effort.trust_appeal", "effort.crowding",
         "learning.crowding_down"}  # fmt: skip
"""Gains that need another one to act."""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "fair.toml"
    path.write_text(FILE, "utf-8")
    return path


@pytest.fixture
def cocreate(capsys, monkeypatch, tmp_path, file):
    """Runs the command on the file, in a folder of its own; returns code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*words):
        capsys.readouterr()
        code = call(["honesty", *(str(word) for word in words)])
        return code, *capsys.readouterr()

    return run


# The file


def test_shipped__asks_about_every_subject_with_enough_runs():
    question = read()
    assert shipped().name == "honesty.toml"
    assert len(question.environments) >= 12
    assert set(SUBJECTS) <= set(question.environments)
    assert question.seeds >= 20
    assert set(question.styles) == {
        "directive", "contest", "toolkit", "foundation", "commons", "steward",
    }  # fmt: skip
    assert len(question.shifts) == 5
    worlds = [change(world, title="", about="") for world in question.environments.values()]
    assert all(world != other for n, world in enumerate(worlds) for other in worlds[:n])
    assert all(before != after for before, after in question.shifts.values())


def test_shipped__the_default_environment_is_the_default_world():
    found = read().environments["default"]
    assert change(found, title="", about="") == Scenario(title="")


def test_read__changes_the_default_world_and_the_middle(file):
    question = read(file)
    assert list(question.environments) == ["tiny", "tiny and hard"]
    hard = question.environments["tiny and hard"]
    assert (hard.world.problems, hard.world.smoothness, hard.population.people) == (1, 30, 80)
    assert hard.world.pool == Scenario(title="").world.pool
    assert question.environments["tiny"].about == "Few people."
    before, after = question.shifts["to platform"]
    assert (before.tools, before.control, before.transparency) == (0.1, 0.4, 0.0)
    assert (after.tools, after.control, after.transparency) == (0.9, 0.4, 0.9)
    assert question.zero.time.steps == 12


def test_draw__has_each_value_as_often_as_any_other_and_is_always_the_same(file):
    question = read(file)
    drawn = question.draw(12)
    for key, choices in question.worlds.values.items():
        had = [values[key] for values, _ in drawn]
        assert {had.count(choice) for choice in choices} == {12 // len(choices)}
    for values, world in drawn:
        assert world.population.people == values["population.people"]
        assert str(world.world.renewal) == values["world.renewal"]
    assert drawn == question.draw(12)
    assert question.draw(0) == []


def test_shipped__its_drawn_worlds_are_worlds():
    assert len(read().draw(240)) == 240


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("seeds = 3", "seed = 3", "No key of the file is called 'seed'; did you mean 'seeds'?"),
        ("seeds = 3", "", "seeds is missing (runs of each style"),
        ("seeds = 3", "seeds = 1", "seeds must be a whole number of at least 2, but is 1"),
        ("seeds = 3", "seeds = 2.5", "seeds must be a whole number"),
        ("seeds = 3", "seeds = true", "seeds must be a whole number"),
        ('"Is it fair?"', "3", "question must be a text, but is 3"),
        ('"commons"]', '"comons"]', "styles: No style is called 'comons'; did you mean 'commons'?"),
        ('"commons"]', '"directive"]', "styles must name each style once"),
        ('["directive", "commons"]', '"commons"', "styles must be a list of two names or more"),
        ('["directive", "commons"]', '["commons"]', "styles must be a list of two names or more"),
        ('["directive", "commons"]', "[1, []]", "No style is called '1'"),
        ("[middle]", "[midle]", "did you mean 'middle'?"),
        ("tools = 0.4", "tool = 0.4", "middle: No lever is called 'tool'; did you mean 'tools'?"),
        ("tools = 0.4", "tools = 1.5", "middle.tools must lie in [0, 1], but is 1.5 (tools and"),
        ("tools = 0.4", 'tools = "much"', "middle.tools must lie in [0, 1], but is 'much'"),
        ("tools = 0.4", "tools = nan", "middle.tools must lie in [0, 1], but is nan"),
        ("tools = 0.1", "tools = -1", "shift 'to platform'.before.tools must lie in [0, 1]"),
        ("before =", "befor =", "has no key 'befor'; did you mean 'before'?"),
        ("before = { tools = 0.1 }", "", "shift 'to platform'.before is missing"),
        ("before = { tools = 0.1 }", "before = 3", "shift 'to platform'.before must be a table"),
        ('name = "to platform"', "", "shift.0 must be a table with a name"),
        ('name = "tiny and hard"', 'name = "tiny"', "environment.1: 'tiny' is the name of more"),
        ('name = "tiny"', 'name = ""', "environment.0 must be a table with a name"),
        ("world = {", "wrld = {", "environment 'tiny and hard' has no key 'wrld'; did you mean"),
        ("world = {", 'style = "commons"\nworld = {', "has no key 'style'"),
        (
            "problems = 1",
            "problms = 1",
            "environment 'tiny and hard': [world] has no key 'problms'",
        ),
        ("problems = 1", "problems = 0", "environment 'tiny and hard': world.problems must lie in"),
        ("world = { problems = 1, smoothness = 30 }", "world = 3", "world must be a table"),
        ('about = "Few people."', "about = 3", "environment 'tiny': about must be a text"),
        ('"time.steps"', '"time.step_s"', "No value of a scenario is called 'time.step_s'"),
        ('"time.steps" = [10]', '"time.steps" = []', '"time.steps" must be a list of values'),
        (
            '"time.steps" = [10]',
            '"time.steps" = [0]',
            'worlds.values."time.steps": time.steps must',
        ),
        ("number = 6", "number = -1", "worlds.number must lie in"),
        ("number = 6", "nummer = 6", "[worlds] has no key 'nummer'; did you mean 'number'?"),
        ("[zero]", "[zero]\neffort = { apeal = 0.0 }", "zero: [effort] has no key 'apeal'"),
        ("[zero]", "[[zero]]", "zero must be a table"),
        ("[[shift]]", "[shift]", "shift must be a list of tables, [[shift]]"),
        ("seeds = 3", "seeds =", "not TOML"),
    ],
)
def test_read__refuses_naming_file_key_and_the_nearest_spelling(file, old, new, says):
    assert old in FILE
    file.write_text(FILE.replace(old, new, 1), "utf-8")
    with pytest.raises(UserError, match=re.escape(says)) as refused:
        read(file)
    assert all("fair.toml: " in line for line in str(refused.value).splitlines())


def test_read__lists_everything_that_is_wrong(file):
    text = FILE.replace("seeds = 3", "seeds = 0").replace("tools = 0.4", "tols = 2")
    file.write_text(text.replace("problems = 1", "problems = 0"), "utf-8")
    with pytest.raises(UserError) as refused:
        read(file)
    assert len(str(refused.value).splitlines()) == 3


def test_read__refuses_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match=r"none.toml: cannot be read"):
        read(tmp_path / "none.toml")


# Verdicts on made-up numbers


def placed(values, environment="here", outcome="surplus"):
    values = np.array(values, float)
    return places(environment, outcome, STYLES[: len(values)], values)


def as_best(found):
    return {place.style: place for place in found if place.role == "best"}


def as_worst(found):
    return {place.style: place for place in found if place.role == "worst"}


def test_places__rest_on_paired_differences_from_all_others():
    found = placed([[11.0, 12.0, 13.0], [1.0, 3.0, 5.0], [1.0, 2.0, 3.0]])
    assert len(found) == 6
    best = as_best(found)["calm"]
    half = 6.205347 / math.sqrt(3)  # t of 2 degrees of freedom at 1 - .05 / 2 / 2
    assert (best.rival, best.difference) == ("bold", 9.0)  # 10, 9, 8
    assert (best.low, best.high) == pytest.approx((9 - half, 9 + half), abs=1e-5)
    assert best.clarity == pytest.approx(9 / half, abs=1e-5)  # from wild it is 10 in every run
    assert best.first
    assert best.sure
    worst = as_worst(found)["wild"]
    assert (worst.rival, worst.difference, worst.first) == ("bold", -1.0, True)
    assert worst.clarity == pytest.approx(1 / half, abs=1e-5)
    assert not worst.sure
    assert as_best(found)["wild"].clarity == -math.inf
    assert not as_worst(found)["bold"].first


def test_places__ties_are_both_first_and_neither_sure():
    found = placed([[5.0, 6.0], [6.0, 5.0], [1.0, 1.0]])
    assert [place.first for place in as_best(found).values()] == [True, True, False]
    assert not any(place.sure for place in as_best(found).values())
    same = placed([[5.0, 6.0], [5.0, 6.0]])
    assert all(place.first and place.clarity == 0 for place in same)


@pytest.mark.parametrize(
    "values",
    [
        [[math.nan, 9.0, 9.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]],
        [[math.nan] * 3, [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]],
    ],
)
def test_places__nobody_is_first_where_an_outcome_is_not_known(values):
    found = placed(values)
    assert not any(place.first for place in found)
    judge(found, [], ALIVE, n_environments=1, enough=True)


def test_places__one_run_tells_nothing():
    found = placed([[9.0], [1.0], [0.0]])
    assert [place.clarity for place in found] == [0.0] * 6
    assert as_best(found)["calm"].first


def test_step__is_after_less_before():
    found = step("shift", "here", "surplus", np.array([[1.0, 2.0, 4.0], [4.0, 5.0, 7.0]]))
    assert (found.before, found.after, found.difference) == pytest.approx((7 / 3, 16 / 3, 3))
    assert (found.sign, found.clarity) == (1, math.inf)
    down = step("shift", "here", "surplus", np.array([[4.0, 5.0, 8.0], [1.0, 2.0, 4.0]]))
    assert down.sign == -1
    assert down.clarity == pytest.approx(-(10 / 3) / (4.302653 / 3), abs=1e-5)
    perhaps = step("shift", "here", "surplus", np.array([[1.0, 2.0], [0.0, 9.0]]))
    unknown = step("shift", "here", "surplus", np.full((2, 3), math.nan))
    assert perhaps.sign == unknown.sign == unknown.clarity == 0


ALIVE = Zero((), 5.0, 5.0, {"calm": 1.0, "bold": 2.0})
NOISE = np.array([-1.0, 1.0, 0.5, -0.5])


def world(*levels, noise=0.0, name="here"):
    """The places in an environment, by the level of each style on the three outcomes."""
    return [
        place
        for outcome, row in zip(OUTCOMES, np.transpose(levels), strict=True)
        for place in placed(
            [level + noise * np.roll(NOISE, k) for k, level in enumerate(row)], name, outcome
        )
    ]


def verdict(letter, found, steps=(), zero=ALIVE, n_environments=None, enough=True):
    n_environments = n_environments or len({place.environment for place in found})
    verdicts = judge(found, steps, zero, n_environments=n_environments, enough=enough)
    (wanted,) = [v for v in verdicts if v.letter == letter]
    return wanted


def test_best_on_both__counts_environments_ties_included():
    found = [
        *world((0, 9, 9), (0, 1, 1), name="one"),
        *world((0, 9, 1), (0, 1, 9), name="split"),
        *world((0, 9, 9), (0, 9, 9), name="tie"),
    ]
    assert best_on_both(found) == {"calm": 2, "bold": 1}
    assert best_on_both(found, sure=True) == {"calm": 1, "bold": 0}


def test_condition_a__fails_where_one_style_wins_both_in_more_than_half():
    won, lost = ((0, 9, 9), (0, 1, 1)), ((0, 1, 9), (0, 9, 1))
    half = [*world(*won, name="a"), *world(*lost, name="b")]
    assert verdict("a", half).verdict == "holds"
    assert "calm 1, bold 0" in verdict("a", half).evidence[0]
    more = [*half, *world(*won, name="c")]
    assert verdict("a", more).verdict == "fails"
    assert verdict("a", more, enough=False).verdict == "fails"


def test_condition_a__by_the_mean_alone_fails_at_full_size_only():
    found = world((0, 9, 9), (0, 8, 8), noise=9.0)
    assert verdict("a", found).verdict == "fails"
    assert verdict("a", found, enough=False).verdict == "undecided"


def test_condition_a__counts_environments_that_have_not_run_against_it():
    found = world((0, 9, 9), (0, 1, 1))
    assert verdict("a", found, n_environments=2).verdict == "undecided"
    assert verdict("a", world((0, 1, 9), (0, 9, 1)), n_environments=2).verdict == "holds"


def test_condition_b__needs_each_style_surely_best_and_surely_worst_somewhere():
    found = world((9, 1, 5), (5, 9, 1), (1, 5, 9))
    assert verdict("b", found).verdict == "holds"
    assert verdict("b", found).evidence == ()
    never = world((9, 9, 5), (5, 5, 9), (1, 1, 1))
    assert verdict("b", never).verdict == "fails"
    assert verdict("b", never).evidence == (
        "calm is nowhere surely the worst",
        "bold is nowhere surely the worst",
        "wild is nowhere surely the best",
    )


def test_condition_b__is_undecided_where_more_runs_or_environments_may_tell():
    noisy = world((9, 1, 5), (5, 9, 1), (1, 5, 9), noise=20.0)
    assert verdict("b", noisy, enough=False).verdict == "undecided"
    assert verdict("b", noisy).verdict == "fails"
    never = world((9, 9, 5), (5, 5, 9), (1, 1, 1))
    assert verdict("b", never, enough=False).verdict == "fails"
    assert verdict("b", never, n_environments=2).verdict == "undecided"


def test_clearest__is_the_place_with_the_least_doubt_not_with_the_largest_difference():
    found = [
        *world((90, 0, 0), (1, 0, 0), noise=30.0, name="large"),
        *world((9, 0, 0), (1, 0, 0), noise=0.1, name="clear"),
    ]
    assert clearest(found, "calm", "best").environment == "clear"


def test_condition_c__fails_where_something_differs_or_nobody_takes_part():
    found = world((9, 1, 5), (5, 9, 1))
    assert verdict("c", found).verdict == "holds"
    differs = Zero(("quality of a company",), 5.0, 5.0, {"calm": 1.0})
    assert verdict("c", found, zero=differs, enough=False).verdict == "fails"
    assert "quality of a company differs" in verdict("c", found, zero=differs).evidence
    for dead in (Zero((), 0.0, 5.0, {}), Zero((), 5.0, 0.0, {})):
        assert verdict("c", found, zero=dead).verdict == "fails"
        assert "nobody takes part" in verdict("c", found, zero=dead).evidence[0]


def shifted(shift, **differences):
    return [
        step(shift, name, "surplus", np.array([0 * NOISE, difference + NOISE]))
        for name, difference in differences.items()
    ]


def test_condition_d__needs_each_shift_to_pay_here_and_not_there():
    found = [*world((9, 1, 5), (5, 9, 1), name="a"), *world((9, 1, 5), (5, 9, 1), name="b")]
    both = shifted("x", a=5.0, b=-5.0)
    assert verdict("d", found, both).verdict == "holds"
    perhaps = [*both, *shifted("y", a=5.0, b=-0.1)]
    assert verdict("d", found, perhaps).verdict == "fails"
    assert verdict("d", found, perhaps).evidence == (
        "'y' nowhere surely costs more than it brings",
    )
    assert verdict("d", found, perhaps, enough=False).verdict == "undecided"
    always = [*both, *shifted("y", a=5.0, b=5.0)]
    assert verdict("d", found, always, enough=False).verdict == "fails"
    assert verdict("d", found, always, n_environments=3).verdict == "undecided"
    assert verdict("d", found, shifted("x", a=-5.0, b=-4.0)).evidence == (
        "'x' nowhere surely pays",
    )


# Without gains


def tiny(world):
    return change(world, population={"people": 200}, time={"steps": 24})


def found_without(world):
    return without_gains([{style: run(world, style, rep=0) for style in read().styles}])


def test_without_gains__styles_differ_in_cost_only():
    found = found_without(tiny(read().zero))
    assert found.differs == ()
    assert found.lives
    assert len(set(found.costs.values())) == 6


@pytest.mark.parametrize(
    "key",
    [
        f"{table}.{name}"
        for table, values in read().table["zero"].items()
        for name in values
        if f"{table}.{name}" not in JOINT
    ],
)
def test_without_gains__one_gain_that_is_left_is_caught(key):
    table, name = key.split(".")
    usual = getattr(getattr(Scenario(title=""), table), name)
    found = found_without(change(tiny(read().zero), **{table: {name: usual}}))
    assert found.differs or not found.lives


def test_without_gains__names_what_differs():
    found = found_without(change(tiny(read().zero), search={"market_pull": "0.02 per month"}))
    assert found.differs == ("goal of a company",)


# Running


def test_check_honesty__is_the_same_for_any_number_of_cores(file):
    one, two = (check_honesty(file, cores=cores) for cores in (1, 2))
    assert one.to_dict() == two.to_dict()
    for (_, a), (_, b) in zip(one.blocks, two.blocks, strict=True):
        assert np.array_equal(a, b)
    assert (one.seeds, one.n_worlds, one.full, one.interrupted) == (3, 6, True, False)
    assert check_honesty(file, seed=2, worlds=0).places != one.places


def test_check_honesty__arms_share_their_replicates(file):
    found = check_honesty(file, seeds=2, worlds=1, seed=5)
    question = read(file)
    values = found.environments["tiny and hard"]
    assert values.shape == (3, 4, 2)
    for rep in (0, 1):
        result = run(question.environments["tiny and hard"], "commons", seed=5, rep=rep)
        assert values[:, 1, rep].tolist() == [METRICS[name](result) for name in OUTCOMES]
    drawn, ((_, drawn_world),) = found.blocks[-1], question.draw(1)
    result = run(drawn_world, "directive", seed=5, rep=1)
    assert drawn[1].shape == (3, 2, 2)
    assert drawn[1][0, 0, 1] == METRICS["value_created"](result)
    before, after = values[1, 2], values[1, 3]
    (effect,) = [s for s in found.deciding if s.environment == "tiny and hard"]
    assert effect.difference == pytest.approx((after - before).mean())
    assert not found.full


def test_worlds__count_who_is_best_and_worst_by_the_mean(file):
    question = read(file)
    rows = [
        [[3, 3], [1, 1]],  # value created: directive
        [[1, 2], [2, 2]],  # surplus: commons
        [[0, 9], [4, 4]],  # profit: directive by the mean
    ]
    blocks = [(Block(w, {}, 2, values), np.array(rows, float)) for values, w in question.draw(2)]
    found = Honesty(question, 1, 2, ALIVE, tuple(blocks), False)
    assert found.n_worlds == 2
    assert found.worlds["best on profit"] == {"directive": 2, "commons": 0}
    assert found.worlds["worst on surplus"] == {"directive": 2, "commons": 0}
    assert found.worlds["best on both"] == {"directive": 0, "commons": 0}


def test_check_honesty__is_a_public_name():
    assert sim.check_honesty is check_honesty


def interrupt_at(n):
    def progress(done, planned):
        assert 1 <= done <= planned
        if done == n:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize(("n", "environments", "worlds"), [(13, 1, 0), (24, 2, 0), (31, 2, 1)])
def test_check_honesty__interrupted_holds_what_is_whole(file, n, environments, worlds):
    found = check_honesty(file, cores=1, progress=interrupt_at(n))
    assert found.interrupted
    assert len(found.environments) == environments
    assert found.n_worlds in (worlds, worlds - 1)  # threads end in any order
    assert all(np.isfinite(values).all() for _, values in found.blocks)
    assert found.full == (environments == 2)
    assert "interrupted" in found.summary()
    if environments == 1:
        assert {v.verdict for v in found.verdicts if v.letter in "bd"} <= {"holds", "undecided"}


def test_check_honesty__interrupted_before_an_environment_is_whole_is_interrupted(file):
    with pytest.raises(KeyboardInterrupt):
        check_honesty(file, progress=interrupt_at(5))


def test_q30_check_honesty__names_the_run_that_failed(file, monkeypatch):
    def failing(world, style, *, seed, rep):
        if (world.title, style, rep) == ("tiny", "commons", 2):
            raise ZeroDivisionError("by nought")
        return run(world, style, seed=seed, rep=rep)

    monkeypatch.setattr(sim.honesty, "run", failing)
    with pytest.raises(RunError, match="tiny, commons, seed 4, replicate 2: ZeroDivisionError"):
        check_honesty(file, seed=4)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"seeds": 0}, "seeds must be a whole number of at least 1, but is 0"),
        ({"seeds": 2.5}, "seeds must be"),
        ({"seeds": True}, "seeds must be"),
        ({"seed": -1}, "seed must be a whole number of at least 0"),
        ({"worlds": -1}, "worlds must be a whole number of at least 0"),
        ({"cores": 0}, "cores must be"),
    ],
)
def test_check_honesty__refuses(file, wrong, says):
    with pytest.raises(UserError, match=says):
        check_honesty(file, **wrong)


# The command


def made(verdict_of="holds", n_environments=2):
    """A test with numbers made up: styles that win in turns, or one that always wins."""
    question = read()
    question = type(question)(**{
        **vars(question),
        "environments": dict(list(question.environments.items())[:n_environments]),
    })  # fmt: skip
    rng = np.random.default_rng(3)
    arms = dict.fromkeys(question.styles) | dict.fromkeys(range(2 * len(question.shifts)))
    blocks = []
    for n, w in enumerate(question.environments.values()):
        values = rng.normal(size=(3, len(arms), 40))
        if verdict_of == "holds":
            for k in range(3):  # each style once the best and once the worst
                values[k, (3 * n + k) % 6] += 50
                values[k, (3 * n + k + 3) % 6] -= 50
            values[:, 6 + n :: 2] += 20
        else:
            values[:, 0] += 50
        blocks.append((Block(w, arms, 40), values))
    return Honesty(question, 1, 40, ALIVE, tuple(blocks), False)


def printed(found, width=100, encoding="utf-8"):
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding=encoding)
    print_honesty(found, Console(file=stream, width=width))
    stream.flush()
    return buffer.getvalue().decode(encoding)


def test_print__tells_the_verdicts_first():
    text = printed(made())
    assert text.startswith(read().text)
    first = text.index("Where each style")
    for letter in "abcd":
        assert re.search(rf"^\({letter}\) +holds", text[:first], re.MULTILINE)
    assert "(a) holds, (b) holds, (c) holds, (d) holds (2 of 2 environments, 40 runs, full" in text
    assert "Below full size" not in text
    row = re.search(r"^default +(\S+), (\S+) +(\S+), (\S+) +(\S+), (\S+) *$", text, re.MULTILINE)
    assert row.groups() == (
        "directive", "foundation", "contest", "commons", "toolkit", "steward",
    )  # fmt: skip
    assert "▲" in text
    assert "▼" in text


def test_print__marks_what_may_be_chance():
    text = printed(made("fails"))
    assert re.search(r"^\(a\) +fails", text, re.MULTILINE)
    assert "contest is nowhere surely the best" in text
    row = re.search(r"^default +(.*)$", text, re.MULTILINE).group(1)
    assert row.count("directive,") == 3
    assert row.count("?") == 3


@pytest.mark.parametrize("width", [40, 80, 120])
def test_print__loses_nothing_on_a_narrow_or_plain_console(width):
    found = made()
    text = printed(found, width, "ascii")
    assert found.summary() in text
    letters = re.sub(r"\s", "", text)
    for environment in found.environments:
        assert environment.replace(" ", "") in letters or width == 40
    assert max(len(line) for line in text.splitlines() if line != found.summary()) <= width


def test_command__prints_and_writes_verdicts_runs_and_figure(cocreate, file):
    code, out, err = cocreate(file, "--out", "out")
    facts = json.loads(Path("out/honesty.json").read_text())
    assert err == ""
    assert code == int(not facts["ok"])
    assert "Is it fair?" in out
    assert "6 worlds that nobody chose" in out
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "honesty.json", "honesty.png", "runs.parquet",
    ]  # fmt: skip
    assert all(f"written: out/{name}" in out for name in ("honesty.json", "runs.parquet"))
    assert Path("out/honesty.png").read_bytes()[:4] == b"\x89PNG"
    runs = pq.read_table("out/runs.parquet")
    assert runs.num_rows == 2 * 4 * 3 + 6 * 2 * 2
    rows = {(row["world"], row["style"], row["rep"]): row for row in runs.to_pylist()}
    tiny, drawn = rows["tiny", "commons", 2], rows["world 5", "directive", 1]
    assert tiny["drawn"] is None
    assert set(json.loads(drawn["drawn"])) == set(read(file).worlds.values)
    result = run(read(file).environments["tiny"], "commons", rep=2)
    assert tiny["profit"] == METRICS["profit"](result)
    assert ("tiny", "to platform: after", 0) in rows
    code, _, err = cocreate(file, "--out", "out")
    assert code == 2
    assert "results already" in err


def test_command__json_holds_everything(cocreate, file):
    _, out, _ = cocreate(file, "--json", "--seeds", 2, "--seed", 3)
    facts = json.loads(out)
    assert (facts["seeds"], facts["seed"], facts["full"]) == (2, 3, False)
    assert [v["letter"] for v in facts["verdicts"]] == list("abcd")
    assert len(facts["places"]) == 2 * 3 * 2 * 2
    assert len(facts["shifts"]) == 2 * 3
    assert facts["worlds"]["number"] == 6


def test_command__quick_has_few_runs_and_no_drawn_worlds(cocreate, file):
    facts = json.loads(cocreate(file, "--quick", "--json")[1])
    assert (facts["seeds"], facts["worlds"]["number"]) == (10, 0)
    facts = json.loads(cocreate(file, "--quick", "--seeds", 2, "--json")[1])
    assert (facts["seeds"], facts["worlds"]["number"]) == (2, 0)


@pytest.mark.parametrize(("found", "code"), [("holds", 0), ("fails", 1)])
def test_command__exits_1_where_a_condition_fails(cocreate, monkeypatch, found, code):
    monkeypatch.setattr(sim.honesty, "check_honesty", lambda *_, **__: made(found))
    assert cocreate()[0] == code


def test_command__undecided_does_not_fail_and_says_so(cocreate, file):
    code, out, _ = cocreate(file, "--seeds", 1)
    if "fails" not in out.split("Where each style")[0]:
        assert code == 0
    assert "Below full size" in out
    assert "undecided" in out


def test_command__interrupted_writes_what_there_is(cocreate, file, monkeypatch):
    monkeypatch.setattr(sim.honesty, "check_honesty", lambda file, **given: check_honesty(
        file, **given | {"cores": 1, "progress": interrupt_at(13)}
    ))  # fmt: skip
    code, out, err = cocreate(file, "--out", "out")
    assert (code, err) == (130, "")
    assert "1 of 2 environments, 3 runs, full size: 3, interrupted" in out
    assert Path("out/runs.parquet").exists()
    assert Path("out/honesty.png").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["none.toml"], "none.toml: cannot be read"),
        (["--seeds", "0"], "seeds must be"),
        (["--seeds", "x"], "no whole number"),
        (["--fast"], "--fast"),
    ],
)
def test_command__refuses(cocreate, words, says):
    code, out, err = cocreate(*words, "--out", "out")
    assert (code, out) == (2, "")
    assert says in err
    assert not Path("out").exists()
