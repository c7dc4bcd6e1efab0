"""What matters is found again where it is known, and nothing is told of a design with gaps."""

import json
import math

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import sobol_indices

from sim.analysis.comparison import json_safe
from sim.analysis.indices import METHODS, MOVE, analyse
from sim.analysis.sensitivity import sensitivity
from sim.design import Plan, read_experiment
from sim.design.samplers import LEVELS, morris, saltelli
from sim.errors import UserError

FACTORS = ("lever.contest", "lever.control", "lever.tools")
RANGES = "".join(f'"{name}" = [0, 1]\n' for name in FACTORS)


def ishigami(a, b, c):
    return np.sin(a) + 7 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a)


def study(tmp_path, method="saltelli", n=16, seeds=1, rest="", ranges=RANGES):
    """Returns an experiment, its plan, and the place of each run's point in the cube (-π, π)."""
    file = tmp_path / "what_matters.toml"
    sample = f'[sample]\nmethod = "{method}"\nn = {n}\n[sample.ranges]\n{ranges}'
    head = f'scenario = "default"\nstyles = ["commons", "steward"]\nseeds = {seeds}\n'
    file.write_text(head + 'outcomes = ["surplus", "trust"]\n' + rest + sample)
    experiment = read_experiment(file)
    plan = Plan(experiment)
    points = [[plan.values(p).get(name, 0) for name in FACTORS] for p in range(plan.n_points)]
    runs = np.repeat(np.tile(np.array(points, dtype=float), (seeds, 1)), plan.n_styles, axis=0)
    return experiment, plan, (2 * runs.T - 1) * np.pi


def table(surplus, failed=(), missing=(), order=None):
    """Returns the rows of a study whose runs have these outcomes, as its store would."""
    n = len(surplus)
    order = np.arange(n) if order is None else order
    rows = pa.table(
        {
            "run": order,
            "status": ["failed" if run in failed else "done" for run in order],
            "surplus": pa.array(
                [None if run in failed else surplus[run] for run in order], pa.float64()
            ),
            "trust": np.full(n, 0.7),
        }
    )
    return rows.filter(pa.array([run not in missing for run in order]))


def values(found, measure):
    return [index.value for index in found.of(measure).values()]


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A study of Ishigami's function with a base sample of 1024; styles differ by a constant."""
    experiment, plan, x = study(tmp_path_factory.mktemp("large"), n=1024)
    return experiment, plan, ishigami(*x) + 100 * (np.arange(len(plan)) % 2)


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_q18_sobol__indices_are_right_in_any_order_of_runs(large, seed):
    experiment, plan, y = large
    order = None if seed is None else np.random.default_rng(seed).permutation(len(y))
    (found,) = sensitivity(experiment, plan, table(y, order=order), ["surplus"])
    assert found.factors == FACTORS
    assert values(found, "first order") == pytest.approx([0.314, 0.442, 0.0], abs=0.03)
    assert values(found, "total") == pytest.approx([0.558, 0.442, 0.244], abs=0.03)
    assert (found.style, found.n, found.replicates) == ("commons", 1024, 1)


def test_q18_sobol__a_failed_run_and_its_point_are_named(large):
    experiment, plan, y = large
    with pytest.raises(UserError) as refused:
        sensitivity(experiment, plan, table(y, failed={777}), ["surplus"])
    said = str(refused.value)
    planned = plan.run(777)
    for needle in (
        "of 10240 runs 1 failed and 0 are missing",
        f"run 777 failed: point {planned.point_id}, rep 0 (style = steward, ",
        f"lever.tools = {planned.values['lever.tools']}",
        "cocreate repeat FOLDER 777",
    ):
        assert needle in said
    assert "--retry" in said


def test_q18_sobol__a_block_of_failed_runs_is_named(large):
    experiment, plan, y = large
    block = range(80, 88)
    with pytest.raises(UserError) as refused:
        sensitivity(experiment, plan, table(y, failed=block), ["surplus"])
    for run in block:
        assert f"run {run} failed: point {plan.run(run).point_id}" in str(refused.value)


def test_q18_sobol__missing_runs_are_named_with_what_does_them(large):
    experiment, plan, y = large
    with pytest.raises(UserError) as refused:
        sensitivity(experiment, plan, table(y, missing=range(12, 30)), ["surplus"])
    said = str(refused.value)
    assert "0 failed and 18 are missing" in said
    assert "run 12 missing: point 6" in said
    assert "and 8 more" in said
    assert "the sweep's own command" in said
    assert "cocreate repeat" not in said


@pytest.mark.parametrize(
    ("method", "called"), [("latin_hypercube", "a Latin hypercube"), ("sobol", "no Sobol indices")]
)
def test_q18_sensitivity__refuses_other_samples_and_names_the_valid(tmp_path, method, called):
    experiment, plan, x = study(tmp_path, method)
    with pytest.raises(UserError, match=called) as refused:
        sensitivity(experiment, plan, table(ishigami(*x)))
    assert 'method = "saltelli"' in str(refused.value)
    assert 'method = "morris"' in str(refused.value)


@pytest.mark.parametrize("varied", ['[vary]\n"world.pool" = [8, 9]\n', ""])
def test_r23_sensitivity__refuses_what_is_not_sampled(tmp_path, varied):
    file = tmp_path / "grid.toml"
    file.write_text('scenario = "default"\nstyles = ["commons"]\n' + varied)
    experiment = read_experiment(file)
    with pytest.raises(UserError, match=r"it has no \[sample\]"):
        sensitivity(experiment, Plan(experiment), table(np.zeros(2)))


@pytest.mark.parametrize("method", METHODS)
def test_q18_sensitivity__says_no_variation_where_there_is_none(tmp_path, method):
    experiment, plan, x = study(tmp_path, method)
    surplus, trust = sensitivity(experiment, plan, table(ishigami(*x)))
    assert len(surplus.of(surplus.leading)) == 3
    assert not surplus.reason
    assert (trust.outcome, trust.reason, trust.growth) == ("trust", "no variation", {})
    assert trust.ranked == []


def test_sensitivity__says_where_an_outcome_is_not_known_in_all_runs(tmp_path):
    experiment, plan, x = study(tmp_path)
    y = ishigami(*x)
    y[[0, 6]] = np.nan, np.inf
    (found,) = sensitivity(experiment, plan, table(y), ["surplus"])
    assert found.reason == "not known in 2 of 80 runs"
    assert not found.growth


def test_sensitivity__takes_the_styles_and_outcomes_that_are_named(tmp_path):
    experiment, plan, x = study(tmp_path, n=64)
    y = np.where(np.arange(len(plan)) % 2, x[0], x[2])
    first, second = sensitivity(experiment, plan, table(y), ["surplus"], ["commons", "steward"])
    assert (first.style, first.ranked[0]) == ("commons", "lever.tools")
    assert (second.style, second.ranked[0]) == ("steward", "lever.contest")
    with pytest.raises(UserError, match="did you mean 'surplus'"):
        sensitivity(experiment, plan, table(y), ["surpls"])
    with pytest.raises(UserError, match="did you mean 'steward'"):
        sensitivity(experiment, plan, table(y), None, ["stewart"])


def test_sensitivity__is_told_for_each_setting_that_is_crossed_with_the_sample(tmp_path):
    experiment, plan, x = study(tmp_path, n=64, rest='[vary]\n"world.pool" = [8, 9]\n')
    pool = [plan.run(i).values["world.pool"] for i in range(len(plan))]
    y = np.where(np.array(pool) == 8, x[0], x[1])
    eight, nine = sensitivity(experiment, plan, table(y), ["surplus"])
    assert (eight.at, eight.ranked[0]) == ({"world.pool": 8}, "lever.contest")
    assert (nine.at, nine.ranked[0]) == ({"world.pool": 9}, "lever.control")
    assert nine.title == "surplus, commons, world.pool = 9"


def test_sensitivity__tells_each_name_once(tmp_path):
    experiment, plan, x = study(tmp_path)
    twice = ["surplus", "trust", "surplus"], ["steward", "steward"]
    found = sensitivity(experiment, plan, table(ishigami(*x)), *twice)
    assert [(f.outcome, f.style) for f in found] == [("surplus", "steward"), ("trust", "steward")]


@pytest.mark.parametrize(("method", "one"), [("saltelli", "base point"), ("morris", "trajectory")])
def test_sensitivity__one_base_point_is_too_few(tmp_path, method, one):
    experiment, plan, x = study(tmp_path, method, n=1)
    with pytest.raises(UserError, match=f"One {one} gives no"):
        sensitivity(experiment, plan, table(ishigami(*x)))


def test_r24_growth__narrows_the_intervals_with_more_base_points(large):
    experiment, plan, y = large
    (found,) = sensitivity(experiment, plan, table(y), ["surplus"])
    assert list(found.growth) == [128, 256, 512, 1024]
    halves = [
        index.high - index.low
        for n in found.growth
        for index in found.of("total", n).values()
        if index.factor == "lever.contest"
    ]
    assert halves == sorted(halves, reverse=True)
    assert halves[0] / halves[-1] == pytest.approx(8**0.5, rel=0.2)


def test_r24_indices__mark_what_is_not_told_from_0(large):
    experiment, plan, y = large
    (found,) = sensitivity(experiment, plan, table(y), ["surplus"])
    assert [i.told for i in found.of("first order").values()] == [True, True, False]
    assert [i.told for i in found.of("total").values()] == [True, True, True]
    assert all(i.low < i.value < i.high for i in found.growth[1024])
    assert found.to_dict()["growth"][-1]["told"]


@pytest.mark.parametrize("seeds", [2, 5, 20])
def test_r24_total__chance_alone_is_not_taken_for_an_effect(tmp_path, seeds):
    # Normal noise of its own in each run. An interval at 95 % lies above chance in 2.5 % of cases.
    experiment, plan, x = study(tmp_path, n=64, seeds=seeds)
    rng = np.random.default_rng(1)
    y = 3 * x[0] + rng.normal(size=len(plan))
    y += rng.normal(size=seeds).repeat(len(plan) // seeds)  # luck that all points share
    (found,) = sensitivity(experiment, plan, table(y), ["surplus"])
    assert found.replicates == seeds
    assert [i.told for i in found.of("total").values()] == [True, False, False]
    for index in list(found.of("total").values())[1:]:
        assert index.value > 0
        assert index.chance == pytest.approx(index.value, rel=0.4)
        assert index.chance == pytest.approx(1 / seeds / (3**2 * np.pi**2 / 3), rel=0.4)


def trajectories(n, d, seed=1):
    """Returns Morris's design (trajectory, point, factor) in the unit cube."""
    return morris(n, d, np.random.default_rng(seed)).reshape(n, d + 1, d)


def measured(outcomes, design, method="morris"):
    """Returns the indices from all base points by (measure, factor), the factors by number."""
    outcomes = np.asarray(outcomes).reshape(-1, *design.shape[:2])
    names = [str(k) for k in range(design.shape[2])]
    growth, _ = analyse(outcomes, design, names, METHODS[method])
    return {(i.measure, int(i.factor)): i for i in growth[len(design)]}


def test_morris__finds_the_slopes_of_a_plane():
    x = trajectories(12, 3)
    found = measured(1e6 + 2 * x[..., 0] - 5 * x[..., 1], x)
    for factor, slope in enumerate([2, -5, 0]):
        assert found["mu", factor].value == pytest.approx(slope, abs=1e-6)
        assert found["mu*", factor].value == pytest.approx(abs(slope), abs=1e-6)
        assert found["sigma", factor].value == pytest.approx(0, abs=1e-6)
        assert found["mu*", factor].told == found["mu", factor].told == (slope != 0)
        assert not found["sigma", factor].told
    assert pytest.approx(LEVELS / 2 / (LEVELS - 1)) == MOVE


def test_morris__tells_bends_and_interactions_from_slopes():
    x = 2 * trajectories(64, 3) - 1
    found = measured(x[..., 0] * x[..., 1] + 3 * x[..., 2], x)
    assert [found["sigma", k].told for k in range(3)] == [True, True, False]
    assert [found["mu", k].told for k in range(3)] == [False, False, True]
    # Levels ±1 and ±1/3 make effects of a size of 2 or 2/3, each as likely.
    assert found["mu*", 0].value == pytest.approx(4 / 3, abs=0.2)
    assert found["mu*", 2].value == pytest.approx(6)


def test_morris__is_told_of_a_study_with_whole_numbers_and_texts(tmp_path):
    ranges = '"ties.kind" = ["none", "small_world"]\n"world.pool" = [8, 12]\n'
    experiment, plan, _ = study(tmp_path, "morris", 20, ranges=ranges + '"lever.tools" = [0, 1]\n')
    runs = [plan.run(i).values for i in range(len(plan))]
    y = [4 * (v["ties.kind"] == "none") + v["lever.tools"] for v in runs]
    (found,) = sensitivity(experiment, plan, table(np.array(y)), ["surplus"])
    assert found.ranked == ["ties.kind", "lever.tools", "world.pool"]
    assert [found.of("mu*")[name].told for name in found.ranked] == [True, True, False]
    assert found.of("mu")["ties.kind"].value == pytest.approx(-6)
    assert list(found.growth) == [10, 20]


def test_morris__chance_alone_is_not_taken_for_an_effect():
    # Here too an interval at 95 % lies above chance in 2.5 % of cases, and two were looked at.
    x = trajectories(64, 3)
    noise = np.random.default_rng(1).normal(size=(5, *x.shape[:2]))
    found = measured(3 * x[..., 0] + noise, x)
    assert [found["mu*", k].told for k in range(3)] == [True, False, False]
    for factor in (1, 2):
        for measure in ("mu*", "sigma"):
            index = found[measure, factor]
            assert index.chance == pytest.approx(index.value, rel=0.3)


def test_interval__is_as_wide_as_that_of_means():
    # The mean effect is a mean, whose standard error is known.
    x = trajectories(40, 2)
    y = x[..., 0] * x[..., 1]
    index = measured(y, x)["mu", 0]
    effects = METHODS["morris"].prepare(y[np.newaxis], x)[0, :, 0]
    half = 1.96 * effects.std() / 40**0.5
    assert (index.high - index.low) / 2 == pytest.approx(half, rel=0.1)


def test_interval__is_wider_where_replicates_disagree():
    # However many base points there are, only these four replicates tell of the slope.
    x = trajectories(32, 2)[..., :1] * np.array([4.0, 4, 4, 4])
    design = trajectories(32, 2)
    alike = measured(np.moveaxis(x, -1, 0), design)["mu", 0]
    slopes = np.array([1.0, 3, 5, 7])
    apart = measured(np.moveaxis(x / 4 * slopes, -1, 0), design)["mu", 0]
    assert alike.value == pytest.approx(4)
    assert apart.value == pytest.approx(4)
    assert alike.high - alike.low < 1e-9
    assert (apart.high - apart.low) / 2 == pytest.approx(1.96 * slopes.std() / 2, rel=0.1)


@pytest.mark.parametrize("d", [1, 3])
def test_sobol__is_what_scipy_says(d):
    n = 64
    x = saltelli(n, d, np.random.default_rng(1)).reshape(n, d + 2, d)
    y = np.exp(x).sum(axis=-1) + x.prod(axis=-1)
    found = measured(y, x, "saltelli")
    twice = np.stack([y, y]).transpose(2, 0, 1)
    there = sobol_indices(func={"f_A": twice[0], "f_B": twice[1], "f_AB": twice[2:]}, n=n)
    first, total = there.first_order.reshape(2, d)[0], there.total_order.reshape(2, d)[0]
    assert [found["first order", k].value for k in range(d)] == pytest.approx(first.tolist())
    assert [found["total", k].value for k in range(d)] == pytest.approx(total.tolist())


def test_sobol__a_factor_without_effect_is_not_told_whatever_the_rest_does():
    n, d = 32, 3
    x = saltelli(n, d, np.random.default_rng(1)).reshape(n, d + 2, d)
    found = measured(1e9 + np.sin(9 * x[..., 0]) * x[..., 1], x, "saltelli")
    assert found["total", 2].value == found["total", 2].high == 0
    assert not found["total", 2].told
    assert found["total", 0].told


def test_sobol__says_nothing_where_a_and_b_do_not_vary():
    x = saltelli(8, 2, np.random.default_rng(1)).reshape(8, 4, 2)
    y = np.zeros((2, 8, 4))
    y[:, 3, 2] = 1
    growth, reason = analyse(y, x, ("a", "b"), METHODS["saltelli"])
    assert all(math.isnan(i.value) and not i.told for i in growth[8])
    assert not reason


def test_to_dict__is_json(tmp_path):
    experiment, plan, x = study(tmp_path)
    found = sensitivity(experiment, plan, table(ishigami(*x)))
    surplus, trust = json.loads(json.dumps(json_safe([f.to_dict() for f in found])))
    assert surplus["factors"] == list(FACTORS)
    assert surplus["level"] == 0.95
    assert len(surplus["growth"]) == 2 * 2 * 3  # 8 and 16 base points
    assert {"factor", "measure", "n", "value", "low", "high", "chance", "told"} == set(
        surplus["growth"][0]
    )
    assert trust["reason"] == "no variation"
