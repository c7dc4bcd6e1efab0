"""What is written says where it comes from, is exact, and is there whole or not at all."""

import json
import os
import stat
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import sim
from sim import store
from sim.core.jit import CORE_HASH
from sim.core.motives import MOTIVES
from sim.reading import build, change, load, shipped
from sim.scenario import Scenario
from sim.simulation import EVENT_NAMES, run
from sim.study import compare

PEOPLE = {"people": 80, "founders": 0.5}
WORLD = change(
    Scenario("Łódź – 協働"),
    population=PEOPLE,
    time={"steps": 14, "every": 3},
    world={"ring": 200, "pool": 6},
    effort={"audience_appeal": 0.0},  # so few people are no audience
    search={"expert_sample": 10, "staff": 2},
    money={"seed_money": 50.0, "award_share": "0.5 per month"},
    turnover={"awareness": "0.2 per month", "leave_early": "0.5 per month", "switch_cost": -1.0},
    companies=[{"name": "Łódź"}, {"name": "協働", "style": "directive"}],
    events=[{"at": 5, "kind": "loss_of_core", "size": 0.2}],
)


@pytest.fixture(scope="module")
def logged():
    return run(WORLD, "commons", seed=3, rep=2, events=True)


@pytest.fixture
def files(logged, tmp_path):
    return {path.stem: path for path in store.save_run(logged, tmp_path)}


def column(table, name):
    return table[name].to_numpy()


def test_files__say_where_they_come_from(files):
    assert list(files) == ["series", "people", "events"]
    for path in files.values():
        about = pq.read_schema(path).metadata
        assert about[b"cocreate.style"].decode() == "commons, directive"
        assert (about[b"cocreate.seed"], about[b"cocreate.rep"]) == (b"3", b"2")
        assert about[b"cocreate.core"].decode() == CORE_HASH
        versions = json.loads(about[b"cocreate.versions"])
        assert versions["cocreate"] == sim.__version__
        assert versions["numpy"] == np.__version__
        assert {"numba", "mesa"} <= set(versions)
        assert build(json.loads(about[b"cocreate.scenario"]), path.name) == WORLD


@pytest.mark.parametrize("name", shipped())
def test_scenario__is_kept_whole(name):
    world = load(name)
    about = store.provenance(world, "commons", 0, None)
    assert build(json.loads(about["cocreate.scenario"]), name) == world
    assert (about["cocreate.seed"], about["cocreate.rep"]) == ("0", "")


def test_series__are_exact(files, logged):
    table = pq.read_table(files["series"])
    assert column(table, "step").tolist() == np.repeat([0, 3, 6, 9, 12, 14], 2).tolist()
    assert table["company"].to_pylist() == ["Łódź", "協働"] * 6
    assert table["style"].to_pylist() == ["commons", "directive"] * 6
    recorded = logged.companies[logged.steps]
    for name in recorded.dtype.names:
        kept = column(table, name)
        assert kept.dtype == recorded[name].dtype
        assert kept.tobytes() == np.ascontiguousarray(recorded[name]).tobytes()
    for m, motive in enumerate(MOTIVES):
        assert (
            column(table, f"effort_{motive}").tobytes()
            == logged.drive[logged.steps, :, m].tobytes()
        )


def test_people__are_exact(files, logged):
    table = pq.read_table(files["people"])
    assert column(table, "person").tolist() == list(range(80))
    for name in logged.state.people.dtype.names:
        assert (
            column(table, name).tobytes()
            == np.ascontiguousarray(logged.state.people[name]).tobytes()
        )
    for m, motive in enumerate(MOTIVES):
        assert column(table, f"weight_{motive}").tolist() == logged.state.weights[:, m].tolist()


def test_people__are_written_some_at_a_time(logged, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "BLOCK", 32)
    path = store.save_run(logged, tmp_path)[1]
    about = pq.read_metadata(path)
    assert [about.row_group(i).num_rows for i in range(about.num_row_groups)] == [32, 32, 16]
    table = pq.read_table(path)
    assert column(table, "person").tolist() == list(range(80))
    assert column(table, "trust").tolist() == logged.state.people["trust"].tolist()


def test_events__are_exact_and_named(files, logged):
    table = pq.read_table(files["events"])
    assert table.column_names == ["step", "person", "company", "event", "value"]
    names = table["event"].to_pylist()
    assert [EVENT_NAMES.index(name) for name in names] == logged.log["event"].tolist()
    for name in ("step", "person", "company", "value"):
        assert column(table, name).tolist() == logged.log[name].tolist()


SUMS = {"submit": "submitted", "accept": "accepted", "reject": "rejected", "award": "awards"}


def test_events__add_up_to_the_series(files, logged):
    """Switchers count as arrivals of one company and as departures of another."""
    events = pq.read_table(files["events"]).to_pandas()
    steps, companies = logged.end, len(WORLD.companies)

    def counted(name, value=True):
        rows = events[events["event"] == name]
        found = np.zeros((steps + 1, companies))
        np.add.at(found, (rows["step"], rows["company"]), rows["value"] if value else 1)
        return found

    for event, series in SUMS.items():
        assert counted(event).tolist() == logged.companies[series].tolist(), event
        assert counted(event).sum() > 0
    switched = counted("switch")
    assert switched.sum() > 0
    arrived = logged.companies["arrivals"]
    assert (counted("join") + switched)[1:].tolist() == arrived[1:].tolist()
    left = logged.companies["departures"]
    assert counted("leave").sum() + switched.sum() == left[1:].sum()
    assert (counted("leave")[1:] <= left[1:]).all()
    assert counted("paid").sum() == pytest.approx(
        logged.companies["paid"].sum() + logged.companies["shared"].sum()
    )


def test_run_without_a_log__has_no_events(tmp_path):
    files = store.save_run(run(WORLD, "commons"), tmp_path)
    assert [path.name for path in files] == ["series.parquet", "people.parquet"]
    assert sorted(tmp_path.iterdir()) == sorted(files)


# Comparisons


def rows_of(table, world, folder):
    return pq.read_table(store.save_comparison(table, world, folder))


def test_q01_comparison__has_a_row_a_run_with_its_seed(tmp_path):
    world = change(WORLD, companies=[{}], title="plain")
    table = compare(world, ["commons", "steward"], seeds=3, seed=0)
    rows = rows_of(table, world, tmp_path)
    assert rows.column_names[:4] == ["style", "seed", "rep", *table.outcomes][:4]
    assert rows["style"].to_pylist() == ["commons"] * 3 + ["steward"] * 3
    assert rows["seed"].to_pylist() == [0] * 6
    assert rows["rep"].to_pylist() == [0, 1, 2] * 2
    for name, values in table.outcomes.items():
        assert column(rows, name).tobytes() == values.tobytes()
    about = rows.schema.metadata
    assert about[b"cocreate.style"] == b"commons, steward"
    assert (about[b"cocreate.seed"], about[b"cocreate.rep"]) == (b"0", b"")


def test_q01_unpaired_comparison__names_the_replicate_of_each_run(tmp_path):
    world = change(WORLD, companies=[{}])
    table = compare(world, ["commons", "steward"], seeds=3, paired=False, outcomes=["cost"])
    for row in rows_of(table, world, tmp_path).to_pylist():
        alone = run(world, row["style"], seed=row["seed"], rep=row["rep"])
        assert sim.measure(alone, ["cost"])["cost"] == row["cost"]


def test_market__has_companies_and_their_styles(tmp_path):
    world = change(WORLD, companies=[{"name": "Łódź", "style": "commons"},
                                     {"name": "協働", "style": "commons"}])  # fmt: skip
    rows = rows_of(compare(world, seeds=2, outcomes=["cost"]), world, tmp_path)
    assert rows.column_names == ["company", "style", "seed", "rep", "cost"]
    assert rows["company"].to_pylist() == ["Łódź", "Łódź", "協働", "協働"]
    assert rows["style"].to_pylist() == ["commons"] * 4


@pytest.mark.parametrize(("seed", "kept"), [(2**63 - 1, 2**63 - 1), (2**70, str(2**70))])
def test_q01_seed__of_any_size_is_kept_exactly(tmp_path, seed, kept):
    table = compare(WORLD, ["commons"], seeds=2, seed=seed, outcomes=["cost"])
    rows = rows_of(table, WORLD, tmp_path)
    assert rows["seed"].to_pylist() == [kept] * 2
    assert rows.schema.metadata[b"cocreate.seed"].decode() == str(seed)


# Writing


def test_write_whole__leaves_the_old_file_if_it_fails(tmp_path, monkeypatch):
    path = store.write_text(tmp_path / "a.txt", "old")
    assert path.read_text() == "old"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for target in ("a.txt", "b.txt"):
        with pytest.raises(OSError, match="No space"):
            store.write_text(tmp_path / target, "new")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.txt": "old"}


def test_write_whole__is_seen_whole_or_not_at_all(tmp_path, monkeypatch):
    seen = []
    replace = Path.replace

    def spy(part, target):
        seen.append((part.parent == target.parent, part.read_text(), target.exists()))
        return replace(part, target)

    monkeypatch.setattr(Path, "replace", spy)
    store.write_text(tmp_path / "a.txt", "Łódź")
    assert seen == [(True, "Łódź", False)]
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
