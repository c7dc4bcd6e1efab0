"""Sweeps by the API: each run once, whatever stops them, and nothing that is of another study."""

import json
import logging
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import sim
from sim.core.jit import INTERPRETED
from sim.design import Plan, read_experiment, scenario_of, style_of
from sim.errors import UserError
from sim.executors import Options
from sim.simulation import EVENT_NAMES, RunError
from sim.study_store import StudyStore, manifest
from sim.study_store.comparing import differences
from sim.sweeps import chunk_size, chunks, preview
from sim.sweeps.chunking import tapered

WORLD = """
title = "tied"

[population]
people = 60
founders = 0.4

[time]
steps = 12

[ties]
kind = "file"
file = "ties.csv"

[[companies]]
name = "one"
"""
MARKET = """
scenario = "mixed_market"
seeds = 3
outcomes = ["profit", "active"]
fixed = { "population.people" = 80, "time.steps" = 12 }
"""
FLAKY = """
from pathlib import Path

from sim import Levers, Style


class Flaky(Style):
    levers = Levers(sharing=0.5)

    def decide(self, report):
        if Path({broken!r}).exists() and report.step == 4 and report.uniform(0) < {share}:
            raise OSError("the network is away")
        return self.levers
"""
ALWAYS = """
from sim import metric


@metric("always fails", "share", better=1)
def always(run):
    '''Returns nothing, ever.'''
    return run["activ"].mean()
"""


def resident():
    """Returns the memory of this process [bytes]."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def notes(folder="out"):
    """Returns what sweeps have left in a folder of themselves, in order of time."""
    found = sorted(Path(folder, "sweeps").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    return [json.loads(path.read_text()) for path in found]


# What a sweep does


def test_r3_table__has_each_run_with_its_seed_and_what_the_run_alone_gives(serially):
    study = serially()
    table = study.table()
    names = ["world.trust_critical"]
    assert table.column_names == [
        *("run", "key", "point_id", "rep", "style", "seed"),
        *names,
        *("status", "error", "step", "place", "seconds", "surplus", "active"),
    ]
    assert table["run"].to_pylist() == list(range(12))
    assert set(table["seed"].to_pylist()) == {1}
    plan = Plan(read_experiment("study.toml"))
    for row in table.to_pylist():
        planned = plan.run(row["run"])
        alone = sim.run(
            scenario_of(plan, planned), style_of(plan, planned), seed=row["seed"], rep=row["rep"]
        )
        assert sim.measure(alone, ["surplus", "active"]) == {k: row[k] for k in list(row)[-2:]}
        assert row["key"] == planned.key
        assert row["world.trust_critical"] == planned.values["world.trust_critical"]
        ended = [row[name] for name in ("status", "error", "step", "place")]
        assert ended == ["done", None, None, None]
        assert row["seconds"] > 0


def test_r4_replicates__are_all_different(serially):
    table = serially(sets=["seeds=20"]).table()
    for style in ("commons", "directive"):
        at = pc.and_(pc.equal(table["style"], style), pc.equal(table["point_id"], 0))
        values = table.filter(at)["surplus"].to_pylist()
        assert len(values) == len(set(values)) == 20


def test_r6_half_a_sweep__is_a_balanced_study(serially):
    serially(sets=["seeds=8"], stop_after=16)
    table = sim.open_study("out").table()
    assert 16 <= len(table) < 32
    groups = table.group_by(["style", "point_id"]).aggregate([("run", "count")])
    counts = groups["run_count"].to_pylist()
    assert len(counts) == 4
    assert max(counts) - min(counts) <= 1


def test_r7_sweep__goes_on_where_it_was_and_does_each_run_once(serially, counted):
    undisturbed = serially(folder="whole").table()
    keys = set(counted)
    counted.clear()
    for stop_after in (1, 3, 2):
        serially(stop_after=stop_after)
    study = serially()
    assert sorted(counted) == sorted(keys)
    assert len(keys) == 12
    assert differences(study.table(), undisturbed) == []
    counted.clear()
    assert differences(serially().table(), undisturbed) == []
    assert counted == []


def test_q13_the_same_sweep_again__changes_no_file(serially, files_of):
    serially()
    before = files_of("out")
    serially()
    assert files_of("out") == before


def test_q13_another_study__is_refused_and_nothing_written(serially, study, files_of):
    serially()
    before = files_of("out")
    study({'"commons", "directive"': '"commons", "steward"'})
    with pytest.raises(UserError, match=r"(?s)out: .*another study.*name another folder"):
        serially()
    assert files_of("out") == before


def test_q13_folder_with_something_else__is_refused(serially, files_of):
    Path("out").mkdir()
    Path("out/thesis.txt").write_text("my only copy")
    before = files_of("out")
    with pytest.raises(UserError, match=r"out: there is something else in this folder \(thesis"):
        serially()
    assert files_of("out") == before


def test_q14_what_is_counted__is_on_the_disk(folder, disk):
    asked = []

    def progress(done, planned):
        asked.append(disk.copy())
        disk.clear()

    one = Options(workers=1)
    sim.sweep("study.toml", "out", executor="processes", options=one, progress=progress)
    (_, *parts) = asked  # before the first, the folder is made
    assert parts == [["file", "folder"]] * 5  # a worker gives the name


def test_q14_workers_of_other_machines__wait_for_the_disk_themselves(folder, disk, monkeypatch):
    monkeypatch.setattr("sim.executors.serial._Here.here", False)
    asked = []

    def progress(done, planned):
        asked[:] = disk

    sim.sweep("study.toml", "out", executor="serial", progress=progress)
    assert asked[-18:] == ["file", "name", "folder"] * 6


def test_q13_shards__share_a_folder_and_whoever_ends_it_compacts(serially, counted):
    undisturbed = serially(folder="whole").table()
    counted.clear()
    first = serially(shard=(1, 2))
    assert 0 < first.store.status().done < 12
    assert not Path("out/table.parquet").exists()
    second = serially(shard=(2, 2))
    assert len(counted) == len(set(counted)) == 12
    assert Path("out/table.parquet").exists()
    assert differences(second.table(), undisturbed) == []


def test_shards__are_shares_of_the_chunks():
    missing = [range(0, 25), range(40, 43)]
    shares = [list(chunks(missing, 10, (own, 3))) for own in (1, 2, 3)]
    assert shares == [[(0, 10)], [(10, 20)], [(20, 25), (40, 43)]]
    nine = [list(chunks([range(9)], 1, (own, 3))) for own in (1, 2, 3)]
    assert [[start % 3 for start, _ in share] for share in nine] == [
        [0, 2, 1],
        [1, 0, 2],
        [2, 1, 0],
    ]
    assert list(chunks(missing, 10)) == [(0, 10), (10, 20), (20, 25), (40, 43)]


def test_tapered__the_last_chunk_of_each_worker_comes_in_smaller_and_smaller_parts():
    parts = list(tapered(chunks([range(48)], 12), 2))
    assert parts[:4] == [(0, 12), (12, 24), (24, 32), (36, 44)]
    sizes = [stop - start for start, stop in parts]
    assert sizes == [12, 12, 8, 8, 3, 3, 1, 1]
    runs = sorted(run for part in parts for run in range(*part))
    assert runs == list(range(48))
    assert list(tapered(chunks([range(48)], 12), 1)) == list(chunks([range(48)], 12))
    assert list(tapered(chunks([range(3)], 1), 8)) == [(0, 1), (1, 2), (2, 3)]
    assert list(tapered([], 4)) == []


def test_tapered__parts_end_where_worlds_do_unless_they_are_shorter():
    ends = [stop for _, stop in tapered(chunks([range(2004)], 252), 2, 6)]
    assert len(ends) == 14
    assert [end % 6 for end in ends] == [0] * 14
    of_one_world = chunks([range(48)], 12)
    assert list(tapered(of_one_world, 2, 50)) == list(tapered(chunks([range(48)], 12), 2))


def test_r30_chunk_size__adapts_to_the_time_that_a_run_takes():
    assert chunk_size(0.005, 10**6, 2) == 400
    assert chunk_size(5.0, 10**6, 2) == 1
    assert chunk_size(0.005, 160, 4) == 10  # enough chunks to keep all busy
    assert chunk_size(0.005, 160, 2) == chunk_size(0.005, 160, 1) == 20  # and to see them end
    assert chunk_size(0.0, 10**9, 2) == 2_000_000


def test_r20_note__says_cores_runs_failures_time_and_versions(serially):
    serially(stop_after=4)
    serially()
    early, late = notes()
    assert (early["ended_early"], late["ended_early"]) == (True, False)
    assert early["runs"] == 4
    assert 0 < late["runs"] <= 8
    assert late.items() >= {"workers": 1, "executor": "serial", "failed": 0, "shard": "1/1"}.items()
    seconds = late["seconds_per_run"] * late["runs"]
    assert late["seconds"] == pytest.approx(seconds, abs=0.00051)  # it is told to a millisecond
    assert set(late["versions"]) == {"python", "cocreate", "numpy", "numba", "mesa", "pyarrow"}


def test_open_study__knows_all_of_it_from_the_folder_alone(serially, folder):
    before = serially()
    (folder / "study.toml").unlink()
    after = sim.open_study("out")
    assert after.experiment.digest == before.experiment.digest
    assert len(after.plan) == 12
    assert after.table().equals(before.table())
    assert after.table(["run", "surplus"]).column_names == ["run", "surplus"]


def test_folder__is_by_default_results_and_the_name_of_the_file(serially):
    assert serially(folder=None).store.folder == Path("results/study")
    with pytest.raises(UserError, match="needs a folder"):
        serially({"scenario": "default"}, folder=None)


def test_experiment__may_be_a_table_in_code(serially):
    table = {
        "scenario": "default",
        "styles": ["commons"],
        "seeds": 2,
        "outcomes": ["active"],
        "fixed": {"population.people": 60, "time.steps": 12},
    }
    assert len(serially(table).table()) == 2


def test_repeat__gives_the_run_and_its_outcomes(serially):
    study = serially()
    row = study.table().to_pylist()[7]
    run, outcomes = study.repeat(7)
    assert outcomes == {name: row[name] for name in ("surplus", "active")}
    assert (run.seed, run.rep) == (row["seed"], row["rep"])
    with pytest.raises(UserError, match="run 12 is not one of the runs 0 to 11"):
        study.repeat(12)


# What may not change


CHANGES = {
    "a value of the scenario": ({"steps": ("= 12", "= 13")}, r"time\.steps: there 12, here 13"),
    "a style": (
        {"styles": ('"directive"', '"steward"')},
        r'styles\[2\]: there "directive", here "steward"',
    ),
    "the seed": ({"seed": ("seeds = 3", "seeds = 3\nseed = 5")}, "seed: there 1, here 5"),
    "an outcome": (
        {"outcomes": ('"active"]', '"trust"]')},
        r'outcomes\[2\]: there "active", here "trust"',
    ),
    "a level": (
        {"vary": ("[0.0, 1.0]", "[0.0, 0.5]")},
        r"vary\.world\.trust_critical\[2\]: there 1\.0, here 0\.5",
    ),
    "a level more": (
        {"vary": ("[0.0, 1.0]", "[0.0, 0.5, 1.0]")},
        r"vary\.world\.trust_critical: there \[0\.0, 1\.0\], here \[0\.0, 0\.5, 1\.0\]",
    ),
    "series": ({"series": ("seeds = 3", 'seeds = 3\nseries = ["active"]')}, "series"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_q15_resuming__is_refused_where_something_changed_and_works_once_it_is_undone(
    serially, study, files_of, change
):
    serially(stop_after=4)
    before = files_of("out")
    replaced, message = CHANGES[change]
    study(dict(replaced.values()))
    with pytest.raises(UserError, match=message) as refused:
        serially()
    assert "out: the results there are of another study, so nothing was run" in str(refused.value)
    assert files_of("out") == before
    study()
    assert len(serially().table()) == 12


def test_q15_a_changed_file_of_ties__is_refused_by_its_name(serially, study, files_of):
    Path("world.toml").write_text(WORLD)
    ties = "a,b\n" + "".join(f"{i},{i + 1}\n" for i in range(59))
    Path("ties.csv").write_text(ties)
    study({'"default"': '"world.toml"'})
    serially(stop_after=4)
    before = files_of("out")
    Path("ties.csv").write_text(ties + "0,59\n")
    with pytest.raises(UserError, match=r"the file 'ties\.csv' has changed"):
        serially()
    assert files_of("out") == before
    Path("ties.csv").write_text(ties.replace("\n", "\r\n"))  # says the same
    assert len(serially().table()) == 12


def test_q15_data_kept_in_the_folder__are_those_of_the_study(serially, study, files_of):
    Path("world.toml").write_text(WORLD)
    Path("ties.csv").write_text("a,b\n0,1\n")
    study({'"default"': '"world.toml"'})
    serially(stop_after=4)
    (kept,) = Path("out").rglob("ties.csv")
    kept.write_text("a,b\n0,2\n")
    with pytest.raises(UserError, match=r"the file 'ties\.csv' is not the one of the study"):
        sim.open_study("out")
    assert len(serially().table()) == 12
    assert kept.read_text() == "a,b\n0,1\n"
    Path("ties.csv").unlink()
    assert len(sim.open_study("out").repeat(3)[1]) == 2


def test_q15_a_changed_plug_in__is_refused_by_its_name(serially, study, files_of):
    Path("flaky.py").write_text(FLAKY.format(broken="broken", share=1.0))
    study({'"directive"': '"flaky"'})
    serially(plugins=["flaky.py"], stop_after=4)
    before = files_of("out")
    Path("flaky.py").write_text(FLAKY.format(broken="broken", share=1.0) + "# another word\n")
    with pytest.raises(UserError, match="the file of the style 'flaky' has changed"):
        serially(plugins=["flaky.py"])
    assert files_of("out") == before
    Path("flaky.py").write_text(FLAKY.format(broken="broken", share=1.0))
    assert len(serially(plugins=["flaky.py"]).table()) == 12


def test_q15_an_edited_plug_in__is_run_as_it_is_now(serially, study):
    study({'"commons", "directive"': '"flaky"'})
    Path("flaky.py").write_text(FLAKY.format(broken="broken", share=1.0))
    one = serially(folder="one", plugins=["flaky.py"]).table()
    Path("flaky.py").write_text(Path("flaky.py").read_text().replace("0.5)", "0.875)"))
    other = serially(folder="other", plugins=["flaky.py"]).table()
    assert set(one["key"].to_pylist()).isdisjoint(other["key"].to_pylist())
    assert one["surplus"].to_pylist() != other["surplus"].to_pylist()


@pytest.mark.parametrize("which", ["core", "model"])
def test_q15_another_code__is_refused_and_its_own_goes_on(serially, monkeypatch, files_of, which):
    serially(stop_after=4)
    before = files_of("out")
    with monkeypatch.context() as patched:
        patched.setitem(manifest.CODE, which, "0123456789abcdef")
        message = rf'code\.{which}: there "\w+", here "0123456789abcdef"'
        with pytest.raises(UserError, match=message):
            serially()
        assert files_of("out") == before
    assert len(serially().table()) == 12


# More runs, and runs of other studies


def test_more_seeds__add_only_their_runs_and_fewer_are_refused(serially, counted, files_of):
    three = serially().table()
    counted.clear()
    five = serially(sets=["seeds=5"])
    assert len(counted) == 8
    assert five.plan.seeds == 5
    assert five.table().slice(0, 12).equals(three)
    assert differences(five.table(), serially(folder="new", sets=["seeds=5"]).table()) == []
    before = files_of("out")
    with pytest.raises(UserError, match="out: the study there has 20 runs, more than these 16"):
        serially(sets=["seeds=4"])
    assert files_of("out") == before


def test_reuse__does_only_the_runs_of_the_new_level(serially, study, counted):
    serially(folder="old")
    study({"[0.0, 1.0]": "[0.0, 0.5, 1.0]"})
    fresh = serially(folder="fresh").table()
    counted.clear()
    found = serially(reuse=["old"]).table()
    assert len(found) == 18
    assert len(counted) == 6
    (note,) = notes()
    assert (note["runs"], note["reused"]) == (18, 12)
    assert differences(found, fresh) == []


def test_reuse__takes_no_failed_run(serially, study, counted):
    Path("flaky.py").write_text(FLAKY.format(broken="broken", share=0.5))
    study({'"directive"': '"flaky"'})
    Path("broken").touch()
    old = serially(folder="old", plugins=["flaky.py"])
    n_failed = old.store.status().failed
    assert 0 < n_failed < 5
    Path("broken").unlink()
    counted.clear()
    new = serially(reuse=["old"], plugins=["flaky.py"])
    assert len(counted) == n_failed
    assert new.store.status().done == 12


def test_reuse__is_refused_where_runs_are_not_comparable(serially, files_of, monkeypatch):
    serially(folder="old")
    more = ['outcomes=["surplus","trust"]']
    with pytest.raises(UserError, match=r"old: .*it does not have the outcome 'trust'"):
        serially(folder="a", sets=more, reuse=["old"])
    for kept in ("series=true", "events=true"):
        with pytest.raises(UserError, match=r"old: .*only outcomes are taken"):
            serially(folder=kept, sets=[kept], reuse=["old"])
    with pytest.raises(UserError, match="nowhere: no study is here"):
        serially(folder="c", reuse=["nowhere"])
    path = Path("old/manifest.json")
    path.write_text(path.read_text().replace(manifest.CODE["core"], "0123456789abcdef"))
    with pytest.raises(UserError, match=r"old: .*it was done by other code"):
        serially(folder="d", reuse=["old"])


def test_reuse__is_refused_where_an_outcome_is_measured_in_another_way(serially, study):
    text = ALWAYS.replace('run["activ"].mean()', "1.0")
    Path("always.py").write_text(text)
    study({'"active"]': '"always"]'})
    serially(folder="old", plugins=["always.py"])
    Path("always.py").write_text(text.replace("1.0", "2.125"))
    with pytest.raises(UserError, match=r"old: .*its outcome 'always' is measured in another way"):
        serially(reuse=["old"], plugins=["always.py"])


# Failures


def test_retry__does_failed_runs_again_and_only_these(serially, study, counted):
    Path("flaky.py").write_text(FLAKY.format(broken="broken", share=0.5))
    study({'"directive"': '"flaky"'})
    undisturbed = serially(folder="whole", plugins=["flaky.py"]).table()
    Path("broken").touch()
    study = serially(plugins=["flaky.py"])
    failed = [failure.run for failure in study.failures()]
    assert 0 < len(failed) < 5
    assert Path("out/table.parquet").exists()
    counted.clear()
    assert serially(plugins=["flaky.py"]).failures() == study.failures()
    assert counted == []
    Path("broken").unlink()
    again = serially(plugins=["flaky.py"], retry=True)
    assert len(counted) == len(failed)
    assert again.failures() == []
    assert differences(again.table(), undisturbed) == []
    assert Path("out/table.parquet").exists()


def test_retry__in_shards_does_each_failed_run_once(serially, study, counted):
    Path("flaky.py").write_text(FLAKY.format(broken="broken", share=0.5))
    study({'"directive"': '"flaky"', "seeds = 3": "seeds = 8"}, tail="\n[limits]\nfailures = 99\n")
    Path("broken").touch()
    failed = {failure.key for failure in serially(plugins=["flaky.py"]).failures()}
    Path("broken").unlink()
    counted.clear()
    serially(plugins=["flaky.py"], retry=True, shard=(1, 2))
    assert 0 < len(counted) < len(failed)
    again = serially(plugins=["flaky.py"], retry=True, shard=(2, 2))
    assert sorted(counted) == sorted(failed)
    assert again.failures() == []


def test_retry__that_is_stopped_loses_nothing(serially, study):
    Path("flaky.py").write_text(FLAKY.format(broken="broken", share=0.5))
    study({'"directive"': '"flaky"'})
    undisturbed = serially(folder="whole", plugins=["flaky.py"]).table()
    Path("broken").touch()
    serially(plugins=["flaky.py"])
    Path("broken").unlink()
    serially(plugins=["flaky.py"], retry=True, stop_after=1)
    assert sim.open_study("out", ["flaky.py"]).store.status().missing == 0
    again = serially(plugins=["flaky.py"], retry=True)
    assert differences(again.table(), undisturbed) == []


def test_r8_a_failing_run__is_a_row_and_the_others_are_complete(serially, study):
    Path("flaky.py").write_text(FLAKY.format(broken=".", share=0.5))
    study({'"directive"': '"flaky"'})
    found = serially(plugins=["flaky.py"])
    rows = found.table().to_pylist()
    failed = [row for row in rows if row["status"] == "failed"]
    assert len(rows) == 12
    assert 0 < len(failed) < 5
    for row in failed:
        assert row["style"] == "flaky"
        assert row["error"] == "OSError: the network is away"
        assert row["step"] == 4
        assert row["place"] == "flaky.py:12"
        assert row["surplus"] is None
    assert all(row["surplus"] is not None for row in rows if row["status"] == "done")
    assert [failure.run for failure in found.failures()] == [row["run"] for row in failed]
    with pytest.raises(OSError, match="the network is away"):
        found.repeat(failed[0]["run"])


def test_q30_failures_that_are_alike__stop_the_sweep(serially, study):
    Path("always.py").write_text(ALWAYS)
    study({'"active"]': '"always"]', "seeds = 3": "seeds = 30"})
    with pytest.raises(RunError) as stopped:
        serially(plugins=["always.py"])
    said = str(stopped.value)
    assert "No series is called 'activ'" in said
    assert "always.py:8" in said
    assert "cocreate repeat out " in said
    found = sim.open_study("out", ["always.py"])
    status = found.store.status()
    assert status.done == 0
    assert 5 <= status.failed < 40
    assert notes()[-1]["ended_early"]


def test_limits__may_let_failures_go_on(serially, study):
    Path("always.py").write_text(ALWAYS)
    study({'"active"]': '"always"]'}, tail="\n[limits]\nfailures = 100\n")
    found = serially(plugins=["always.py"])
    assert found.store.status().failed == 12


def test_r9_what_breaks_beside_the_runs__costs_none_of_them(serially, monkeypatch, counted):
    undisturbed = serially(folder="whole").table()
    counted.clear()
    with monkeypatch.context() as patched:
        patched.setattr(StudyStore, "note", Mock(side_effect=OSError("no room for notes")))
        with pytest.raises(OSError, match="no room for notes"):
            serially(sets=["seeds=2"])
    with pytest.raises(ZeroDivisionError):
        sim.sweep("study.toml", "out", executor="serial", progress=lambda done, planned: 1 / 0)
    assert differences(serially().table(), undisturbed) == []
    assert len(counted) == len(set(counted)) == 12


def test_r16_an_outcome_that_is_no_number__fails_its_run(serially, study):
    Path("always.py").write_text(ALWAYS.replace('run["activ"].mean()', "None"))
    study(
        {'"active"]': '"always"]', "seeds = 3": "seeds = 1"},
    )
    found = serially(plugins=["always.py"])
    assert [row["error"].partition(":")[0] for row in found.table().to_pylist()] == [
        "TypeError"
    ] * 4


# Replicating until it is precise

PRECISE = """
[precise]
outcome = "surplus"
styles = ["commons", "directive"]
width = {width}
least = 30
block = 10
most = {most}
"""


def precise(width, most=60):
    return {"replaced": {"[0.0, 1.0]": "[0.5]"}, "tail": PRECISE.format(width=width, most=most)}


def test_precise__grows_in_blocks_to_its_most_where_it_stays_too_wide(serially, study):
    study(**precise(1e-6, most=45))
    found = serially()
    assert found.plan.seeds == 45
    assert len(found.table()) == 90
    assert found.width() > 1e-6


def test_precise__stops_once_the_interval_is_narrow(serially, study, counted):
    study(**precise(1e-6, most=60))
    widths = {}
    study(**precise(1e9, most=60))
    found = serially(folder="least")
    assert (found.plan.seeds, len(counted)) == (30, 60)
    widths[30] = found.width()
    wanted = widths[30] * 0.93
    study(**precise(wanted, most=200))
    found = serially()
    assert 30 < found.plan.seeds < 200
    assert found.plan.seeds % 10 == 0
    assert found.width() <= wanted
    rows = found.table()
    values = {
        s: rows.filter(pc.equal(rows["style"], s))["surplus"].to_numpy()
        for s in ("commons", "directive")
    }
    before = (values["commons"] - values["directive"])[: found.plan.seeds - 10]
    assert 2 * 1.96 * before.std(ddof=1) / np.sqrt(len(before)) > 0.9 * wanted


def test_precise__resumed_in_the_middle_gives_the_same_table(serially, study, counted):
    study(**precise(1e-6, most=50))
    whole = serially(folder="whole").table()
    counted.clear()
    for _ in range(3):
        serially(stop_after=15)
    found = serially()
    assert found.plan.seeds == 50
    assert len(counted) == len(set(counted)) == 100
    assert differences(found.table(), whole) == []
    counted.clear()
    assert len(serially().table()) == 100
    assert counted == []


def test_precise__may_be_asked_to_be_more_so(serially, study, counted):
    study(**precise(1e-6, most=40))
    serially()
    counted.clear()
    study(**precise(1e-6, most=50))
    assert serially().plan.seeds == 50
    assert len(counted) == 20


def test_precise__that_is_not_reached_is_said_aloud(serially, study, caplog):
    study(**precise(1e-6, most=40))
    with caplog.at_level(logging.WARNING, "sim"):
        serially()
    assert "not as precise as asked: after 40 seeds the interval of surplus is" in caplog.text


@pytest.mark.parametrize("shard", [(4, 3), (0, 3), "1/3", (1, 2, 3)])
def test_shard__that_is_none_is_refused(serially, shard):
    with pytest.raises(UserError, match="shard must be one of so many"):
        serially(shard=shard)


@pytest.mark.parametrize("name", ["sets", "plugins", "reuse"])
def test_a_text__where_a_list_must_be_is_refused(serially, name):
    with pytest.raises(UserError, match=f"{name} must be a list, such as"):
        serially(**{name: "seeds=2"})


def test_precise__is_not_done_in_shards(serially, study):
    study(**precise(1e-6))
    with pytest.raises(UserError, match=r"\[precise\] cannot be done in shards"):
        serially(shard=(1, 2))
    assert not Path("out").exists()


# Series, events, markets


def test_r15_series_and_events__are_what_the_runs_alone_give(serially, study):
    study(head='series = ["active", "created"]\nevents = true')
    found = serially()
    series = pa.concat_tables(found.store.blocks("series"))
    events = pa.concat_tables(found.store.blocks("events"))
    assert series.column_names == ["run", "key", "step", "company", "active", "created"]
    assert events.column_names == ["run", "step", "person", "company", "event", "value"]
    assert len(series) == 12 * 13
    for index in range(12):
        planned = found.plan.run(index)
        alone = sim.run(
            scenario_of(found.plan, planned),
            style_of(found.plan, planned),
            seed=1,
            rep=planned.rep,
            events=True,
        )
        rows = series.filter(pc.equal(series["run"], index))
        assert rows["step"].to_pylist() == list(range(13))
        assert set(rows["key"].to_pylist()) == {planned.key}
        for name in ("active", "created"):
            assert rows[name].to_pylist() == alone[name].tolist()
        rows = events.filter(pc.equal(events["run"], index))
        assert rows["person"].to_pylist() == alone.log["person"].tolist()
        assert rows["value"].to_pylist() == alone.log["value"].tolist()
        assert rows["event"].to_pylist() == [EVENT_NAMES[e] for e in alone.log["event"]]


def test_series__are_recorded_as_often_as_the_scenario_says(serially, study):
    study(
        head='series = ["active"]',
        replaced={'"time.steps" = 12': '"time.steps" = 12\n"time.every" = 5'},
    )
    found = serially()
    series = pa.concat_tables(found.store.blocks("series"))
    assert series["step"].to_pylist() == [0, 5, 10, 12] * 12


def test_series__of_a_run_that_failed_are_left_out(serially, study):
    Path("flaky.py").write_text(FLAKY.format(broken=".", share=0.5))
    study(head='series = ["active"]', replaced={'"directive"': '"flaky"'})
    found = serially(plugins=["flaky.py"])
    done = found.table().filter(pc.equal(found.table()["status"], "done"))["run"].to_pylist()
    series = pa.concat_tables(found.store.blocks("series"))
    assert series["run"].to_pylist() == [run for run in done for _ in range(13)]


def test_market__has_the_outcomes_of_each_company(serially):
    Path("market.toml").write_text(MARKET)
    found = serially("market.toml")
    names = [company.name for company in found.experiment.scenario.companies]
    assert found.experiment.competitors == tuple(names)
    assert len(names) > 1
    table = found.table()
    columns = [f"{name}.{outcome}" for name in names for outcome in ("profit", "active")]
    assert table.column_names[-len(columns) - 2 :] == ["profit", "active", *columns]
    row = table.to_pylist()[-1]
    planned = found.plan.run(row["run"])
    alone = sim.run(scenario_of(found.plan, planned), seed=row["seed"], rep=row["rep"])
    assert row["style"] == ""
    for name in names:
        view = alone.of(name)
        for outcome in ("profit", "active"):
            assert row[f"{name}.{outcome}"] == sim.measure(view, [outcome])[outcome]


# The plan


CASES = {
    "one style": ('styles = "commons"', [], 1, 3),
    "two styles": ('styles = ["commons", "directive"]', [], 1, 6),
    "a range": ("", ["{ from = 0, to = 1, step = 0.1 }"], 11, 33),
    "a range from 1": ("", ["{ from = 1, to = 1.6, step = 0.1 }"], 7, 21),
    "a coarse range": ("", ["{ from = 0.5, to = 1.1, step = 0.2 }"], 4, 12),
    "a list": ("", ["[0.1, 0.2, 0.3]"], 3, 9),
}
WRITTEN = {
    "a range": [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
    "a range from 1": [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6],
    "a coarse range": [0.5, 0.7, 0.9, 1.1],
    "a list": [0.1, 0.2, 0.3],
}


@pytest.mark.parametrize("case", CASES)
def test_q23_the_plans_number__is_that_of_the_rows_and_decimals_are_as_written(serially, case):
    styles, vary, n_points, n_runs = CASES[case]
    text = f"""
scenario = "default"
{styles or 'styles = ["commons"]'}
seeds = 3
outcomes = ["active"]
fixed = {{ "population.people" = 60, "time.steps" = 12 }}
"""
    text += f'[vary]\n"world.integrality" = {vary[0]}\n' if vary else ""
    Path("case.toml").write_text(text)
    facts = preview("case.toml", "out", executor="serial")
    assert (facts.n_points, facts.n_runs, facts.missing) == (n_points, n_runs, n_runs)
    table = serially("case.toml").table()
    assert len(table) == n_runs
    assert len(set(table["point_id"].to_pylist())) == n_points
    if case in WRITTEN:
        column = table["world.integrality"].to_pylist()
        assert sorted(set(column)) == WRITTEN[case]
        for value in WRITTEN[case]:
            assert column.count(value) == 3


@pytest.mark.parametrize(("levels", "message"), [("[]", "empty"), ("[1, 1.0]", "1.0 twice")])
def test_q23_levels__that_are_none_or_twice_are_refused(serially, study, levels, message):
    study({"[0.0, 1.0]": levels})
    with pytest.raises(UserError, match=rf"world\.trust_critical .*{message}"):
        serially()
    assert not Path("out").exists()


def test_preview__writes_nothing_and_says_what_is_missing(serially, files_of):
    assert preview("study.toml", "out").missing == 12
    assert not Path("out").exists()
    serially(stop_after=6)
    before = files_of("out")
    missing = preview("study.toml", "out").missing
    assert 0 < missing <= 6
    assert preview("study.toml", "out", sets=["seeds=5"]).missing == missing + 8
    assert files_of("out") == before


def test_preview__of_another_study_in_the_folder_is_refused(serially):
    serially(stop_after=6)
    with pytest.raises(UserError, match="another study"):
        preview("study.toml", "out", sets=["seed=5"])


def test_preview__names_the_origin_of_each_value(study):
    study()
    Path("other.toml").write_text('extends = "study.toml"\nseeds = 4\n')
    origins = preview("other.toml", "out", sets=["world.tolerance=0.3"]).origins
    assert origins["seeds"] == (4, "other.toml")
    assert origins["fixed.time.steps"] == (12, "study.toml")
    assert origins["fixed.world.tolerance"] == (0.3, "--set")


def test_extends__and_set_reach_the_runs(serially):
    Path("other.toml").write_text(
        'extends = "study.toml"\nseeds = 1\nfixed = { "time.steps" = 5 }\n'
    )
    found = serially("other.toml", sets=["population.people=40"], folder="out")
    assert len(found.table()) == 4
    scenario = found.plan.scenario(0)
    assert (scenario.time.steps, scenario.population.people) == (5, 40)


def test_r11_ten_million_runs__start_in_bounded_memory(serially):
    sets = ["seeds=2500000"]
    preview("study.toml", "warm")
    tracemalloc.start()
    try:
        facts = preview("study.toml", "out", sets=sets)
        serially(sets=sets, stop_after=1)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert facts.n_runs == 10**7
    assert facts.missing == 10**7
    assert peak < 20e6
    status = sim.open_study("out").store.status()
    assert status.planned == 10**7
    assert 1 <= status.done == 10**7 - status.missing


# Memory


def grows(serially, experiment, n_runs, early=50):
    """Returns the rows of a sweep, and how much memory grew from an early run to the end."""
    seen = []
    serially(sets=["seeds=1"], folder="warm")

    def progress(done, planned):
        if done >= early:
            seen.append(resident())

    found = sim.sweep(experiment, "out", executor="serial", progress=progress)
    assert found.store.status().done == n_runs
    return found, seen[-1] - seen[0]


def test_q27_memory__does_not_grow_with_the_runs(serially, study):
    study({"seeds = 3": "seeds = 75"})
    _, growth = grows(serially, "study.toml", 300)
    assert growth < 20e6


@pytest.mark.parametrize("n_runs", [200, pytest.param(1000, marks=pytest.mark.slow)])
def test_q28_many_runs_with_series__have_a_row_a_run_and_step_in_flat_memory(
    serially, study, n_runs
):
    study(head="series = true", replaced={"seeds = 3": f"seeds = {n_runs // 4}"})
    found, growth = grows(serially, "study.toml", n_runs)
    n_rows = 0
    for block in found.store.blocks("series", ["run", "step"]):
        n_rows += len(block)
    assert n_rows == n_runs * 13
    assert growth < 20e6


@pytest.mark.slow
def test_r12_memory_of_workers__does_not_grow_over_ten_thousand_runs(serially, study):
    study(
        {
            "seeds = 3": "seeds = 2500",
            '"time.steps" = 12': '"time.steps" = 2',
            '"population.people" = 60': '"population.people" = 20',
        }
    )
    _, growth = grows(serially, "study.toml", 10_000, early=1000)
    assert growth < 20e6


# Executors that cannot


def test_a_time_limit__that_nobody_keeps_is_said_aloud(serially, study, caplog):
    study(tail='\n[limits]\ntime = "60 s"\n')
    with caplog.at_level(logging.WARNING, "sim"):
        serially()
    assert "'serial' keeps no time limit" in caplog.text


def test_results__read_straight_into_a_data_frame(serially):
    serially()
    frame = pq.read_table("out/table.parquet").to_pandas()
    assert frame.groupby("style")["surplus"].count().to_dict() == {"commons": 6, "directive": 6}


# Results as a design


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_r18_rows_of_results__are_points_that_are_run_again(serially, form):
    found = serially(sets=["seeds=4"]).table()
    wanted = found.filter(pc.less(found["surplus"], pc.quantile(found["surplus"], q=0.25)[0]))
    assert 0 < len(wanted) < len(found)
    if form == "csv":
        wanted.to_pandas().to_csv("rows.csv", index=False)
    else:
        pq.write_table(wanted, "rows.parquet")
    Path("again.toml").write_text(
        f"""
scenario = "default"
seeds = 4
outcomes = ["surplus", "active"]
series = ["active"]
table = "rows.{form}"
fixed = {{ "population.people" = 60, "population.founders" = 0.4, "effort.effort_cost" = -2.0, \
"time.steps" = 12 }}
""".replace("\\\n", "")
    )
    again = serially("again.toml", folder="again").table()
    points = {(row["style"], row["world.trust_critical"]) for row in wanted.to_pylist()}
    assert len(again) == 4 * len(points)
    keys = dict(zip(again["key"].to_pylist(), again["surplus"].to_pylist(), strict=True))
    for row in wanted.to_pylist():
        assert keys[row["key"]] == row["surplus"]


def test_r18_rows_of_results_of_a_market__are_points_too(serially):
    text = MARKET + 'vary = { "world.tolerance" = [0.1, 0.2, 0.3] }\n'
    Path("market.toml").write_text(text)
    found = serially("market.toml").table()
    pq.write_table(found.slice(0, 2), "rows.parquet")
    Path("again.toml").write_text(MARKET + 'table = "rows.parquet"\n')
    again = serially("again.toml", folder="again").table()
    assert len(again) == 6
    assert set(again["world.tolerance"].to_pylist()) == {0.1, 0.2}
    assert set(again["key"].to_pylist()) < set(found["key"].to_pylist())


def test_r18_a_file_that_is_no_table__is_refused(serially):
    for content, message in ((b"PAR1", "is no Parquet file"), (None, "no such table of points")):
        if content is not None:
            Path("rows.parquet").write_bytes(content)
        else:
            Path("rows.parquet").unlink()
        Path("again.toml").write_text('scenario = "default"\ntable = "rows.parquet"\n')
        with pytest.raises(UserError, match=rf"rows\.parquet: .*{message}"):
            serially("again.toml")


def test_r21_what_varies__is_shown_as_its_values(serially, study):
    study({"[0.0, 1.0]": '[0.5]\n"ties.kind" = ["none", "small_world"]\n"time.review" = [2, 4]'})
    table = serially().table()
    assert table["ties.kind"].type == pa.string()
    assert table["time.review"].type == pa.int64()
    assert set(table["ties.kind"].to_pylist()) == {"none", "small_world"}
    assert set(table["time.review"].to_pylist()) == {2, 4}
    values = zip(*(table[n].to_pylist() for n in ("ties.kind", "time.review")), strict=True)
    by_point = set(zip(table["point_id"].to_pylist(), values, strict=True))
    assert len(by_point) == 4


def test_r26_the_seed__changes_every_run(serially):
    one = serially(folder="one").table()
    other = serially(folder="other", sets=["seed=2"]).table()
    assert set(one["key"].to_pylist()).isdisjoint(other["key"].to_pylist())
    values = zip(one["surplus"].to_pylist(), other["surplus"].to_pylist(), strict=True)
    assert all(a != b for a, b in values)


def test_precise__needs_styles_at_the_same_points(serially):
    rows = (
        '{ columns = ["style", "world.tolerance"], rows = [["commons", 0.1], ["directive", 0.2]] }'
    )
    Path("table.toml").write_text(
        f'scenario = "default"\ntable = {rows}\n' + PRECISE.format(width=1.0, most=40)
    )
    with pytest.raises(UserError, match="precise compares styles at the same points"):
        serially("table.toml")


@pytest.mark.parametrize(
    ("n_bytes", "seconds", "told"),
    [
        (800, 0.04, ("0.8 kB", "0.0 s")),
        (150e6, 119, ("150.0 MB", "119.0 s")),
        (1.5e11, 7200, ("150.0 GB", "2.0 h")),
        (1e9, 172_800, ("1.0 GB", "2.0 days")),
    ],
)
def test_preview__says_time_and_size_in_units_that_suit_them(study, n_bytes, seconds, told):
    facts = preview("study.toml", "out")._replace(n_bytes=n_bytes, seconds=seconds)
    lines = facts.told().splitlines()
    assert f"size: about {told[0]}" in lines
    assert any(line.startswith(f"time: about {told[1]}, ") for line in lines)


FORKED = """
from pathlib import Path

from sim import Levers, Style


class Forked(Style):
    "Fails in a fork, which is called like the process that sweeps."

    levers = Levers()

    def decide(self, report):
        assert b"sweeps" not in Path("/proc/self/cmdline").read_bytes()
        return self.levers
"""
SWEEPS = """
import sim
experiment = {"scenario": "default", "styles": ["forked"], "seeds": 1}
table = sim.sweep(experiment, "sweeps", plugins=["forked.py"]).table()
print(table["status"].to_pylist())
"""


def test_users_own_code__finds_a_process_that_is_new(tmp_path):
    (tmp_path / "forked.py").write_text(FORKED)
    asked = {"capture_output": True, "text": True, "timeout": 60, "cwd": tmp_path}
    out = subprocess.run([sys.executable, "-c", SWEEPS], check=True, **asked)
    assert out.stdout == "['done']\n"


AT_HAND = """
import sim
from sim.core.step import advance
experiment = {"scenario": "default", "seeds": 1, "fixed": {"time.steps": 1}}
sim.sweep(experiment, "sweeps")
print(len(advance.signatures))
"""


@pytest.mark.skipif(INTERPRETED, reason="there is no machine code")
def test_machine_code__is_loaded_before_workers_are_forked(tmp_path):
    asked = {"capture_output": True, "text": True, "timeout": 120, "cwd": tmp_path}
    out = subprocess.run([sys.executable, "-c", AT_HAND], check=True, **asked)
    assert out.stdout == "1\n"
