import math

import numpy as np
import pytest

from sim.classics.march import TABLE, March, begin, learn
from sim.core.random import new_key
from sim.errors import UserError

KEY = new_key(1, 0)


def world(reality, beliefs, code=None):
    reality = np.array(reality, np.int64)
    beliefs = np.array(beliefs, np.int64)
    return reality, beliefs, np.zeros_like(reality) if code is None else np.array(code, np.int64)


def drawn(dimensions, people, rep=0):
    reality, beliefs = np.empty(dimensions, np.int64), np.empty((people, dimensions), np.int64)
    begin(new_key(2, rep), reality, beliefs)
    return reality, beliefs, np.zeros_like(reality)


def share_that_changes(reality, beliefs, p2, n=4000):
    """How often the code has taken a view after one period, and which ones it has taken."""
    views = []
    for rep in range(n):
        first = world(reality, beliefs)
        learn(new_key(3, rep), *first, 0.0, p2, 1)
        views.append(first[2][0])
    return np.count_nonzero(views) / n, set(views)


def test_begin__draws_reality_and_beliefs_evenly():
    """5 standard errors, so that a check fails by chance in 1 of 1,000,000."""
    reality, beliefs, _ = drawn(400, 50)
    assert set(reality) == {-1, 1}
    assert np.mean(reality == 1) == pytest.approx(1 / 2, abs=5 * 0.5 / 20)
    for belief in (-1, 0, 1):
        assert np.mean(beliefs == belief) == pytest.approx(1 / 3, abs=5 * 0.47 / math.sqrt(20_000))


def test_people__move_one_step_towards_what_the_code_says():
    reality, beliefs, code = world([1, 1, 1], [[-1, 0, -1], [1, 1, 0]], [1, 1, 0])
    learn(KEY, reality, beliefs, code, 1.0, 0.0, 1)
    assert beliefs.tolist() == [[0, 1, -1], [1, 1, 0]]
    learn(KEY, reality, beliefs, code, 1.0, 0.0, 1)
    assert beliefs.tolist() == [[1, 1, -1], [1, 1, 0]]


def test_code__follows_the_majority_of_those_who_are_right_more_often():
    """The third knows least; the first two are split on the last dimension."""
    reality, beliefs, code = world([1, 1, 1], [[1, 1, 1], [1, 1, -1], [-1, -1, -1]])
    assert learn(KEY, reality, beliefs, code, 0.0, 1.0, 1) == 1
    assert code.tolist() == [1, 1, 0]
    assert learn(KEY, reality, beliefs, code, 0.0, 1.0, 9) == 1
    assert code.tolist() == [1, 1, 1]


def test_code__does_not_follow_those_who_are_no_better_than_it_is():
    """Two of the three are right on one dimension and wrong on the other, and so know nothing."""
    reality, beliefs, code = world([1, 1], [[1, 1], [1, -1], [1, -1]])
    assert learn(KEY, reality, beliefs, code, 0.0, 1.0, 1) == 1
    assert code.tolist() == [1, 1]


def test_code__sees_what_people_did_before_they_learned_from_it():
    """With the code's view on the first dimension the person could be the better one at once."""
    for rep in range(20):
        reality, beliefs, code = world([1, 1], [[-1, 1]], [1, 0])
        learn(new_key(5, rep), reality, beliefs, code, 1.0, 1.0, 1)
        assert beliefs.tolist() == [[0, 1]]
        assert code.tolist() == [1, 0]


def test_code__takes_wrong_views_off_what_one_knows():
    """Two right and two wrong are no better than a code that says nothing."""
    reality, beliefs, code = world([1, 1, 1, 1], [[1, 1, -1, -1]])
    assert learn(KEY, reality, beliefs, code, 0.0, 1.0, 9) == 0
    reality, beliefs, code = world([1, 1, 1, 1], [[1, 1, 1, -1]])
    assert learn(KEY, reality, beliefs, code, 0.0, 1.0, 9) == 1
    assert code.tolist() == [1, 1, 1, -1]


def test_code__changes_the_more_surely_the_larger_the_margin():
    """With chance 1 - (1 - p2)^k; 5 standard errors, so that 1 of 1,000,000 fails."""
    for margin in (1, 3):
        share, views = share_that_changes([1], [[1]] * margin, 0.3)
        assert share == pytest.approx(1 - 0.7**margin, abs=5 * 0.5 / math.sqrt(4000))
        assert views == {0, 1}


def test_code__learns_from_the_lucky_who_believe_nothing():
    """One toss of a coin is right in half of the cases, and only then is it followed."""
    share, views = share_that_changes([-1], [[0]], 1.0)
    assert share == pytest.approx(0.5, abs=5 * 0.5 / math.sqrt(4000))
    assert views == {0, -1}


def test_learn__without_learning_from_the_code_beliefs_stay():
    reality, beliefs, code = drawn(6, 7)
    before = beliefs.copy()
    learn(KEY, reality, beliefs, code, 0.0, 0.5, 40)
    assert (beliefs == before).all()
    assert code.any()


def test_learn__without_learning_from_people_nothing_happens():
    reality, beliefs, code = drawn(6, 7)
    before = beliefs.copy()
    assert learn(KEY, reality, beliefs, code, 0.5, 0.0, 40) == 0
    assert (beliefs == before).all()
    assert not code.any()


@pytest.mark.parametrize("rep", range(20))
def test_learn__comes_to_rest_when_nothing_can_change(rep):
    reality, beliefs, code = drawn(8, 9, rep)
    assert 0 < learn(KEY, reality, beliefs, code, 0.3, 0.4, 10_000) < 10_000
    assert ((beliefs == code) | (code == 0)).all()
    assert ((beliefs * reality).sum(axis=1) + (beliefs == 0).sum(axis=1)).max() <= code @ reality
    before = beliefs.copy(), code.copy()
    assert learn(new_key(4, rep), reality, beliefs, code, 0.3, 0.4, 10_000) == 0
    assert (beliefs == before[0]).all()
    assert (code == before[1]).all()


def test_simulate__knowledge_is_a_share_of_right_less_wrong():
    cells = March(dimensions=5, people=3, p1=(0.0, 0.5, 1.0), p2=(0.0, 1.0)).simulate(1, 0)
    assert len(cells) == 6
    for (_, line, _), knowledge in cells.items():
        assert -1 <= knowledge <= 1
        assert (5 * knowledge) % 1 == pytest.approx(0, abs=1e-9)
        if line == "p2 = 0":
            assert knowledge == 0


def test_simulate__slow_learners_serve_a_fast_code():
    """Of 40 runs each mean lies within 5 standard errors, .02 and .12, of the table."""
    classic = March(p1=(0.1, 0.9), p2=(0.9,))
    runs = [list(classic.simulate(1, rep).values()) for rep in range(40)]
    slow, fast = np.mean(runs, axis=0)
    assert slow == pytest.approx(TABLE[0.9][0.1], abs=0.03)
    assert fast == pytest.approx(TABLE[0.9][0.9], abs=0.09)


def test_published__holds_for_the_published_numbers_of_people_and_dimensions():
    assert len(March().published()) == 10
    assert len(March().claims()) == 6
    assert len(March(p1=(0.2, 0.5), p2=(0.9, 0.5)).published()) == 1
    assert March(p1=(0.2, 0.5), p2=(0.9, 0.5)).claims() == ()
    assert March(people=51).published() == {}
    assert March(dimensions=31).claims() == ()


@pytest.mark.parametrize(
    "wrong", [{"p1": ()}, {"p1": (0.5, 0.5)}, {"p2": (1.1,)}, {"people": 0}, {"longest": 0}]
)
def test_parameters__that_make_no_sense_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(UserError, match=name):
        March(**wrong)
