"""Many runs: the same tables however they are computed, and statistics of runs, not of people."""

import functools
import json
import math
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.errors import UserError
from sim.metrics import METRICS, metric
from sim.reading import change, load
from sim.scenario import Scenario
from sim.simulation import RunError
from sim.study import arms, compare, constant_styles, in_parallel, told, usable_cores
from sim.styles import STYLES, Style

ROOT = Path(__file__).parents[1]
WORLD = change(
    Scenario("tiny"),
    population={"people": 40, "founders": 0.4},
    time={"steps": 24},
    world={"ring": 200, "pool": 6},
    effort={"audience_appeal": 0.0},  # so few people are no audience
    search={"expert_sample": 10, "staff": 2},
    money={"seed_money": 100.0},
    turnover={"leave_early": "0.35 per month"},
)
MARKET = change(
    WORLD,
    companies=[{"name": "Łódź", "style": "commons"}, {"name": "協働", "style": "directive"}],
)


def assert_same(a, b):
    assert (a.arms, a.seeds, a.paired) == (b.arms, b.seeds, b.paired)
    assert list(a.outcomes) == list(b.outcomes)
    for name in a.outcomes:
        assert a.outcomes[name].tobytes() == b.outcomes[name].tobytes(), name


@pytest.mark.parametrize("world", [WORLD, MARKET], ids=["styles", "market"])
def test_compare__is_the_same_with_any_number_of_threads(world):
    chosen = None if world is MARKET else ["commons", "adaptive", "steward"]
    tables = [compare(world, chosen, seeds=6, seed=4, cores=cores) for cores in (1, 2, 7)]
    assert_same(tables[0], tables[1])
    assert_same(tables[0], tables[2])


def test_q01_replicates__differ_and_are_repeated_alone_and_as_a_set():
    for seed in (42, 0):
        table = compare(WORLD, ["commons", "steward"], seeds=10, seed=seed)
        assert_same(table, compare(WORLD, ["commons", "steward"], seeds=10, seed=seed))
        assert table.seeds == tuple((seed, rep) for rep in range(10))
        assert len(set(table.outcomes["value_created"][0])) == 10
        for rep, arm in ((7, "commons"), (0, "steward")):
            alone = sim.measure(sim.run(WORLD, arm, seed=seed, rep=rep))
            for name, values in table.outcomes.items():
                value = values[table.arms.index(arm), rep]
                assert value == alone[name] or (math.isnan(value) and math.isnan(alone[name]))
    others = compare(WORLD, ["commons"], seeds=10, seed=0).outcomes["value_created"]
    assert not set(table.outcomes["value_created"][0]) - set(others[0])
    assert set(others[0]).isdisjoint(
        compare(WORLD, ["commons"], seeds=10, seed=42).outcomes["value_created"][0]
    )


def test_q23_plan__has_a_run_for_each_style_and_seed():
    said = []
    table = compare(
        WORLD, ["commons", "steward", "contest"], seeds=4, progress=lambda *now: said.append(now)
    )
    assert said == [(n, 12) for n in range(1, 13)]
    assert table.values("trust").shape == (3, 4)
    said.clear()
    compare(MARKET, seeds=4, progress=lambda *now: said.append(now))
    assert said == [(n, 4) for n in range(1, 5)]


def test_compare__pairs_by_the_same_draws_of_world_and_people():
    class Twin(STYLES["commons"]):
        pass

    table = compare(WORLD, ["commons", Twin], seeds=4)
    for values in table.outcomes.values():
        assert values[0].tobytes() == values[1].tobytes()
    (effect,) = table.effects("value_created")
    assert (effect.arm, effect.method, effect.n) == ("Twin", "paired t", 4)
    assert (effect.difference, effect.low, effect.high) == (0.0, 0.0, 0.0)


def test_compare__unpaired_gives_every_run_its_own_draw():
    table = compare(WORLD, ["commons", "steward"], seeds=3, seed=5, paired=False)
    assert table.effects("trust")[0].method == "Welch t"
    for arm, style in enumerate(("commons", "steward")):
        for rep in range(3):
            alone = sim.run(WORLD, style, seed=5, rep=2 * rep + arm)
            assert table.outcomes["trust"][arm, rep] == METRICS["trust"](alone)


def test_q19_style_against_itself__differs_in_about_five_of_a_hundred_comparisons():
    """200 comparisons, 5 runs of 200 steps an arm, all draws different.

    With p-values that hold, fewer than 2 or more than 21 of 200 have a chance of about .001.
    """

    class Again(STYLES["commons"]):
        pass

    world = change(
        WORLD,
        population={"people": 60},
        time={"steps": 200, "review": 50},
        turnover={"awareness": "0.05 per month"},
    )
    names = ("active", "value_created", "cost", "contributions")
    small = dict.fromkeys(names, 0)
    for seed in range(200):
        table = compare(world, ["commons", Again], seeds=5, seed=seed, outcomes=names, paired=False)
        for name in names:
            (effect,) = table.effects(name)
            assert (effect.n, effect.n_baseline, effect.method) == (5, 5, "Welch t")
            small[name] += effect.p_adjusted < 0.05
    assert all(2 <= n <= 21 for n in small.values()), small


def test_market__compares_its_companies():
    table = compare(MARKET, seeds=3, seed=2)
    assert table.arms == ("Łódź", "協働")
    for rep in range(3):
        run = sim.run(MARKET, seed=2, rep=rep)
        for arm, name in enumerate(table.arms):
            assert table.outcomes["cost"][arm, rep] == METRICS["cost"](run.of(name))
    assert compare("mixed_market", seeds=1).arms == ("Command", "Kit", "Commons", "Steward")


def test_constant_styles__are_those_that_do_not_move():
    names = ["commons", "contest", "directive", "foundation", "steward", "toolkit"]
    assert constant_styles() == names
    assert arms(WORLD) == names
    assert compare(WORLD, seeds=1, outcomes=["trust"]).arms == tuple(names)


# Styles and metrics of the user's own


class Own(Style):
    levers = STYLES["steward"].levers


def test_compare__takes_classes_functions_and_metrics_as_they_are():
    members = metric("members at the end", "people", better=1)(lambda run: run["members"][-1])
    styles = ["steward", Own, lambda: Own(), functools.partial(Own)]
    table = compare(WORLD, styles, seeds=2, outcomes=["trust", members])
    assert table.arms == ("steward", "Own", "<lambda>", "partial")
    assert list(table.outcomes) == ["trust", "<lambda>"]
    assert table.about["<lambda>"].title == "members at the end"
    expected = [sim.run(WORLD, "steward", rep=rep)["members"][-1] for rep in range(2)]
    assert table.outcomes["<lambda>"].tolist() == [expected] * 4


@pytest.mark.parametrize(
    ("changes", "needle"),
    [
        ({"styles": ["comons"]}, "did you mean 'commons'"),
        ({"styles": []}, "one or more styles"),
        ({"styles": ["commons", "commons"]}, "each once"),
        ({"styles": [Own, Own]}, "each once"),
        ({"styles": "commons"}, "must be a list"),
        ({"styles": [Own()]}, "must be a name, a class or a function"),
        ({"styles": [3]}, "must be a name, a class or a function"),
        ({"seeds": 0}, "seeds must be a whole number of at least 1, but is 0"),
        ({"seeds": 2.0}, "seeds must be a whole number"),
        ({"seeds": True}, "seeds must be a whole number"),
        ({"cores": 0}, "cores must be a whole number of at least 1, but is 0"),
        ({"cores": 1.5}, "cores must be a whole number"),
        ({"seed": -1}, "seed must be a whole number of at least 0"),
        ({"seed": 1.0}, "seed must be a whole number"),
        ({"outcomes": ["trst"]}, "did you mean 'trust'"),
        ({"world": "opensource"}, "did you mean 'open_source'"),
        ({"world": MARKET}, "leave the styles out"),
    ],
)
def test_q22_compare__refuses_before_anything_runs(changes, needle):
    given = {"world": WORLD, "styles": ["commons"], "seeds": 1} | changes
    with pytest.raises(UserError, match=needle):
        compare(**given, progress=pytest.fail)


def test_q22_compare__knows_no_other_keyword():
    with pytest.raises(TypeError, match="sedes"):
        compare(WORLD, ["commons"], sedes=3)


@pytest.mark.parametrize(("paired", "replicate"), [(True, 0), (False, 1)])
def test_run_that_fails__is_named(paired, replicate):
    class Late(Own):
        def decide(self, report):
            if report.step == 8:
                raise ZeroDivisionError("at review 3")
            return self.levers

    with pytest.raises(RunError) as problem:
        compare(WORLD, ["steward", Late], seeds=1, seed=9, paired=paired)
    place = Path(__file__).name
    assert str(problem.value).startswith(
        f"Late, seed 9, replicate {replicate}: ZeroDivisionError: at review 3 ("
    )
    assert f"{place}, line " in str(problem.value)
    assert isinstance(problem.value.__cause__, ZeroDivisionError)


def test_told__of_a_stopped_run_is_its_own_message():
    assert told(RunError("step 3: no")) == "step 3: no"


# Ctrl-C


@pytest.mark.parametrize("after", [1, 4, 5, 12])
def test_interrupt__keeps_the_seeds_that_every_style_has_finished(after):
    def interrupt(done, planned):
        if done == after:
            raise KeyboardInterrupt

    words = {"styles": ["commons", "steward"], "seeds": 6, "cores": 1}
    if after == 1:
        with pytest.raises(KeyboardInterrupt):
            compare(WORLD, **words, progress=interrupt)
        return
    table = compare(WORLD, **words, progress=interrupt)
    assert table.interrupted
    assert table.seeds == tuple((1, rep) for rep in range(after // 2))
    whole = compare(WORLD, **words)
    assert not whole.interrupted
    for name, values in table.outcomes.items():
        assert values.tobytes() == whole.outcomes[name][:, : after // 2].tobytes()


def test_interrupt__leaves_no_thread_behind():
    before = threading.active_count()

    def interrupt(done, planned):
        if done == 3:
            raise KeyboardInterrupt

    compare(WORLD, ["commons"], seeds=50, cores=4, progress=interrupt)
    assert threading.active_count() == before


# The pool


@pytest.mark.parametrize("cores", [1, 2, 5])
def test_in_parallel__never_works_on_more_than_so_many_at_once(cores):
    lock, now, most = threading.Lock(), 0, 0

    def work(n):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.002)
        with lock:
            now -= 1
        return n * n

    done = dict(in_parallel(work, [(n,) for n in range(40)], cores))
    assert done == {(n,): n * n for n in range(40)}
    assert most <= cores


def test_in_parallel__passes_on_what_fails_and_stops():
    ran = []

    def work(n):
        ran.append(n)
        if n == 3:
            raise RuntimeError("three")
        return n

    with pytest.raises(RuntimeError, match="three"):
        list(in_parallel(work, [(n,) for n in range(1000)], 2))
    assert len(ran) < 20


def test_in_parallel__may_be_left_early():
    for job, _ in in_parallel(lambda n: n, [(n,) for n in range(100)], 2):
        if job == (5,):
            break
    assert threading.active_count() < 5


def test_q29_usable_cores__are_those_the_process_may_use(monkeypatch):
    if hasattr(os, "sched_getaffinity"):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5, 8})
        assert usable_cores() == 3
        monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_cores() == 1


# Scripts without a guard, standard input, start methods (Q39)

SCRIPT = """
import json, multiprocessing, os, threading
multiprocessing.set_start_method({method!r})
import sim

world = sim.change(sim.load("open_source"), population={{"people": 40}}, time={{"steps": 6}})
lock, now, most = threading.Lock(), 0, 0

def enter(change):
    global now, most
    with lock:
        now += change
        most = max(most, now)

def count(run):
    enter(-1)
    return run["members"][-1]

members = sim.metric("members", "people", better=1)(lambda run: count(run))

def started():
    enter(1)
    return sim.STYLES["commons"]()

table = sim.compare(world, [lambda: started()], seeds=8, cores=2, outcomes=["cost", members])
try:
    os.waitpid(-1, os.WNOHANG)
    children = True
except ChildProcessError:
    children = False
print(json.dumps([most, children, threading.active_count(),
                  {{name: values.tolist() for name, values in table.outcomes.items()}}]))
"""
METHODS = ("fork", "spawn", "forkserver")


def test_q39_script__needs_no_guard_and_no_processes(tmp_path):
    world = change(load("open_source"), population={"people": 40}, time={"steps": 6})
    expected = compare(world, ["commons"], seeds=8).outcomes["cost"].tolist()
    running = {}
    for method in METHODS:
        file = tmp_path / f"{method}.py"
        file.write_text(SCRIPT.format(method=method))
        running[method, "file"] = ([sys.executable, str(file)], None)
    running["spawn", "standard input"] = ([sys.executable], SCRIPT.format(method="spawn"))
    guarded = "def main():\n" + textwrap.indent(SCRIPT.format(method="spawn"), "    ")
    guarded = guarded.replace("    global now, most", "    nonlocal now, most")
    file = tmp_path / "guarded.py"
    file.write_text(f'{guarded}\nif __name__ == "__main__":\n    main()\n')
    running["spawn", "guarded"] = ([sys.executable, str(file)], None)
    processes = {
        key: subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for key, (command, _) in running.items()
    }
    for key, process in processes.items():
        out, err = process.communicate(running[key][1], timeout=120)
        assert (process.returncode, err) == (0, ""), key
        most, children, threads, outcomes = json.loads(out)
        assert 1 <= most <= 2
        assert (children, threads) == (False, 1)
        assert outcomes["cost"] == expected
        assert np.shape(outcomes["<lambda>"]) == (1, 8)
