"""A study's folder: nothing is lost, doubled or mixed, whatever stops whom and when."""

import getpass
import json
import logging
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim.errors import UserError
from sim.study_store import StudyStore, looking, manifest, merging, parts, ranges

EXPERIMENT = {
    "question": "Does it pay to be open?",
    "scenario": {"title": "Łódź – 協働", "learning": {"rate": 0.1}},
    "styles": [{"name": "commons"}, {"name": "explorer", "step": 0.2}],
    "seed": 1,
    "limits": {"time": "60 s"},
}
PLAN = {
    "n_runs": 20,
    "chunk": 5,
    "outcomes": ["surplus", "recovery"],
    "varied": {"world.smoothness": "int64", "world.drift": "string", "lever.tools": "float64"},
    "series": {"active": "float64"},
    "events": True,
    "digests": {"points.csv": "abc"},
    "free": ["question", "answer", "limits", "seeds", "scenario.title"],
}
BARE = PLAN | {"series": {}, "events": False}


def runs_of(start, stop, failed=(), surplus=lambda run: run / 7, seconds=0.1):
    """Rows of runs; their recovery is NaN, for there was no shock."""
    runs = range(start, stop)
    done = [run not in failed for run in runs]
    return {
        "run": [*runs],
        "key": [f"{run:032x}" for run in runs],
        "point_id": [run // 2 % 5 for run in runs],
        "rep": [run // 10 for run in runs],
        "style": [("commons", "explorer")[run % 2] for run in runs],
        "seed": [1] * len(runs),
        "world.smoothness": [run % 3 for run in runs],
        "world.drift": ["0.05 per month"] * len(runs),
        "lever.tools": [None if run % 2 else 0.3 for run in runs],
        "status": ["done" if ok else "failed" for ok in done],
        "error": [None if ok else "ValueError: no" for ok in done],
        "step": [None if ok else 17 for ok in done],
        "place": [None if ok else "mine.py:3" for ok in done],
        "seconds": [seconds] * len(runs),
        "surplus": [surplus(run) if ok else None for run, ok in zip(runs, done, strict=True)],
        "recovery": [float("nan") if ok else None for ok in done],
    }


def series_of(start, stop, failed=()):
    runs = [run for run in range(start, stop) if run not in failed for _ in range(2)]
    return {
        "run": runs,
        "key": [f"{run:032x}" for run in runs],
        "step": [0, 1] * (len(runs) // 2),
        "company": ["Łódź"] * len(runs),
        "active": [run + 0.5 for run in runs],
    }


def events_of(start, stop):
    return {
        "run": [start],
        "step": [3],
        "person": [7],
        "company": [None],
        "event": ["aware"],
        "value": [1.0],
    }


def put(store, start, stop, failed=(), **kwargs):
    more = {}
    if "series" in store.schemas:
        more["series"] = series_of(start, stop, failed)
    if "events" in store.schemas:
        more["events"] = events_of(start, stop)
    return store.write(start, stop, runs_of(start, stop, failed, **kwargs), **more)


def files_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def same(table, other):
    other = other.cast(table.schema)
    return pd.testing.assert_frame_equal(table.to_pandas(), other.to_pandas()) is None


@pytest.fixture
def store(tmp_path):
    return StudyStore.create(tmp_path / "study", EXPERIMENT, **PLAN)


@pytest.fixture
def bare(tmp_path):
    return StudyStore.create(tmp_path / "bare", EXPERIMENT, **BARE)


# What is in it


def test_r05_table__has_one_declared_schema_of_plain_types(store):
    put(store, 5, 10, failed=[6])
    put(store, 0, 5)
    table = store.table()
    assert table.column_names == [*runs_of(0, 1)]
    assert {str(type_) for type_ in table.schema.types} == {"int64", "string", "double"}
    assert table["run"].to_pylist() == [*range(10)]
    assert table["rep"].to_pylist() == [0] * 10
    assert table["point_id"].to_pylist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert store.table(["surplus", "run"]).column_names == ["surplus", "run"]
    (failed,) = (row for row in table.to_pylist() if row["status"] == "failed")
    assert (failed["run"], failed["step"], failed["place"]) == (6, 17, "mine.py:3")
    assert failed["surplus"] is None
    with pytest.raises(UserError, match="No column of runs is called 'profit'"):
        store.table(["profit"])


def test_r15_series_and_events__are_tables_of_their_own(store):
    put(store, 5, 10, failed=[6])
    put(store, 0, 5)
    series = pa.concat_tables(store.blocks("series"))
    assert series.column_names == ["run", "key", "step", "company", "active"]
    assert series["run"].to_pylist() == [r for r in range(10) if r != 6 for _ in range(2)]
    events = pa.concat_tables(store.blocks("events"))
    assert events.to_pylist()[1] == {name: values[0] for name, values in events_of(5, 10).items()}
    assert store.table().num_rows == 10


def test_series__that_are_not_kept_are_refused(bare):
    with pytest.raises(UserError, match="this study keeps no series"):
        list(bare.blocks("series"))


def test_parts__are_called_after_their_runs_and_sort_by_them(store):
    for start in (15, 5, 0, 10):
        put(store, start, start + 5, failed=[7])
    names = ["0000000000-0000000005", "0000000005-0000000010-failed1", "0000000010-0000000015"]
    for kind in ("runs", "series", "events"):
        found = sorted(path.name for path in (store.folder / kind).iterdir())
        assert found[:3] == [f"{name}.parquet" for name in names]
    about = pq.read_metadata(store.folder / "runs" / f"{names[1]}.parquet").metadata
    assert about[b"cocreate.failed"] == b"1"
    assert about[b"cocreate.study"].decode() == store.digest


def test_parts__are_read_by_pandas_in_one_call(store):
    for start in (0, 5, 10, 15):
        put(store, start, start + 5)
    frame = pd.read_parquet(store.folder / "runs")
    assert frame["run"].tolist() == [*range(20)]
    assert frame["style"].tolist()[:2] == ["commons", "explorer"]
    store.compact()
    pd.testing.assert_frame_equal(pd.read_parquet(store.folder / "table.parquet"), frame)


@pytest.mark.parametrize("reader", ["polars", "duckdb"])
def test_parts__are_read_by_others_in_one_call(store, reader):
    module = pytest.importorskip(reader)
    for start in (0, 5, 10, 15):
        put(store, start, start + 5, failed=[3])
    pattern = str(store.folder / "runs" / "*.parquet")
    if reader == "polars":
        table = module.read_parquet(pattern).to_arrow()
    else:
        table = module.sql(f"from '{pattern}' order by run").to_arrow_table()
    assert (
        table.select(["run", "style", "surplus"]).to_pylist()
        == store.table(["run", "style", "surplus"]).to_pylist()
    )


TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
VALUES = {
    "int64": st.integers(-(2**63), 2**63 - 1),
    "float64": st.floats(),
    "bool": st.booleans(),
    "string": TEXTS,
}


@settings(max_examples=20)
@given(
    st.dictionaries(
        TEXTS.filter(lambda name: name not in runs_of(0, 1)),
        st.sampled_from(sorted(VALUES)).flatmap(
            lambda type_: st.tuples(
                st.just(type_), st.lists(st.none() | VALUES[type_], min_size=3, max_size=3)
            )
        ),
        max_size=4,
    )
)
def test_r17_columns__of_any_name_and_value_come_back_exactly(tmp_path_factory, columns):
    folder = tmp_path_factory.mktemp("study")
    varied = {name: type_ for name, (type_, _) in columns.items()}
    plan = BARE | {"n_runs": 3, "varied": varied}
    store = StudyStore.create(folder, EXPERIMENT, **plan)
    lost = PLAN["varied"]
    rows = {name: values for name, values in runs_of(0, 3).items() if name not in lost}
    rows |= {name: values for name, (_, values) in columns.items()}
    store.write(0, 3, rows)
    for compacted in (False, True):
        table = StudyStore.open(folder).table()
        for name, values in rows.items():
            assert repr(table[name].to_pylist()) == repr(values)
        if not compacted:
            store.compact()


@pytest.mark.parametrize("seed", [0, 2**63 - 1, 2**70])
def test_q01_seed__of_any_size_is_kept_exactly(tmp_path, seed):
    store = StudyStore.create(tmp_path, EXPERIMENT | {"seed": seed}, **BARE)
    rows = runs_of(0, 1)
    rows["seed"] = [seed if seed < 2**63 else str(seed)]
    store.write(0, 1, rows)
    assert [int(value) for value in store.table()["seed"].to_pylist()] == [seed]


def test_columns__of_one_name_are_refused(tmp_path):
    with pytest.raises(UserError, match="Two columns of runs would be called 'seconds'"):
        StudyStore.create(tmp_path, EXPERIMENT, **PLAN | {"outcomes": ["seconds"]})
    assert list(tmp_path.iterdir()) == []


WRONG = {
    "is done, but has no outcome 'surplus'": lambda rows: rows["surplus"].__setitem__(1, None),
    r"missing \['surplus'\], unknown \[\]": lambda rows: rows.pop("surplus"),
    r"missing \[\], unknown \['profit'\]": lambda rows: rows.update(profit=[1.0, 2.0]),
    "one row of each run": lambda rows: rows.update(run=[0, 0]),
    "one row of each run of range": lambda rows: rows.update(run=[0, 2]),
    "Column 'style' of runs": lambda rows: rows.update(style=[1, 2]),
    "Column 'style' of runs: must be string": lambda rows: rows.update(style=pa.array([1, 2])),
    "Column 'rep' of runs": lambda rows: rows.update(rep=[0.5, 1.0]),
    "is 'done' or 'failed'": lambda rows: rows.update(status=["done", "lost"]),
}


@pytest.mark.parametrize("message", WRONG)
def test_r16_write__refuses_what_is_not_declared(bare, message):
    rows = runs_of(0, 2)
    WRONG[message](rows)
    with pytest.raises(ValueError, match=message):
        bare.write(0, 2, rows)
    assert bare.done() == ()


def test_r16_write__refuses_tables_too_many_or_too_few_and_strange_runs(store, bare):
    rows = runs_of(0, 2)
    with pytest.raises(ValueError, match="must have events"):
        store.write(0, 2, rows, series=series_of(0, 2))
    with pytest.raises(ValueError, match="must not have series"):
        bare.write(0, 2, rows, series=series_of(0, 2))
    with pytest.raises(ValueError, match="series must be of runs"):
        store.write(0, 2, rows, series_of(0, 3), events_of(0, 2))
    with pytest.raises(ValueError, match="are not runs of a study of 20"):
        bare.write(19, 21, runs_of(19, 21))


def test_r20_note__is_written_beside_others(store):
    for failures in (0, 3):
        store.note({"cores": 2, "failures": failures})
    notes = [json.loads(path.read_text()) for path in (store.folder / "sweeps").iterdir()]
    assert {note["failures"] for note in notes} == {0, 3}
    assert all(note["versions"]["cocreate"] == sim.__version__ for note in notes)


# Which study it is


def test_q38_manifest__names_no_machine_no_user_no_folder(store):
    text = (store.folder / "manifest.json").read_text()
    for private in (platform.node(), getpass.getuser(), str(store.folder), str(Path.cwd())):
        assert private not in text.replace("constant", "")
    found = json.loads(text)
    assert found["experiment"] == EXPERIMENT
    assert (found["n_runs"], found["chunk"]) == (20, 5)
    assert len(found["code"]["model"]) == 16


def test_model__is_all_that_results_are_made_of():
    """Whatever a simulation, a style, an outcome or a scenario imports is in the digest."""
    graph = pytest.importorskip("grimp").build_graph("sim")
    roots = {"sim.simulation", "sim.styles", "sim.metrics", "sim.reading"}
    made_of = {
        above
        for module in graph.modules
        if any(f"{module}.".startswith(f"{root}.") for root in roots)
        for above in {module, *graph.find_upstream_modules(module)}
    }
    assert {module.split(".")[1] for module in made_of if "." in module} - {"errors"} == set(
        manifest.MODEL
    )


def test_q15_model_digest__changes_with_the_source(tmp_path):
    packages = {}
    for which, line in (("a", b"x = 1\n"), ("b", b"x = 1\r\n"), ("c", b"x = 2\n")):
        packages[which] = tmp_path / which
        packages[which].mkdir()
        for name in manifest.MODEL:
            (packages[which] / f"{name}.py").write_bytes(b"x = 1\n")
        (packages[which] / "ties.py").write_bytes(line)
    a, b, c = map(manifest.model_digest, packages.values())
    assert a == b != c
    assert manifest.commit(packages["a"]) is None


def test_q13_same_study__is_opened_and_left_as_it_is(store):
    put(store, 0, 5)
    before = files_of(store.folder)
    again = StudyStore.create(store.folder, EXPERIMENT, **PLAN | {"chunk": 4})
    assert again.chunk == 5
    assert again.digest == store.digest
    assert again.missing() == (range(5, 20),)
    assert files_of(store.folder) == before


def test_q13_part__that_is_there_is_not_replaced(bare):
    path = put(bare, 0, 5)
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert put(bare, 0, 5, seconds=9.0) == path
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    with pytest.raises(UserError, match=r"Run 2 was done twice .* surplus is 0.28.* and 9.0"):
        put(bare, 0, 5, surplus=lambda run: 9.0 if run == 2 else run / 7)
    assert path.read_bytes() == before[0]


def test_q13_part__that_another_process_compacts_meanwhile_does_no_harm(bare, monkeypatch):
    import sim.study_store

    for start in range(0, 20, 5):
        put(bare, start, start + 5)
    whole = bare.table()
    read = sim.study_store.read_rows

    def compacted(path, *rest):
        monkeypatch.setattr(sim.study_store, "read_rows", read)
        assert StudyStore.open(bare.folder).compact()
        return read(path, *rest)

    monkeypatch.setattr(sim.study_store, "read_rows", compacted)
    put(bare, 0, 5)
    assert same(bare.table(), whole)
    assert bare.compact()
    assert [*(bare.folder / "runs").iterdir()] == []


def test_q13_part_of_another_study__is_refused(bare, store):
    path = put(store, 0, 5)
    target = bare.folder / "runs" / path.name
    target.parent.mkdir()
    target.write_bytes(path.read_bytes())
    with pytest.raises(UserError, match=r"0000000005.parquet: this part belongs to another study"):
        bare.table()
    assert target.exists()


def changed(**entries):
    return EXPERIMENT | entries


DIFFERENT = {
    "scenario.learning.rate: there 0.1, here 0.2": (
        changed(scenario={"title": "Łódź – 協働", "learning": {"rate": 0.2}}),
        PLAN,
    ),
    "scenario.learning.decay: there nothing, here 1": (
        changed(scenario={"title": "Łódź – 協働", "learning": {"rate": 0.1, "decay": 1}}),
        PLAN,
    ),
    "styles[2].step: there 0.2, here 0.3": (
        changed(styles=[{"name": "commons"}, {"name": "explorer", "step": 0.3}]),
        PLAN,
    ),
    'styles: there [{"name": "commons"}, {"name": "explorer", "step": 0.2}], here []': (
        changed(styles=[]),
        PLAN,
    ),
    "seed: there 1, here 2": (changed(seed=2), PLAN),
    'digests.points.csv: there "abc", here "abd"': (
        EXPERIMENT,
        PLAN | {"digests": {"points.csv": "abd"}},
    ),
    'columns.runs.lever.tools: there "float64", here "int64"': (
        EXPERIMENT,
        PLAN | {"varied": PLAN["varied"] | {"lever.tools": "int64"}},
    ),
}


@pytest.mark.parametrize("difference", DIFFERENT)
def test_q15_another_study__is_refused_and_the_difference_named(store, difference):
    put(store, 0, 5)
    before = files_of(store.folder)
    experiment, plan = DIFFERENT[difference]
    with pytest.raises(UserError) as refused:
        StudyStore.create(store.folder, experiment, **plan)
    assert f"\n  {difference}\n" in str(refused.value)
    assert str(store.folder) in str(refused.value)
    assert files_of(store.folder) == before
    assert StudyStore.create(store.folder, EXPERIMENT, **PLAN).missing() == (range(5, 20),)


SOURCES = {"metric": {"rnd": "1" * 32}, "style": {"my.own": "2" * 32}, "file": {"ties.csv": "3"}}


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("metric", "rnd", "the file of the metric 'rnd' has changed"),
        ("style", "my.own", "the file of the style 'my.own' has changed"),
        ("file", "ties.csv", "the file 'ties.csv' has changed"),
        ("style", "new", 'sources.style.new: there nothing, here "0"'),
    ],
)
def test_q15_a_changed_file__is_named_instead_of_its_digest(tmp_path, kind, name, said):
    StudyStore.create(tmp_path / "study", changed(sources=SOURCES), **PLAN)
    now = SOURCES | {kind: SOURCES[kind] | {name: "0"}}
    with pytest.raises(UserError) as refused:
        StudyStore.create(tmp_path / "study", changed(sources=now), **PLAN)
    assert f"\n  {said}\n" in str(refused.value)


@pytest.mark.parametrize("which", ["core", "model"])
def test_q15_another_code__is_refused_and_named(store, which):
    path = store.folder / "manifest.json"
    found = json.loads(path.read_text())
    found["code"][which] = "0123456789abcdef"
    path.write_text(json.dumps(found))
    with pytest.raises(UserError, match=rf"code.{which}: there \"0123456789abcdef\", here"):
        StudyStore.create(store.folder, EXPERIMENT, **PLAN)


def test_q15_worker_of_another_code__writes_nothing(bare, monkeypatch):
    monkeypatch.setitem(manifest.CODE, "model", "0123456789abcdef")
    with pytest.raises(
        UserError, match=r'began\n  code.model: there "\w+", here "0123456789abcdef"'
    ):
        put(bare, 0, 5)
    assert bare.missing() == (range(20),)


def test_q15_many_differences__are_counted(store):
    other = changed(scenario={f"entry_{n}": n for n in range(9)})
    with pytest.raises(UserError, match=r"\n  and 5 more\n"):
        StudyStore.create(store.folder, other, **PLAN)


def test_q15_texts_and_limits__may_change(store):
    world = EXPERIMENT["scenario"] | {"title": "Lodz"}
    other = changed(question="?", answer="Yes.", limits={"time": "90 s"}, scenario=world)
    assert StudyStore.create(store.folder, other, **PLAN).digest == store.digest


@pytest.mark.parametrize("compacted", [False, True])
def test_study__gains_runs_at_its_end_and_loses_none(tmp_path, compacted):
    store = StudyStore.create(tmp_path / "study", changed(seeds=2), **BARE)
    for start in range(0, 20, 5):
        put(store, start, start + 5)
    if compacted:
        assert store.compact()
    larger = StudyStore.create(store.folder, changed(seeds=3), **BARE | {"n_runs": 30})
    assert larger.missing() == (range(20, 30),)
    assert StudyStore.open(store.folder).experiment["seeds"] == 3
    assert store.compact() is None  # by a process that knows of less runs
    put(larger, 20, 30, failed=[25])
    assert same(larger.table(["surplus"]), pa.table({"surplus": runs_of(0, 30, [25])["surplus"]}))
    assert larger.compact()
    assert larger.table()["run"].to_pylist() == [*range(30)]
    before = files_of(store.folder)
    with pytest.raises(UserError, match=r"has 30 runs, more than these 20, so nothing was run"):
        StudyStore.create(store.folder, changed(seeds=2), **BARE)
    assert files_of(store.folder) == before


def test_versions__of_packages_are_compared_aloud(store, caplog):
    path = store.folder / "manifest.json"
    path.write_text(path.read_text().replace(f'"numpy": "{np.__version__}"', '"numpy": "1.0"'))
    with caplog.at_level(logging.WARNING, "sim"):
        StudyStore.create(store.folder, EXPERIMENT, **PLAN)
    assert f'begun with numpy "1.0", goes on with "{np.__version__}"' in caplog.text


def test_q13_folder__with_something_else_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"something else in this folder \(notes.txt\)"):
        StudyStore.create(tmp_path, EXPERIMENT, **PLAN)
    assert list(files_of(tmp_path)) == ["notes.txt"]
    with pytest.raises(UserError, match="cannot be written"):
        StudyStore.create(tmp_path / "notes.txt", EXPERIMENT, **PLAN)


def test_folder__of_a_sweep_killed_at_its_start_is_taken(tmp_path):
    (tmp_path / ".0123.part").write_text("{")
    assert StudyStore.create(tmp_path, EXPERIMENT, **PLAN).missing() == (range(20),)


def test_open__says_what_is_not_a_study(tmp_path):
    with pytest.raises(UserError, match="no study is here"):
        StudyStore.open(tmp_path / "nowhere")
    for text, message in (("{", "cannot be read"), ("[]", "not the manifest"), ("{}", "not the")):
        (tmp_path / "manifest.json").write_text(text)
        with pytest.raises(UserError, match=message):
            StudyStore.open(tmp_path)


# What is done


def test_q14_done_and_missing__are_ranges_of_runs(bare):
    for start, stop in ((15, 20), (2, 4), (4, 6), (3, 5)):
        put(bare, start, stop)
    assert bare.done() == (range(2, 6), range(15, 20))
    assert bare.missing() == (range(2), range(6, 15))
    assert StudyStore.open(bare.folder).missing() == bare.missing()


def test_q14_runs__without_their_series_are_missing(store):
    path = put(store, 0, 5, failed=[2])
    put(store, 5, 10)
    (store.folder / "series" / path.name).unlink()
    assert store.missing() == (range(5), range(10, 20))
    status = store.status()
    assert (status.done, status.failed, status.missing) == (5, 0, 15)
    put(store, 0, 5, failed=[2])
    assert store.missing() == (range(10, 20),)


def test_series__of_runs_that_are_not_done_do_not_count(store):
    path = put(store, 0, 5)
    put(store, 5, 10)
    path.unlink()
    assert {block["run"][0].as_py() for block in store.blocks("series")} == {5}


def test_q14_status__counts_planned_done_failed_missing(store):
    assert store.status() == store.status().__class__(20, 0, 0, 20, None, None, None)
    put(store, 0, 5, failed=[1, 2])
    last = put(store, 5, 10)
    before = files_of(store.folder)
    status = StudyStore.open(store.folder).status()
    assert (status.planned, status.done, status.failed, status.missing) == (20, 8, 2, 10)
    assert status.last == last.stat().st_mtime
    assert files_of(store.folder) == before


def test_status__counts_a_failed_run_once(bare):
    put(bare, 0, 5, failed=[1, 2])
    put(bare, 0, 5, failed=[2])
    put(bare, 2, 4, failed=[2])
    assert (bare.status().done, bare.status().failed) == (4, 1)


def test_status__opens_no_footer(store, monkeypatch):
    """With 20,000 parts footers take about 10 s, names and ends of files less than one."""
    for start in (0, 5, 10):
        put(store, start, start + 5, failed=[7])
    monkeypatch.setattr(pq, "ParquetFile", None)
    monkeypatch.setattr(pq, "read_metadata", None)
    assert (store.status().done, store.status().failed) == (14, 1)


def test_rate__is_of_the_last_minutes(bare):
    now = time.time()
    ages = {0: 7200, 2: 400, 4: 300, 6: 200, 8: 100}
    for start, age in ages.items():
        os.utime(put(bare, start, start + 2), (now - age,) * 2)
    os.utime(bare.folder / "manifest.json", (now - 7300,) * 2)
    status = bare.status()
    assert status.rate == pytest.approx(6 / 400, rel=0.05)
    assert status.seconds_left == pytest.approx(10 / status.rate)
    os.utime(bare.folder / "manifest.json", (now - 500,) * 2)
    assert bare.status().rate == pytest.approx(8 / 500, rel=0.05)


def test_rate__is_zero_where_nobody_works_and_unknown_at_first(bare):
    assert bare.status().rate is None
    long_ago = (time.time() - 7200,) * 2
    os.utime(put(bare, 0, 2), long_ago)
    os.utime(bare.folder / "manifest.json", long_ago)
    assert bare.status().rate == 0.0
    assert bare.status().seconds_left is None


# What is torn

TORN = {
    "empty": lambda content: b"",
    "cut off": lambda content: content[: len(content) // 2],
    "zeros at the end": lambda content: content[:-600] + bytes(600),
    "zeros at the start": lambda content: bytes(16) + content[16:],
    "end alone": lambda content: b"PAR1" + content[-8:],
}


@pytest.mark.parametrize("how", TORN)
@pytest.mark.parametrize("kind", ["runs", "series"])
def test_q14_torn_part__is_set_aside_and_its_runs_are_missing(store, caplog, kind, how):
    for start in (0, 5, 10):
        put(store, start, start + 5)
    path = store.folder / kind / "0000000005-0000000010.parquet"
    path.write_bytes(TORN[how](path.read_bytes()))
    assert StudyStore.open(store.folder).status().missing == 10
    assert path.exists()
    with caplog.at_level(logging.WARNING, "sim"):
        assert store.missing() == (range(5, 10), range(15, 20))
    assert f"{path}: damaged, moved to " in caplog.text
    assert (store.folder / "torn" / f"{kind}-{path.name}").exists()
    put(store, 5, 10)
    assert store.missing() == (range(15, 20),)
    assert store.table()["run"].to_pylist() == [*range(15)]


def flip(path, column="surplus"):
    """Changes one byte of the values of a column."""
    group = pq.read_metadata(path).row_group(0)
    chunk = group.column([group.column(i).path_in_schema for i in range(16)].index(column))
    content = bytearray(path.read_bytes())
    content[chunk.data_page_offset + chunk.total_compressed_size - 3] ^= 1
    path.write_bytes(content)


def test_q14_damage_inside_a_part__is_found_when_it_is_read(bare, caplog):
    for start in (0, 5):
        put(bare, start, start + 5)
    flip(bare.folder / "runs" / "0000000000-0000000005.parquet")
    assert bare.missing() == (range(10, 20),)
    with caplog.at_level(logging.WARNING, "sim"):
        assert bare.table()["run"].to_pylist() == [5, 6, 7, 8, 9]
    assert "its runs count as missing" in caplog.text
    assert bare.missing() == (range(5), range(10, 20))


def test_q14_part__of_which_any_byte_is_changed_gives_the_same_rows_or_none(bare):
    path = put(bare, 0, 5)
    content, schema = path.read_bytes(), bare.schemas["runs"]
    expected = repr(bare.table().to_pylist())
    for at in np.random.default_rng(1).integers(4, len(content) - 8, 150):
        path.write_bytes(content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :])
        try:
            found = parts.read_rows(path, schema, bare.digest)
        except UserError:
            continue
        assert found is None or repr(found.to_pylist()) == expected, at


def test_torn_part__that_cannot_be_moved_is_still_missing(bare, caplog, monkeypatch):
    path = put(bare, 0, 5)
    path.write_bytes(b"")

    def refused(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refused)
    assert bare.missing() == (range(20),)
    assert "cannot be moved (Permission denied)" in caplog.text


# Full disks


@pytest.mark.parametrize("file", [1, 2, 3])
def test_q14_full_disk__leaves_no_part_and_says_so(store, monkeypatch, file):
    """The disk is full at the first, second or third file of a chunk."""
    put(store, 0, 5)
    before = files_of(store.folder)
    sync, calls = os.fsync, []

    def full(handle):
        calls.append(handle)
        if len(calls) == 2 * file - 1:
            raise OSError(28, "No space left on device")
        sync(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="the disk is full"):
        put(store, 5, 10)
    monkeypatch.undo()
    assert store.missing() == (range(5, 20),)
    kept = files_of(store.folder)
    assert not [name for name in kept if name.endswith(".part")]
    assert before.items() <= kept.items()
    put(store, 5, 10)
    assert store.missing() == (range(10, 20),)


@pytest.mark.parametrize("file", [1, 2, 3])
def test_q14_full_disk__found_by_whoever_waits_leaves_runs_missing(store, monkeypatch, disk, file):
    rows = runs_of(5, 10, [7]), series_of(5, 10, [7]), events_of(5, 10)
    put(store, 0, 5)
    disk.clear()
    store.write(5, 10, *rows, wait=False)
    assert disk == ["name"] * 3
    assert store.missing() == (range(10, 20),)
    sync = os.fsync

    def full(handle):
        sync(handle)
        if disk.count("file") == file:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(UserError, match="the disk is full"):
            store.wait_for(5, 10, 1)
    assert store.missing() == (range(5, 20),)
    store.write(5, 10, *rows, wait=False)
    disk.clear()
    store.wait_for(5, 10, 1)
    assert disk == ["file", "folder"] * 3
    assert store.missing() == (range(10, 20),)


def test_wait_for__a_part_that_is_compacted_meanwhile_does_no_harm(bare):
    bare.write(0, 20, runs_of(0, 20), wait=False)
    bare.compact()
    bare.wait_for(0, 20, 0)
    assert bare.missing() == ()


def test_q14_full_disk__of_its_own(tmp_path):
    """A real file system of 96 KB, in a name space of its own."""
    mount = f"mount -t tmpfs -o size=96k none {tmp_path} && "
    program = [sys.executable, *in_new_process("fill", tmp_path / "study")]
    alone = ["unshare", "--mount", "--map-root-user", "sh", "-c"]
    try:
        subprocess.run([*alone, mount + "true"], check=True, capture_output=True, timeout=90)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("no tmpfs can be mounted here")
    run = [*alone, mount + 'exec "$@"', "sh", *map(str, program)]
    subprocess.run(run, check=True, timeout=90, env=with_package())


def fill(folder):
    """Writes parts until the disk is full; then makes room, and finishes."""
    plan = BARE | {"n_runs": 1000}
    store = StudyStore.create(folder, EXPERIMENT, **plan)
    ballast = store.folder.parent / "ballast"
    ballast.write_bytes(bytes(40_000))
    n = 0
    while True:
        try:
            put(store, n, n + 1)
        except UserError as problem:
            assert "the disk is full. All finished runs are kept" in str(problem)  # noqa: PT017
            break
        n += 1
    assert n > 2
    assert not list(store.folder.rglob("*.part"))
    assert store.done() == (range(n),)
    ballast.unlink()
    put(store, n, n + 1)
    assert store.table()["run"].to_pylist() == [*range(n + 1)]


# What was done twice


def test_q13_table__has_each_run_once(bare):
    for start, stop in ((0, 5), (3, 8), (3, 5), (7, 20)):
        put(bare, start, stop, seconds=float(stop))
    assert same(bare.table().drop(["seconds"]), pa.table(runs_of(0, 20)).drop(["seconds"]))


def test_table__keeps_what_is_done_rather_than_failed(bare):
    put(bare, 0, 5, failed=[1, 2])
    put(bare, 1, 3)
    assert bare.table()["status"].to_pylist() == ["done"] * 5
    assert bare.table(["surplus"])["surplus"].to_pylist()[2] == 2 / 7


def test_q13_results_that_differ__are_an_error(bare):
    put(bare, 0, 5)
    put(bare, 3, 6, surplus=lambda run: -1.0)
    with pytest.raises(UserError, match=r"Run 3 was done twice .*: surplus is 0.428.* and -1.0"):
        bare.table()
    with pytest.raises(UserError, match="done twice"):
        bare.table(["surplus"])
    assert bare.table(["run"]).num_rows == 6


@given(st.lists(st.tuples(st.integers(0, 39), st.integers(1, 15)), min_size=1, max_size=8))
def test_ordered__is_exact_whatever_overlaps(chunks):
    spans = sorted({(start, start + length) for start, length in chunks})
    tables = [
        (range(*span), pa.table({"run": [*range(*span)], "status": ["done"] * (span[1] - span[0])}))
        for span in spans
    ]
    covered = sorted({run for span in spans for run in range(*span)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "BLOCK", 4)
        found = [run for block in merging.ordered(tables) for run in block["run"].to_pylist()]
        assert found == covered
    longest_first = sorted(tables, key=lambda table: (table[0].start, -table[0].stop))
    files = dict(longest_first)
    needed = merging.without_doubles(parts.Part(Path(), runs, 0, 0.0) for runs in files)
    kept = [(part.runs, files[part.runs]) for part in needed]
    found = [run for table in merging.first_of_each(kept) for run in table["run"].to_pylist()]
    assert found == covered
    union = ranges.joined(runs for runs, _ in tables)
    assert [run for runs in union for run in runs] == covered
    missing = ranges.gaps(union, 60)
    assert sorted([*covered, *(run for runs in missing for run in runs)]) == [*range(60)]
    assert ranges.common(union, missing) == ()
    assert ranges.common(union, (range(60),)) == union
    for runs in spans:
        assert ranges.within(range(*runs), union)
        assert not ranges.within(range(*runs), missing)


# Compacting


def test_compact__leaves_one_table_and_a_study_that_goes_on(store):
    for start in (0, 5, 10):
        put(store, start, start + 5, failed=[3])
    before = files_of(store.folder)
    assert store.compact() is None
    assert files_of(store.folder) == before
    put(store, 15, 20)
    table, series = store.table(), pa.concat_tables(store.blocks("series"))
    path = store.compact()
    content = path.read_bytes()
    assert list((store.folder / "runs").iterdir()) == []
    again = StudyStore.create(store.folder, EXPERIMENT, **PLAN)
    assert again.missing() == ()
    status = again.status()
    assert (status.done, status.failed, status.missing) == (19, 1, 0)
    assert status.seconds_left == 0.0
    assert status.last == path.stat().st_mtime
    assert same(again.table(), table)
    assert same(again.table(["rep", "surplus"]), table.select(["rep", "surplus"]))
    assert same(pa.concat_tables(again.blocks("series")), series)
    assert again.compact() == path
    assert path.read_bytes() == content


def test_compact__takes_away_series_that_are_there_twice(store):
    """A chunk that died after its series was cut in halves and done again."""
    put(store, 0, 20).unlink()
    for start in (0, 10):
        put(store, start, start + 10)
    assert len(list((store.folder / "series").iterdir())) == 3
    assert store.compact() is not None
    assert [path.name for path in (store.folder / "series").iterdir()] == [
        "0000000000-0000000020.parquet"
    ]
    assert sum(len(block) for block in store.blocks("series")) == 40
    assert store.missing() == ()


def test_compact__removes_what_was_abandoned_half_written(bare):
    put(bare, 0, 20)
    young, old = (bare.folder / "runs" / f".{name}.part" for name in ("young", "old"))
    for path in (young, old):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    bare.compact()
    assert young.exists()
    assert not old.exists()


def test_compact__does_not_write_a_table_without_a_damaged_part(bare):
    for start in (0, 10):
        put(bare, start, start + 10)
    flip(bare.folder / "runs" / "0000000000-0000000010.parquet")
    assert bare.compact() is None
    assert bare.missing() == (range(10),)
    assert not (bare.folder / "table.parquet").exists()
    put(bare, 0, 10)
    assert bare.compact() is not None


@pytest.mark.parametrize("how", ["cut off", "flipped"])
def test_table__that_is_damaged_is_set_aside(bare, how, caplog):
    put(bare, 0, 20)
    path = bare.compact()
    if how == "cut off":
        path.write_bytes(path.read_bytes()[:-9])
    else:
        flip(path)
        with pytest.raises(UserError, match=r"table.parquet: damaged, so its runs must be done"):
            bare.table()
    assert bare.missing() == (range(20),)
    assert "moved to" in caplog.text
    assert (bare.folder / "torn" / "table.parquet").exists()


def test_table__is_read_while_another_process_compacts(bare, monkeypatch):
    for start in (0, 10):
        put(bare, start, start + 10)
    whole = bare.table()
    look = looking.look

    def compacted_after(*arguments):
        seen = look(*arguments)
        monkeypatch.undo()
        StudyStore.open(bare.folder).compact()
        return seen

    monkeypatch.setattr("sim.study_store.look", compacted_after)
    assert same(bare.table(), whole)
    assert list((bare.folder / "runs").iterdir()) == []


def test_blocks__pass_over_what_another_process_sets_aside(bare, monkeypatch):
    path = put(bare, 0, 10)
    put(bare, 10, 20)
    look = looking.look

    def set_aside_after(*arguments):
        seen = look(*arguments)
        path.unlink(missing_ok=True)
        return seen

    monkeypatch.setattr("sim.study_store.look", set_aside_after)
    assert bare.table()["run"].to_pylist() == [*range(10, 20)]


def test_blocks__go_on_in_the_table_if_another_process_compacts(bare, monkeypatch):
    monkeypatch.setattr(merging, "BLOCK", 4)
    for start in range(0, 20, 4):
        put(bare, start, start + 4)
    blocks = bare.blocks("runs", ["surplus", "run"])
    rows = next(blocks)["run"].to_pylist()
    StudyStore.open(bare.folder).compact()
    assert 0 < len(rows) < 20
    assert rows + [run for block in blocks for run in block["run"].to_pylist()] == [*range(20)]


# Many processes, and those who kill them


def in_new_process(function, *arguments):
    """What Python is told so that it calls a function of this file with some texts."""
    call = "import runpy, sys; runpy.run_path(sys.argv[1])[sys.argv[2]](*sys.argv[3:])"
    return ["-c", call, __file__, function, *map(str, arguments)]


def with_package():
    return {**os.environ, "PYTHONPATH": str(Path(sim.__file__).parent.parent)}


def call(function, *arguments):
    program = [sys.executable, *in_new_process(function, *arguments)]
    subprocess.run(program, check=True, timeout=120, env=with_package())


def child(function, *arguments):
    """Returns the id of a process that calls a function and ends with 0 if it returns."""
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        function(*arguments)
        code = 0
    finally:
        os._exit(code)


def ended(process):
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def test_q14_compact__loses_nothing_wherever_it_is_killed(tmp_path):
    call("kill_at_each_step", tmp_path)


def kill_at_each_step(folder):
    assert ended(child(fill_up, Path(folder) / "whole")) == 0
    for step in range(1, 100):
        study = Path(folder) / str(step)
        shutil.copytree(Path(folder) / "whole", study)
        code = ended(child(compact_until, study, step))
        assert ended(child(check_whole, study)) == 0
        if code == 0:
            assert step > 8
            return
        assert code == 77
    raise AssertionError("it never ended")


def fill_up(folder):
    store = StudyStore.create(folder, EXPERIMENT, **PLAN)
    for start in (0, 5, 10, 15):
        put(store, start, start + 5, failed=[3])
    put(store, 3, 5, failed=[3])


def compact_until(folder, last):
    """Ends the process just before its step number `last` that changes anything on the disk."""
    steps = []

    def dying(function):
        def counted(*arguments, **options):
            steps.append(function)
            if len(steps) == last:
                os._exit(77)
            return function(*arguments, **options)

        return counted

    for name in ("fsync", "replace", "unlink"):
        setattr(os, name, dying(getattr(os, name)))
    StudyStore.open(folder).compact()


def check_whole(folder):
    store = StudyStore.create(folder, EXPERIMENT, **PLAN)
    for _ in range(2):
        status = store.status()
        assert (status.done, status.failed, status.missing) == (19, 1, 0)
        assert same(store.table(), pa.table(runs_of(0, 20, [3]), store.schemas["runs"]))
        assert sum(len(block) for block in store.blocks("series")) == 38
        assert store.compact() is not None


def test_q13_many_writers__leave_each_run_once_though_one_is_killed_again_and_again(tmp_path):
    call("many_writers", tmp_path / "study")


def many_writers(folder):
    """Four write overlapping chunks of one study; the fourth is killed six times on its way."""
    steady = [child(write_all, folder, size) for size in (7, 10, 16)]
    kills = 0
    while kills < 6:
        process = child(write_all, folder, 3)
        time.sleep(0.02 + 0.013 * kills)
        os.kill(process, signal.SIGKILL)
        ended(process)
        kills += 1
    last = child(write_all, folder, 3)
    assert [ended(process) for process in [*steady, last]] == [0] * 4
    assert ended(child(check_all, folder)) == 0


MANY = PLAN | {"n_runs": 120}


def write_all(folder, size):
    store = StudyStore.create(folder, EXPERIMENT, **MANY | {"chunk": size})
    for start in range(0, 120, size):
        stop = min(start + size, 120)
        put(store, start, stop, failed=[run for run in range(start, stop) if run % 50 == 49])


def check_all(folder):
    store = StudyStore.open(folder)
    assert not (store.folder / "torn").exists()
    failed = [*range(49, 120, 50)]
    expected = pa.table(runs_of(0, 120, failed), store.schemas["runs"])
    for _ in range(2):
        status = store.status()
        assert (status.done, status.failed, status.missing) == (118, 2, 0)
        assert same(store.table(), expected)
        assert sum(len(block) for block in store.blocks("series")) == 2 * 118
        assert store.compact() is not None


def test_q13_two_that_compact_at_once__leave_one_whole_table(tmp_path):
    call("compact_at_once", tmp_path)


def compact_at_once(folder):
    for attempt in range(2):
        study = Path(folder) / str(attempt)
        assert ended(child(fill_up, study)) == 0
        both = [child(compact_until, study, 0) for _ in range(2)]
        assert [ended(process) for process in both] == [0, 0]
        assert ended(child(check_whole, study)) == 0
