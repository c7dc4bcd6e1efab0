"""What every metric keeps to, present and future."""

import math
import sys
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

import sim.metrics
from sim.errors import UserError
from sim.metrics import METRICS, Metric, measure
from sim.reading import build
from sim.registry import plug_in
from sim.simulation import Run
from sim.simulation import run as run_scenario

TWO = [{"name": "Alpha"}, {"name": "Beta", "style": "directive"}]
SHOCK = [{"at": 8, "kind": "loss_of_core", "size": 0.2}]
NOBODY = {
    "awareness": "0 per month",
    "word_of_mouth": "0 per month",
    "tie_awareness": "0 per month",
}
CROWD = {"people": 200, "founders": 0.5}
RICH = {"seed_money": 100.0}
LIVELY = {"effort_cost": -0.8}  # few people are hardly an audience, so their utility is lower
LOYAL = {"leave_early": "0.3 per month"}
WORLDS = {
    "usual": {},
    "sparse rows": {"time": {"steps": 24, "every": 7}},
    "nobody": {"population": CROWD | {"founders": 0.0}, "turnover": NOBODY},
    "one person": {"population": {"people": 1}},
    "only volunteers": {"population": CROWD | {"volunteers": 1.0}},
    "one step": {"time": {"steps": 1}},
    "no step": {"stop": {"outcome": "active", "above": -1.0}},
    "days": {"time": {"steps": 24, "step": "1 day"}},
    "years": {"time": {"steps": 24, "step": "1 year"}},
    "two companies": {"companies": TWO},
    "bankrupt": {"companies": TWO, "money": {"seed_money": 0.0, "margin": 0.0}},
    "shock": {"companies": TWO, "events": SHOCK},
    "late shock": {"time": {"steps": 4}, "events": SHOCK},
    "first shock": {"events": [{"at": 1, "kind": "loss_of_core", "size": 1.0}]},
}

SHARES = [
    name
    for name, metric in METRICS.items()
    if metric.unit == "share" and name != "returned_share"  # more may be paid than is created
]


@cache
def run_of(name: str) -> Run:
    usual = {
        "title": "t",
        "population": CROWD,
        "time": {"steps": 24},
        "money": RICH,
        "effort": LIVELY,
        "turnover": LOYAL,
    }
    return run_scenario(build(usual | WORLDS[name], "t.toml"), "commons", seed=1)


def test_worlds__are_what_their_names_say() -> None:
    assert run_of("usual")["active"][-1] > 0
    assert run_of("nobody").every_step("members").sum() == 0
    assert run_of("no step").end == 0
    assert run_of("bankrupt").companies["open"][-1].sum() == 0
    assert len(run_of("sparse rows").steps) < 24


@pytest.mark.parametrize("name", METRICS)
def test_metric__says_what_it_is(name: str) -> None:
    metric = METRICS[name]
    assert metric.name == name
    assert getattr(import_module(f"sim.metrics.{name}"), name) is metric
    assert metric.better in (-1, 0, 1)
    assert metric.title
    assert metric.unit
    assert len(metric.definition) > 30
    assert metric.definition.endswith(".")


def test_metrics__have_titles_of_their_own() -> None:
    titles = [metric.title for metric in METRICS.values()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("name", METRICS)
def test_metric__is_a_float_of_any_run_and_company(name: str, world: str) -> None:
    run = run_of(world)
    for view in (run, *(run.of(company) for company in range(len(run.styles)))):
        value = METRICS[name](view)
        assert type(value) is float
        assert not math.isinf(value)


@pytest.mark.parametrize("name", METRICS)
def test_metric__is_known_of_a_usual_run_unless_there_was_no_shock(name: str) -> None:
    shocked = name in ("shock_depth", "recovery_time")
    assert math.isnan(METRICS[name](run_of("usual"))) == shocked
    assert not math.isnan(METRICS[name](run_of("shock")))


@pytest.mark.parametrize("name", METRICS)
def test_metric__is_the_same_again_and_changes_nothing(name: str) -> None:
    run = run_of("shock")
    before = run.fingerprint()
    assert METRICS[name](run) == METRICS[name](run)
    assert run.fingerprint() == before


@pytest.mark.parametrize("name", METRICS)
def test_metric__does_not_depend_on_which_rows_are_recorded(name: str) -> None:
    values = [METRICS[name](run_of(world)) for world in ("usual", "sparse rows")]
    assert values[0] == pytest.approx(values[1], rel=0, abs=0, nan_ok=True)


@pytest.mark.parametrize("name", SHARES)
def test_metric__that_is_a_share_lies_within_0_and_1(name: str) -> None:
    for world in WORLDS:
        value = METRICS[name](run_of(world))
        assert math.isnan(value) or 0 <= value <= 1, world


def test_measure__takes_all_metrics_or_those_named() -> None:
    run = run_of("usual")
    assert list(measure(run)) == list(METRICS)
    assert measure(run, ["trust"]) == {"trust": METRICS["trust"](run)}


def test_measure__names_the_nearest_metric_of_a_wrong_name() -> None:
    with pytest.raises(UserError, match="retention_3"):
        measure(run_of("usual"), ["retenton_3"])


PLUG_IN = '''"""Members at the end."""

from sim.metrics import metric
from sim.simulation import Run


@metric("members at the end", "people", 1)
def members_at_the_end(run: Run) -> float:
    """Members of all companies at the end."""
    return run.every_step("members")[-1]
'''


@pytest.fixture
def plug_in_file(tmp_path: Path) -> Path:
    file = tmp_path / "members_at_the_end.py"
    file.write_text(PLUG_IN)
    return file


def test_metrics__take_in_a_new_file_without_another_edit(
    plug_in_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    n_before = len(METRICS)
    monkeypatch.delitem(METRICS.__dict__, "_members")  # found anew, and put back afterwards
    monkeypatch.setattr(sim.metrics, "__path__", [*sim.metrics.__path__, str(plug_in_file.parent)])
    try:
        assert len(METRICS) == n_before + 1
        check_plug_in(METRICS["members_at_the_end"])
    finally:
        sys.modules.pop("sim.metrics.members_at_the_end", None)


def test_metrics__take_in_a_users_plug_in(
    plug_in_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(METRICS, "_members", dict(METRICS))
    assert plug_in(plug_in_file, METRICS) == "members_at_the_end"
    check_plug_in(METRICS["members_at_the_end"])


def check_plug_in(metric: Metric) -> None:
    run = run_of("usual")
    assert metric.definition == "Members of all companies at the end."
    assert type(metric(run)) is float
    assert metric(run) == (run.state.people["company"] >= 0).sum() > 0


def test_metrics__refuse_a_function_that_is_not_declared(
    plug_in_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(METRICS, "_members", dict(METRICS))
    plug_in_file.write_text(PLUG_IN.replace("@metric", "# @metric"))
    with pytest.raises(UserError, match="members_at_the_end"):
        plug_in(plug_in_file, METRICS)
