import numpy as np
import pytest

from sim.analysis.comparison import Comparison, Outcome
from sim.analysis.tradeoffs import frontier, rankings, sentences
from sim.errors import UserError

RUNS = np.arange(8.0)
BETTER = {"surplus": 1, "cost": -1, "gini": 0}
ARMS = ("open", "closed", "mixed")


def comparison(**means):
    """Arms with these means and a little noise that differs from arm to arm."""
    noise = np.random.default_rng(3).normal(0, 0.01, (len(ARMS), len(RUNS)))
    outcomes = {name: np.array(levels)[:, None] + RUNS + noise for name, levels in means.items()}
    about = {name: Outcome(name, f"the {name}", "EUR", BETTER[name]) for name in means}
    return Comparison("world", ARMS, tuple(range(8)), True, outcomes, about)


def test_rankings__pairing_tells_apart_what_spread_hides():
    surplus, cost = rankings(comparison(surplus=[1, 2, 2], cost=[3, 4, 5]))
    assert set(surplus.leaders) == {"closed", "mixed"}
    assert surplus.worse == ("open",)
    assert (cost.best, cost.tied_with, cost.worse) == ("open", (), ("closed", "mixed"))
    assert surplus.n_comparisons == cost.n_comparisons == 4


def test_rankings__need_a_direction_and_two_known_styles():
    table = comparison(surplus=[1, 2, 3], gini=[1, 2, 3])
    assert [ranking.outcome for ranking in rankings(table)] == ["surplus"]
    table.outcomes["surplus"][2] = np.nan
    (ranking,) = rankings(table)
    assert (ranking.best, ranking.worse) == ("closed", ("open",))
    table.outcomes["surplus"][1] = np.nan
    assert rankings(table) == []


def test_rankings__the_true_best_is_kept():
    # Three equal styles, 300 times: that one drops out on noise has a chance of 5 % at most, and
    # more than 30 of 300 for a given style one below 1e-3.
    rng = np.random.default_rng(4)
    about = {"surplus": Outcome("surplus", "surplus", "", 1)}
    lost = 0
    for _ in range(300):
        values = {"surplus": rng.normal(size=(3, 10))}
        (ranking,) = rankings(Comparison("w", ARMS, tuple(range(10)), True, values, about))
        lost += "open" in ranking.worse
    assert lost <= 30


def test_frontier__keeps_what_nothing_beats():
    table = comparison(surplus=[1, 3, 2], cost=[1, 2, 3])
    assert frontier(table, "cost", "surplus") == ["open", "closed"]  # mixed: dearer and worse
    assert frontier(table, "surplus", "cost") == ["open", "closed"]
    table.outcomes["cost"][1] = np.nan
    assert frontier(table, "cost", "surplus") == ["open", "mixed"]


def test_frontier__equal_styles_all_stay():
    table = comparison(surplus=[1, 1, 1], cost=[1, 1, 1])
    for values in table.outcomes.values():
        values[:] = 1.0
    assert set(frontier(table, "surplus", "cost")) == set(ARMS)


def test_frontier__refuses_an_outcome_without_direction():
    with pytest.raises(UserError, match="'gini' is neither"):
        frontier(comparison(surplus=[1, 2, 3], gini=[1, 2, 3]), "surplus", "gini")


def test_sentences__say_who_wins_on_what():
    assert sentences(comparison(surplus=[1, 2, 2.001], cost=[3, 4, 5])) == [
        "open wins on the cost.",
        "The surplus is undecided between closed and mixed.",
        "No style is best on everything: open leads or is level on 1 of 2 outcomes, but loses "
        "the surplus to mixed.",
    ]


def test_sentences__say_when_one_style_is_best():
    said = sentences(comparison(surplus=[3, 2, 1], cost=[1, 2, 3]))
    assert said == [
        "open wins on the surplus and the cost.",
        "open is best, or not shown to be worse than the best, on everything.",
    ]


def test_sentences__say_when_nothing_is_decided():
    said = sentences(comparison(surplus=[1, 1, 1], cost=[1, 1, 1]))
    assert said == [
        "The surplus and the cost are undecided between all styles.",
        "open, closed and mixed are nowhere shown to be worse than the best.",
    ]


def test_sentences__say_when_nothing_can_be_ranked():
    assert sentences(comparison(gini=[1, 2, 3])) == [
        "Nothing can be ranked: it takes two styles and two runs of each."
    ]
