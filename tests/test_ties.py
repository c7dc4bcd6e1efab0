import numpy as np
import pytest

from sim.core.random import new_key
from sim.errors import UserError
from sim.reading import change
from sim.scenario import Scenario
from sim.simulation import run
from sim.ties import KINDS, read_edges, tie

KEY = new_key(1, 0)


def network(n, **ties):
    return tie(change(Scenario("tied"), population={"people": n}, ties=ties), KEY)


@pytest.fixture
def edges(tmp_path):
    def write(text):
        file = tmp_path / "ties.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    return write


@pytest.mark.parametrize("kind", ["none", "small_world", "preferential"])
@pytest.mark.parametrize("n", [1, 2, 3, 7, 60])
@pytest.mark.parametrize("degree", [2, 8, 1000])
def test_ties__are_within_the_people_and_mutual(kind, n, degree):
    offsets, neighbours = network(n, kind=kind, degree=degree)
    assert offsets[0] == 0
    assert offsets[-1] == len(neighbours)
    assert (offsets[1:] >= offsets[:-1]).all()
    owner = np.repeat(np.arange(n), np.diff(offsets.astype(int)))
    pairs = set(zip(owner.tolist(), neighbours.tolist(), strict=True))
    assert len(pairs) == len(neighbours)
    assert all(0 <= a < n and 0 <= b < n and a != b for a, b in pairs)
    assert pairs == {(b, a) for a, b in pairs}


@pytest.mark.parametrize("kind", ["small_world", "preferential"])
@pytest.mark.parametrize("degree", [2, 4, 8, 30])
def test_ties__have_the_mean_degree_asked_for(kind, degree):
    offsets, _ = network(2000, kind=kind, degree=degree)
    assert offsets[-1] / 2000 == pytest.approx(degree, rel=0.05)


@pytest.mark.parametrize("kind", ["small_world", "preferential"])
@pytest.mark.parametrize("degree", [1, 5])
def test_degree__that_cannot_be_met_is_refused(kind, degree):
    with pytest.raises(UserError, match=rf"ties\.degree must be even, but is {degree}"):
        network(2000, kind=kind, degree=degree)


def test_ties__of_a_file_are_those_of_the_file(edges):
    file = edges("\ufeffa,b\r\n0,1\r\n\r\n2, 1\r\n3,0\r\n")
    offsets, neighbours = network(4, kind="file", file=str(file))
    assert offsets.tolist() == [0, 2, 4, 5, 6]
    assert neighbours.tolist() == [1, 3, 0, 2, 1, 0]


def test_ties__of_a_file_without_rows_are_none(edges):
    assert len(network(4, kind="file", file=str(edges("a,b\n")))[1]) == 0


@pytest.mark.parametrize(
    ("rows", "line", "what"),
    [
        ("0,60", 2, "person 60 is not one of the people 0 to 59"),
        ("0,1\n-1,2", 3, "person -1 is not one of the people 0 to 59"),
        ("0,999", 2, "person 999"),
        ("0,1\n1,2\n1,0", 4, "already in line 2"),
        ("0,1\n\n0,1", 4, "already in line 2"),
        ("5,5", 2, "a tie to themselves"),
        ("0,1\n1", 3, "numbers of two people"),
        ("0,1,2", 2, "numbers of two people"),
        ("0,x", 2, "numbers of two people"),
        ("0,1.0", 2, "numbers of two people"),
        ("0,", 2, "numbers of two people"),
        ("0,--5", 2, "numbers of two people"),
        ("0,nan", 2, "numbers of two people"),
        ("0," + "9" * 5000, 2, ""),
    ],
)
def test_q26_file__with_a_wrong_row_is_refused_by_its_line(edges, rows, line, what):
    file = edges(f"a,b\n{rows}\n")
    with pytest.raises(UserError) as problem:
        read_edges(file, 60)
    assert f"{file}, line {line}" in str(problem.value)
    assert what in str(problem.value)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "first line must be 'a,b'"),
        ("0,1\n1,2\n", "first line must be 'a,b'"),
        ("from,to\n0,1\n", "first line must be 'a,b'"),
        ("this is no table", "first line must be 'a,b'"),
        (b"a,b\n0,\xe9\n", "byte 6 is not UTF-8"),
        (b"\x00\x01\x02", "first line"),
    ],
)
def test_q26_file__that_is_no_table_of_ties_is_refused(edges, text, what):
    with pytest.raises(UserError, match=what):
        read_edges(edges(text), 60)


@pytest.mark.parametrize("file", ["", "no_such_file.csv", "."])
def test_q26_file__that_cannot_be_read_is_refused_before_the_run(tmp_path, monkeypatch, file):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"ties\.file"):
        change(Scenario("tied"), ties={"kind": "file", "file": file})


def test_q26_file__with_a_wrong_row_is_refused_before_the_run(edges):
    with pytest.raises(UserError, match="line 2: person 60"):
        change(
            Scenario("tied"),
            population={"people": 60},
            ties={"kind": "file", "file": str(edges("a,b\n0,60\n"))},
        )


def test_ties__of_a_file_reach_the_run(edges):
    rows = "\n".join(f"{i},{i + 1}" for i in range(59))
    ties = {"kind": "file", "file": str(edges(f"a,b\n{rows}\n"))}
    world = change(Scenario("tied"), population={"people": 60}, time={"steps": 2}, ties=ties)
    assert run(world).state.offsets[-1] == 2 * 59


def test_kinds__are_those_that_can_be_drawn():
    assert set(KINDS) == {"none", "small_world", "preferential", "file"}
