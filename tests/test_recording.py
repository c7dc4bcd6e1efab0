"""People are recorded as they were at each step, in little memory, and whole whatever stops it."""

import _thread
import json
import time

import numpy as np
import pyarrow.parquet as pq
import pytest

from sim import recording
from sim.core.jit import CORE_HASH
from sim.core.motives import MOTIVES
from sim.errors import UserError
from sim.reading import build, change
from sim.recording import USUAL, record_people
from sim.scenario import Scenario
from sim.simulation import RunError, Simulation, run

WORLD = change(
    Scenario("Łódź – 協働"),
    population={"people": 80, "founders": 0.5},
    time={"steps": 14, "review": 3},
    world={"ring": 200, "pool": 6},
    search={"expert_sample": 10, "staff": 2},
    turnover={"awareness": "0.2 per month", "leave_early": "0.5 per month"},
    companies=[{"name": "Łódź"}, {"name": "協働", "style": "directive"}],
)


def begun(world=WORLD):
    return Simulation(world, "commons", seed=3, rep=2)


def known(simulation):
    """All that is known of the people, by name."""
    people, weights = simulation.state.people, simulation.state.weights
    motives = {f"weight_{motive}": weights[:, m].copy() for m, motive in enumerate(MOTIVES)}
    return {name: people[name].copy() for name in people.dtype.names} | motives


def steps_in(path):
    return np.unique(pq.read_table(path)["step"]).tolist()


@pytest.mark.parametrize("people", [1, 80])
@pytest.mark.parametrize("stride", [1, 4, None])
def test_rows__are_the_state_at_the_start_at_each_nth_step_and_at_the_end(tmp_path, people, stride):
    world = change(WORLD, population={"people": people, "founders": 1.0})
    simulation, twin = begun(world), begun(world)
    names = list(known(twin))
    with record_people(simulation, tmp_path / "p.parquet", 5, names) as log:
        while not simulation.done:
            log.advance(stride)
    table = pq.read_table(tmp_path / "p.parquet")
    assert table.column_names == ["step", "person", *names]
    assert len(table) == 4 * people
    for number, step in enumerate((0, 5, 10, 14)):
        twin.advance(step - twin.step)
        rows = table.slice(number * people, people)
        assert rows["step"].to_pylist() == [step] * people
        assert rows["person"].to_pylist() == list(range(people))
        for name, values in known(twin).items():
            kept = rows[name].to_numpy()
            assert kept.dtype == values.dtype
            assert kept.tobytes() == values.tobytes(), (step, name)
    for name in ("goal", "utility"):  # which do change
        assert table[name][:people] != rows[name]


def test_recording__changes_nothing(tmp_path):
    simulation = begun()
    with record_people(simulation, tmp_path / "p.parquet", 2) as log:
        log.advance(7)
        assert simulation.step == 7
        log.advance()
        log.advance()
    assert steps_in(tmp_path / "p.parquet") == [0, 2, 4, 6, 8, 10, 12, 14]
    expected = run(WORLD, "commons", seed=3, rep=2).fingerprint()
    assert simulation.result().fingerprint() == expected


def test_file__says_where_it_comes_from_and_has_the_usual_fields(tmp_path):
    with record_people(begun(), tmp_path / "p.parquet") as log:
        log.advance(1)
    schema = pq.read_schema(tmp_path / "p.parquet")
    assert schema.names == ["step", "person", *USUAL]
    about = {name.decode(): text.decode() for name, text in schema.metadata.items()}
    assert build(json.loads(about["cocreate.scenario"]), "p.parquet") == WORLD
    assert about["cocreate.style"] == "commons, directive"
    assert (about["cocreate.seed"], about["cocreate.rep"]) == ("3", "2")
    assert about["cocreate.core"] == CORE_HASH


def test_run_that_stops_early__is_recorded_to_its_end_once(tmp_path):
    world = change(WORLD, stop={"outcome": "submitted", "below": -1.0, "above": 0.0})
    simulation = begun(world)
    with record_people(simulation, tmp_path / "p.parquet", 5, ["made"]) as log:
        log.advance()
    assert 0 < simulation.step < 5
    assert pq.read_table(tmp_path / "p.parquet")["step"].to_pylist() == (
        [0] * 80 + [simulation.step] * 80
    )


def test_field__is_written_once_and_an_unknown_one_refused_by_name(tmp_path):
    with record_people(begun(), tmp_path / "p.parquet", 5, ["made", "trust", "made"]) as log:
        log.advance(1)
    assert pq.read_schema(tmp_path / "p.parquet").names == ["step", "person", "made", "trust"]
    for wrong, near in (("trsut", "trust"), ("weight_funn", "weight_fun")):
        needle = f"No field of a person is called '{wrong}'; did you mean '{near}'"
        with pytest.raises(UserError, match=needle):
            record_people(begun(), tmp_path / "q.parquet", 5, ["made", wrong]).__enter__()
    with pytest.raises(UserError, match="every is 0"):
        record_people(begun(), tmp_path / "q.parquet", 0).__enter__()
    assert [path.name for path in tmp_path.iterdir()] == ["p.parquet"]


# Memory


@pytest.mark.parametrize(("rows", "groups"), [(1, [80] * 15), (200, [240] * 5), (10**6, [1200])])
def test_memory__holds_less_than_a_row_group_and_a_row_group_holds_whole_steps(
    tmp_path, monkeypatch, rows, groups
):
    monkeypatch.setattr(recording, "ROWS", rows)
    simulation = begun()
    with record_people(simulation, tmp_path / "p.parquet", 1) as log:
        while not simulation.done:
            log.advance(1)
            assert sum(len(table) for table in log.waiting) < rows
    about = pq.read_metadata(tmp_path / "p.parquet")
    assert [about.row_group(i).num_rows for i in range(about.num_row_groups)] == groups


# What may stop it


def stopped(path, reason):
    """Records every second step, and is stopped after five."""
    with record_people(begun(), path, 2) as log:
        log.advance(5)
        assert [file.name[0] for file in path.parent.iterdir()] == ["."]  # hidden as yet
        reason(log)


def raising(error):
    def reason(_):
        raise error

    return reason


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RunError("step 6"), ZeroDivisionError()])
def test_run_that_is_stopped__keeps_all_that_was_recorded(tmp_path, error):
    with pytest.raises(type(error)) as raised:
        stopped(tmp_path / "p.parquet", raising(error))
    assert raised.value is error
    assert [path.name for path in tmp_path.iterdir()] == ["p.parquet"]
    steps = pq.read_table(tmp_path / "p.parquet")["step"]
    assert steps.to_pylist() == np.repeat([0, 2, 4], 80).tolist()


def test_interrupt_in_the_middle_of_writing__tears_no_row(tmp_path, monkeypatch):
    monkeypatch.setattr(recording, "ROWS", 1)
    real = pq.ParquetWriter.write_table

    def interrupted(file, table):
        _thread.interrupt_main()
        time.sleep(0.05)
        real(file, table.slice(0, 40))
        real(file, table.slice(40))

    def go_on(log):
        log.written.result()
        monkeypatch.setattr(pq.ParquetWriter, "write_table", interrupted)
        log.advance(4)

    with pytest.raises(KeyboardInterrupt):
        stopped(tmp_path / "p.parquet", go_on)
    rows = pq.read_table(tmp_path / "p.parquet")
    assert rows["person"].to_pylist() == [*range(80)] * 4
    assert steps_in(tmp_path / "p.parquet") == [0, 2, 4, 6]


def test_number_that_is_not_finite__ends_the_file_before_it(tmp_path):
    def spoil(log):
        log.simulation.state.people["goal"][7] = np.nan
        log.advance()

    with pytest.raises(RunError, match="goal of a person"):
        stopped(tmp_path / "p.parquet", spoil)
    assert steps_in(tmp_path / "p.parquet") == [0, 2, 4]


def test_disk_that_is_full__leaves_no_file(tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    def fill(log):
        monkeypatch.setattr(log.file, "write_table", full)
        log.advance()

    with pytest.raises(OSError, match="No space"):
        stopped(tmp_path / "p.parquet", fill)
    assert list(tmp_path.iterdir()) == []
