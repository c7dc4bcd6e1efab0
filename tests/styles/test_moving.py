"""What the moving styles do with what they see."""

import pytest

from sim.core.inputs import LEVERS, Levers
from sim.core.state import COMPANY, records
from sim.styles import Report, Rival, make

MIDDLE = Levers(**dict.fromkeys(LEVERS, 0.5))


def told(style, levers=MIDDLE, step=4, rivals=(), dice=(0.5, 0.5), **series):
    """The answer to a report with these latest values (or whole series)."""
    seen = records(COMPANY, step + 1)
    for name, value in series.items():
        seen[name] = value
    return style.decide(Report(step, 4, levers, seen, rivals, lambda j: dice[j]))


def test_adaptive__opens_the_gate_when_work_piles_up():
    style = make("adaptive", {"pace": 0.1})
    assert told(style, waiting=50, accepted=50, trust=0.9).control == pytest.approx(0.4)
    assert told(style, waiting=5, accepted=95, trust=0.9).control == pytest.approx(0.55)


def test_adaptive__mends_trust_by_openness_and_sharing():
    style = make("adaptive", {"pace": 0.1})
    low, high = told(style, trust=0.3), told(style, trust=0.9)
    assert (low.transparency, low.sharing) == pytest.approx((0.6, 0.6))
    assert (high.transparency, high.sharing) == pytest.approx((0.45, 0.45))
    assert (low.tools, low.money, low.vision) == (0.5, 0.5, 0.5)


def test_bureaucratizing__adds_rules_with_the_load_and_never_takes_one_back():
    style = make("bureaucratizing", {"load": 200, "pace": 0.1})
    assert told(style, submitted=0) == MIDDLE
    half, full, more = (told(style, submitted=n) for n in (100, 200, 900))
    assert (half.control, half.fun) == pytest.approx((0.55, 0.475))
    assert (full.control, full.fun) == pytest.approx((0.6, 0.45))
    assert more == full


def test_explorer__keeps_what_paid_and_takes_back_what_did_not():
    style = make("explorer", {"pace": 0.1})
    first = told(style, step=0)
    assert first == style.levers
    tried = told(style, first, captured=10.0, dice=(0.0, 0.2))  # the first lever, up
    assert getattr(tried, LEVERS[0]) == pytest.approx(getattr(first, LEVERS[0]) + 0.1)
    worse = told(style, tried, captured=5.0, dice=(0.999, 0.7))  # taken back; the last, down
    assert getattr(worse, LEVERS[0]) == getattr(first, LEVERS[0])
    assert getattr(worse, LEVERS[-1]) == pytest.approx(getattr(first, LEVERS[-1]) - 0.1)
    better = told(style, worse, captured=20.0, dice=(0.0, 0.2))
    assert getattr(better, LEVERS[-1]) == getattr(worse, LEVERS[-1])


def test_imitator__goes_towards_the_rival_that_earns_most():
    style = make("imitator", {"pace": 0.5})
    poor, rich = Rival(Levers(), -3.0), Rival(Levers(control=1.0), 7.0)
    assert told(style, rivals=(poor, rich), captured=2.0).control == pytest.approx(0.75)
    assert told(style, rivals=(poor, rich), captured=2.0).tools == pytest.approx(0.25)
    assert told(style, rivals=(poor, rich), captured=9.0) == MIDDLE
    assert told(style, rivals=()) == MIDDLE


def test_profit__is_what_is_left_after_sharing_since_the_last_review():
    style = make("imitator", {"pace": 1.0})
    rival = (Rival(Levers(), 4.9),)
    series = {"captured": [100, 10, 10, 10, 10], "cost": [0, 1, 1, 1, 5], "shared": [0, 2, 2, 4, 4]}
    # (7 + 7 + 5 + 1) / 4 = 5: what came before step 1 does not count
    assert told(style, rivals=rival, **series) == MIDDLE
    assert told(style, rivals=(Rival(Levers(), 5.1),), **series) == Levers()
