import numpy as np
import pytest

from sim import Levers

MU, KAPPA = 1 - np.exp(-0.105), 1 - np.exp(-0.051)


def apart(to, start):
    return (to - start + 0.5) % 1 - 0.5


def test_goals__follow_hegselmann_and_krause(begin, one_step):
    eco = begin(
        Levers(vision=0.7),
        Levers(vision=0.2),
        ties={"kind": "small_world"},
        population={"founders": 0.8, "need_spread": 0.4},
    )
    before, after = one_step(eco)
    vision, target = np.array([0.7, 0.2]), before.companies["goal"]
    heard = set()
    for i, me in enumerate(before.people):
        move = KAPPA * apart(after.people["need"][i], me.goal)
        if me.company >= 0:
            v = vision[me.company]
            to_vision = apart(target[me.company], me.goal)
            tied = before.neighbours[before.offsets[i] : before.offsets[i + 1]]
            fellows = tied[before.people["company"][tied] == me.company]
            to_peers = apart(before.faces["goal"][fellows].astype(float), me.goal)
            to_peers = to_peers.mean() if len(fellows) else 0.0
            near = (abs(to_vision) < 0.2, abs(to_peers) < 0.2)
            heard.add((*near, len(fellows) > 0))
            move += MU * (v * to_vision * near[0] + (1 - v) * to_peers * near[1])
        assert apart(after.people["goal"][i], me.goal + move) == pytest.approx(0.0, abs=1e-12)
    assert len(heard) > 4  # near and far, with and without fellows, all occur


def test_stronger_vision__may_draw_fewer(begin):
    """Who is drawn too fast loses those who would have followed (Hegselmann & Krause 2015)."""

    def reached(vision):
        eco = begin(
            Levers(vision=vision),
            ties={"kind": "small_world"},
            population={"people": 400},
            time={"steps": 80},
            effort={"own_pull": "0 per month", "goal_pull": "1 per month", "confidence": 0.1},
            search=dict.fromkeys(("listening", "vision_noise", "market_pull"), "0 per month"),
            turnover=dict.fromkeys(("leave", "leave_early"), "0 per month"),
            money={"seed_money": 1000.0},
        )
        eco.state.people["goal"] = eco.state.faces["goal"] = np.linspace(0.0, 0.3, 400)
        eco.state.companies["goal"] = 0.3
        eco.advance()
        return (np.abs(apart(eco.state.people["goal"], 0.3)) < 0.05).mean()

    assert reached(0.02) < 0.2
    assert reached(0.3) > 0.9
    assert reached(0.9) < 0.6


def test_goals__stay_on_the_circle_at_its_seam(begin, one_step):
    """A move of less than can be told from 0 must not lead to 1, which is no point of it."""
    eco = begin(population={"founders": 0.0}, world={"drift": "0 per month"})
    eco.state.people["need"] = np.nextafter(1.0, 0.0)
    eco.state.people["goal"] = 0.0
    goals = one_step(eco)[1].people["goal"]
    assert ((goals >= 0) & (goals < 1)).all()
