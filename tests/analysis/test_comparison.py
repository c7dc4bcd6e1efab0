import json

import numpy as np
import pytest

from sim.analysis.comparison import Comparison, Outcome
from sim.errors import UserError

ABOUT = {
    "trust": Outcome("trust", "trust", "0-1", 1),
    "recovery_time": Outcome("recovery_time", "recovery time", "months", -1),
}


def comparison(**changes):
    rng = np.random.default_rng(1)
    outcomes = {"trust": rng.random((3, 6)), "recovery_time": rng.random((3, 6))}
    outcomes["recovery_time"][1] = np.nan
    outcomes["recovery_time"][2, 0] = np.inf
    given = {
        "scenario": "world",
        "arms": ("open", "closed", "mixed"),
        "seeds": tuple((7, rep) for rep in range(6)),
        "paired": True,
        "outcomes": outcomes,
        "about": ABOUT,
    }
    return Comparison(**(given | changes))


def test_comparison__names_that_do_not_exist_are_answered_with_the_nearest():
    table = comparison()
    with pytest.raises(UserError, match="did you mean 'trust'"):
        table.effects("trst")
    with pytest.raises(UserError, match="did you mean 'closed'"):
        table.effects("trust", "close")
    with pytest.raises(UserError, match="No outcome is called 'profit'"):
        table.shown(["trust", "profit"])


def test_comparison__arrays_must_be_arm_by_run():
    with pytest.raises(UserError, match=r"'trust' must have .* \(3, 6\), but has \(6, 3\)"):
        comparison(outcomes={"trust": np.zeros((6, 3))})
    with pytest.raises(UserError, match="each once"):
        comparison(arms=("open", "closed", "open"))
    with pytest.raises(UserError, match="'profit' lacks"):
        comparison(outcomes={"profit": np.zeros((3, 6))})


def test_shown__falls_back_to_what_there_is():
    table = comparison()
    assert table.shown() == ["trust"]
    assert table.shown(["recovery_time"]) == ["recovery_time"]
    other = comparison(outcomes={"recovery_time": np.zeros((3, 6))})
    assert other.shown() == ["recovery_time"]


def test_all_effects__correct_the_whole_table_together():
    found = comparison().all_effects(["trust", "recovery_time"])
    assert {e.n_comparisons for row in found.values() for e in row} == {4}


def test_to_dict__is_json_without_numbers_that_json_lacks():
    table = comparison()
    text = json.dumps(table.to_dict(baseline="closed"), allow_nan=False)
    back = json.loads(text)
    assert back["outcomes"]["recovery_time"]["values"][1] == [None] * 6
    assert back["outcomes"]["recovery_time"]["values"][2][0] is None
    assert back["outcomes"]["trust"]["values"] == table.outcomes["trust"].tolist()
    assert back["outcomes"]["trust"]["means"][0]["n"] == 6
    assert [e["baseline"] for e in back["effects"]] == ["closed", "closed"]
    assert back["seeds"][5] == [7, 5]
    assert back["findings"] == table.sentences()


def test_heading__capitalises_the_first_letter_only():
    assert Outcome("gini", "Gini of contributions", "", 0).heading == "Gini of contributions"
    assert ABOUT["recovery_time"].heading == "Recovery time"
