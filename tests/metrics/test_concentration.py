"""How contributions are spread over people, worked out by hand."""

import math

import numpy as np
import pytest

from sim import tail
from sim.metrics import METRICS

NAMES = ("gini", "top_1_share", "truck_factor", "one_event_share")


def test_concentration__is_among_those_who_contributed(blank) -> None:
    run = blank(n_people=8)
    run.state.people["made"] = [0, 6, 1, 0, 1, 4, 0, 0]
    # of 1, 1, 4 and 6: pairs differ by 0 + 3 + 5 + 3 + 5 + 2 = 18, over 4 people and a sum of 12
    assert [METRICS[name](run) for name in NAMES] == pytest.approx([18 / 48, 6 / 12, 1, 2 / 4])


def test_concentration__of_a_company_is_that_of_its_members_there(blank) -> None:
    run = blank(n_people=5, names="AB")
    run.state.people["company"] = [0, 0, 1, 0, -1]
    run.state.people["made"] = [50, 3, 9, 1, 70]
    run.state.people["made_here"] = [2, 2, 9, 0, 70]
    assert [METRICS[name](run.of("A")) for name in NAMES] == [0, 0.5, 1, 0]
    assert METRICS["truck_factor"](run) == 1
    assert METRICS["one_event_share"](run) == 0.2


def test_concentration__of_nobody(blank) -> None:
    values = [METRICS[name](blank()) for name in (*NAMES, "tail_exponent")]
    assert [math.isnan(value) for value in values] == [True, True, False, True, True]
    assert values[2] == 0


def test_top_1_share__rounds_the_people_up(blank) -> None:
    run = blank(n_people=101)
    run.state.people["made"] = 1
    run.state.people["made"][[3, 7]] = 5, 10
    assert METRICS["top_1_share"](run) == pytest.approx(15 / 114)


def test_tail_exponent__leaves_out_who_never_contributed(blank) -> None:
    """Counts at the quantiles of a power law with exponent 2.5."""
    k = np.arange(1, 10_000)
    reached = np.cumsum(k**-2.5) / (k**-2.5).sum()
    counts = k[np.searchsorted(reached, (np.arange(1, 1001) - 0.5) / 1000)]
    run = blank(n_people=1500)
    run.state.people["made"][:1000] = counts
    assert METRICS["tail_exponent"](run) == tail.tail_exponent(counts).exponent
    assert METRICS["tail_exponent"](run) == pytest.approx(2.5, abs=0.05)


def test_tail_exponent__of_few_people_is_not_known(blank) -> None:
    run = blank(n_people=24)
    run.state.people["made"] = range(1, 25)
    assert math.isnan(METRICS["tail_exponent"](run))
