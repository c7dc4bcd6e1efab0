from statistics import NormalDist

import numpy as np
import pytest

from sim import Levers
from sim.core.random import Stream


def apart(to, start):
    return (to - start + 0.5) % 1 - 0.5


def test_direction__is_drawn_by_work_and_vision(begin, one_step, dice):
    levers = (Levers(control=0.8, vision=0.5), Levers(control=0.1, vision=0.9))
    eco = begin(
        *levers,
        population={"need_spread": 0.3},
        effort={"contributions": "30 per month"},
        search={"vision_noise": "0.05 per month"},
    )
    before, after = one_step(eco)
    was, now, people = before.companies, after.companies, after.people
    share = {rate: 1 - np.exp(-rate) for rate in (0.105, 0.02, 0.163, 0.288)}
    for c, (control, vision) in enumerate([(0.8, 0.5), (0.1, 0.9)]):
        mine = before.people["company"] == c
        goals, accepted = people["goal"][mine], people["accepted"][mine]
        assert accepted.sum() == now["accepted"][c] > 5
        direction, goal = was["direction"][c], was["goal"][c]
        mean = (accepted * apart(goals, direction)).sum() / accepted.sum()
        moved = share[0.163] * (1 - control) * mean
        moved += share[0.288] * control * apart(goal, direction)
        assert apart(now["direction"][c], direction) == pytest.approx(moved, abs=1e-12)
        work = apart(direction + mean, goal)
        listens = share[0.105] * (1 - control) * work
        listens += share[0.02] * apart(after.world["centre"][0], goal)
        listens *= 1 - vision
        noise = 0.05 * NormalDist().inv_cdf(dice(eco, Stream.LISTEN)[c])
        assert apart(now["goal"][c], goal) == pytest.approx(listens + noise, abs=1e-12)


def test_vision__of_an_idle_company_follows_the_market_alone(begin, one_step):
    eco = begin(
        population={"founders": 0.0},
        search={"vision_noise": "0 per month"},
        world={"drift": "0 per month", "vision_error": 0.2},
    )
    before, after = one_step(eco)
    gap = apart(before.world["centre"][0], before.companies["goal"][0])
    moved = apart(after.companies["goal"][0], before.companies["goal"][0])
    assert moved == pytest.approx((1 - np.exp(-0.02)) * gap)
    assert after.companies["direction"][0] == before.companies["direction"][0]


def test_vision__bends_the_less_the_stronger_it_is(begin, one_step):
    def bent(vision):
        eco = begin(
            Levers(vision=vision),
            effort={"contributions": "30 per month"},
            search={"vision_noise": "0 per month"},
        )
        eco.state.people["goal"] = eco.state.people["need"] = 0.7  # all alike, far from the vision
        eco.state.companies["goal"] = eco.state.companies["direction"] = 0.3
        eco.state.world["centre"] = 0.7
        after = one_step(eco)[1]
        assert after.companies["accepted"][0] > 0
        return apart(after.companies["goal"][0], 0.3)

    free = bent(0.0)
    assert free > 0.03
    assert bent(0.5) == pytest.approx(0.5 * free)
    assert bent(0.9) == pytest.approx(0.1 * free)
    assert bent(1.0) == 0


def test_vision__goes_the_short_way_round_to_the_work(begin, one_step):
    """Work at 0.8, a product at 0.4 and a vision at 0.15: from there, 0.35 back across the seam."""
    eco = begin(
        effort={"contributions": "30 per month", "goal_pull": "0 per month"},
        search={"vision_noise": "0 per month", "market_pull": "0 per month"},
        world={"drift": "0 per month"},
    )
    eco.state.people["goal"] = eco.state.people["need"] = 0.8
    eco.state.companies["goal"], eco.state.companies["direction"] = 0.15, 0.4
    after = one_step(eco)[1]
    assert after.companies["accepted"][0] > 0
    moved = apart(after.companies["goal"][0], 0.15)
    assert moved == pytest.approx((1 - np.exp(-0.105)) * -0.35)


def test_product__stays_on_the_circle_across_its_seam(begin, one_step):
    eco = begin(Levers(control=1.0), search={"vision_noise": "0 per month"})
    eco.state.companies["goal"] = 0.05
    eco.state.companies["direction"] = 0.95
    eco.state.world["centre"] = 0.05
    after = one_step(eco)[1]
    assert after.companies["direction"][0] == pytest.approx(0.95 + (1 - np.exp(-0.288)) * 0.1)
