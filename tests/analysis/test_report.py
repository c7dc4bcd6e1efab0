import csv
import io

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

import sim
from sim.analysis.report import columns, report
from sim.analysis.report.findings import CHANCE, UNDECIDED, UNKNOWN, best_arms
from sim.analysis.report.places import MOST_POINTS
from sim.design import Plan, read_experiment, scenario_of, style_of
from sim.errors import UserError
from sim.metrics import METRICS

WORLD = {"scenario": "default", "outcomes": ["value_created", "cost"], "seeds": 12}
TWO = WORLD | {"styles": ["directive", "commons"]}
LUCK = np.random.default_rng(8).normal(size=(4, 500))


def told(experiment, value, n=None, failed=(), missing=()):
    """What is said of runs with these values: value(run, column), by a planned run.

    The figure shows the first outcome unless the experiment says otherwise.
    """
    figure = {"outcomes": experiment["outcomes"][:1]} | experiment.get("figure", {})
    read = read_experiment(experiment | {"figure": figure})
    plan = Plan(read)
    runs = [i for i in range(len(plan) if n is None else n) if i not in missing]
    planned = [plan.run(i) for i in runs]
    table = {
        "run": runs,
        "status": ["failed" if i in failed else "done" for i in runs],
        **{
            name: [None if run.index in failed else value(run, name) for run in planned]
            for name in read.outcome_columns
        },
    }
    return report(read, plan, pa.table(table))


def noisy(run, name):
    """Commons creates 3 more among many people and 3 less among few; luck is shared."""
    many = run.values.get("population.people", 100) > 60
    extra = (3 if many else -3) if run.style == "commons" and name == "value_created" else 0
    own = 1 if run.style == "commons" else 2
    return 10 + extra + LUCK[0, run.rep] + 0.1 * LUCK[own, run.rep]


SIZES = {"population.people": [50, 100, 200]}


def test_rows__are_means_spreads_and_quartiles_of_runs():
    found = told(TWO | {"vary": SIZES}, noisy)
    assert len(found.rows) == 3 * 2 * 2
    row = next(r for r in found.rows if r.values == {"population.people": 100})
    values = 10 + LUCK[0, :12] + 0.1 * LUCK[2, :12]
    assert (row.style, row.outcome, row.point_id, row.n) == ("directive", "value_created", 1, 12)
    assert (row.mean, row.sd) == pytest.approx((values.mean(), values.std(ddof=1)))
    assert (row.q25, row.median, row.q75) == pytest.approx(
        tuple(np.quantile(values, [0.25, 0.5, 0.75]))
    )
    interval = stats.t.interval(0.95, 11, values.mean(), stats.sem(values))
    assert (row.low, row.high) == pytest.approx(interval)


def test_contrasts__are_paired_and_corrected_together():
    found = told(TWO | {"vary": SIZES, "figure": {"outcomes": ["value_created", "cost"]}}, noisy)
    assert [c.values["population.people"] for c in found.contrasts] == [50, 50, 100, 100, 200, 200]
    assert {c.effect.n_comparisons for c in found.contrasts} == {6}
    effect = found.contrasts[0].effect
    differences = -3 + 0.1 * (LUCK[1, :12] - LUCK[2, :12])
    half = stats.t.isf(0.025 / 6, 11) * stats.sem(differences)
    assert (effect.arm, effect.baseline, effect.outcome) == (
        "commons",
        "directive",
        "value_created",
    )
    assert (effect.difference, effect.high) == pytest.approx(
        (differences.mean(), differences.mean() + half)
    )


def test_sentences__say_which_style_is_surely_best_where():
    found = told(TWO | {"vary": SIZES, "figure": {"outcomes": ["value_created", "cost"]}}, noisy)
    assert found.sentences() == [
        "All 72 runs are done.",
        "Value created: commons is best at 2 of 3 points (population.people = 100, 200), directive "
        "at 1 (population.people = 50).",
        "Cost: undecided at all 3 points.",
    ]


def test_sentences__of_one_world_are_those_of_a_comparison():
    found = told(TWO, noisy)
    assert "commons wins on value created." in found.sentences()


def test_a_half_finished_study__says_so_and_loses_partners():
    found = told(TWO | {"vary": SIZES}, noisy, n=60, failed=[1, 8])
    assert found.progress() == "58 of 72 runs are done; 2 failed and 12 are still missing."
    assert found.sentences()[0] == found.progress()
    at = {(r.values["population.people"], r.style): r.n for r in found.rows if r.outcome == "cost"}
    assert at == {
        (50, "directive"): 10, (50, "commons"): 9, (100, "directive"): 9, (100, "commons"): 10,
        (200, "directive"): 10, (200, "commons"): 10,
    }  # fmt: skip
    assert [c.effect.n for c in found.contrasts if c.effect.outcome == "value_created"] == [
        9,
        9,
        10,
    ]


@pytest.mark.parametrize(("n", "said"), [(0, "0 failed and 72"), (2, "2 failed and 70")])
def test_a_study__of_which_no_run_is_done_is_refused(n, said):
    with pytest.raises(UserError, match=f"No run is done: of 72 planned, {said} are missing; "):
        told(TWO | {"vary": SIZES}, noisy, n=n, failed=range(n))


def test_a_study__that_failed_or_is_small_says_so():
    with pytest.raises(
        UserError, match="No run is done: of 24 planned, 24 failed and 0 are missing"
    ):
        told(TWO, noisy, failed=range(24))
    one = told(TWO | {"seeds": 1}, noisy)
    assert "Caution: one run tells no difference from chance." in one.sentences()
    few = told(TWO | {"seeds": 5}, noisy)
    assert any(said.startswith("Caution: n = 5 runs is small") for said in few.sentences())


def test_cautions__look_at_the_least_n_of_what_is_shown():
    vary = TWO | {"vary": SIZES, "seeds": 30}
    of_first = [6 * rep for rep in range(30)]  # the first style at the first point
    nine = told(vary, noisy, missing=of_first[9:])
    assert nine.cautions[0].startswith("Caution: some n are 9 runs; the intervals lean on runs")
    one = told(vary, noisy, missing=of_first[1:])
    assert one.cautions[0].startswith("Caution: some n are one run, which tells no difference")
    assert told(vary, noisy, missing=of_first).cautions == ()
    begun = told(vary, noisy, n=2)
    assert begun.cautions == ("Caution: one run tells no difference from chance.",)
    assert told(vary, noisy, n=1).cautions == ("Caution: no difference is known.",)
    alone = WORLD | {"styles": ["commons"], "seeds": 5}
    assert told(alone, noisy).cautions[0].startswith("Caution: n = 5 runs is small")


def test_an_outcome__that_some_runs_do_not_have_says_so():
    def value(run, name):
        """Of value created, commons has every second and directive every third replicate."""
        gap = 2 if run.style == "commons" else 3
        return float("nan") if name == "value_created" and run.rep % gap else noisy(run, name)

    found = told(TWO | {"seeds": 30}, value)
    assert (found.n_means(), found.n_pairs()) == ("10", "5")
    assert not found.wholly_paired()
    assert told(TWO, noisy).wholly_paired()
    assert found.known == {"value_created": 25}
    assert found.partly_known() == ["Value created: known in 25 of 60 runs."]
    assert found.cautions[1] == (
        "Caution: value created is known in 25 of 60 runs; its differences rest on 5 pairs, and on "
        "runs that may not be like the others."
    )
    apart = told(TWO, lambda run, _: 1.0 if run.index in (0, 3) else float("nan"))
    assert apart.cautions[1] == "Caution: value created is known in 2 of 24 runs, no two of a pair."
    never = told(TWO, lambda *_: float("nan"))
    assert "Caution: value created is known in none of 24 runs." in never.cautions
    failed = told(TWO | {"seeds": 30}, noisy, failed=range(10))
    assert failed.partly_known() == []


def test_an_outcome__of_a_market_is_known_where_all_companies_have_it():
    market = {"scenario": "mixed_market", "outcomes": ["profit"], "seeds": 10}
    gap = float("nan")
    found = told(market, lambda run, name: gap if name == "Kit.profit" and run.rep < 3 else 1.0)
    assert found.known == {"profit": 7}


def test_runs__that_failed_one_by_one_are_told_apart_from_outcomes_that_are_not_there():
    found = told(TWO, lambda run, _: float("nan") if run.rep == 3 else noisy(run, "cost"))
    assert found.progress() == "All 24 runs are done."
    assert {row.n for row in found.rows} == {11}


def test_precise__makes_coverage_approximate():
    precise = {"outcome": "cost", "styles": ["directive", "commons"], "width": 3.0}
    found = told(TWO | {"precise": precise, "seeds": 30}, noisy)
    assert any("coverage of the intervals is approximate" in said for said in found.sentences())
    assert {row.outcome for row in found.rows} == {"value_created", "cost"}


def test_sentences__name_what_is_kept_and_not_shown():
    where = "(summary.csv has them; [figure] outcomes = [...] shows them)."
    assert f"Kept besides: cost {where}" in told(TWO, noisy).sentences()
    both = told(TWO | {"figure": {"outcomes": ["cost", "value_created"]}}, noisy)
    assert not any("Kept" in said for said in both.sentences())
    many = told(TWO | {"outcomes": sorted(METRICS)}, noisy)
    six = ", ".join(sorted(METRICS)[1:7])
    assert f"Kept besides: {six} and {len(METRICS) - 7} more {where}" in many.sentences()


def test_r21_csv__has_values_as_they_were_written():
    vary = {"world.drift": ["0.1 per month", "0 per week"], "ties.kind": ["small_world", "none"]}
    found = told(TWO | {"vary": vary | {"lever.fun": {"from": 0.0, "to": 0.3, "step": 0.3}}}, noisy)
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert len(rows) == len(found.rows) == 8 * 2 * 2
    assert {row["world.drift"] for row in rows} == {"0.1 per month", "0 per week"}
    assert {row["ties.kind"] for row in rows} == {"small_world", "none"}
    assert {row["lever.fun"] for row in rows} == {"0.0", "0.3"}
    assert {row["style"] for row in rows} == {"directive", "commons"}
    directive, commons = rows[0], rows[1]
    assert directive["difference"] == directive["baseline"] == ""
    assert commons["baseline"] == "directive"
    difference = float(commons["mean"]) - float(directive["mean"])
    assert float(commons["difference"]) == pytest.approx(difference)
    assert float(commons["difference_low"]) < difference < float(commons["difference_high"])
    assert (commons["n"], commons["difference_n"], commons["n_of"]) == ("12", "12", "runs")


def test_r19_real_runs__say_what_a_comparison_says():
    fixed = {"population.people": 60, "time.steps": 12}
    experiment = TWO | {"fixed": fixed, "seeds": 4}
    plan = Plan(read_experiment(experiment))

    def run(planned, name):
        result = sim.run(scenario_of(plan, planned), style_of(plan, planned), rep=planned.rep)
        return METRICS[name](result)

    found = told(experiment, run)
    world = sim.change(sim.load("default"), population={"people": 60}, time={"steps": 12})
    compared = sim.compare(world, TWO["styles"], seeds=4, outcomes=WORLD["outcomes"])
    for name in WORLD["outcomes"]:
        rows = [row for row in found.rows if row.outcome == name]
        for row, mean in zip(rows, compared.means(name), strict=True):
            assert (row.style, row.n) == (mean.arm, mean.n)
            assert (row.mean, row.sd) == pytest.approx((mean.mean, mean.sd), rel=1e-12)
            assert (row.low, row.high) == pytest.approx((mean.low, mean.high), rel=1e-12)
    assert [c.effect for c in found.contrasts] == compared.effects("value_created")


# Marks


def test_marks__average_over_what_is_hidden_inside_each_seed():
    vary = SIZES | {"lever.fun": [0.2, 0.8]}
    found = told(TWO | {"vary": vary, "figure": {"x": "lever.fun", "columns": ""}}, noisy)
    assert found.hidden == ("population.people",)
    mark = next(m for m in found.marks if (m.x, m.line) == (0.8, "commons"))
    values = 10 + (3 + 3 - 3) / 3 + LUCK[0, :12] + 0.1 * LUCK[1, :12]
    assert (mark.n, mark.mean) == (12, pytest.approx(values.mean()))
    half = stats.t.isf(0.025, 11) * stats.sem(values)
    assert mark.high - mark.mean == pytest.approx(half)


def test_marks__of_differences_are_paired_and_corrected():
    found = told(TWO | {"vary": SIZES, "figure": {"show": "differences"}}, noisy)
    assert {mark.line for mark in found.marks} == {"commons"}
    assert [mark.x for mark in found.marks] == [50, 100, 200]
    assert [mark.mean for mark in found.marks] == pytest.approx([-3, 3, 3], abs=0.1)
    differences = 0.1 * (LUCK[1, :12] - LUCK[2, :12])
    half = stats.t.isf(0.025 / 3, 11) * stats.sem(differences)
    assert found.marks[1].high - found.marks[1].mean == pytest.approx(half)


def test_scales__are_numbers_where_all_have_one_unit():
    def scale(values, name="world.drift"):
        return told(TWO | {"seeds": 2, "vary": {name: values}}, noisy).x

    drift = scale(["0.2 per month", "0 per month", "0.1 per month"])
    assert (drift.places, drift.unit, drift.numeric) == ((0.2, 0, 0.1), "per month", True)
    mixed = scale(["0.2 per month", "1 per year"])
    assert (mixed.places, mixed.numeric) == ((0, 1), False)
    assert mixed.levels == ("0.2 per month", "1 per year")
    span = scale(["1 month", "2 months"], "time.step")
    assert (span.places, span.unit) == ((1, 2), "months")
    texts = scale(["none", "small_world"], "ties.kind")
    assert (texts.levels, texts.places, texts.numeric) == (("none", "small_world"), (0, 1), False)
    assert scale([4, 20], "world.problems").unit == "count"


# Markets


def test_a_market__compares_companies_and_sums_up_all():
    market = {"scenario": "mixed_market", "outcomes": ["profit"], "seeds": 10, "vary": SIZES}
    levels = {"profit": 100, "Command.profit": 1, "Kit.profit": 2, "Commons.profit": 3}
    found = told(market, lambda run, name: levels.get(name, 4) + LUCK[0, run.rep] * 0.01)
    assert (found.who, found.arms) == ("company", ("Command", "Kit", "Commons", "Steward"))
    means = {row.style: row.mean for row in found.rows if row.point_id == 0}
    expected = {"Command": 1, "Kit": 2, "Commons": 3, "Steward": 4, "": 100}
    assert means == pytest.approx(expected, abs=0.01)
    assert "Profit: Steward is best at all 3 points." in found.sentences()
    assert found.to_csv().startswith("point_id,population.people,company,outcome,")
    assert len(found.contrasts) == 9


# One style


def test_one_style__has_its_lines_compared_under_the_same_seeds():
    one = WORLD | {"styles": ["commons"], "vary": SIZES | {"world.problems": [10, 30]}}
    found = told(one, lambda run, _: LUCK[0, run.rep] + (run.values["world.problems"] == 30) * 0.5)
    assert (found.who, found.arms) == ("world.problems", ("10", "30"))
    assert [c.effect.difference for c in found.contrasts] == pytest.approx([0.5] * 3)
    assert "Value created: world.problems = 30 is best at all 3 points." in found.sentences()
    assert found.to_csv().startswith("point_id,population.people,world.problems,outcome,")
    assert sorted({row.point_id for row in found.rows}) == list(range(6))


def test_one_style_and_one_thing_that_varies__says_where_it_is_best():
    one = WORLD | {"styles": ["commons"], "vary": SIZES}
    said = told(one, lambda run, _: LUCK[0, run.rep] + run.values["population.people"]).sentences()
    assert said[1].startswith("Value created: best at population.people = 200, mean 20")
    assert said[1].endswith("there surely higher than at 2 of the 2 others.")
    alone = told(WORLD | {"styles": ["commons"]}, noisy).sentences()
    assert alone[1].startswith("Value created: mean 1")
    assert alone[1].endswith("n = 12 runs.")


def test_one_style__is_undecided_where_no_place_is_surely_the_best():
    one = WORLD | {"styles": ["commons"], "vary": SIZES}
    assert told(one, lambda *_: 5.0).sentences()[1] == (
        "Value created: undecided between all 3 points."
    )
    nan = float("nan")
    here = told(one, lambda run, _: nan if run.values["population.people"] == 50 else 5.0)
    assert "Value created: undecided between all 2 points, not known at 1." in here.sentences()
    one_alone = told(one, noisy, missing=[i for i in range(36) if i % 3])
    assert any("known at population.people = 50 alone" in said for said in one_alone.sentences())
    assert "Value created: not known at any point." in told(one, lambda *_: nan).sentences()


# Tables


def test_a_table__that_names_styles_compares_those_at_the_same_values():
    rows = [["directive", 50], ["commons", 50], ["commons", 100], ["directive", 200]]
    table = {"columns": ["style", "population.people"], "rows": rows}
    found = told(WORLD | {"table": table}, noisy)
    assert [c.values for c in found.contrasts] == [{"population.people": 50}]
    assert found.contrasts[0].effect.difference == pytest.approx(-3, abs=0.1)
    points = {(r.style, r.values["population.people"]): r.point_id for r in found.rows}
    assert points == {(style, people): n for n, (style, people) in enumerate(rows)}
    assert (
        "Value created: directive is best at 1 of 3 points (population.people = 50), not known"
        in (" ".join(found.sentences()))
    )


def test_a_table__with_options_of_some_styles_compares_these_with_others():
    rows = [["directive", ""], ["explorer", 0.3]]
    found = told(WORLD | {"table": {"columns": ["style", "style.pace"], "rows": rows}}, noisy)
    assert len(found.contrasts) == 1
    only = WORLD | {"table": {"columns": ["style", "style.pace"], "rows": rows[1:]}}
    assert told(only | {"figure": {"x": "style.pace"}}, noisy).marks[0].x == 0.3
    several = [*rows, ["explorer", 0.6]]
    found = told(WORLD | {"table": {"columns": ["style", "style.pace"], "rows": several}}, noisy)
    assert {(r.style, r.values.get("style.pace")) for r in found.rows} == {
        ("directive", None), ("explorer", 0.3), ("explorer", 0.6)
    }  # fmt: skip


# Samples


def sample(n, method="latin_hypercube", **more):
    ranges = {"lever.money": [0.0, 1.0], "lever.fun": [0.0, 1.0]}
    return TWO | {"seeds": 2, "sample": {"method": method, "n": n, "ranges": ranges}} | more


def by_money(run, name):
    better = run.style == "commons" and run.values["lever.money"] > 0.25
    return LUCK[0, run.rep] + (4 if better else 0)


def test_a_large_sample__is_told_over_its_points():
    found = told(sample(80), by_money)
    assert (found.each, len(found.rows)) == ("point", 4)
    row = next(row for row in found.rows if row.style == "commons")
    luck = LUCK[0, :2].mean()
    assert (row.n, row.point_id) == (80, None)
    assert row.mean == pytest.approx(luck + 3)
    effect = found.contrasts[0].effect
    spread = np.std([0] * 20 + [4] * 60, ddof=1)
    half = stats.t.isf(0.025, 79) * spread / np.sqrt(80)
    assert (effect.n, effect.difference) == (80, pytest.approx(3))
    assert effect.high - effect.difference == pytest.approx(half)
    said = found.sentences()
    assert said[2].startswith("Value created, mean difference from directive over 80 points (95 %")
    assert "share the same 2 seeds" in said[-1]


def test_a_large_sample__has_the_share_of_points_at_which_each_style_is_best():
    found = told(sample(80), lambda run, name: by_money(run, name) - 1 * (run.style == "commons"))
    assert found.sentences()[1] == (
        "Value created, best mean at each of 80 points: commons at 75 %, directive at 25 %."
    )


def test_a_sample__is_drawn_in_bins_of_points():
    found = told(sample(80, figure={"x": "lever.money", "columns": ""}), by_money)
    assert found.x.binned
    assert len(found.x.places) == 8
    assert [mark.n for mark in found.marks] == [10] * 16
    high = [mark.mean for mark in found.marks if mark.line == "commons" and mark.x > 0.25]
    assert high == pytest.approx([LUCK[0, :2].mean() + 4] * 6)


def test_a_small_sample__is_told_point_by_point():
    found = told(sample(5), by_money)
    assert (found.each, found.mark_each, len(found.contrasts)) == ("run", "point", 5)


def test_a_sample__is_told_with_four_digits_and_kept_with_all():
    ranges = {"lever.money": [0.0, 1.0], "world.drift": ["0 per month", "0.1 per month"]}
    one = sample(4) | {"styles": ["commons"], "seeds": 12}
    one["sample"] = one["sample"] | {"ranges": ranges}
    found = told(one, lambda run, _: LUCK[0, run.rep] + 9 * run.values["lever.money"])
    values = max(found.places, key=lambda place: place["lever.money"])
    money, drift = values["lever.money"], values["world.drift"]
    assert len(str(money)) > 10
    assert len(drift) > 20
    short = f"{float(drift.split()[0]):.4g} per month"
    assert f"best at lever.money = {money:.4g}, world.drift = {short}, mean" in found.sentences()[1]
    assert f",{money},{drift}," in found.to_csv()
    assert found.said("population.people", 0.123456) == "0.123456"
    assert found.said("lever.money", 123456.7) == "123500"


def test_a_sample_in_groups__counts_its_groups():
    found = told(sample(30, "morris"), by_money)
    assert Plan(read_experiment(sample(30, "morris"))).n_points == 90
    assert {row.n for row in found.rows} == {30}


def test_a_sample__crossed_with_a_factor_is_told_at_each_level():
    found = told(sample(64, vary={"ties.kind": ["none", "small_world"]}), by_money)
    assert [place["ties.kind"] for place in found.places] == ["none", "small_world"]
    assert {row.n for row in found.rows} == {64}
    assert "Value created: commons is best at all 2 settings." in found.sentences()


def test_a_point__counts_once_all_styles_have_it():
    found = told(sample(70), by_money, missing=[0])  # the first style, replicate 0
    assert {row.n for row in found.rows} == {70}
    found = told(sample(70), by_money, missing=[0, 141])  # the second style, replicate 1
    assert {row.n for row in found.rows} == {69}


# Size


def test_a_large_grid__is_told_as_its_figure_shows_it():
    steps = {"from": 0.0, "to": 1.0, "step": 0.04}
    vary = {"lever.fun": steps, "lever.money": steps}
    found = told(TWO | {"seeds": 2, "vary": vary}, noisy)
    assert MOST_POINTS < 26**2
    assert len(found.places) == 26
    assert "settings" in found.sentences()[1]


def test_columns__are_those_that_a_report_needs():
    experiment = read_experiment(TWO)
    assert columns(experiment, Plan(experiment)) == ["run", "status", "value_created", "cost"]
    drawn = read_experiment(TWO | {"figure": {"outcomes": ["value_created"]}})
    large = drawn.with_seeds(1_000_000)
    assert columns(large, Plan(large)) == ["run", "status", "value_created"]


# Answers


def interval(differences, family):
    """A mean difference with its interval, as sentences tell it."""
    half = stats.t.isf(0.025 / family, len(differences) - 1) * stats.sem(differences)
    mean = differences.mean()
    return f"{mean:+.2f} ({mean - half:+.2f} to {mean + half:+.2f})"


def test_answer__says_who_is_best_where_by_how_much_and_what_that_rests_on():
    found = told(TWO | {"vary": SIZES, "figure": {"outcomes": ["value_created", "cost"]}}, noisy)
    luck = 0.1 * (LUCK[1, :12] - LUCK[2, :12])
    resting = (
        "Differences are taken pair by pair over 12 runs; their intervals hold for "
        "all 6 comparisons at once with 95 %."
    )
    assert found.answer("value_created") == [
        found.sentences()[1],
        "Where commons is best, its difference from directive is "
        f"{interval(3 + luck, 6)} [money a month].",
        "Where directive is best, the others' difference from it is "
        f"{interval(luck - 3, 6)} [money a month].",
        resting,
    ]
    assert found.answer("cost") == ["Cost: undecided at all 3 points.", CHANCE, resting]


def test_answer__spans_all_points_where_a_style_is_best():
    def growing(run, name):
        return noisy(run, name) + (run.style == "commons") * run.values["population.people"] / 100

    found = told(TWO | {"vary": {"population.people": [100, 200, 300]}}, growing)
    luck = 0.1 * (LUCK[1, :12] - LUCK[2, :12])
    assert found.answer("value_created")[:2] == [
        "Value created: commons is best at all 3 points.",
        "Where commons is best, its difference from directive lies between "
        f"{interval(4 + luck, 3)} and {interval(6 + luck, 3)} [money a month].",
    ]


def test_answer__names_a_best_only_where_the_interval_excludes_chance():
    def slowly(run, name):
        own = LUCK[1 + (run.style == "commons"), run.rep + 12 * run.point_id]
        return own + (run.style == "commons") * run.values["population.people"] / 200

    sizes = {"population.people": list(range(50, 650, 50))}
    found = told(TWO | {"vary": sizes, "figure": {"outcomes": ["value_created"]}}, slowly)
    sure = [c.values["population.people"] for c in found.contrasts if c.effect.low > 0]
    assert not any(c.effect.high < 0 for c in found.contrasts)
    assert found.answer("value_created")[0].startswith(
        f"Value created: commons is best at {len(sure)} of 12 points "
        f"(population.people = {', '.join(map(str, sure))}), undecided at {12 - len(sure)} "
    )


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (
            lambda people, problems: people >= 200,
            "commons is best at 4 of 6 points (population.people = 200, 300), directive at 2 "
            "(population.people = 100).",
        ),
        (  # those of directive are not told by any values alone
            lambda people, problems: people >= 200 and problems == 9,
            "directive is best at 4 of 6 points, commons at 2 (population.people = 200, 300; "
            "world.problems = 9).",
        ),
    ],
)
def test_answer__names_points_by_what_they_have_in_common(where, words):
    def uneven(run, name):
        there = where(run.values["population.people"], run.values["world.problems"])
        return noisy(run, name) + 20 * (run.style == "commons") * (there - 0.5)

    vary = {"population.people": [100, 200, 300], "world.problems": [4, 9]}
    said = told(TWO | {"vary": vary, "figure": {"outcomes": ["value_created"]}}, uneven)
    assert said.answer("value_created")[0] == f"Value created: {words}"


def test_answer__of_one_world_has_a_sentence_for_each_outcome():
    found = told(TWO | {"figure": {"outcomes": ["value_created", "cost"]}}, noisy)
    luck = 0.1 * (LUCK[1, :12] - LUCK[2, :12])
    assert found.answer("value_created")[:2] == [
        "Value created: commons is best.",
        f"Its difference from directive is {interval(3 + luck, 2)} [money a month].",
    ]
    assert found.answer("cost")[:2] == ["Cost: undecided.", CHANCE]
    assert len(found.answer("cost")) == 3


def test_answer__names_no_best_where_neither_more_nor_less_is_better():
    neutral = next(name for name in METRICS if not METRICS[name].better)
    found = told(TWO | {"vary": SIZES, "outcomes": [neutral]}, noisy)
    said = found.answer(neutral)
    assert said[0].endswith(": neither more nor less is better, so that none is best.")
    assert len(said) == 2


def test_answer__of_a_sample_has_its_shares_and_mean_difference_once():
    found = told(sample(80), by_money)
    said = found.answer("value_created")
    assert said[:2] == found.sentences()[1:3]
    assert said[2].startswith("Differences are taken pair by pair over 80 points; ")
    assert len(said) == 3


def test_answer__of_one_style_is_where_it_does_best():
    found = told(WORLD | {"styles": ["commons"], "vary": SIZES}, noisy)
    assert found.answer("value_created") == [found.sentences()[1]]


# The best


def test_best_arms__are_wrong_in_few_studies_of_nothing_but_chance():
    # 600 studies of 4 places and 3 equal styles; 5 % may name a best style somewhere. The test is
    # exceeded by chance in less than one of a thousand such trials.
    values = np.random.default_rng(5).normal(size=(600, 4, 3, 15))
    wrong = [(best_arms(study, 1, 0.95, 4 * 2) >= 0).any() for study in values]
    assert np.mean(wrong) < stats.binom.isf(0.001, 600, 0.05) / 600


def test_best_arms__know_which_way_is_better_and_what_is_not_known():
    rng = np.random.default_rng(2)
    values = rng.normal(size=(4, 3, 20)) * 0.1 + np.array([1.0, 2.0, 3.0])[:, None]
    values[1] = rng.normal(size=20)
    values[2, 1:] = np.nan
    values[3, 0] = np.nan
    assert best_arms(values, 1, 0.95, 8).tolist() == [2, UNDECIDED, UNKNOWN, 2]
    assert best_arms(values, -1, 0.95, 8).tolist() == [0, UNDECIDED, UNKNOWN, 1]
