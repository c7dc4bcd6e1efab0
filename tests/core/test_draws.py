import numpy as np
import pytest

from sim import Levers
from sim.core.draws import draw_all, neighbours, preferential, small_world
from sim.core.random import Stream, new_key

KEY = new_key(4, 2)
NEVER = "0 per month"


def ring(n, degree, rewired, key=KEY):
    edges = np.full((n * (degree // 2), 2), -1, np.int64)
    small_world(key, n, degree, rewired, edges)
    return edges


def test_draw_all__is_each_persons_own_draw():
    few, many = np.empty(5), np.empty(50)
    draw_all(KEY, int(Stream.SHOCK), 3, 1, few)
    draw_all(KEY, int(Stream.SHOCK), 3, 1, many)
    assert (many[:5] == few).all()
    assert len(set(many)) == 50


def test_small_world__without_rewiring_is_a_ring():
    edges = ring(10, 4, 0.0)
    assert {tuple(edge) for edge in edges} == {(i, (i + k) % 10) for i in range(10) for k in (1, 2)}


def test_small_world__is_rewired_by_its_share():
    edges = ring(5000, 8, 0.3)
    way = (edges[:, 1] - edges[:, 0]) % 5000
    assert abs((way > 4).mean() - 0.3) < 0.015  # 4.6 standard deviations
    assert (edges[:, 0] != edges[:, 1]).all()
    assert edges.min() == 0
    assert edges.max() == 4999
    assert (edges != ring(5000, 8, 0.3, new_key(5, 2))).any()


def test_preferential__makes_a_few_hubs():
    edges = np.zeros((4 * 3000, 2), np.int64)
    assert preferential(KEY, 3000, 4, edges) == 1 + 2 + 3 + 4 * 2996
    edges = edges[: 1 + 2 + 3 + 4 * 2996]
    assert (edges[:, 1] < edges[:, 0]).all()
    degree = np.bincount(edges.ravel())
    assert degree.max() > 100  # a random graph of this density has none above 30
    top = np.sort(degree)[::-1]
    slope = np.polyfit(np.log(np.arange(10, 300)), np.log(top[10:300]), 1)[0]
    assert -0.75 < slope < -0.35  # exponent 3: rank to the power of -1/2


def test_neighbours__hold_each_tie_once_and_both_ways():
    edges = np.array([[0, 1], [1, 0], [2, 2], [3, 1], [0, 1]])
    offsets, tied = neighbours(edges, 5)
    assert offsets.tolist() == [0, 1, 3, 3, 4, 4]
    assert tied.tolist() == [1, 0, 3, 1]
    assert offsets.dtype == np.uint64
    assert tied.dtype == np.uint32
    assert neighbours(np.zeros((0, 2), np.int64), 3)[0].tolist() == [0, 0, 0, 0]


def any_edges(n, m):
    return np.random.default_rng(m).integers(0, n, (m, 2))


def hub(n):
    """Everyone tied to person 3, in no order, some twice, and person 3 to themselves."""
    others = np.random.default_rng(n).permutation(np.r_[:n, : n // 2])
    edges = np.column_stack([np.full(len(others), 3), others])
    return np.where((others % 2 == 0)[:, None], edges, edges[:, ::-1])


@pytest.mark.parametrize(
    ("edges", "n"),
    [
        (np.zeros((0, 2), np.int64), 4),
        (np.zeros((3, 2), np.int64), 1),
        (any_edges(9, 200), 9),
        (any_edges(300, 900), 300),
        (any_edges(300, 40), 300),
        (hub(200), 200),
        (ring(60, 8, 0.5)[::-1].copy(), 60),
    ],
    ids=["none", "oneself", "dense", "sparse", "alone", "hub", "small_world"],
)
def test_neighbours__are_those_of_a_plain_reading(edges, n):
    tied = [set() for _ in range(n)]
    for a, b in edges.tolist():
        tied[a].add(b)
        tied[b].add(a)
    rows = [sorted(others - {i}) for i, others in enumerate(tied)]
    offsets, found = neighbours(np.ascontiguousarray(edges), n)
    assert found.tolist() == [j for row in rows for j in row]
    assert np.diff(offsets.astype(int)).tolist() == [len(row) for row in rows]
    assert (offsets[0], len(offsets)) == (0, n + 1)


@pytest.mark.parametrize("companies", [1, 3])
def test_bystander__changes_no_draw_of_anybody_else(begin, companies):
    """A world with one more person, who is never reached, is the same for all the others.

    What depends on the number of people is set equal by hand: the money to begin with, which is
    per head. Word of mouth, which is per head too, is left out. Nobody is tied to the bystander.
    """

    def lives(n):
        eco = begin(
            *[Levers(control=0.3, money=0.5, contest=0.3, experts=0.5, tools=0.5)] * companies,
            population={"people": n, "founders": 0.4},
            turnover={"word_of_mouth": NEVER, "awareness": "0.2 per month"},
            time={"steps": 25},
            events=[
                {"at": 4, "kind": "newcomers", "size": 0.3},
                {"at": 9, "kind": "loss_of_core", "size": 0.2},
            ],
        )
        for name in ("cash", "endowment"):
            eco.state.companies[name] = eco.history[name][0] = 50.0 * companies
        last = eco.state.people[-1]
        if n == 121:
            assert last["company"] == -1
            last["volunteer"] = last["gone"] = 1
        eco.advance()
        return eco

    alone, watched = lives(120), lives(121)
    assert (watched.state.people["company"][-1], watched.state.people["made"][-1]) == (-1, 0)
    assert (watched.state.people[:-1] == alone.state.people).all()
    assert (watched.history == alone.history).all()
    assert (watched.drive == alone.drive).all()
    assert alone.history["arrivals"].sum() > 30
    assert alone.history["departures"].sum() > 30


def test_another_draw__moves_no_other_stream(begin):
    """One more constant decision (a style that asks for its dice) changes nothing (R32)."""

    def played(asks):
        eco = begin(Levers(tools=0.5), time={"steps": 8})
        style = eco.styles[0]
        levers = style.levers
        style.decide = lambda report: [levers, *map(report.uniform, range(asks))][0]
        eco.advance()
        return eco.result().fingerprint()

    assert played(0) == played(7)
